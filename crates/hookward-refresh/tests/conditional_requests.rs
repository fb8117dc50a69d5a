//! Validators: whose they are, and what a 304 means.

mod bench;

use bench::*;
use hookward_refresh::{Cause, Config, Snapshot, State};

#[test]
fn the_validators_of_the_document_in_force_make_the_next_request_conditional() {
    let mut bench = Bench::new();
    bench.answer_with(b"1\n2", validators("a"));
    let (fetch, _) = bench.next_fetch();
    assert_eq!(fetch.validators, Some(validators("a")));
    bench.respond(fetch.id, ok(b"1\n2\n3", validators("b")));
    assert_eq!(bench.next_fetch().0.validators, Some(validators("b")));
}

#[test]
fn a_304_confirms() {
    let mut bench = Bench::new();
    bench.answer_with(b"1\n2", validators("a"));
    bench.events();
    let (fetch, _) = bench.next_fetch();
    let asked_at = bench.now().wall;
    bench.respond(
        fetch.id,
        hookward_refresh::Response {
            status: 304,
            ..Default::default()
        },
    );
    assert_eq!(bench.events(), ["Confirmed"]);
    assert_eq!(
        bench
            .machine
            .current(bench.now())
            .map(|current| current.checked_at),
        Some(asked_at)
    );
    assert_eq!(bench.next_fetch().0.validators, Some(validators("a")));
}

#[test]
fn a_304_to_an_unconditional_fetch_is_a_failure() {
    let mut bench = Bench::new();
    bench.answer_status(304);
    assert_eq!(
        bench.events(),
        ["Failed { error: NotModifiedUnasked, failures: 1 }"]
    );
    assert_eq!(bench.state(), State::Absent);

    let mut bench = Bench::holding(&[1]);
    let before = bench
        .machine
        .current(bench.now())
        .map(|current| current.checked_at);
    bench.answer_status(304);
    assert_eq!(
        bench.events(),
        ["Failed { error: NotModifiedUnasked, failures: 1 }"]
    );
    assert_eq!(
        bench
            .machine
            .current(bench.now())
            .map(|current| current.checked_at),
        before
    );
}

#[test]
fn validators_of_refused_documents_are_forgotten() {
    for refused in [&b"<html>"[..], b"", b"1\n2\n<"] {
        let mut bench = Bench::new();
        bench.answer_with(b"1\n2", validators("good"));
        bench.answer_with(refused, validators("bad"));
        assert_eq!(bench.next_fetch().0.validators, None);
        let current = bench.machine.current(bench.now()).unwrap();
        assert_eq!(*current.validators, validators("good"));
    }
}

#[test]
fn a_retry_is_unconditional() {
    let mut bench = Bench::new();
    bench.answer_with(b"1\n2", validators("good"));
    bench.answer_status(500);
    let (fetch, _) = bench.next_fetch();
    assert_eq!((fetch.cause, fetch.validators), (Cause::Retry, None));
    bench.respond(fetch.id, ok(b"1\n2", validators("good")));
    assert_eq!(bench.next_fetch().0.validators, Some(validators("good")));
}

#[test]
fn a_document_without_validators_takes_those_before_with_it() {
    let mut bench = Bench::new();
    bench.answer_with(b"1\n2", validators("a"));
    bench.answer(&[1, 2]);
    assert_eq!(bench.next_fetch().0.validators, None);
}

#[test]
fn validators_of_a_snapshot_are_used() {
    let snapshot = Snapshot {
        document: Numbers(vec![1]),
        validators: validators("kept"),
        checked_at: wall_at(START),
    };
    let mut bench = Bench::with(Config::default(), 1, Some(snapshot));
    assert_eq!(bench.next_fetch().0.validators, Some(validators("kept")));
}
