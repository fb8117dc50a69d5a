//! What must not happen.

use core::fmt;

/// Something that must not happen, and when it did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Violation {
    /// What happened.
    pub kind: ViolationKind,
    /// The seed of the year: running one year with it repeats the violation.
    pub seed: u64,
    /// When, in milliseconds since the year began.
    pub at: u64,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, seed, at } = self;
        write!(f, "{kind:?} at {at} ms (--years 1 --seed {seed})")
    }
}

/// What must not happen.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum ViolationKind {
    /// An entry is in force that the accepted document does not contain: it never was accepted, or has been removed.
    TrustsUnaccepted,
    /// An entry of the accepted document is not in force.
    LostLastGood,
    /// A document is trusted although it was confirmed too long ago.
    TrustedPastExpiry,
    /// Everything has been well for long, and there is no document to trust.
    NoRecovery,
    /// A healthy endpoint's rotation lost a webhook.
    LostWebhook,
    /// Two fetches at once.
    FetchesOverlap,
    /// A fetch closer to the one before than the spacing.
    TooCloseFetch,
    /// A fetch before the server's `Retry-After` was over.
    IgnoredRetryAfter,
    /// A fetch earlier than the reason it gives allows.
    EarlyFetch,
    /// A fetch for a hint that nobody gave, or that the budget had no token for.
    OverspentHint,
    /// A conditional fetch with validators of another document than the one in force.
    ForeignValidators,
    /// A fetch that should have confirmed a doubtful document was conditional, or left to caches.
    WeakConfirmation,
    /// The machine asks to be called again at once, although it has just been called.
    Busy,
}
