//! The IPv6 addresses that a list admits.

use alloc::{boxed::Box, vec::Vec};
use core::hint::select_unpredictable;

use crate::directory::Directory;
use crate::ranges::Ranges;

/// A set of IPv6 addresses, as those after which another answer begins, grouped by upper halves.
///
/// Most lists name networks of 64 bits or fewer; then every boundary lies between two upper halves,
/// and no lower half has to be kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct V6Set {
    /// Of the upper halves.
    directory: Directory,
    /// In ascending order; then one for what is greater than all of them, and one filler.
    groups: Box<[Group]>,
    /// The lower halves, group by group, without those that are all ones; then two fillers.
    lower: Box<[u64]>,
}

/// The boundaries that share an upper half.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Group {
    /// The upper half, in two parts: whole, it would be aligned to 8 bytes, and waste 4.
    upper: [u32; 2],
    /// Where the lower halves start, times two; plus one if the set holds what lies between this
    /// group and the one before.
    packed: u32,
}

impl Group {
    /// # Panics
    ///
    /// If `start` is 2³¹ or more.
    fn new(upper: u64, start: usize, inside: bool) -> Self {
        let packed = u32::try_from(2 * start + usize::from(inside));
        Self {
            upper: [upper as u32, (upper >> 32) as u32],
            packed: packed.expect("fewer than 2³¹ lower halves"),
        }
    }

    fn upper(&self) -> u64 {
        u64::from(self.upper[1]) << 32 | u64::from(self.upper[0])
    }

    fn start(&self) -> usize {
        (self.packed / 2) as usize
    }

    fn inside(&self) -> bool {
        self.packed % 2 == 1
    }
}

impl V6Set {
    /// # Panics
    ///
    /// If there are 2³¹ boundaries or more.
    pub(crate) fn new(ranges: &Ranges<u128>) -> Self {
        let (mut groups, mut lower) = (Vec::<Group>::new(), Vec::new());
        let mut inside = ranges.starts_inside();
        for boundary in ranges.boundaries() {
            let (upper, low) = halves(boundary);
            if groups.last().is_none_or(|group| group.upper() != upper) {
                groups.push(Group::new(upper, lower.len(), inside));
            }
            if low != u64::MAX {
                lower.push(low);
            }
            inside = !inside;
        }
        let directory = Directory::spread(groups.iter().map(Group::upper));
        groups.extend([Group::new(u64::MAX, lower.len(), inside); 2]);
        lower.extend([0; 2]);
        Self {
            directory,
            groups: groups.into_boxed_slice(),
            lower: lower.into_boxed_slice(),
        }
    }

    /// Whether the address with these bits is in the set.
    pub(crate) fn contains(&self, address: u128) -> bool {
        let (upper, low) = halves(address);
        let place = self
            .directory
            .count_less(&self.groups, upper, |group| group.upper() < upper);
        let (group, next) = (self.groups[place], self.groups[place + 1]);
        // Whether the address shares its upper half with a boundary depends on who asks: no branch for
        // it, and the lower halves of other groups are left where they are.
        let shared = group.upper() == upper;
        let start = select_unpredictable(shared, group.start(), 0);
        let end = select_unpredictable(shared, next.start(), 0);
        // A group with lower halves mostly has two, the ends of one network: no branch for them either.
        let len = end - start;
        let (two, rest) = self.lower[start..].split_at(2);
        let below_two = [(len > 0) & (two[0] < low), (len > 1) & (two[1] < low)];
        let mut below = below_two.map(usize::from).iter().sum::<usize>();
        if len > 2 {
            below += rest[..len - 2].partition_point(|l| *l < low);
        }
        group.inside() ^ (below % 2 == 1)
    }
}

/// The upper and the lower half of a number.
fn halves(number: u128) -> (u64, u64) {
    ((number >> 64) as u64, number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranges::Range;
    use proptest::prelude::*;
    use std::vec;

    fn check(ranges: Vec<Range<u128>>) {
        let set = V6Set::new(&Ranges::union(ranges.clone()));
        let edges = ranges.iter().flat_map(|range| {
            let (first, last) = (range.first, range.last);
            [first.wrapping_sub(1), first, last, last.wrapping_add(1)]
        });
        for address in edges {
            let listed = ranges
                .iter()
                .any(|range| range.first <= address && address <= range.last);
            let asked = set.contains(address);
            assert_eq!(asked, listed, "{address:#x}");
        }
    }

    #[test]
    fn nothing_and_everything() {
        let at = |set: &V6Set| [0, 1, u128::MAX].map(|n| set.contains(n));
        let set = |ranges| V6Set::new(&Ranges::union(ranges));
        let everything = Range {
            first: 0,
            last: u128::MAX,
        };
        assert_eq!(at(&set(vec![])), [false; 3]);
        assert_eq!(at(&set(vec![everything])), [true; 3]);
    }

    #[test]
    fn lower_halves_are_kept_only_where_a_range_ends_between_them() {
        let range = |first, last| Range { first, last };
        let half = 1_u128 << 64;
        let ranges = vec![range(2 * half, 4 * half - 1), range(6 * half, 9 * half + 5)];
        let set = V6Set::new(&Ranges::union(ranges));
        // Besides two fillers.
        assert_eq!(set.lower[..set.lower.len() - 2], [5]);
    }

    proptest! {
        #[test]
        fn every_edge_is_where_it_was_set(
            (bits, ends) in (58_u32..=128, prop::collection::vec(any::<(u128, u128)>(), 0..60)),
        ) {
            // From a few upper halves, each with many ends, to as many as there are ends.
            let mask = u128::MAX >> (128 - bits);
            let range = |(a, b): (u128, u128)| {
                let first = a & mask;
                Range { first, last: first.saturating_add(b & mask >> 6) }
            };
            check(ends.into_iter().map(range).collect());
        }
    }
}
