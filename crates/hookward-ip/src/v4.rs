//! The IPv4 addresses that a list admits.

use alloc::boxed::Box;
use core::net::Ipv4Addr;

use crate::directory::Directory;
use crate::ranges::Ranges;

/// From how many ranges on memory counts for more than the last nanosecond.
const MANY: usize = 1 << 16;

/// How many bits of an address tell its bucket, if there are many ranges.
const UPPER_BITS: u32 = 16;

/// A set of IPv4 addresses, as those after which another answer begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct V4Set {
    starts_inside: bool,
    directory: Directory,
    boundaries: Boundaries,
}

/// In ascending order, and behind them one filler.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Boundaries {
    Whole(Box<[u32]>),
    /// Without the bits that tell the bucket.
    Lower(Box<[u16]>),
}

impl V4Set {
    pub(crate) fn new(ranges: &Ranges<u32>) -> Self {
        if ranges.len() < MANY {
            Self::fast(ranges)
        } else {
            Self::small(ranges)
        }
    }

    fn fast(ranges: &Ranges<u32>) -> Self {
        let whole: Box<[u32]> = ranges.boundaries().chain([0]).collect();
        let numbers = whole[..whole.len() - 1].iter().copied();
        Self {
            starts_inside: ranges.starts_inside(),
            directory: Directory::spread(numbers.map(u64::from)),
            boundaries: Boundaries::Whole(whole),
        }
    }

    fn small(ranges: &Ranges<u32>) -> Self {
        let numbers = ranges.boundaries().map(u64::from);
        let lower = ranges.boundaries().map(|boundary| boundary as u16);
        Self {
            starts_inside: ranges.starts_inside(),
            directory: Directory::new(numbers, 32 - UPPER_BITS, 0..=(1 << UPPER_BITS) - 1),
            boundaries: Boundaries::Lower(lower.chain([0]).collect()),
        }
    }

    pub(crate) fn contains(&self, address: Ipv4Addr) -> bool {
        let address = address.to_bits();
        let number = u64::from(address);
        let below = match &self.boundaries {
            Boundaries::Whole(whole) => self
                .directory
                .count_less(whole, number, |boundary| *boundary < address),
            Boundaries::Lower(lower) => {
                let address = address as u16;
                self.directory
                    .count_less(lower, number, |boundary| *boundary < address)
            }
        };
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

    fn check(ranges: Vec<Range<u32>>) {
        let union = Ranges::union(ranges.clone());
        let sets = [V4Set::fast(&union), V4Set::small(&union)];
        let edges = ranges.iter().flat_map(|range| {
            let (first, last) = (range.first, range.last);
            [first.wrapping_sub(1), first, last, last.wrapping_add(1)]
        });
        for address in edges.chain([0, u32::MAX]) {
            let listed = ranges
                .iter()
                .any(|range| range.first <= address && address <= range.last);
            for set in &sets {
                let asked = set.contains(Ipv4Addr::from_bits(address));
                assert_eq!(asked, listed, "{address:#x}");
            }
        }
    }

    #[test]
    fn nothing_and_everything() {
        check(vec![]);
        check(vec![Range {
            first: 0,
            last: u32::MAX,
        }]);
    }

    #[test]
    fn a_bucket_that_is_full() {
        let single = |number| Range {
            first: number,
            last: number,
        };
        let full = (0x0a01_0000..0x0a02_0000).step_by(2).map(single);
        let ranges = full.chain([single(7), single(u32::MAX)]).collect();
        let union = Ranges::union(ranges);
        assert!(union.len() > 1 << 15);
        for set in [V4Set::fast(&union), V4Set::small(&union)] {
            for number in 0x0a00_fff0..0x0a02_0010_u32 {
                let listed = number >> 16 == 0x0a01 && number % 2 == 0;
                assert_eq!(set.contains(Ipv4Addr::from_bits(number)), listed);
            }
        }
    }

    #[test]
    fn a_long_list_takes_the_form_that_is_small() {
        let single = |number: u32| Range {
            first: 2 * number,
            last: 2 * number,
        };
        let set = |count| V4Set::new(&Ranges::union((0..count as u32).map(single).collect()));
        let is_small = |set: V4Set| matches!(set.boundaries, Boundaries::Lower(_));
        assert!(!is_small(set(MANY - 1)));
        assert!(is_small(set(MANY)));
    }

    proptest! {
        #[test]
        fn every_edge_is_where_it_was_set(
            (bits, ends) in (8_u32..=32, prop::collection::vec(any::<(u32, u32)>(), 0..80)),
        ) {
            // From one bucket to all of them.
            let mask = u32::MAX >> (32 - bits);
            let range = |(a, b): (u32, u32)| {
                let first = 0x0a01_fff0_u32.wrapping_add(a & mask);
                Range { first, last: first.saturating_add(b & mask >> 6) }
            };
            check(ends.into_iter().map(range).collect());
        }
    }
}
