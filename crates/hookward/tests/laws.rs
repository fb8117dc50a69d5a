//! Laws that hold for every policy and every request.

mod common;

use std::collections::BTreeSet;

use common::{NOW, World, random_text};
use hookward::{Decision, Lists, Step, TrialVerdict};
use proptest::prelude::*;
use proptest::sample::subsequence;

const CHECKS: [&str; 4] = [
    "client_certificate",
    "header_secret",
    "source_address",
    "developer_payload",
];

/// Policies over a random choice of checks, all, any, k of n, and groups of two.
fn policies() -> impl Strategy<Value = String> {
    (
        subsequence(CHECKS.to_vec(), 1..=4).prop_shuffle(),
        0_u8..4,
        1_usize..=4,
    )
        .prop_map(|(checks, shape, count)| match (shape, checks.len()) {
            (_, 1) => checks[0].to_owned(),
            (0, _) => checks.join(" and "),
            (1, _) => checks.join(" or "),
            (2, n) => format!("{} of ({})", count.min(n), checks.join(", ")),
            (_, _) => format!("{} and ({})", checks[0], checks[1..].join(" or ")),
        })
}

/// A request with some of the evidence.
fn with_evidence(world: &World, evidence: &BTreeSet<&str>) -> common::Request {
    let mut request = world.genuine();
    if !evidence.contains("client_certificate") {
        request.leaf = None;
    }
    if !evidence.contains("header_secret") {
        request = request.without_header(common::SECRET_HEADER);
    }
    if !evidence.contains("source_address") {
        request.address = None;
    }
    if !evidence.contains("developer_payload") {
        let body = format!(r#"{{"status":0,"developerPayload":"{}"}}"#, random_text());
        request = request.with_body(body);
    }
    request
}

fn evidence() -> impl Strategy<Value = BTreeSet<&'static str>> {
    subsequence(CHECKS.to_vec(), 0..=4).prop_map(|checks| checks.into_iter().collect())
}

/// Now and then a body that is not in order, in place of the request's own.
fn bodies() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![
        3 => Just(None),
        1 => prop::sample::select(vec!["", "{}", "%PDF-1.7", r#"{"developerPayload":null}"#]).prop_map(Some),
    ]
}

fn level(decision: &Decision<'_>) -> u16 {
    match decision.reason() {
        None => 2,
        Some(reason) if reason.answer().status() == 503 => 1,
        Some(_) => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Withholding evidence never helps.
    #[test]
    fn more_evidence_never_turns_accept_into_refuse(
        policy in policies(), fewer in evidence(), more in evidence(),
    ) {
        let world = World::new();
        let guard = world.guard(&policy);
        let all: BTreeSet<_> = fewer.union(&more).copied().collect();
        let with_fewer = level(&with_evidence(&world, &fewer).judge(&guard));
        let with_all = level(&with_evidence(&world, &all).judge(&guard));
        prop_assert!(with_fewer <= with_all, "{} {:?} {:?}", policy, fewer, all);
    }

    /// No chunking changes the decision.
    #[test]
    fn chunking_never_changes_the_decision(
        policy in policies(), evidence in evidence(), size in 1_usize..200,
    ) {
        let world = World::new();
        let guard = world.guard(&policy);
        let request = with_evidence(&world, &evidence);
        prop_assert_eq!(
            request.judge_in_chunks(&guard, size).verdict(),
            request.judge_in_chunks(&guard, 1 << 20).verdict()
        );
    }

    /// A request that the head accepts is accepted whatever its body, and one that asks for its
    /// body was not decided by its head.
    #[test]
    fn the_body_is_asked_for_only_where_it_matters(policy in policies(), evidence in evidence()) {
        let world = World::new();
        let guard = world.guard(&policy);
        let request = with_evidence(&world, &evidence);
        if let Step::NeedsBody(_) = request.inspect(&guard) {
            let genuine: BTreeSet<_> = evidence.iter().copied().chain(["developer_payload"]).collect();
            let forged: BTreeSet<_> =
                evidence.iter().copied().filter(|check| *check != "developer_payload").collect();
            prop_assert!(with_evidence(&world, &genuine).judge(&guard).is_accepted());
            prop_assert!(!with_evidence(&world, &forged).judge(&guard).is_accepted());
        }
    }

    /// A trial that knows says what it would have decided as the policy, and the policy decides as
    /// if there were no trial.
    #[test]
    fn a_trial_says_what_it_would_decide_and_changes_nothing(
        policy in policies(), trial in policies(), evidence in evidence(), body in bodies(),
    ) {
        let world = World::new();
        let request = with_evidence(&world, &evidence);
        let request = match body {
            Some(body) => request.with_body(body),
            None => request,
        };
        let both = world.guard_with_trial(&policy, &trial);
        let decision = request.judge(&both);
        let (alone, promoted) = (world.guard(&policy), world.guard(&trial));
        prop_assert_eq!(decision.verdict(), request.judge(&alone).verdict());
        prop_assert_eq!(decision.body_read(), request.judge(&alone).body_read());
        let mut trial = decision.trial().unwrap();
        if let Some(mut watch) = trial.watch() {
            prop_assert!(decision.is_accepted());
            request.body.chunks(5).for_each(|chunk| watch.push(chunk));
            trial = trial.conclude(watch);
            prop_assert_ne!(trial.verdict(), TrialVerdict::Unknown);
        }
        let would_be = request.judge(&promoted);
        match trial.verdict() {
            TrialVerdict::Accept => prop_assert!(would_be.is_accepted()),
            TrialVerdict::Refuse(_) => prop_assert!(!would_be.is_accepted()),
            // Only a body that was refused, or not read.
            TrialVerdict::Unknown => prop_assert!(!decision.is_accepted()),
        }
        prop_assert_eq!(
            trial.disagrees(),
            trial.verdict() != TrialVerdict::Unknown
                && decision.is_accepted() != would_be.is_accepted()
        );
    }

    /// Nothing that an outsider can put into a head panics or passes.
    #[test]
    fn junk_is_refused(
        method in ".{0,12}", path in ".{0,60}", name in ".{0,20}", value in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let world = World::new();
        let guard = world.guard("client_certificate or header_secret or developer_payload");
        let mut request = world.genuine().with_body("{}");
        request.leaf = None;
        request.headers = vec![(name, value)];
        request.path = path;
        let leaked: &'static str = Box::leak(method.into_boxed_str());
        request.method = leaked;
        request.now = NOW;
        request.lists = Lists::default();
        prop_assert!(!request.judge(&guard).is_accepted());
    }
}
