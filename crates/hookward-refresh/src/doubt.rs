//! Documents that may be a mistake of the server.

use alloc::collections::BTreeSet;

use crate::Instant;

/// Why a readable document is not taken over before a second fetch confirms it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Doubt {
    /// It has no entry in common with the document before.
    Disjoint,
    /// It has far fewer entries than the document before.
    Shrunk {
        /// How many entries the document before has.
        from: usize,
        /// How many entries it has itself.
        to: usize,
    },
}

impl Doubt {
    /// What is doubtful about `new` after `old`; neither is empty.
    pub(crate) fn about<T: Ord>(
        old: &BTreeSet<T>,
        new: &BTreeSet<T>,
        least_kept_percent: u8,
    ) -> Option<Self> {
        let (from, to) = (old.len(), new.len());
        if old.is_disjoint(new) {
            Some(Self::Disjoint)
        } else if (to as u128) * 100 < (from as u128) * u128::from(least_kept_percent) {
            Some(Self::Shrunk { from, to })
        } else {
            None
        }
    }
}

/// The entries of a doubtful document, until they are confirmed or replaced.
#[derive(Clone, Debug)]
pub(crate) struct Suspect<T> {
    pub(crate) entries: BTreeSet<T>,
    /// When a fetch that is to confirm them starts, at the earliest.
    pub(crate) confirmable_from: Instant,
}

impl<T: Ord> Suspect<T> {
    /// Whether a fetch that started at `started` and brought `entries` confirms this.
    pub(crate) fn is_confirmed_by(&self, started: Instant, entries: &BTreeSet<T>) -> bool {
        started >= self.confirmable_from && *entries == self.entries
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    fn set(entries: impl IntoIterator<Item = u32>) -> BTreeSet<u32> {
        entries.into_iter().collect()
    }

    #[test]
    fn nothing_in_common_is_doubtful() {
        assert_eq!(Doubt::about(&set([1]), &set([2]), 0), Some(Doubt::Disjoint));
        assert_eq!(Doubt::about(&set([1]), &set([1, 2]), 100), None);
    }

    #[test]
    fn the_bound_itself_is_allowed() {
        let ten = set(0..10);
        assert_eq!(Doubt::about(&ten, &set(0..5), 50), None);
        assert_eq!(
            Doubt::about(&ten, &set(0..4), 50),
            Some(Doubt::Shrunk { from: 10, to: 4 })
        );
        assert_eq!(Doubt::about(&ten, &set(0..1), 0), None);
        assert!(Doubt::about(&ten, &set(0..9), 100).is_some());
    }

    #[test]
    fn only_the_same_set_confirms_and_not_too_early() {
        let at = |seconds| Instant::from_start(Duration::from_secs(seconds));
        let suspect = Suspect {
            entries: set([1, 2]),
            confirmable_from: at(60),
        };
        assert!(suspect.is_confirmed_by(at(60), &set([2, 1])));
        assert!(!suspect.is_confirmed_by(at(59), &set([1, 2])));
        assert!(!suspect.is_confirmed_by(at(61), &set([1])));
        assert!(!suspect.is_confirmed_by(at(61), &set([1, 2, 3])));
    }
}
