//! What a check found, and what a policy makes of it.

use core::fmt;

/// How far a check, or a policy over checks, got: from low to high.
///
/// The order is what policies compute with: *all* is the minimum, *any* the maximum, *at least k* the k-th highest.
#[derive(Clone, Copy, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Level {
    /// The evidence is absent where it had to be, or wrong.
    Fail,
    /// The evidence cannot be judged now, for instance because a list has not been loaded.
    Unavailable,
    /// The evidence cannot have been seen yet.
    Pending,
    /// The evidence is right.
    Pass,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fail => "fail",
            Self::Unavailable => "unavailable",
            Self::Pending => "pending",
            Self::Pass => "pass",
        })
    }
}

/// A [`Level`] with the reason for it, where one is needed.
#[derive(Clone, Copy, Eq, PartialEq, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "outcome", content = "reason", rename_all = "snake_case")
)]
pub enum Outcome<R> {
    /// The evidence is absent where it had to be, or wrong.
    Fail(R),
    /// The evidence cannot be judged now.
    Unavailable(R),
    /// The evidence cannot have been seen yet.
    Pending,
    /// The evidence is right.
    Pass,
}

impl<R> Outcome<R> {
    /// The outcome without its reason.
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::Fail(_) => Level::Fail,
            Self::Unavailable(_) => Level::Unavailable,
            Self::Pending => Level::Pending,
            Self::Pass => Level::Pass,
        }
    }

    /// Why the check failed or could not be judged.
    #[must_use]
    pub fn reason(&self) -> Option<&R> {
        match self {
            Self::Fail(reason) | Self::Unavailable(reason) => Some(reason),
            Self::Pending | Self::Pass => None,
        }
    }
}

/// What a policy decides. Only [`Verdict::Accept`] lets anything through.
#[derive(Clone, Copy, Eq, PartialEq, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Verdict {
    /// It passes, whatever the checks that are still pending turn out to be.
    Accept,
    /// It cannot pass, not even if every pending and every unavailable check passed.
    Refuse,
    /// It cannot pass now, not even if every pending check passed; it might, once the unavailable checks can be judged.
    Unavailable,
    /// It depends on checks that are still pending.
    Undecided,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Accept => "accept",
            Self::Refuse => "refuse",
            Self::Unavailable => "unavailable",
            Self::Undecided => "undecided",
        })
    }
}
