//! The policy itself: how it is stored and built.

use alloc::{vec, vec::Vec};
use core::slice;

use crate::{Expression, PolicyError};

/// How many checks a policy may have.
pub const MAX_CHECKS: usize = 64;

/// How many groups, or parentheses in text, may stand within each other. A single check has none.
pub const MAX_DEPTH: usize = 16;

/// *All of*, *any of* and *at least k of*, over checks of type `C`, nested.
///
/// Built from text ([`Policy::parse`]) or from parts ([`Policy::check`], [`Policy::all`], [`Policy::any`],
/// [`Policy::at_least`]). Printed with `Display`, it gives canonical text that parses back to an equal policy, provided
/// that `C` prints as a name of the [text form](crate#text-form) and that `C::from_str` reads that name back.
///
/// With the feature `serde` it serialises as that text. It deserialises, from a self-describing format, from the text
/// or from a structured form whose members are again either:
///
/// ```json
/// {"all": ["certificate", {"any": ["payload", "header"]}]}
/// {"at_least": {"count": 2, "of": ["certificate", "payload or header", "address"]}}
/// ```
#[derive(Clone, Eq, PartialEq, Hash, Debug)]
pub struct Policy<C> {
    /// In textual order: a group stands directly before its members. Never empty.
    pub(crate) nodes: Vec<Node>,
    /// In textual order, all different. Never empty.
    pub(crate) checks: Vec<C>,
}

#[derive(Clone, Copy, Eq, PartialEq, Hash, Debug)]
pub(crate) enum Node {
    /// The check with this index.
    Check(usize),
    /// A group of this many members, at least 1 of them.
    Group {
        rule: Rule,
        members: usize,
        /// How many groups stand within each other here, this one included.
        height: usize,
    },
}

#[derive(Clone, Copy, Eq, PartialEq, Hash, Debug)]
pub(crate) enum Rule {
    All,
    Any,
    AtLeast(usize),
}

impl Rule {
    /// How many of the members have to pass. Every rule is this number: the group's level is that of its k-th highest
    /// member.
    pub(crate) fn threshold(self, members: usize) -> usize {
        match self {
            Self::All => members,
            Self::Any => 1,
            Self::AtLeast(k) => k,
        }
    }
}

impl<C> Policy<C> {
    /// The policy that is one check.
    pub fn check(check: C) -> Self {
        Self {
            nodes: vec![Node::Check(0)],
            checks: vec![check],
        }
    }

    /// The checks, in textual order.
    pub fn checks(&self) -> slice::Iter<'_, C> {
        self.checks.iter()
    }

    /// The expression that is nothing but this check, if the policy has it.
    pub fn find(&self, check: &C) -> Option<Expression>
    where
        C: PartialEq,
    {
        let index = self.checks.iter().position(|known| known == check)?;
        let node = self
            .nodes
            .iter()
            .position(|node| *node == Node::Check(index));
        node.map(Expression)
    }

    /// No nodes and no checks yet: not a policy until both were added.
    pub(crate) fn unfinished() -> Self {
        Self {
            nodes: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// Makes the last `members` expressions, which start at node `from`, one group.
    ///
    /// All or any of a single member is that member: the text form cannot tell them apart.
    pub(crate) fn enclose(
        &mut self,
        from: usize,
        rule: Rule,
        members: usize,
        offset: Option<usize>,
    ) -> Result<(), PolicyError> {
        match rule {
            _ if members == 0 => return Err(PolicyError::EmptyGroup { offset }),
            Rule::AtLeast(0) => return Err(PolicyError::ZeroCount { offset }),
            Rule::AtLeast(k) if k > members => {
                return Err(PolicyError::CountTooLarge {
                    k,
                    n: members,
                    offset,
                });
            }
            Rule::All | Rule::Any if members == 1 => return Ok(()),
            _ => {}
        }
        let height_within = self.nodes[from..]
            .iter()
            .map(|node| match node {
                Node::Check(_) => 0,
                Node::Group { height, .. } => *height,
            })
            .max();
        let height = height_within.unwrap_or(0) + 1;
        if height > MAX_DEPTH {
            return Err(PolicyError::TooDeep { offset });
        }
        self.nodes.insert(
            from,
            Node::Group {
                rule,
                members,
                height,
            },
        );
        Ok(())
    }
}

impl<C: Eq> Policy<C> {
    /// Every member has to pass.
    ///
    /// A single member stands for itself.
    ///
    /// # Errors
    ///
    /// No member; a check that occurs twice, in different members too; more than [`MAX_CHECKS`] checks; more than
    /// [`MAX_DEPTH`] groups within each other.
    pub fn all(members: impl IntoIterator<Item = Self>) -> Result<Self, PolicyError> {
        Self::group(Rule::All, members)
    }

    /// One member has to pass.
    ///
    /// A single member stands for itself.
    ///
    /// # Errors
    ///
    /// As [`Policy::all`].
    pub fn any(members: impl IntoIterator<Item = Self>) -> Result<Self, PolicyError> {
        Self::group(Rule::Any, members)
    }

    /// `k` of the members have to pass.
    ///
    /// ```
    /// use hookward_policy::{Policy, PolicyError};
    ///
    /// let members = || ["a", "b", "c"].map(Policy::check);
    /// assert_eq!(Policy::at_least(2, members())?.to_string(), "2 of (a, b, c)");
    /// assert!(Policy::at_least(0, members()).is_err());
    /// assert!(Policy::at_least(4, members()).is_err());
    /// # Ok::<(), PolicyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Policy::all`]; `k` is 0, or more than there are members.
    pub fn at_least(
        k: usize,
        members: impl IntoIterator<Item = Self>,
    ) -> Result<Self, PolicyError> {
        Self::group(Rule::AtLeast(k), members)
    }

    fn group(rule: Rule, members: impl IntoIterator<Item = Self>) -> Result<Self, PolicyError> {
        let mut policy = Self::unfinished();
        let mut count = 0;
        for member in members {
            let base = policy.checks.len();
            for check in member.checks {
                policy.add(check, None)?;
            }
            policy
                .nodes
                .extend(member.nodes.into_iter().map(|node| match node {
                    Node::Check(index) => Node::Check(base + index),
                    group @ Node::Group { .. } => group,
                }));
            count += 1;
        }
        policy.enclose(0, rule, count, None)?;
        Ok(policy)
    }

    /// Adds a check, but no node for it, and returns its index.
    pub(crate) fn add(&mut self, check: C, offset: Option<usize>) -> Result<usize, PolicyError> {
        if let Some(first) = self.checks.iter().position(|known| *known == check) {
            return Err(PolicyError::RepeatedCheck { first, offset });
        }
        if self.checks.len() == MAX_CHECKS {
            return Err(PolicyError::TooManyChecks { offset });
        }
        self.checks.push(check);
        Ok(self.checks.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: u8) -> Policy<u8> {
        Policy::check(name)
    }

    #[test]
    fn a_single_member_stands_for_itself() {
        assert_eq!(Policy::all([check(1)]), Ok(check(1)));
        assert_eq!(Policy::any([check(1)]), Ok(check(1)));
        assert_ne!(Policy::at_least(1, [check(1)]), Ok(check(1)));
    }

    #[test]
    fn the_checks_are_in_textual_order() {
        let inner = Policy::any([check(3), check(1)]).unwrap();
        let policy = Policy::all([check(7), inner, check(2)]).unwrap();
        assert!(policy.checks().eq(&[7, 3, 1, 2]));
    }

    #[test]
    fn a_check_is_found_where_it_stands() {
        let inner = Policy::any([check(3), check(1)]).unwrap();
        let policy = Policy::all([check(7), inner]).unwrap();
        assert_eq!(policy.find(&1), Some(Expression(4)));
        assert_eq!(policy.find(&2), None);
    }

    #[test]
    fn counts_out_of_range_are_refused() {
        assert_eq!(
            Policy::at_least(0, [check(1)]),
            Err(PolicyError::ZeroCount { offset: None })
        );
        assert_eq!(
            Policy::at_least(usize::MAX, [check(1), check(2)]),
            Err(PolicyError::CountTooLarge {
                k: usize::MAX,
                n: 2,
                offset: None
            })
        );
        assert_eq!(
            Policy::<u8>::all([]),
            Err(PolicyError::EmptyGroup { offset: None })
        );
        assert_eq!(
            Policy::<u8>::at_least(0, []),
            Err(PolicyError::EmptyGroup { offset: None })
        );
    }

    #[test]
    fn a_check_in_two_members_is_refused() {
        let left = Policy::any([check(1), check(2)]).unwrap();
        let right = Policy::any([check(3), check(2)]).unwrap();
        assert_eq!(
            Policy::all([left, right]),
            Err(PolicyError::RepeatedCheck {
                first: 1,
                offset: None
            })
        );
    }

    #[test]
    fn the_number_of_checks_is_limited_however_many_are_offered() {
        assert!(Policy::all((0..64).map(check)).is_ok());
        let too_many = Err(PolicyError::TooManyChecks { offset: None });
        assert_eq!(Policy::all((0..65).map(check)), too_many);
        let endless = (0u64..).map(Policy::check);
        assert_eq!(
            Policy::any(endless),
            Err(PolicyError::TooManyChecks { offset: None })
        );
    }

    #[test]
    fn the_depth_is_limited() {
        let mut policy = check(0);
        for outer in 1..=16 {
            policy = Policy::any([policy, check(outer)]).unwrap();
        }
        assert_eq!(
            Policy::all([policy, check(17)]),
            Err(PolicyError::TooDeep { offset: None })
        );
    }
}
