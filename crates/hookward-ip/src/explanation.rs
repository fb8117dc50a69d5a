//! Why an address is admitted or not.

use core::fmt;

use crate::Rule;

/// Why [`Allowlist::contains`](crate::Allowlist::contains) answers as it does.
///
/// Where several lines cover an address, the first of each role is named.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Explanation {
    /// An entry covers the address and no exception does.
    Admitted(Rule),
    /// An entry covers the address, but so does an exception.
    Excepted {
        /// The entry.
        entry: Rule,
        /// The exception, which wins.
        exception: Rule,
    },
    /// No entry covers the address.
    NotListed,
}

impl Explanation {
    /// What [`Allowlist::contains`](crate::Allowlist::contains) answers.
    pub const fn is_admitted(&self) -> bool {
        matches!(self, Self::Admitted(_))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Admitted(entry) => write!(f, "{entry} admits it"),
            Self::Excepted { entry, exception } => {
                write!(f, "{entry} admits it, but {exception} excludes it")
            }
            Self::NotListed => f.write_str("no entry covers it"),
        }
    }
}
