//! What hints cause, and what they cannot.

mod bench;

use core::time::Duration;

use bench::*;
use hookward_refresh::{Caching, Cause, Config};

#[test]
fn a_hint_causes_an_unconditional_fetch_at_once_past_the_caches() {
    let mut bench = Bench::new();
    bench.answer_with(b"1", validators("a"));
    bench.pass(HOUR);
    bench.hint();
    let (fetch, waited) = bench.next_fetch();
    assert_eq!(
        (fetch.cause, fetch.caching, waited),
        (Cause::Hint, Caching::Bypassed, Duration::ZERO)
    );
    assert_eq!(fetch.validators, None);
    bench.respond(fetch.id, ok(b"1\n2", validators("b")));
    assert_eq!(bench.trusted(), Some(vec![1, 2]));
}

#[test]
fn a_hint_right_after_a_fetch_waits_for_the_spacing() {
    let mut bench = Bench::holding(&[1]);
    bench.pass(10 * SECOND);
    bench.hint();
    assert_eq!(bench.next_fetch().1, 50 * SECOND);
}

#[test]
fn a_hint_during_a_fetch_schedules_another() {
    let mut bench = Bench::holding(&[1]);
    bench.pass(HOUR);
    bench.hint();
    let (first, _) = bench.next_fetch();
    bench.pass(5 * SECOND);
    bench.hint();
    assert!(
        bench.machine.poll_transmit().is_none(),
        "one fetch at a time"
    );
    bench.respond(first.id, ok(b"1", Default::default()));
    let (second, waited) = bench.next_fetch();
    assert_eq!((second.cause, waited), (Cause::Hint, 55 * SECOND));
}

#[test]
fn a_fetch_that_starts_after_the_hint_answers_it() {
    let mut bench = Bench::holding(&[1]);
    bench.pass(10 * SECOND);
    for _ in 0..10 {
        bench.hint();
    }
    bench.answer(&[1]);
    let (fetch, waited) = bench.next_fetch();
    assert_eq!(fetch.cause, Cause::Schedule);
    assert!(waited >= DAY * 9 / 10);
}

#[test]
fn a_flood_spends_the_budget_and_no_more() {
    let mut bench = Bench::holding(&[1]);
    let config = Config::default();
    let mut hinted = 0;
    for _ in 0..24 * 3600 {
        bench.pass(SECOND);
        bench.hint();
        if let Some(fetch) = bench.machine.poll_transmit() {
            assert_eq!(fetch.cause, Cause::Hint);
            hinted += 1;
            bench.respond(fetch.id, ok(b"1", Default::default()));
        }
    }
    let refilled = DAY.as_secs() / config.hint_refill.as_secs();
    assert_eq!(hinted, u64::from(config.hint_burst) + refilled - 1);
}

#[test]
fn a_flood_does_not_change_when_a_failing_endpoint_is_tried() {
    let tries = |flood: bool| {
        let mut bench = Bench::holding(&[1]);
        bench.fail();
        let mut waits = Vec::new();
        let mut since = Duration::ZERO;
        while waits.len() < 8 {
            bench.pass(SECOND);
            since += SECOND;
            if flood {
                bench.hint();
            }
            if let Some(fetch) = bench.machine.poll_transmit() {
                let now = bench.now();
                bench.machine.handle_failure(
                    now,
                    fetch.id,
                    hookward_refresh::Transport::Unreachable,
                );
                if fetch.cause == Cause::Retry {
                    waits.push(since);
                    since = Duration::ZERO;
                }
            }
        }
        waits
    };
    // A hint's fetch can be in the way for as long as the spacing, and the test looks once a second.
    let (calm, flooded) = (tries(false), tries(true));
    for (index, (calm, flooded)) in calm.iter().zip(&flooded).enumerate() {
        let bounds = *calm..=*calm + MINUTE + SECOND;
        assert!(bounds.contains(flooded), "{index}: {calm:?}, {flooded:?}");
    }
}

#[test]
fn a_hint_whose_fetch_fails_is_tried_again() {
    let mut bench = Bench::holding(&[1]);
    bench.pass(HOUR);
    bench.hint();
    assert_eq!(bench.fail(), Duration::ZERO);
    let (fetch, waited) = bench.next_fetch();
    assert_eq!(fetch.cause, Cause::Retry);
    assert!(waited <= MINUTE * 3 / 2);
}

#[test]
fn a_hint_recovers_sooner_than_the_backoff() {
    let mut bench = Bench::holding(&[1]);
    for _ in 0..10 {
        bench.fail();
    }
    bench.pass(5 * MINUTE);
    bench.hint();
    let (fetch, waited) = bench.next_fetch();
    assert_eq!((fetch.cause, waited), (Cause::Hint, Duration::ZERO));
}

#[test]
fn a_hint_undoes_a_wrong_document_that_came_with_the_right_validators() {
    let mut bench = Bench::new();
    bench.answer_with(b"66", validators("right"));
    bench.pass(HOUR);
    bench.hint();
    bench.answer_with(b"1\n2", validators("right"));
    bench.answer_with(b"1\n2", validators("right"));
    assert_eq!(bench.trusted(), Some(vec![1, 2]));
}
