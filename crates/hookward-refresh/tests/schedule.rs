//! When the document is fetched if nobody asks.

mod bench;

use core::time::Duration;

use bench::*;
use hookward_refresh::{Caching, Cause, Config, Response};

#[test]
fn the_first_fetch_is_due_at_once() {
    let mut bench = Bench::new();
    let (fetch, waited) = bench.next_fetch();
    assert_eq!(
        (fetch.cause, waited, fetch.validators),
        (Cause::Schedule, Duration::ZERO, None)
    );
}

#[test]
fn daily_and_never_later() {
    let mut waits = Vec::new();
    let mut bench = Bench::holding(&[1, 2]);
    for _ in 0..100 {
        let (fetch, waited) = bench.next_fetch();
        assert_eq!(
            (fetch.cause, fetch.caching),
            (Cause::Schedule, Caching::Allowed)
        );
        bench.respond(fetch.id, ok(b"1\n2", Default::default()));
        assert!(waited <= DAY && waited >= DAY * 9 / 10, "{waited:?}");
        waits.push(waited);
    }
    waits.sort();
    assert!(
        waits[99] - waits[0] > 2 * HOUR,
        "hardly scattered: {waits:?}"
    );
}

#[test]
fn seeds_scatter_and_repeat() {
    let waits = |seed| {
        let mut bench = Bench::with(Config::default(), seed, None);
        [(); 5].map(|()| {
            let (fetch, waited) = bench.next_fetch();
            bench.respond(fetch.id, ok(b"1", Default::default()));
            waited
        })
    };
    assert_eq!(waits(1), waits(1));
    assert_ne!(waits(1), waits(2));
}

#[test]
fn max_age_shortens_the_interval_within_bounds() {
    for (max_age, least, most) in [
        (Some(Duration::ZERO), HOUR * 9 / 10, HOUR),
        (Some(6 * HOUR), 6 * HOUR * 9 / 10, 6 * HOUR),
        (Some(Duration::MAX), DAY * 9 / 10, DAY),
        (None, DAY * 9 / 10, DAY),
    ] {
        let mut bench = Bench::new();
        let (fetch, _) = bench.next_fetch();
        let response = Response {
            max_age,
            ..ok(b"1", Default::default())
        };
        bench.respond(fetch.id, response);
        let (_, waited) = bench.next_fetch();
        assert!(waited >= least && waited <= most, "{max_age:?}: {waited:?}");
    }
}

#[test]
fn failures_back_off_exponentially_up_to_the_longest_step() {
    let mut bench = Bench::holding(&[1]);
    bench.fail();
    let mut step = MINUTE;
    for _ in 0..20 {
        let waited = bench.fail();
        assert!(waited >= step && waited <= step * 3 / 2, "{waited:?}");
        step = (step * 2).min(HOUR);
    }
    // One success, and all is as before.
    bench.answer(&[1]);
    assert!(bench.fail() >= DAY * 9 / 10);
    assert!(bench.fail() <= MINUTE * 3 / 2);
}

#[test]
fn a_retry_goes_past_the_caches() {
    let mut bench = Bench::holding(&[1]);
    bench.answer_status(500);
    let (fetch, _) = bench.next_fetch();
    assert_eq!(
        (fetch.cause, fetch.caching),
        (Cause::Retry, Caching::Bypassed)
    );
}

#[test]
fn retry_after_is_honoured_within_bounds_even_by_hints() {
    for (asked, least, most) in [
        (20 * MINUTE, 20 * MINUTE, 22 * MINUTE),
        (Duration::MAX, HOUR, HOUR * 11 / 10),
        (Duration::ZERO, MINUTE, 2 * MINUTE),
    ] {
        let mut bench = Bench::holding(&[1]);
        let (fetch, _) = bench.next_fetch();
        bench.respond(
            fetch.id,
            Response {
                status: 429,
                retry_after: Some(asked),
                ..Response::default()
            },
        );
        bench.hint();
        let (_, waited) = bench.next_fetch();
        assert!(waited >= least && waited <= most, "{asked:?}: {waited:?}");
    }
}

#[test]
fn what_comes_early_or_twice_does_nothing() {
    let mut bench = Bench::holding(&[1]);
    let planned = bench.machine.poll_timeout();
    for _ in 0..50 {
        bench.pass(MINUTE);
        bench.pass(Duration::ZERO);
    }
    assert_eq!(bench.machine.poll_timeout(), planned);
    assert_eq!(bench.machine.next_fetch_at(), planned);
    assert!(bench.machine.poll_transmit().is_none() && bench.events().is_empty());
}

#[test]
fn a_monotonic_clock_that_goes_back_stands_still() {
    let mut bench = Bench::holding(&[1]);
    bench.pass(3 * DAY);
    bench.events();
    bench.elapsed -= 3 * DAY;
    bench.hint();
    assert!(bench.events().is_empty());
    assert!(bench.machine.poll_timeout().unwrap().since_start() >= bench.elapsed + 3 * DAY);
}

#[test]
fn a_contradictory_config_makes_no_machine() {
    let mut config = Config::default();
    config.spacing = Duration::ZERO;
    let made =
        hookward_refresh::Refresher::<Numbers>::new(config, 1, now_at(Duration::ZERO, 0), None);
    assert!(made.is_err());
}
