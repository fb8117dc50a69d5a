//! The IPv6 addresses that a list admits.

use alloc::boxed::Box;

use crate::directory::Directory;
use crate::prefixes::Prefixes;
use crate::ranges::Ranges;

/// A set of IPv6 addresses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum V6Set {
    Prefixes(Prefixes),
    Boundaries(Boundaries),
}

/// The addresses of a set, as those after which another answer begins: a form for every set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Boundaries {
    starts_inside: bool,
    /// Of the upper halves.
    directory: Directory,
    /// In ascending order, and behind them one filler.
    boundaries: Box<[u128]>,
}

impl V6Set {
    pub(crate) fn new(ranges: &Ranges<u128>) -> Self {
        match Prefixes::new(ranges) {
            Some(prefixes) => Self::Prefixes(prefixes),
            None => Self::Boundaries(Boundaries::new(ranges)),
        }
    }

    /// Whether the address with these bits is in the set.
    pub(crate) fn contains(&self, address: u128) -> bool {
        match self {
            Self::Prefixes(prefixes) => prefixes.contains(address),
            Self::Boundaries(boundaries) => boundaries.contains(address),
        }
    }
}

impl Boundaries {
    fn new(ranges: &Ranges<u128>) -> Self {
        let boundaries: Box<[u128]> = ranges.boundaries().chain([0]).collect();
        let numbers = boundaries[..boundaries.len() - 1].iter();
        Self {
            starts_inside: ranges.starts_inside(),
            directory: Directory::spread(numbers.map(|boundary| (boundary >> 64) as u64)),
            boundaries,
        }
    }

    fn contains(&self, address: u128) -> bool {
        let upper = (address >> 64) as u64;
        let less = |boundary: &u128| *boundary < address;
        let below = self.directory.count_less(&self.boundaries, upper, less);
        self.starts_inside ^ (below % 2 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranges::Range;
    use alloc::vec::Vec;
    use proptest::prelude::*;
    use std::vec;

    fn check(ranges: Vec<Range<u128>>) {
        let union = Ranges::union(ranges.clone());
        let sets = [
            V6Set::new(&union),
            V6Set::Boundaries(Boundaries::new(&union)),
        ];
        let edges = ranges.iter().flat_map(|range| {
            let (first, last) = (range.first, range.last);
            [first.wrapping_sub(1), first, last, last.wrapping_add(1)]
        });
        for address in edges.chain([0, u128::MAX]) {
            let listed = ranges
                .iter()
                .any(|range| range.first <= address && address <= range.last);
            for set in &sets {
                assert_eq!(set.contains(address), listed, "{address:#x}");
            }
        }
    }

    #[test]
    fn nothing_and_everything() {
        check(vec![]);
        check(vec![Range {
            first: 0,
            last: u128::MAX,
        }]);
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
