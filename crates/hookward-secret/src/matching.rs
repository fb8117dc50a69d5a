//! The two answers of a ring.

use rustls_pki_types::UnixTime;

use crate::Window;

/// A presented value is a secret of the ring, and its time is now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Match<'ring> {
    pub(crate) index: usize,
    pub(crate) label: &'ring str,
    pub(crate) window: Window,
}

impl<'ring> Match<'ring> {
    /// The label of the entry that matched.
    pub const fn label(&self) -> &'ring str {
        self.label
    }

    /// The entry that matched, counted from 0 in the order in which entries were added.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// When the entry that matched is valid.
    pub const fn window(&self) -> Window {
        self.window
    }
}

/// Why a presented value was not accepted.
///
/// Only whoever presents the right secret at the wrong time learns anything but
/// [`Unknown`](Self::Unknown); a sender should be told none of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// The value is no secret of the ring.
    #[error("no secret of the ring")]
    Unknown,
    /// The value is a secret whose time has not come.
    #[error("secret {index} is not valid before {} s after 1970", not_before.as_secs())]
    NotYetValid {
        /// The entry, counted from 0.
        index: usize,
        /// The first moment at which it is valid.
        not_before: UnixTime,
    },
    /// The value is a secret whose time is over.
    #[error("secret {index} is not valid after {} s after 1970", not_after.as_secs())]
    Expired {
        /// The entry, counted from 0.
        index: usize,
        /// The last moment at which it was valid.
        not_after: UnixTime,
    },
}
