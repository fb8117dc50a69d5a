//! Why a secret, a key, a window or a ring was not made.

use rustls_pki_types::UnixTime;

/// A rule that a secret, a key, a window or a ring broke when it was made.
///
/// Entries are counted from 0 in the order in which they were added. Neither a secret nor a label
/// is part of any error.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The secret or key has fewer bytes than [`Secret::MIN_LEN`](crate::Secret::MIN_LEN) or
    /// [`DerivationKey::MIN_LEN`](crate::DerivationKey::MIN_LEN).
    #[error("a secret of {len} bytes is shorter than {min}")]
    TooShort {
        /// The length of what was given, in bytes.
        len: usize,
        /// The least length, in bytes.
        min: usize,
    },
    /// The secret or key has more bytes than [`Secret::MAX_LEN`](crate::Secret::MAX_LEN) or
    /// [`DerivationKey::MAX_LEN`](crate::DerivationKey::MAX_LEN).
    #[error("a secret of {len} bytes is longer than {max}")]
    TooLong {
        /// The length of what was given, in bytes.
        len: usize,
        /// The greatest length, in bytes.
        max: usize,
    },
    /// No moment lies within the window.
    #[error(
        "the window ends at {} s, before it starts at {} s after 1970",
        not_after.as_secs(),
        not_before.as_secs()
    )]
    WindowEndsBeforeItStarts {
        /// The start that was given.
        not_before: UnixTime,
        /// The end that was given.
        not_after: UnixTime,
    },
    /// The ring has no entry.
    #[error("a ring needs at least one secret")]
    EmptyRing,
    /// The ring has more entries than [`Ring::MAX_ENTRIES`](crate::Ring::MAX_ENTRIES).
    #[error("a ring of {count} secrets is larger than {max}")]
    TooManyEntries {
        /// How many were added.
        count: usize,
        /// The greatest number.
        max: usize,
    },
    /// An entry's label is empty.
    #[error("the label of entry {index} is empty")]
    EmptyLabel {
        /// The entry.
        index: usize,
    },
    /// Two entries have the same label.
    #[error("entry {index} has the label of entry {first}")]
    RepeatedLabel {
        /// The later entry.
        index: usize,
        /// The earlier entry.
        first: usize,
    },
    /// Two entries have the same secret or key.
    #[error("entry {index} has the secret of entry {first}")]
    RepeatedSecret {
        /// The later entry.
        index: usize,
        /// The earlier entry.
        first: usize,
    },
}
