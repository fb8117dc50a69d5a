//! Laws that hold for every policy and every request.

mod common;

use std::collections::BTreeSet;

use common::{NOW, World, random_text};
use hookward::{Decision, Lists, Step};
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
