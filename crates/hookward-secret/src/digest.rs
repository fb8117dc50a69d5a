//! What is kept of a secret, and the search for it.

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

/// The SHA-256 of a secret or of a presented value; wiped when dropped, never printed.
pub(crate) struct Digest(Zeroizing<[u8; 32]>);

impl Digest {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(Sha256::digest(bytes).into()))
    }
}

impl ConstantTimeEq for Digest {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.as_slice().ct_eq(other.0.as_slice())
    }
}

/// Where `wanted` stands in `among`, the last place if there are several.
///
/// Every item is compared, whichever one matches and whether or not any does. The branch at the
/// end tells a match from none, which is what the caller is about to tell the world.
pub(crate) fn position<'a, T: ConstantTimeEq + 'a>(
    wanted: &T,
    among: impl IntoIterator<Item = &'a T>,
) -> Option<usize> {
    let mut found = Choice::from(0);
    let mut at = 0;
    for (index, candidate) in (0_u64..).zip(among) {
        let same = wanted.ct_eq(candidate);
        at.conditional_assign(&index, same);
        found |= same;
    }
    bool::from(found).then_some(at as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use core::cell::Cell;

    /// Counts how often it is compared.
    struct Counted<'a> {
        value: u8,
        comparisons: &'a Cell<usize>,
    }

    impl ConstantTimeEq for Counted<'_> {
        fn ct_eq(&self, other: &Self) -> Choice {
            self.comparisons.set(self.comparisons.get() + 1);
            self.value.ct_eq(&other.value)
        }
    }

    /// The position of `wanted` among 0..5, and the number of comparisons that it took.
    fn search(wanted: u8) -> (Option<usize>, usize) {
        let comparisons = &Cell::new(0);
        let counted = |value| Counted { value, comparisons };
        let among: Vec<_> = (0..5).map(counted).collect();
        (position(&counted(wanted), &among), comparisons.get())
    }

    #[test]
    fn every_item_is_compared_wherever_the_match_stands() {
        for wanted in 0..5 {
            assert_eq!(search(wanted), (Some(usize::from(wanted)), 5));
        }
        assert_eq!(search(5), (None, 5));
    }

    #[test]
    fn nothing_stands_in_nothing() {
        assert_eq!(position(&Digest::of(b""), &[]), None);
    }

    #[test]
    fn a_digest_equals_that_of_the_same_bytes_alone() {
        let same = |a: &[u8], b: &[u8]| bool::from(Digest::of(a).ct_eq(&Digest::of(b)));
        assert!(same(b"same", b"same"));
        assert!(!same(b"same", b"samE"));
        assert!(!same(b"same", b"same\0"));
        assert!(!same(b"", b"\0"));
    }
}
