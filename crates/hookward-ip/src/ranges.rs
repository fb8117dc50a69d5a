//! A set of numbers as sorted ranges.

use alloc::{boxed::Box, vec::Vec};

/// A number that has neighbours, except at the ends.
pub(crate) trait Bound: Copy + Ord {
    fn predecessor(self) -> Option<Self>;
    fn successor(self) -> Option<Self>;
}

macro_rules! bound {
    ($($number:ty),*) => {$(
        impl Bound for $number {
            fn predecessor(self) -> Option<Self> {
                self.checked_sub(1)
            }

            fn successor(self) -> Option<Self> {
                self.checked_add(1)
            }
        }
    )*};
}

bound!(u32, u64, u128);

/// The numbers from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Range<T> {
    pub(crate) first: T,
    pub(crate) last: T,
}

/// A set of numbers. Its ranges are sorted, and between any two there is a number that is in neither.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Ranges<T>(Box<[Range<T>]>);

impl<T: Bound> Ranges<T> {
    /// The numbers that lie in any of `ranges`, which may overlap and come in any order.
    pub(crate) fn union(mut ranges: Vec<Range<T>>) -> Self {
        ranges.sort_unstable_by_key(|range| range.first);
        // `dedup_by` hands over each range with the last one that was kept.
        ranges.dedup_by(|next, kept| {
            let touches = kept
                .last
                .successor()
                .is_none_or(|after| next.first <= after);
            if touches {
                kept.last = kept.last.max(next.last);
            }
            touches
        });
        Self(ranges.into_boxed_slice())
    }

    /// The numbers of this set that are not in `cuts`.
    pub(crate) fn without(&self, cuts: &Self) -> Self {
        let mut left = Vec::with_capacity(self.0.len());
        for range in &self.0 {
            let from = cuts.0.partition_point(|cut| cut.last < range.first);
            let within = cuts.0[from..]
                .iter()
                .take_while(|cut| cut.first <= range.last);
            // Where the rest of the range starts, unless a cut goes up to the last number there is.
            let mut rest = Some(range.first);
            for cut in within {
                if let (Some(first), Some(last)) = (rest, cut.first.predecessor())
                    && first <= last
                {
                    left.push(Range { first, last });
                }
                rest = cut.last.successor();
            }
            if let Some(first) = rest
                && first <= range.last
            {
                let last = range.last;
                left.push(Range { first, last });
            }
        }
        Self(left.into_boxed_slice())
    }

    /// Whether the least number there is belongs to the set.
    pub(crate) fn starts_inside(&self) -> bool {
        self.0
            .first()
            .is_some_and(|range| range.first.predecessor().is_none())
    }

    /// The numbers after which another answer begins, in ascending order.
    ///
    /// A number belongs to the set if an odd number of boundaries is less than it; or an even
    /// number, if the set [starts inside](Self::starts_inside).
    pub(crate) fn boundaries(&self) -> impl Iterator<Item = T> {
        self.0
            .iter()
            .flat_map(|range| [range.first.predecessor(), Some(range.last)])
            .flatten()
    }

    /// The least and the greatest number of the set, unless it is empty.
    pub(crate) fn ends(&self) -> Option<(T, T)> {
        Some((self.0.first()?.first, self.0.last()?.last))
    }

    /// The ranges, in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Range<T>> {
        self.0.iter().copied()
    }

    /// The ranges, in ascending order.
    pub(crate) fn into_ranges(self) -> impl Iterator<Item = Range<T>> {
        self.0.into_iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // Small enough to ask for every number.
    bound!(u8);

    fn range(first: u8, last: u8) -> Range<u8> {
        Range { first, last }
    }

    fn ranges() -> impl Strategy<Value = Vec<Range<u8>>> {
        let range = (any::<u8>(), 0_u8..24)
            .prop_map(|(first, more)| range(first, first.saturating_add(more)));
        prop::collection::vec(range, 0..12)
    }

    fn covers(ranges: &[Range<u8>], number: u8) -> bool {
        ranges
            .iter()
            .any(|range| range.first <= number && number <= range.last)
    }

    /// By the boundaries, one by one.
    fn contains(set: &Ranges<u8>, number: u8) -> bool {
        let below = set.boundaries().filter(|boundary| *boundary < number);
        set.starts_inside() ^ (below.count() % 2 == 1)
    }

    fn is_sorted_and_apart(ranges: &Ranges<u8>) -> bool {
        ranges.0.iter().all(|range| range.first <= range.last)
            && ranges
                .0
                .windows(2)
                .all(|pair| pair[0].last.successor().unwrap() < pair[1].first)
    }

    #[test]
    fn neighbours_and_overlaps_become_one_range() {
        let union = Ranges::union([range(6, 9), range(0, 3), range(2, 2), range(4, 5)].into());
        assert_eq!(*union.0, [range(0, 9)]);
        let union = Ranges::union([range(200, 255), range(0, 3), range(255, 255)].into());
        assert_eq!(*union.0, [range(0, 3), range(200, 255)]);
    }

    #[test]
    fn cuts_at_the_ends_of_the_numbers() {
        let all = Ranges::union([range(0, 255)].into());
        let without = |cuts: &[Range<u8>]| all.without(&Ranges::union(cuts.into())).0;
        assert_eq!(*without(&[]), [range(0, 255)]);
        assert_eq!(*without(&[range(0, 255)]), []);
        assert_eq!(*without(&[range(0, 0), range(255, 255)]), [range(1, 254)]);
        assert_eq!(*without(&[range(0, 254)]), [range(255, 255)]);
        assert_eq!(*without(&[range(1, 255)]), [range(0, 0)]);
        assert_eq!(
            *without(&[range(3, 4), range(9, 9)]),
            [range(0, 2), range(5, 8), range(10, 255)]
        );
    }

    proptest! {
        #[test]
        fn the_sets_hold_what_the_lists_say(list in ranges(), cuts in ranges()) {
            let set = Ranges::union(list.clone());
            let left = set.without(&Ranges::union(cuts.clone()));
            prop_assert!(is_sorted_and_apart(&set) && is_sorted_and_apart(&left));
            for number in 0..=u8::MAX {
                let listed = covers(&list, number);
                prop_assert_eq!(contains(&set, number), listed);
                prop_assert_eq!(contains(&left, number), listed && !covers(&cuts, number));
            }
            prop_assert_eq!(left.is_empty(), !(0..=u8::MAX).any(|number| contains(&left, number)));
        }
    }
}
