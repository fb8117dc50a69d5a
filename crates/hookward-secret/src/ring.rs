//! Several values of which any may be in use.

use alloc::{boxed::Box, string::String};
use core::fmt;

use rustls_pki_types::UnixTime;
use subtle::ConstantTimeEq;

use crate::window::Location;
use crate::{Match, Mismatch, RingBuilder, Window, search};

/// Secrets or keys of one kind: at least one, each with a label and a window, no two the same.
///
/// To rotate, add the new one, use it for what is sent from then on, and remove the old one, or let
/// its window end, once nothing uses it any more. Entries are counted from 0 in the order in which
/// they were added. `Debug` shows the labels and nothing else.
pub struct Ring<T> {
    // Not empty, no two with the same label or value.
    entries: Box<[Entry<T>]>,
}

pub(crate) struct Entry<T> {
    pub(crate) label: String,
    pub(crate) value: T,
    pub(crate) window: Window,
}

// A ring is never empty, so `is_empty` would say nothing.
#[expect(clippy::len_without_is_empty)]
impl<T> Ring<T> {
    /// The greatest number of entries: a request may be compared with all of them.
    pub const MAX_ENTRIES: usize = 64;

    /// Starts a ring without entries.
    pub fn builder() -> RingBuilder<T> {
        RingBuilder::new()
    }

    pub(crate) fn from_entries(entries: Box<[Entry<T>]>) -> Self {
        Self { entries }
    }

    /// The entry at `index`, if it is valid at `now`.
    ///
    /// # Errors
    ///
    /// [`Mismatch`] says why not; [`Mismatch::Unknown`] means that there is no such entry.
    pub fn at(&self, index: usize, now: UnixTime) -> Result<Match<'_>, Mismatch> {
        let entry = self.entries.get(index).ok_or(Mismatch::Unknown)?;
        match entry.window.locate(now) {
            Location::Before { not_before } => Err(Mismatch::NotYetValid { index, not_before }),
            Location::After { not_after } => Err(Mismatch::Expired { index, not_after }),
            Location::Within => Ok(entry.found(index)),
        }
    }

    /// The first entry that is valid from `from` to `until`: what the submitting side should use.
    ///
    /// So an entry that is added in front of the others takes over as soon as its window allows.
    pub fn first_valid(&self, from: UnixTime, until: UnixTime) -> Option<(Match<'_>, &T)> {
        self.entries
            .iter()
            .enumerate()
            .find(|(_, entry)| entry.window.contains(from) && entry.window.contains(until))
            .map(|(index, entry)| (entry.found(index), &entry.value))
    }

    /// The values, in the order in which they were added.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|entry| &entry.value)
    }

    /// The labels, in the order in which they were added.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.label.as_str())
    }

    /// The number of entries, 1 to [`MAX_ENTRIES`](Self::MAX_ENTRIES).
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

impl<T: ConstantTimeEq> Ring<T> {
    /// Where `wanted` stands; it is compared with every value.
    pub(crate) fn position(&self, wanted: &T) -> Option<usize> {
        search::position(self.values().map(|value| value.ct_eq(wanted)))
    }
}

impl<T> Entry<T> {
    fn found(&self, index: usize) -> Match<'_> {
        Match {
            index,
            label: &self.label,
            window: self.window,
        }
    }
}

impl<T> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ring ")?;
        f.debug_list().entries(self.labels()).finish()
    }
}
