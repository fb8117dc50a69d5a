//! Lints, compared with what every possible request shows.

use hookward_policy::{Level, Lint, Policy, Prospect, Weakness};
use proptest::prelude::*;

use crate::model::{Name, Tree, assignments, trees};

/// A tree and its parts, in textual order.
fn parts(tree: &Tree) -> Vec<Tree> {
    let mut all = vec![tree.clone()];
    match tree {
        Tree::Check(_) => {}
        Tree::All(members) | Tree::Any(members) | Tree::AtLeast(_, members) => {
            all.extend(members.iter().flat_map(parts));
        }
    }
    all
}

/// The tree without groups that are their only member: a policy has none.
fn simplified(tree: &Tree) -> Tree {
    let each = |members: &[Tree]| -> Vec<Tree> { members.iter().map(simplified).collect() };
    match tree {
        Tree::Check(_) => tree.clone(),
        Tree::All(members) | Tree::Any(members) if members.len() == 1 => simplified(&members[0]),
        Tree::All(members) => Tree::All(each(members)),
        Tree::Any(members) => Tree::Any(each(members)),
        Tree::AtLeast(k, members) => Tree::AtLeast(*k, each(members)),
    }
}

fn prospects(checks: usize) -> impl Strategy<Value = Vec<Prospect>> {
    let one = prop_oneof![
        6 => (1_u8..4).prop_map(|strength| Prospect::Open { strength }),
        1 => Just(Prospect::Never),
        1 => Just(Prospect::Always),
    ];
    prop::collection::vec(one, checks)
}

fn trees_with_prospects() -> impl Strategy<Value = (Tree, Vec<Prospect>)> {
    trees(7)
        .prop_map(|tree| simplified(&tree))
        .prop_flat_map(|tree| {
            let prospects = prospects(tree.checks());
            (Just(tree), prospects)
        })
}

/// Everything that requests can show, given what is known beforehand.
fn requests(prospects: &[Prospect]) -> impl Iterator<Item = Vec<Level>> {
    assignments(prospects.len(), &[Level::Fail, Level::Pass]).filter(move |levels| {
        levels
            .iter()
            .zip(prospects)
            .all(|(level, prospect)| match prospect {
                Prospect::Open { .. } => true,
                Prospect::Never => *level == Level::Fail,
                Prospect::Always => *level == Level::Pass,
            })
    })
}

/// What a tree comes to whatever the requests, if it comes to one thing.
fn settled(tree: &Tree, prospects: &[Prospect]) -> Option<bool> {
    let mut found = requests(prospects).map(|levels| tree.level(&levels) == Level::Pass);
    let first = found.next().unwrap();
    found.all(|passes| passes == first).then_some(first)
}

/// Of all requests that pass, the one whose hardest check is the easiest.
fn proves(tree: &Tree, prospects: &[Prospect]) -> Option<u8> {
    requests(prospects)
        .filter(|levels| tree.level(levels) == Level::Pass)
        .map(|levels| {
            let passed = levels
                .iter()
                .zip(prospects)
                .filter(|(level, _)| **level == Level::Pass);
            let strengths = passed.map(|(_, prospect)| match prospect {
                Prospect::Open { strength } => *strength,
                Prospect::Never | Prospect::Always => 0,
            });
            strengths.max().unwrap_or(0)
        })
        .min()
}

/// The tree in which the expression with this number in textual order passes for nobody.
fn without(tree: &Tree, number: &mut usize) -> Tree {
    // Given a number of its own by `numbered`.
    if *number == 0 {
        *number = usize::MAX;
        return Tree::Check(usize::MAX);
    }
    *number -= 1;
    let mut each = |members: &[Tree]| -> Vec<Tree> {
        members
            .iter()
            .map(|member| without(member, number))
            .collect()
    };
    match tree {
        Tree::Check(check) => Tree::Check(*check),
        Tree::All(members) => Tree::All(each(members)),
        Tree::Any(members) => Tree::Any(each(members)),
        Tree::AtLeast(k, members) => Tree::AtLeast(*k, each(members)),
    }
}

/// The same with one more check, for nobody, in place of the one that is missing.
fn numbered(tree: Tree, last: usize) -> Tree {
    let each = |members: Vec<Tree>| members.into_iter().map(|m| numbered(m, last)).collect();
    match tree {
        Tree::Check(usize::MAX) => Tree::Check(last),
        Tree::Check(check) => Tree::Check(check),
        Tree::All(members) => Tree::All(each(members)),
        Tree::Any(members) => Tree::Any(each(members)),
        Tree::AtLeast(k, members) => Tree::AtLeast(k, each(members)),
    }
}

/// The numbers of the members of groups of which one is enough.
fn alternatives(tree: &Tree, number: &mut usize, found: &mut Vec<usize>) {
    *number += 1;
    let (enough, members) = match tree {
        Tree::Check(_) => return,
        Tree::All(members) => (members.len() == 1, members),
        Tree::Any(members) => (true, members),
        Tree::AtLeast(k, members) => (*k == 1, members),
    };
    for member in members {
        if enough {
            found.push(*number);
        }
        alternatives(member, number, found);
    }
}

/// The expressions with a weakness of one kind, as numbers in textual order.
fn numbers(lints: &[Lint<'_, Name>], kind: impl Fn(&Weakness<'_, Name>) -> bool) -> Vec<usize> {
    let found = lints.iter().filter(|lint| kind(&lint.weakness));
    found.map(|lint| lint.expression.index()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_settled_is_what_no_request_changes((tree, prospects) in trees_with_prospects()) {
        let policy = tree.policy();
        let lints = policy.lint(|check| prospects[check.0]);
        let all = parts(&tree);
        let weaknesses = |weakness: Weakness<'_, Name>| lints.iter().filter(|lint| lint.weakness == weakness).count();
        match settled(&tree, &prospects) {
            Some(passes) => {
                prop_assert_eq!(weaknesses(Weakness::AcceptsEverybody), usize::from(passes));
                prop_assert_eq!(weaknesses(Weakness::AcceptsNobody), usize::from(!passes));
                let inner = numbers(&lints, |w| matches!(w, Weakness::NeverMatters { .. }));
                prop_assert!(inner.is_empty());
            }
            None => {
                // The largest settled expressions, found one by one.
                let mut expected = Vec::new();
                let mut number = 0;
                while number < all.len() {
                    if settled(&all[number], &prospects).is_some() {
                        expected.push(number);
                        number += parts(&all[number]).len();
                    } else {
                        number += 1;
                    }
                }
                prop_assert_eq!(
                    numbers(&lints, |w| matches!(w, Weakness::NeverMatters { .. })),
                    expected
                );
                // Every check that is in none of them matters: some request turns on it.
                for check in 0..tree.checks() {
                    let turns = requests(&prospects).any(|levels| {
                        let with = |level| {
                            let mut levels = levels.clone();
                            levels[check] = level;
                            tree.level(&levels)
                        };
                        with(Level::Pass) != with(Level::Fail)
                            && matches!(prospects[check], Prospect::Open { .. })
                    });
                    let in_settled = all.iter().any(|part| {
                        settled(part, &prospects).is_some()
                            && part.policy().checks().any(|name| name.0 == check)
                    });
                    prop_assert_eq!(turns, !in_settled, "c{} of {}", check, policy);
                }
            }
        }
    }

    #[test]
    fn the_weakest_alternative_is_the_one_without_which_the_policy_proves_more(
        (tree, prospects) in trees_with_prospects(),
    ) {
        let policy = tree.policy();
        let lints = policy.lint(|check| prospects[check.0]);
        let found = numbers(&lints, |w| matches!(w, Weakness::Weakest { .. }));
        let mut expected = Vec::new();
        if settled(&tree, &prospects).is_none() {
            let whole = proves(&tree, &prospects);
            let mut members = Vec::new();
            alternatives(&tree, &mut 0, &mut members);
            let last = tree.checks();
            let mut known = prospects.clone();
            known.push(Prospect::Never);
            for member in members {
                let less = numbered(without(&tree, &mut member.clone()), last);
                let is_settled = settled(&parts(&tree)[member], &prospects).is_some();
                // `None` is that nobody passes at all, which is no better way in.
                if !is_settled && proves(&less, &known) > whole {
                    expected.push(member);
                }
            }
        }
        // Of those within each other, the innermost.
        let all = parts(&tree);
        let around = |outer: &usize| {
            let inside = outer + 1..outer + parts(&all[*outer]).len();
            expected.iter().any(|inner| inside.contains(inner))
        };
        let mut expected: Vec<_> = expected.iter().copied().filter(|member| !around(member)).collect();
        expected.sort_unstable();
        prop_assert_eq!(found, expected, "{}", policy);
        for lint in &lints {
            if let Weakness::Weakest { pointless } = &lint.weakness {
                prop_assert!(!pointless.is_empty());
            }
        }
    }

    #[test]
    fn every_expression_is_found_in_the_text(tree in trees(20)) {
        let text = tree.policy().to_string();
        let (policy, places) = Policy::<Name>::parse_with_places(&text).unwrap();
        // With everything settled one by one, each check is pointed at under its own name.
        for check in policy.checks() {
            let lints = policy.lint(|other| if other == check { Prospect::Never } else { Prospect::Open { strength: 1 } });
            let settled = lints.iter().find(|lint| matches!(
                lint.weakness, Weakness::NeverMatters { .. } | Weakness::AcceptsNobody
            )).unwrap();
            let shown = &text[places.span(settled.expression)];
            prop_assert!(shown.contains(&check.to_string()), "{} of {}", shown, text);
            let part = Policy::<Name>::parse(shown).unwrap();
            prop_assert_ne!(
                part.level(|other| if other == check { Level::Fail } else { Level::Pass }),
                Level::Pass
            );
        }
    }
}

#[test]
fn a_count_that_says_no_more_than_and_or_or_is_needless() {
    let lint = |text: &str| {
        let policy: Policy<String> = text.parse().unwrap();
        let lints = policy.lint(|_| Prospect::Open { strength: 1 });
        let needless = lints.iter().map(|lint| match lint.weakness {
            Weakness::NeedlessCount { all } => all,
            _ => panic!("{lint:?}"),
        });
        needless.collect::<Vec<bool>>()
    };
    assert!(lint("2 of (a, b, c)").is_empty());
    assert!(lint("a and (b or c)").is_empty());
    assert_eq!(lint("1 of (a, b)"), [false]);
    assert_eq!(lint("3 of (a, 1 of (b, c), d)"), [true, false]);
    assert_eq!(lint("1 of (a)"), [true]);
}
