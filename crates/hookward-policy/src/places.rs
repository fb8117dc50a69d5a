//! Where the parts of a policy stand in the text that it was read from.

use alloc::vec::Vec;
use core::ops::Range;

/// One expression of a policy: a check or a group. It means something for that policy alone.
#[derive(Clone, Copy, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct Expression(pub(crate) usize);

/// Where each expression of a policy stands in the text that
/// [`Policy::parse_with_places`](crate::Policy::parse_with_places) read.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct Places {
    /// Of each node.
    pub(crate) spans: Vec<Range<usize>>,
}

impl Expression {
    /// Its number in textual order, from 0, which is the whole policy. A group stands directly before
    /// its members.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

impl Places {
    /// Where an expression stands, in bytes. It includes parentheses that the expression begins or
    /// ends with, but not those around it.
    ///
    /// Empty for an expression of another policy that has no counterpart in this one.
    #[must_use]
    pub fn span(&self, expression: Expression) -> Range<usize> {
        self.spans.get(expression.0).cloned().unwrap_or_default()
    }
}
