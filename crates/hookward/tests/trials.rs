//! What a trial makes of requests, and what it leaves alone.

mod common;

use common::{SECRET_HEADER, World, random_text};
use hookward::{BodyFailure, Check, Decision, Outcome, Reason, Step, Trial, TrialVerdict, Verdict};

fn trial<'g>(decision: &Decision<'g>) -> Trial<'g> {
    decision.trial().expect("the route is on trial")
}

#[test]
fn a_request_that_only_the_trial_refuses_is_accepted_and_disagreed_on() {
    let world = World::new();
    let guard = world.guard_with_trial("header_secret", "header_secret and client_certificate");
    let mut request = world.genuine();
    let decision = request.judge(&guard);
    assert_eq!(trial(&decision).verdict(), TrialVerdict::Accept);
    assert!(!trial(&decision).disagrees());

    request.leaf = None;
    let decision = request.judge(&guard);
    assert_eq!(decision.verdict(), Verdict::Accept);
    let trial = trial(&decision);
    assert_eq!(trial.reason(), Some(Reason::CertificateMissing));
    assert!(trial.disagrees());
    assert_eq!(
        trial.outcomes().collect::<Vec<_>>(),
        [
            (Check::HeaderSecret, Outcome::Pass),
            (
                Check::ClientCertificate,
                Outcome::Fail(Reason::CertificateMissing)
            ),
        ]
    );
    assert_eq!(trial.trace().decisive().0, &Check::ClientCertificate);
    assert!(
        decision
            .outcomes()
            .eq([(Check::HeaderSecret, Outcome::Pass)])
    );
}

#[test]
fn a_trial_that_depends_on_the_body_asks_for_none_and_watches_it_stream_by() {
    let world = World::new();
    let guard = world.guard_with_trial("header_secret", "developer_payload");
    let judged = |body: &str| {
        let request = world.genuine();
        let Step::Decided(decision) = request.inspect(&guard) else {
            panic!("the policy is decided by the head");
        };
        let trial = trial(&decision);
        assert_eq!(trial.verdict(), TrialVerdict::Unknown);
        assert!(!trial.disagrees());
        let mut watch = trial.watch().unwrap();
        body.as_bytes()
            .chunks(3)
            .for_each(|chunk| watch.push(chunk));
        trial.conclude(watch).verdict()
    };
    let payload = &world.payload;
    for (body, verdict) in [
        (
            format!(r#"{{"developerPayload":"{payload}"}}"#),
            TrialVerdict::Accept,
        ),
        (
            format!(r#"{{"developerPayload":"{}"}}"#, random_text()),
            TrialVerdict::Refuse(Reason::DeveloperPayloadWrong),
        ),
        (
            "{}".into(),
            TrialVerdict::Refuse(Reason::DeveloperPayloadMissing),
        ),
        (
            r#"{"developerPayload":""}"#.into(),
            TrialVerdict::Refuse(Reason::DeveloperPayloadEmpty),
        ),
        (
            format!(r#"{{"developerPayload":"{payload}","developerPayload":"{payload}"}}"#),
            TrialVerdict::Refuse(Reason::DeveloperPayloadRepeated),
        ),
        (
            format!(r#"{{"developerPayload":"{payload}"}}{{"#),
            TrialVerdict::Refuse(Reason::BodyMalformed),
        ),
        (String::new(), TrialVerdict::Refuse(Reason::BodyMalformed)),
    ] {
        assert_eq!(judged(&body), verdict, "{body}");
    }
}

#[test]
fn a_trial_does_not_know_a_body_that_was_refused_or_not_read() {
    let world = World::new();
    // Refused at the head: there is nothing to watch.
    let guard = world.guard_with_trial("header_secret", "developer_payload");
    let decision = world.genuine().without_header(SECRET_HEADER).judge(&guard);
    assert_eq!(trial(&decision).verdict(), TrialVerdict::Unknown);
    assert!(trial(&decision).watch().is_none());

    // Refused for what no policy decides: the trial would not have taken it either.
    let guard = world.guard_with_trial("developer_payload", "header_secret");
    for failure in [BodyFailure::Incomplete, BodyFailure::TimedOut] {
        let Step::NeedsBody(body) = world.genuine().inspect(&guard) else {
            panic!("the policy needs the body");
        };
        let decision = body.fail(failure);
        assert_eq!(
            trial(&decision).verdict(),
            TrialVerdict::Unknown,
            "{failure:?}"
        );
    }
    // Memory is not needed by a trial that the head settles.
    let Step::NeedsBody(body) = world.genuine().inspect(&guard) else {
        panic!("the policy needs the body");
    };
    let decision = body.fail(BodyFailure::Exhausted);
    assert_eq!(trial(&decision).verdict(), TrialVerdict::Accept);
    assert!(trial(&decision).disagrees());
}

#[test]
fn a_list_that_only_a_trial_needs_keeps_nobody_out() {
    let world = World::new();
    let guard = world.guard_with_trial("header_secret", "client_certificate");
    assert!(!guard.uses(Check::ClientCertificate));
    let mut request = world.genuine();
    request.lists.thumbprints = None;
    let decision = request.judge(&guard);
    assert!(decision.is_accepted());
    assert_eq!(decision.thumbprint(), None);
    assert_eq!(
        trial(&decision).reason(),
        Some(Reason::ThumbprintsNotLoaded)
    );
}

#[test]
fn without_a_trial_or_without_checks_there_is_none() {
    let world = World::new();
    assert!(
        world
            .genuine()
            .judge(&world.guard("header_secret"))
            .trial()
            .is_none()
    );
    let guard = world.guard_with_trial("header_secret", "client_certificate");
    let mut request = world.genuine();
    request.path = "/elsewhere".into();
    assert!(request.judge(&guard).trial().is_none());
}
