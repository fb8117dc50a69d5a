//! Policies as plain trees, evaluated by the definition, to compare with.

use core::fmt;
use core::str::FromStr;

use hookward_policy::{Level, Policy};
use proptest::prelude::*;

/// A check that prints as `c` and its number.
#[derive(Clone, Copy, Eq, PartialEq, Debug)]
pub(crate) struct Name(pub(crate) usize);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

impl FromStr for Name {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = text.strip_prefix('c').ok_or(())?;
        number.parse().map(Self).map_err(|_| ())
    }
}

/// A tree whose checks are numbered in textual order.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Check(usize),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    AtLeast(usize, Vec<Tree>),
}

impl Tree {
    /// The definition, word for word.
    pub(crate) fn level(&self, levels: &[Level]) -> Level {
        let each = |members: &[Tree]| -> Vec<Level> {
            members.iter().map(|member| member.level(levels)).collect()
        };
        match self {
            Self::Check(check) => levels[*check],
            Self::All(members) => each(members).into_iter().min().unwrap(),
            Self::Any(members) => each(members).into_iter().max().unwrap(),
            Self::AtLeast(k, members) => {
                let mut levels = each(members);
                levels.sort();
                levels[levels.len() - k]
            }
        }
    }

    /// The check that decided, by the definition: the first member at the level of its group, all the way down.
    pub(crate) fn decisive(&self, levels: &[Level]) -> usize {
        match self {
            Self::Check(check) => *check,
            Self::All(members) | Self::Any(members) | Self::AtLeast(_, members) => members
                .iter()
                .find(|member| member.level(levels) == self.level(levels))
                .unwrap()
                .decisive(levels),
        }
    }

    pub(crate) fn policy(&self) -> Policy<Name> {
        let each = |members: &[Tree]| -> Vec<_> { members.iter().map(Tree::policy).collect() };
        match self {
            Self::Check(check) => Policy::check(Name(*check)),
            Self::All(members) => Policy::all(each(members)).unwrap(),
            Self::Any(members) => Policy::any(each(members)).unwrap(),
            Self::AtLeast(k, members) => Policy::at_least(*k, each(members)).unwrap(),
        }
    }

    pub(crate) fn checks(&self) -> usize {
        match self {
            Self::Check(_) => 1,
            Self::All(members) | Self::Any(members) | Self::AtLeast(_, members) => {
                members.iter().map(Tree::checks).sum()
            }
        }
    }

    /// Numbers the checks.
    fn numbered(mut self) -> Self {
        fn number(tree: &mut Tree, next: &mut usize) {
            match tree {
                Tree::Check(check) => {
                    *check = *next;
                    *next += 1;
                }
                Tree::All(members) | Tree::Any(members) | Tree::AtLeast(_, members) => {
                    for member in members {
                        number(member, next);
                    }
                }
            }
        }
        number(&mut self, &mut 0);
        self
    }
}

/// Trees up to 5 groups deep with at most `checks` checks.
pub(crate) fn trees(checks: usize) -> impl Strategy<Value = Tree> {
    Just(Tree::Check(0))
        .prop_recursive(5, 24, 4, |member| {
            let members = prop::collection::vec(member, 1..=4);
            prop_oneof![
                members.clone().prop_map(Tree::All),
                members.clone().prop_map(Tree::Any),
                (members, any::<prop::sample::Index>())
                    .prop_map(|(members, k)| Tree::AtLeast(1 + k.index(members.len()), members)),
            ]
        })
        .prop_filter("too many checks", move |tree| tree.checks() <= checks)
        .prop_map(Tree::numbered)
}

pub(crate) const LEVELS: [Level; 4] =
    [Level::Fail, Level::Unavailable, Level::Pending, Level::Pass];

/// A tree of up to 64 checks, and a level for each.
pub(crate) fn trees_with_levels() -> impl Strategy<Value = (Tree, Vec<Level>)> {
    trees(64).prop_flat_map(|tree| {
        let levels = prop::collection::vec(prop::sample::select(LEVELS.to_vec()), tree.checks());
        (Just(tree), levels)
    })
}

/// Every assignment of the given levels to so many checks.
pub(crate) fn assignments(checks: usize, of: &[Level]) -> impl Iterator<Item = Vec<Level>> {
    (0..of.len().pow(checks as u32)).map(move |mut number| {
        (0..checks)
            .map(|_| {
                let level = of[number % of.len()];
                number /= of.len();
                level
            })
            .collect()
    })
}
