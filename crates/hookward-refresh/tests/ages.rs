//! Fresh, stale, expired, and what the clocks have to do with it.

mod bench;

use core::time::Duration;

use bench::*;
use hookward_refresh::{Cause, Config, Snapshot, State};

fn snapshot(checked_at: u64) -> Option<Snapshot<Numbers>> {
    Some(Snapshot {
        document: Numbers(vec![1, 2]),
        validators: validators("kept"),
        checked_at: wall_at(checked_at),
    })
}

/// The wall clock when a bench starts.
const BENCH_START: u64 = START + 10 * 86400;

#[test]
fn a_document_ages_and_recovers() {
    let mut bench = Bench::holding(&[1]);
    let accepted_at = bench.elapsed;
    let mut changes = Vec::new();
    while changes.len() < 2 {
        let timeout = bench.machine.poll_timeout().unwrap().since_start();
        bench.pass(timeout - bench.elapsed);
        if let Some(fetch) = bench.machine.poll_transmit() {
            let now = bench.now();
            bench
                .machine
                .handle_failure(now, fetch.id, hookward_refresh::Transport::Unreachable);
        }
        let age = bench.elapsed - accepted_at;
        changes.extend(
            bench
                .events()
                .into_iter()
                .filter(|event| event.starts_with("State"))
                .map(|event| (event, age)),
        );
    }
    let expected = [
        (
            "StateChanged { from: Fresh, to: Stale }".to_owned(),
            2 * DAY,
        ),
        (
            "StateChanged { from: Stale, to: Expired }".to_owned(),
            7 * DAY,
        ),
    ];
    assert_eq!(changes, expected);
    assert_eq!(bench.trusted(), None);

    bench.answer(&[1]);
    let events = bench.events();
    assert_eq!(
        events[events.len() - 2..],
        ["Confirmed", "StateChanged { from: Expired, to: Fresh }"]
    );
    assert_eq!(bench.trusted(), Some(vec![1]));
}

#[test]
fn expiry_needs_nobody_to_poll() {
    let bench = Bench::holding(&[1]);
    let after = |time| now_at(bench.elapsed + time, 0);
    let just_before = after(7 * DAY - SECOND);
    assert!(bench.machine.trusted(just_before).is_some());
    assert_eq!(bench.machine.state(just_before), State::Stale);
    assert!(bench.machine.trusted(after(7 * DAY)).is_none());
    assert_eq!(bench.machine.state(after(7 * DAY)), State::Expired);
}

#[test]
fn the_time_a_fetch_takes_counts_as_age() {
    let mut bench = Bench::new();
    let (fetch, _) = bench.next_fetch();
    let started = bench.now();
    bench.pass(40 * SECOND);
    bench.respond(fetch.id, ok(b"1", Default::default()));
    let now = bench.now();
    let current = bench.machine.current(now).unwrap();
    assert_eq!(current.checked_at, started.wall);
    assert_eq!(
        current.expires_at.as_secs(),
        started.wall.as_secs() + 7 * 86400
    );
    // By the monotonic clock as well, when the other one has been set back since.
    let trusted = |age| {
        let now = now_at(started.instant.since_start() + age, -86400 / 2);
        bench.machine.trusted(now).is_some()
    };
    assert!(trusted(7 * DAY - SECOND) && !trusted(7 * DAY));
}

#[test]
fn a_wall_clock_set_back_extends_nothing() {
    let mut bench = Bench::holding(&[1]);
    bench.elapsed += 6 * DAY;
    bench.wall_offset = -5 * 86400;
    let now = bench.now();
    assert_eq!(bench.state(), State::Stale);
    let current = bench.machine.current(now).unwrap();
    assert!(current.expires_at.as_secs() <= now.wall.as_secs() + 86400);
    bench.elapsed += DAY;
    assert_eq!((bench.state(), bench.trusted()), (State::Expired, None));
}

#[test]
fn a_document_from_the_future_is_expired_and_fetched_at_once() {
    let mut bench = Bench::holding(&[1]);
    bench.pass(HOUR);
    bench.wall_offset = -2 * 3600;
    bench.pass(Duration::ZERO);
    assert_eq!((bench.state(), bench.trusted()), (State::Expired, None));
    assert_eq!(
        bench.events(),
        ["StateChanged { from: Fresh, to: Expired }"]
    );
    let (fetch, waited) = bench.next_fetch();
    assert_eq!((fetch.cause, waited), (Cause::Clock, Duration::ZERO));
    bench.respond(fetch.id, ok(b"1", Default::default()));
    assert_eq!(bench.trusted(), Some(vec![1]));
}

#[test]
fn a_wall_clock_set_forward_ages() {
    let mut bench = Bench::holding(&[1]);
    bench.pass(HOUR);
    bench.wall_offset = 7 * 86400;
    assert_eq!(bench.trusted(), None);
    bench.pass(Duration::ZERO);
    assert_eq!(bench.next_fetch().0.cause, Cause::Clock);
}

#[test]
fn small_corrections_of_the_wall_clock_cause_no_fetch() {
    let mut bench = Bench::holding(&[1]);
    for offset in [-30, 30, 60, -60] {
        bench.pass(HOUR);
        bench.wall_offset = offset;
        bench.pass(Duration::ZERO);
        assert!(bench.machine.poll_transmit().is_none(), "{offset}");
    }
}

#[test]
fn steps_of_the_wall_clock_during_a_fetch_make_the_document_older_only() {
    for offset in [-3600, 3600] {
        let mut bench = Bench::new();
        let (fetch, _) = bench.next_fetch();
        let started = bench.now();
        bench.wall_offset = offset;
        bench.pass(10 * SECOND);
        bench.respond(fetch.id, ok(b"1", Default::default()));
        let current = bench.machine.current(bench.now()).unwrap();
        assert!(current.checked_at <= started.wall);
        assert!(current.checked_at.as_secs() <= bench.now().wall.as_secs() - 10);
    }
}

#[test]
fn a_snapshot_resumes_with_its_age() {
    for (age, state) in [
        (3600, State::Fresh),
        (2 * 86400, State::Stale),
        (7 * 86400 - 1, State::Stale),
        (7 * 86400, State::Expired),
    ] {
        let mut bench = Bench::with(Config::default(), 1, snapshot(BENCH_START - age));
        assert_eq!(bench.state(), state, "{age}");
        assert_eq!(
            bench.events(),
            [format!("StateChanged {{ from: Absent, to: {state:?} }}")]
        );
        let current = bench.machine.current(bench.now()).unwrap();
        assert_eq!(current.checked_at, wall_at(BENCH_START - age));
        let (_, waited) = bench.next_fetch();
        match state {
            State::Fresh => assert!(waited <= 23 * HOUR && waited >= 20 * HOUR, "{waited:?}"),
            _ => assert_eq!(waited, Duration::ZERO),
        }
    }
    // And it goes on ageing.
    let bench = Bench::with(Config::default(), 1, snapshot(BENCH_START - 6 * 86400));
    let later = now_at(bench.elapsed + DAY, -86400);
    assert!(bench.machine.trusted(bench.now()).is_some());
    assert!(bench.machine.trusted(later).is_none());
}

#[test]
fn a_snapshot_from_the_future_is_expired_until_it_is_confirmed() {
    let mut bench = Bench::with(Config::default(), 1, snapshot(BENCH_START + 1));
    assert_eq!((bench.state(), bench.trusted()), (State::Expired, None));
    // Not even once that future has come.
    let later = now_at(bench.elapsed + MINUTE, 0);
    assert!(bench.machine.trusted(later).is_none());
    let current = bench.machine.current(bench.now()).unwrap();
    assert!(current.expires_at <= bench.now().wall);
    assert_eq!(
        bench.answer_status(304).validators,
        Some(validators("kept"))
    );
    assert_eq!(bench.trusted(), Some(vec![1, 2]));
}

#[test]
fn a_snapshot_that_breaks_a_rule_is_dropped() {
    let mut config = Config::default();
    config.max_entries = 1;
    let mut bench = Bench::with(config, 1, snapshot(BENCH_START));
    assert_eq!(
        bench.events(),
        ["SnapshotRefused { error: TooManyEntries { max: 1 } }"]
    );
    let fetch = bench.answer(&[9]);
    assert_eq!(fetch.validators, None);
    assert_eq!(bench.trusted(), Some(vec![9]));

    let empty = Snapshot {
        document: Numbers(vec![]),
        validators: validators("kept"),
        checked_at: wall_at(BENCH_START),
    };
    let mut bench = Bench::with(Config::default(), 1, Some(empty));
    assert_eq!(bench.events(), ["SnapshotRefused { error: NoEntries }"]);
    assert_eq!(bench.state(), State::Absent);
}
