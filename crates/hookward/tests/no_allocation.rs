//! The accepting path allocates nothing per request.

mod common;

use allocation_counter::measure;
use common::World;
use hookward::TrialVerdict;

#[test]
fn judging_and_admitting_do_not_allocate() {
    let world = World::new();
    let guard = world
        .guard("client_certificate and header_secret and source_address and developer_payload");
    let request = world.genuine();
    for round in 0..3 {
        let counted = measure(|| {
            let verified = request.judge(&guard).admit(round);
            assert!(verified.is_ok());
        });
        assert_eq!(counted.count_total, 0, "round {round}");
    }
}

#[test]
fn a_trial_does_not_allocate_until_its_trace_is_asked_for() {
    let world = World::new();
    let guard = world.guard_with_trial(
        "header_secret",
        "client_certificate and source_address and developer_payload",
    );
    let request = world.genuine();
    let counted = measure(|| {
        let decision = request.judge(&guard);
        let trial = decision.trial().unwrap();
        let mut watch = trial.watch().unwrap();
        for chunk in request.body.chunks(7) {
            watch.push(chunk);
        }
        let trial = trial.conclude(watch);
        assert_eq!(trial.verdict(), TrialVerdict::Accept);
        assert!(decision.admit(()).is_ok());
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn the_counter_counts() {
    let counted = measure(|| drop(core::hint::black_box(vec![1_u8])));
    assert_eq!(counted.count_total, 1);
}
