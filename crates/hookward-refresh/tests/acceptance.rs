//! What comes into force, and what does not.

mod bench;

use bench::*;
use hookward_refresh::{Caching, Cause, Config, State};

#[test]
fn a_document_says_what_changed() {
    let mut bench = Bench::new();
    bench.answer(&[2, 1, 1]);
    assert_eq!(
        bench.events(),
        [
            "Accepted { added: [1, 2], removed: [] }",
            "StateChanged { from: Absent, to: Fresh }"
        ]
    );
    bench.answer(&[3, 2]);
    assert_eq!(bench.events(), ["Accepted { added: [3], removed: [1] }"]);
    bench.answer(&[2, 3]);
    assert_eq!(bench.events(), ["Confirmed"]);
}

#[test]
fn what_cannot_be_used_leaves_the_last_good_document() {
    let mut config = Config::default();
    config.max_entries = 3;
    config.max_body = 8;
    for (bad, error) in [
        (&b""[..], "NoEntries"),
        (
            b"<html>",
            "Unreadable(ParseIntError { kind: InvalidDigit })",
        ),
        (b"1\n2\n", ""),
        (
            b"1\n2\nx",
            "Unreadable(ParseIntError { kind: InvalidDigit })",
        ),
        (b"1\n2\n3\n4", "TooManyEntries { max: 3 }"),
        (b"1\n1\n1\n1", "TooManyEntries { max: 3 }"),
        (b"1\n2\n00003", "BodyTooLong { len: 9, max: 8 }"),
    ] {
        let mut bench = Bench::with(config, 1, None);
        bench.answer(&[1, 2]);
        bench.events();
        bench.answer_with(bad, validators("bad"));
        let expected = match error {
            "" => "Confirmed".to_owned(),
            _ => format!("Failed {{ error: {error}, failures: 1 }}"),
        };
        assert_eq!(bench.events(), [expected]);
        assert_eq!(bench.trusted(), Some(vec![1, 2]));
    }
}

#[test]
fn other_statuses_fail_whatever_their_body() {
    for status in [
        0, 100, 201, 203, 204, 206, 301, 401, 404, 429, 500, 503, 999,
    ] {
        let mut bench = Bench::holding(&[1]);
        let (fetch, _) = bench.next_fetch();
        let response = hookward_refresh::Response {
            status,
            ..ok(b"1\n66", validators("bad"))
        };
        bench.respond(fetch.id, response);
        let expected = format!("Failed {{ error: Status {{ status: {status} }}, failures: 1 }}");
        assert_eq!(bench.events(), [expected]);
        assert_eq!(bench.trusted(), Some(vec![1]));
    }
}

#[test]
fn the_first_document_needs_no_confirmation_and_a_bad_one_is_none() {
    let mut bench = Bench::new();
    bench.answer_with(b"", Default::default());
    assert_eq!((bench.state(), bench.trusted()), (State::Absent, None));
    bench.answer(&[9]);
    assert_eq!(bench.trusted(), Some(vec![9]));
}

/// A machine that holds ten entries and has been sent `numbers`, which are doubtful.
fn quarantined(numbers: &[u32], doubt: &str) -> Bench {
    let ten: Vec<u32> = (1..=10).collect();
    let mut bench = Bench::new();
    bench.answer_with(&body(&ten), validators("ten"));
    bench.events();
    bench.answer_with(&body(numbers), validators("doubtful"));
    assert_eq!(
        bench.events(),
        [format!("Quarantined {{ doubt: {doubt} }}")]
    );
    assert_eq!(bench.trusted(), Some(ten));
    bench
}

#[test]
fn a_doubtful_document_is_confirmed_by_a_second_fetch() {
    for (numbers, doubt) in [
        (&[1, 2, 3, 4][..], "Shrunk { from: 10, to: 4 }"),
        (&[21, 22, 23, 24, 25, 26][..], "Disjoint"),
    ] {
        let mut bench = quarantined(numbers, doubt);
        let (fetch, waited) = bench.next_fetch();
        assert_eq!(
            (fetch.cause, fetch.caching, fetch.validators),
            (Cause::Confirmation, Caching::Bypassed, None)
        );
        assert!(waited >= MINUTE && waited <= MINUTE * 3 / 2, "{waited:?}");
        bench.respond(fetch.id, ok(&body(numbers), validators("confirmed")));
        assert_eq!(bench.trusted().as_deref(), Some(numbers));
        assert_eq!(
            bench.next_fetch().0.validators,
            Some(validators("confirmed"))
        );
    }
}

#[test]
fn half_of_the_entries_is_enough() {
    let mut bench = Bench::holding(&[1, 2, 3, 4]);
    bench.answer(&[1, 2]);
    assert_eq!(bench.trusted(), Some(vec![1, 2]));
}

#[test]
fn another_doubtful_document_starts_over_and_backs_off() {
    let mut bench = quarantined(&[66], "Disjoint");
    let mut waits = Vec::new();
    for other in 67..75 {
        let (fetch, waited) = bench.next_fetch();
        bench.respond(fetch.id, ok(&body(&[other]), Default::default()));
        assert_eq!(bench.events(), ["Quarantined { doubt: Disjoint }"]);
        waits.push(waited);
    }
    assert!(waits[7] >= HOUR, "{waits:?}");
    bench.answer(&[74]);
    assert_eq!(bench.trusted(), Some(vec![74]));
}

#[test]
fn a_hint_does_not_confirm_too_early() {
    let mut bench = quarantined(&[66], "Disjoint");
    // The doubtful answer took a while, so that the spacing is over before the confirmation delay.
    let mut slow = Bench::holding(&[1, 2]);
    let (fetch, _) = slow.next_fetch();
    slow.pass(30 * SECOND);
    slow.respond(fetch.id, ok(b"66", Default::default()));
    slow.events();
    slow.hint();
    let (hinted, waited) = slow.next_fetch();
    assert_eq!((hinted.cause, waited), (Cause::Hint, 30 * SECOND));
    assert_eq!(
        (hinted.caching, hinted.validators),
        (Caching::Bypassed, None)
    );
    slow.respond(hinted.id, ok(b"66", Default::default()));
    assert!(slow.events().is_empty());
    assert_eq!(slow.trusted(), Some(vec![1, 2]));
    slow.answer(&[66]);
    assert_eq!(slow.trusted(), Some(vec![66]));

    // A hint that comes late enough confirms as well as anything.
    bench.pass(MINUTE);
    bench.hint();
    bench.answer(&[66]);
    assert_eq!(bench.trusted(), Some(vec![66]));
}

#[test]
fn nothing_is_fetched_in_vain_before_it_can_confirm() {
    let mut config = Config::default();
    config.spacing = SECOND;
    config.confirmation_delay = 10 * MINUTE;
    for after_failure in [false, true] {
        let mut bench = Bench::with(config, 1, None);
        bench.answer(&[1]);
        if after_failure {
            bench.fail();
            bench.hint();
        }
        bench.answer(&[66]);
        let (fetch, waited) = bench.next_fetch();
        assert!(waited >= 10 * MINUTE, "{waited:?}");
        bench.respond(fetch.id, ok(b"66", Default::default()));
        assert_eq!(bench.trusted(), Some(vec![66]));
    }

    // Nor after a failure that follows.
    let mut bench = Bench::with(config, 1, None);
    bench.answer(&[1]);
    bench.answer(&[66]);
    bench.pass(MINUTE);
    bench.hint();
    bench.fail();
    assert!(bench.next_fetch().1 >= 8 * MINUTE);
}

#[test]
fn failures_do_not_confirm_and_do_not_forget() {
    let mut bench = quarantined(&[66], "Disjoint");
    bench.answer_status(500);
    bench.answer_status(304);
    bench.answer_with(b"", Default::default());
    assert!(bench.trusted().is_some_and(|numbers| numbers.len() == 10));
    let fetch = bench.answer(&[66]);
    assert_eq!((fetch.caching, fetch.validators), (Caching::Bypassed, None));
    assert_eq!(bench.trusted(), Some(vec![66]));
}

#[test]
fn a_good_document_ends_the_quarantine() {
    let mut bench = quarantined(&[66], "Disjoint");
    bench.answer(&(1..=10).collect::<Vec<_>>());
    bench.answer(&[66]);
    assert_eq!(bench.trusted(), Some((1..=10).collect()));
}

#[test]
fn an_expired_document_is_still_what_doubt_is_measured_by() {
    let mut bench = Bench::holding(&[1]);
    bench.pass(8 * DAY);
    assert_eq!(bench.state(), State::Expired);
    bench.answer(&[66]);
    assert_eq!(bench.trusted(), None);
    bench.answer(&[66]);
    assert_eq!(bench.trusted(), Some(vec![66]));
}
