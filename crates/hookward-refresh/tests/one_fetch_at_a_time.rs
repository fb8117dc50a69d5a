//! Answers that are late, doubled or missing.

mod bench;

use bench::*;
use hookward_refresh::{Response, State, Transport};

#[test]
fn a_fetch_without_an_answer_fails_by_itself() {
    let mut bench = Bench::holding(&[1]);
    let (first, _) = bench.next_fetch();
    assert_eq!(bench.machine.next_fetch_at(), None);
    bench.pass(MINUTE - SECOND);
    assert!(bench.events().is_empty());
    bench.pass(SECOND);
    assert_eq!(
        bench.events(),
        ["Failed { error: Unanswered, failures: 1 }"]
    );
    let (second, _) = bench.next_fetch();
    assert_ne!(first.id, second.id);
}

#[test]
fn a_late_answer_is_ignored_even_if_the_driver_slept_over_the_time_out() {
    let mut bench = Bench::new();
    let (fetch, _) = bench.next_fetch();
    bench.elapsed += MINUTE;
    bench.respond(fetch.id, ok(b"1", Default::default()));
    assert_eq!(
        bench.events(),
        ["Failed { error: Unanswered, failures: 1 }"]
    );
    assert_eq!(bench.state(), State::Absent);
}

#[test]
fn an_answer_to_an_earlier_fetch_is_ignored_while_the_next_is_under_way() {
    let mut bench = Bench::holding(&[1]);
    let (first, _) = bench.next_fetch();
    bench.pass(MINUTE);
    let (second, _) = bench.next_fetch();
    bench.events();
    bench.respond(first.id, ok(b"1\n66", validators("late")));
    let now = bench.now();
    bench
        .machine
        .handle_failure(now, first.id, Transport::Interrupted);
    assert!(bench.events().is_empty());
    assert_eq!(bench.trusted(), Some(vec![1]));
    bench.respond(second.id, ok(b"1\n2", Default::default()));
    assert_eq!(bench.trusted(), Some(vec![1, 2]));
}

#[test]
fn a_second_answer_to_the_same_fetch_is_ignored() {
    let mut bench = Bench::holding(&[1]);
    let fetch = bench.answer(&[1, 2]);
    let planned = bench.machine.poll_timeout();
    bench.events();
    bench.respond(fetch.id, ok(b"1\n66", Default::default()));
    bench.respond(
        fetch.id,
        Response {
            status: 500,
            retry_after: Some(DAY),
            ..Response::default()
        },
    );
    assert!(bench.events().is_empty());
    assert_eq!(bench.trusted(), Some(vec![1, 2]));
    assert_eq!(bench.machine.poll_timeout(), planned);
}

#[test]
fn a_fetch_that_nobody_picked_up_in_time_is_not_handed_out_any_more() {
    let mut bench = Bench::new();
    bench.pass(MINUTE);
    assert!(bench.machine.poll_transmit().is_none());
    assert!(bench.next_fetch().1 >= MINUTE);
}
