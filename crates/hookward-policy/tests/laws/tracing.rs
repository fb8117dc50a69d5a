//! Traces.

use hookward_policy::{Level, Outcome, Policy, Trace, Verdict};
use proptest::prelude::*;

use crate::model::{LEVELS, Name, Tree, assignments, trees, trees_with_levels};

fn trace(tree: &Tree, levels: &[Level]) -> Trace<Name, String> {
    tree.policy().trace(|check| match levels[check.0] {
        Level::Fail => Outcome::Fail(format!("wrong {check}")),
        Level::Unavailable => Outcome::Unavailable(format!("no list for {check}")),
        Level::Pending => Outcome::Pending,
        Level::Pass => Outcome::Pass,
    })
}

proptest! {
    #[test]
    fn a_trace_agrees_with_its_policy((tree, levels) in trees_with_levels()) {
        let (policy, trace) = (tree.policy(), trace(&tree, &levels));
        prop_assert_eq!(trace.policy(), policy.to_string());
        prop_assert_eq!(trace.verdict(), policy.decide(|check| levels[check.0]));
        prop_assert_eq!(trace.decisive().0, policy.decisive(|check| levels[check.0]));
        prop_assert_eq!(&trace.policy()[trace.deciding_span()], trace.deciding());

        prop_assert!(trace.outcomes().map(|(check, _)| check).eq(policy.checks()));
        for (check, outcome) in trace.outcomes() {
            prop_assert_eq!(outcome.level(), levels[check.0]);
        }

        let deciding: Policy<Name> = trace.deciding().parse().unwrap();
        prop_assert!(deciding.checks().any(|check| check == trace.decisive().0));
    }

    #[test]
    fn the_printed_tree_has_a_line_for_every_check_and_marks_one((tree, levels) in trees_with_levels()) {
        let trace = trace(&tree, &levels);
        let printed = trace.to_string();
        prop_assert_eq!(printed.lines().filter(|line| line.contains("  <- ")).count(), 1);
        for (check, outcome) in trace.outcomes() {
            let label = format!("{check} ");
            let line = printed.lines().skip(1).find(|line| line.trim_start().starts_with(&label)).unwrap();
            let reason = outcome.reason().map_or(String::new(), |reason| format!(": {reason}"));
            let level = match (outcome.level(), trace.verdict()) {
                (Level::Pending, Verdict::Accept | Verdict::Refuse | Verdict::Unavailable) => "not needed".to_owned(),
                (level, _) => level.to_string(),
            };
            prop_assert!(line.contains(&format!("  {level}{reason}")), "{line}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// With the checks of the deciding sub-expression as they are, no others turn acceptance into anything else, nor
    /// anything else into acceptance; where it is more than one check, the decisive check alone does not settle that.
    #[test]
    fn the_deciding_sub_expression_settles_the_verdict_alone(tree in trees(4)) {
        let policy = tree.policy();
        for levels in assignments(tree.checks(), &LEVELS) {
            let trace = trace(&tree, &levels);
            let deciding: Policy<Name> = trace.deciding().parse().unwrap();
            let settles = |fixed: &[usize]| {
                assignments(tree.checks(), &LEVELS).all(|others| {
                    let level = policy.level(|check| {
                        if fixed.contains(&check.0) { levels[check.0] } else { others[check.0] }
                    });
                    (level == Level::Pass) == (trace.verdict() == Verdict::Accept)
                })
            };
            let fixed: Vec<_> = deciding.checks().map(|check| check.0).collect();
            prop_assert!(settles(&fixed), "{trace}");
            if fixed.len() > 1 {
                prop_assert!(!settles(&[trace.decisive().0.0]), "{trace}");
            }
        }
    }
}

#[test]
fn what_everybody_needs_to_know_is_on_the_page() {
    let tree = Tree::AtLeast(
        2,
        vec![
            Tree::Check(0),
            Tree::Any(vec![Tree::Check(1), Tree::Check(2)]),
            Tree::Check(3),
        ],
    );
    let levels = [Level::Pass, Level::Pending, Level::Fail, Level::Unavailable];
    assert_eq!(
        trace(&tree, &levels).to_string(),
        "\
undecided: 2 of (c0, c1 or c2, c3)
  2 of      pending  <- waits
    c0      pass
    any of  pending
      c1    pending
      c2    fail: wrong c2
    c3      unavailable: no list for c3"
    );
}

#[test]
fn what_a_decision_did_without_is_not_needed() {
    let tree = Tree::All(vec![
        Tree::Check(0),
        Tree::Any(vec![Tree::Check(1), Tree::Check(2)]),
    ]);
    let levels = [Level::Fail, Level::Pending, Level::Pending];
    assert_eq!(
        trace(&tree, &levels).to_string(),
        "\
refuse: c0 and (c1 or c2)
  all of    fail
    c0      fail: wrong c0  <- decided
    any of  not needed
      c1    not needed
      c2    not needed"
    );
}

#[test]
fn names_of_any_length_can_be_printed() {
    let long = "n".repeat(100_000);
    let policy: Policy<String> = format!("{long} or a").parse().unwrap();
    let printed = policy.trace(|_| Outcome::<&str>::Pass).to_string();
    assert!(printed.contains(&format!("\n    {long}  pass  <- decided\n")));
    assert!(printed.ends_with(&format!("\n    a{}  pass", " ".repeat(77))));
}

#[cfg(feature = "serde")]
#[test]
fn the_json_is_stable() {
    let tree = Tree::All(vec![
        Tree::Check(0),
        Tree::Any(vec![Tree::Check(1), Tree::Check(2)]),
        Tree::Check(3),
    ]);
    let levels = [Level::Pass, Level::Fail, Level::Unavailable, Level::Pending];
    assert_eq!(
        serde_json::to_string(&trace(&tree, &levels)).unwrap(),
        concat!(
            r#"{"verdict":"unavailable","policy":"c0 and (c1 or c2) and c3","#,
            r#""deciding":{"text":"c1 or c2","start":8,"end":16},"decisive":"c2","checks":["#,
            r#"{"check":"c0","outcome":"pass"},"#,
            r#"{"check":"c1","outcome":"fail","reason":"wrong c1"},"#,
            r#"{"check":"c2","outcome":"unavailable","reason":"no list for c2"},"#,
            r#"{"check":"c3","outcome":"pending"}]}"#,
        )
    );
}
