//! The secrets that are accepted.

use alloc::{boxed::Box, string::String};
use core::fmt;

use rustls_pki_types::UnixTime;

use crate::digest::{self, Digest};
use crate::window::Location;
use crate::{Match, Mismatch, Secret, SecretRingBuilder, Window};

/// The secrets of which a request may present any: at least one, each with a label and a window.
///
/// To rotate, add the new secret, hand it to the sender, and remove the old one, or let its window
/// end, once nothing uses it any more. Entries are counted from 0 in the order in which they were
/// added. `Debug` shows the labels and nothing else.
pub struct SecretRing {
    // Not empty, no two with the same label or digest.
    entries: Box<[Entry]>,
}

pub(crate) struct Entry {
    pub(crate) label: String,
    pub(crate) digest: Digest,
    pub(crate) window: Window,
}

// A ring is never empty, so `is_empty` would say nothing.
#[expect(clippy::len_without_is_empty)]
impl SecretRing {
    /// The greatest number of entries: every request is compared with all of them.
    pub const MAX_ENTRIES: usize = 64;

    /// Starts a ring without entries.
    pub fn builder() -> SecretRingBuilder {
        SecretRingBuilder::new()
    }

    pub(crate) fn from_entries(entries: Box<[Entry]>) -> Self {
        Self { entries }
    }

    /// Whether `presented` is a secret of the ring, and valid at `now`.
    ///
    /// `presented` is hashed once and compared with every entry, whichever one matches and whether
    /// or not any does. A value longer than [`Secret::MAX_LEN`] can be none of them and is not even
    /// hashed. Nothing is allocated.
    ///
    /// # Errors
    ///
    /// [`Mismatch`] says why not.
    pub fn matches(&self, presented: &[u8], now: UnixTime) -> Result<Match<'_>, Mismatch> {
        if presented.len() > Secret::MAX_LEN {
            return Err(Mismatch::Unknown);
        }
        let index = self
            .position(&Digest::of(presented))
            .ok_or(Mismatch::Unknown)?;
        let Entry { label, window, .. } = &self.entries[index];
        match window.locate(now) {
            Location::Before { not_before } => Err(Mismatch::NotYetValid { index, not_before }),
            Location::After { not_after } => Err(Mismatch::Expired { index, not_after }),
            Location::Within => Ok(Match {
                index,
                label,
                window: *window,
            }),
        }
    }

    /// The labels, in the order in which they were added.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.label.as_str())
    }

    /// The number of entries, 1 to [`MAX_ENTRIES`](Self::MAX_ENTRIES).
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether some secret is in both rings, whenever it is valid.
    ///
    /// For checks of a configuration: two measures with one secret are no more than one measure.
    pub fn shares_a_secret_with(&self, other: &Self) -> bool {
        self.entries
            .iter()
            .any(|entry| other.position(&entry.digest).is_some())
    }

    fn position(&self, wanted: &Digest) -> Option<usize> {
        digest::position(wanted, self.entries.iter().map(|entry| &entry.digest))
    }
}

impl fmt::Debug for SecretRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretRing ")?;
        f.debug_list().entries(self.labels()).finish()
    }
}
