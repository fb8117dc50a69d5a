//! Levels and verdicts.

use hookward_policy::{Level, Verdict};
use proptest::prelude::*;

use crate::model::{Name, Tree, assignments, trees, trees_with_levels};

/// The levels with everything pending taken as `level`.
fn pending_as(level: Level, levels: &[Level]) -> Vec<Level> {
    let taken = |found: &Level| match found {
        Level::Pending => level,
        other => *other,
    };
    levels.iter().map(taken).collect()
}

/// The verdict by its definition, in two evaluations.
fn verdict(tree: &Tree, levels: &[Level]) -> Verdict {
    if tree.level(&pending_as(Level::Fail, levels)) == Level::Pass {
        return Verdict::Accept;
    }
    match tree.level(&pending_as(Level::Pass, levels)) {
        Level::Fail => Verdict::Refuse,
        Level::Unavailable => Verdict::Unavailable,
        Level::Pending | Level::Pass => Verdict::Undecided,
    }
}

/// What is answered once every check has its evidence: accepted; refused, if it could not have been accepted even had
/// every unavailable check passed; else unavailable.
fn answer(tree: &Tree, levels: &[Level]) -> Verdict {
    let had_passed: Vec<_> = levels
        .iter()
        .map(|level| match level {
            Level::Unavailable => Level::Pass,
            other => *other,
        })
        .collect();
    if tree.level(levels) == Level::Pass {
        Verdict::Accept
    } else if tree.level(&had_passed) == Level::Pass {
        Verdict::Unavailable
    } else {
        Verdict::Refuse
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn agrees_with_the_definition_for_every_assignment(tree in trees(6)) {
        let policy = tree.policy();
        for levels in assignments(tree.checks(), &crate::model::LEVELS) {
            let of = |check: &Name| levels[check.0];
            prop_assert_eq!(policy.level(of), tree.level(&levels), "{:?}", levels);
            prop_assert_eq!(policy.decide(of), verdict(&tree, &levels), "{:?}", levels);
            prop_assert_eq!(policy.decisive(of).0, tree.decisive(&levels), "{:?}", levels);
        }
    }

    #[test]
    fn an_early_decision_stands_however_the_pending_checks_turn_out(tree in trees(5)) {
        let policy = tree.policy();
        for levels in assignments(tree.checks(), &crate::model::LEVELS) {
            let early = policy.decide(|check| levels[check.0]);
            let pending: Vec<_> = (0..levels.len()).filter(|check| levels[*check] == Level::Pending).collect();
            let mut answers = Vec::new();
            for evidence in assignments(pending.len(), &[Level::Fail, Level::Unavailable, Level::Pass]) {
                let mut levels = levels.clone();
                for (check, level) in pending.iter().zip(evidence) {
                    levels[*check] = level;
                }
                let complete = policy.decide(|check| levels[check.0]);
                prop_assert_eq!(complete, answer(&tree, &levels));
                answers.push(complete);
            }
            match early {
                Verdict::Accept => prop_assert!(answers.iter().all(|answer| *answer == Verdict::Accept)),
                Verdict::Refuse => prop_assert!(answers.iter().all(|answer| *answer == Verdict::Refuse)),
                Verdict::Unavailable => {
                    prop_assert!(answers.iter().all(|answer| *answer != Verdict::Accept));
                    prop_assert!(answers.contains(&Verdict::Unavailable));
                }
                // Not decided although nothing could change would be a missed decision.
                Verdict::Undecided => {
                    prop_assert!(answers.contains(&Verdict::Accept));
                    prop_assert!(answers.iter().any(|answer| *answer != Verdict::Accept));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// For every assignment, and every check that could show more than it does.
    #[test]
    fn no_added_evidence_turns_accept_into_refuse(tree in trees(5)) {
        let rank = |levels: &[Level]| match answer(&tree, levels) {
            Verdict::Accept => 2,
            Verdict::Unavailable => 1,
            _ => 0,
        };
        let policy = tree.policy();
        let judged = [Level::Fail, Level::Unavailable, Level::Pass];
        for levels in assignments(tree.checks(), &judged) {
            prop_assert_eq!(policy.decide(|check| levels[check.0]), answer(&tree, &levels));
            for check in 0..levels.len() {
                for more in judged.into_iter().filter(|level| *level > levels[check]) {
                    let mut with_more = levels.clone();
                    with_more[check] = more;
                    prop_assert!(rank(&with_more) >= rank(&levels), "{:?} and c{}", levels, check);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn large_policies_agree_with_the_definition((tree, levels) in trees_with_levels()) {
        let policy = tree.policy();
        let of = |check: &Name| levels[check.0];
        prop_assert_eq!(policy.level(of), tree.level(&levels));
        prop_assert_eq!(policy.decide(of), verdict(&tree, &levels));
        prop_assert_eq!(policy.decisive(of).0, tree.decisive(&levels));
    }

    #[test]
    fn raising_a_check_never_lowers_the_policy(
        (tree, levels) in trees_with_levels(),
        raised in any::<prop::sample::Index>(),
    ) {
        let policy = tree.policy();
        let before = policy.level(|check| levels[check.0]);
        let raised = raised.index(levels.len());
        for level in crate::model::LEVELS {
            if level > levels[raised] {
                let after = policy.level(|check| if check.0 == raised { level } else { levels[check.0] });
                prop_assert!(after >= before, "{level} for {raised}");
            }
        }
    }

    /// Once decided, it makes no difference to the decisive check whether what is pending counts as passed.
    #[test]
    fn what_is_pending_is_never_decisive_for_a_decision((tree, levels) in trees_with_levels()) {
        let policy = tree.policy();
        let of = |check: &Name| levels[check.0];
        let decisive = policy.decisive(of);
        let pending = levels[decisive.0] == Level::Pending;
        match policy.decide(of) {
            Verdict::Undecided => prop_assert!(pending),
            Verdict::Accept => prop_assert!(!pending),
            Verdict::Refuse | Verdict::Unavailable => {
                let optimistic = pending_as(Level::Pass, &levels);
                prop_assert_eq!(decisive, policy.decisive(|check| optimistic[check.0]));
                prop_assert!(!pending);
            }
        }
    }
}
