//! Why something is no policy.

use alloc::string::String;
use core::fmt;

use crate::policy::{MAX_CHECKS, MAX_DEPTH};

/// Why a text, or a group of policies, is not a policy.
///
/// `offset` is where it was noticed: a byte offset into the text, always on a character boundary and at most the length
/// of the text. It is `None` for policies that are not built from text. [`PolicyError::offset`] reads it from any
/// variant.
#[derive(Clone, Eq, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The name is not one of a check.
    #[error("unknown check `{name}`{}", At(*offset))]
    UnknownCheck {
        /// The name, shortened if long.
        name: String,
        /// Where the name starts.
        offset: Option<usize>,
    },
    /// `0 of (…)` would accept everything.
    #[error("a count must be at least 1{}", At(*offset))]
    ZeroCount {
        /// Where the count starts.
        offset: Option<usize>,
    },
    /// `k of (…)` with fewer than k members could accept nothing.
    #[error("{k} of {n} cannot be reached{}", At(*offset))]
    CountTooLarge {
        /// How many members would have to pass.
        k: usize,
        /// How many members there are.
        n: usize,
        /// Where the count starts.
        offset: Option<usize>,
    },
    /// A group without members.
    #[error("a group needs at least one member{}", At(*offset))]
    EmptyGroup {
        /// Where the group's parenthesis opens.
        offset: Option<usize>,
    },
    /// The same check twice: it would count twice in `k of (…)`.
    #[error("a check may occur only once; this one is also check {first}, counted from 0{}", At(*offset))]
    RepeatedCheck {
        /// The position of the first occurrence among the checks, in textual order, counted from 0.
        first: usize,
        /// Where the second occurrence starts.
        offset: Option<usize>,
    },
    /// More than [`MAX_DEPTH`] groups or parentheses within each other.
    #[error("nested more than {MAX_DEPTH} deep{}", At(*offset))]
    TooDeep {
        /// Where the group or parenthesis starts.
        offset: Option<usize>,
    },
    /// More than [`MAX_CHECKS`] checks.
    #[error("more than {MAX_CHECKS} checks{}", At(*offset))]
    TooManyChecks {
        /// Where the first check too many starts.
        offset: Option<usize>,
    },
    /// `a and b or c`: which binds tighter is not for a reader to guess.
    #[error("`and` and `or` may be mixed only with parentheses{}", At(*offset))]
    MixedOperators {
        /// Where the operator that differs from the one before starts.
        offset: Option<usize>,
    },
    /// `not a`: with it, withholding evidence could help.
    #[error("there is no `not` in a policy{}", At(*offset))]
    Negation {
        /// Where the `not` starts.
        offset: Option<usize>,
    },
    /// The text does not follow the grammar.
    #[error("expected {expected}, found {found}{}", At(*offset))]
    Syntax {
        /// What could have stood there.
        expected: &'static str,
        /// What stood there, quoted, escaped and shortened.
        found: String,
        /// Where it stood.
        offset: Option<usize>,
    },
}

impl PolicyError {
    /// Where in the text, in bytes from its start; `None` if the policy was not built from text.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        match self {
            Self::UnknownCheck { offset, .. }
            | Self::ZeroCount { offset }
            | Self::CountTooLarge { offset, .. }
            | Self::EmptyGroup { offset }
            | Self::RepeatedCheck { offset, .. }
            | Self::TooDeep { offset }
            | Self::TooManyChecks { offset }
            | Self::MixedOperators { offset }
            | Self::Negation { offset }
            | Self::Syntax { offset, .. } => *offset,
        }
    }
}

/// The end of a message: where, if that is known.
struct At(Option<usize>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(offset) => write!(f, ", at byte {offset}"),
            None => Ok(()),
        }
    }
}
