//! Judging in stages, compared with judging everything at once, for every state of the evidence.

mod common;

use common::{SECRET_HEADER, World, random_text};
use hookward::{Check, Decision, Guard, Policy, Reason};
use hookward_policy::{Level, Verdict};
use proptest::prelude::*;
use proptest::sample::Index;

/// Policies of up to 5 groups within each other, over a random choice of checks.
fn policies() -> impl Strategy<Value = Policy<Check>> {
    let checks = Just(Check::ALL.map(Policy::check).to_vec()).prop_shuffle();
    let steps = prop::collection::vec((any::<Index>(), 1_usize..=4, any::<Index>()), 1..=5);
    (checks, 1_usize..=4, steps).prop_map(|(mut parts, count, steps)| {
        parts.truncate(count);
        for (from, length, rule) in steps {
            let from = from.index(parts.len());
            let to = (from + length).min(parts.len());
            let members: Vec<_> = parts.drain(from..to).collect();
            let k = 1 + rule.index(members.len());
            parts.insert(from, Policy::at_least(k, members).unwrap());
        }
        Policy::all(parts).unwrap()
    })
}

/// Every state of the evidence: one level for each check, in the order of `Check::ALL`.
fn states() -> impl Iterator<Item = [Level; 4]> {
    let lists = [Level::Fail, Level::Unavailable, Level::Pass];
    let secrets = [Level::Fail, Level::Pass];
    lists.into_iter().flat_map(move |certificate| {
        secrets.into_iter().flat_map(move |header| {
            lists.into_iter().flat_map(move |address| {
                let payload = secrets.into_iter();
                payload.map(move |payload| [certificate, header, address, payload])
            })
        })
    })
}

/// A request that shows just that.
fn request(world: &World, [certificate, header, address, payload]: [Level; 4]) -> common::Request {
    let mut request = world.genuine();
    match certificate {
        Level::Fail => request.leaf = None,
        Level::Unavailable => request.lists.thumbprints = None,
        _ => {}
    }
    match address {
        Level::Fail => request.address = None,
        Level::Unavailable => request.lists.addresses = None,
        _ => {}
    }
    if header == Level::Fail {
        request = request.without_header(SECRET_HEADER);
    }
    if payload == Level::Fail {
        request = request.with_body(format!(r#"{{"developerPayload":"{}"}}"#, random_text()));
    }
    request
}

/// The decision as a rank: refused, to be tried again, accepted.
fn rank(decision: &Decision<'_>) -> u8 {
    match decision.reason().map(Reason::answer) {
        None => 2,
        Some(hookward::Answer::ServiceUnavailable) => 1,
        Some(_) => 0,
    }
}

fn level(state: [Level; 4], check: Check) -> Level {
    let index = Check::ALL.iter().position(|other| *other == check).unwrap();
    state[index]
}

fn guard(world: &World, policy: &Policy<Check>) -> Guard {
    world.guard(&policy.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_early_decision_never_differs_from_complete_evaluation(policy in policies()) {
        let world = World::new();
        let guard = guard(&world, &policy);
        for state in states() {
            let decision = request(&world, state).judge(&guard);
            let complete = policy.decide(|check| level(state, *check));
            match (rank(&decision), complete) {
                (2, Verdict::Accept) | (1, Verdict::Unavailable) | (0, Verdict::Refuse) => {}
                // Decided before the body was read: the sender may try again, in vain.
                (1, Verdict::Refuse) => prop_assert_eq!(decision.body_read(), 0),
                (_, complete) => prop_assert!(
                    false, "{}: {:?} is {:?}, not {}", policy, state, decision, complete
                ),
            }
        }
    }

    #[test]
    fn no_added_evidence_turns_accept_into_refuse(policy in policies()) {
        let world = World::new();
        let guard = guard(&world, &policy);
        let judged: Vec<_> = states()
            .map(|state| (state, rank(&request(&world, state).judge(&guard))))
            .collect();
        for (state, before) in &judged {
            for (more, after) in &judged {
                let added = state.iter().zip(more).all(|(level, more)| level <= more);
                // A 503 before the body was read may become a 403 once it is.
                let kept = *before < 2 || *after == 2;
                prop_assert!(!added || kept, "{}: {:?} and {:?}", policy, state, more);
            }
        }
    }
}
