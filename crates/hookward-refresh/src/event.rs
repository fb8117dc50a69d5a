//! What happened.

use alloc::vec::Vec;
use core::fmt;

use crate::{Document, Doubt, FetchError, State};

/// Something that happened to the document, in order.
#[non_exhaustive]
pub enum Event<D: Document> {
    /// Another document is in force. Its dates are new.
    Accepted {
        /// The entries that the document before did not have, in order.
        added: Vec<D::Entry>,
        /// The entries that only the document before had, in order.
        removed: Vec<D::Entry>,
    },
    /// The document was confirmed: its entries are the same, its dates are new.
    Confirmed,
    /// A readable document was not taken over, because it may be a mistake. It will be, if a later fetch brings the same
    /// entries again.
    Quarantined {
        /// What is wrong with it.
        doubt: Doubt,
    },
    /// A fetch failed. The document in force stays.
    Failed {
        /// Why.
        error: FetchError<D::Error>,
        /// How many in a row that hints did not cause, this one included; at least 1.
        failures: u32,
    },
    /// The snapshot to start from breaks a rule and was dropped.
    SnapshotRefused {
        /// Which rule: [`FetchError::NoEntries`] or [`FetchError::TooManyEntries`].
        error: FetchError<D::Error>,
    },
    /// The document can be relied on more, or less.
    StateChanged {
        /// The state so far.
        from: State,
        /// The state from now on.
        to: State,
    },
}

// Not derived: that would ask for `D: Debug` and not for what is shown.
impl<D: Document> fmt::Debug for Event<D>
where
    D::Entry: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { added, removed } => f
                .debug_struct("Accepted")
                .field("added", added)
                .field("removed", removed)
                .finish(),
            Self::Confirmed => f.write_str("Confirmed"),
            Self::Quarantined { doubt } => {
                f.debug_struct("Quarantined").field("doubt", doubt).finish()
            }
            Self::Failed { error, failures } => f
                .debug_struct("Failed")
                .field("error", error)
                .field("failures", failures)
                .finish(),
            Self::SnapshotRefused { error } => f
                .debug_struct("SnapshotRefused")
                .field("error", error)
                .finish(),
            Self::StateChanged { from, to } => f
                .debug_struct("StateChanged")
                .field("from", from)
                .field("to", to)
                .finish(),
        }
    }
}
