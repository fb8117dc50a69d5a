//! IPv6 addresses as prefixes, packed.

use alloc::{boxed::Box, vec::Vec};
use core::hint::select_unpredictable;

use crate::directory;
use crate::ranges::{Range, Ranges};

/// How many buckets there are at most. What leads to more of them would not stay in a processor's
/// second cache beside the rest of its work.
const MAX_BUCKETS: u64 = 1 << 17;

/// How many bits of a word are left over for what is not its prefix, at least: enough for a few score
/// single addresses in each bucket.
const MIN_DETAIL_BITS: u32 = 14;

/// The bits of a word that tell how many of its bits, from the lowest on, do not belong to its prefix.
const WIDTH: u64 = (1 << 6) - 1;

/// The bit of a word that tells whether of its one upper half more than one address is listed.
const SEVERAL: u64 = 1 << 6;

/// Where in a word the bits are that tell the place of a lower half.
const PLACE_SHIFT: u32 = 7;

/// A set of IPv6 addresses, as prefixes of upper halves, each in a word. Prefixes that agree in their
/// upper bits share a bucket.
///
/// A lookup waits for little else than memory, and a word is a quarter of what both ends of a range
/// would take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Prefixes {
    /// How many lower bits of an upper half do not tell its bucket; at least 1.
    shift: u32,
    /// The upper bits of the first bucket.
    first: u64,
    buckets: Box<[Bucket]>,
    /// A word that is no prefix of anything, for empty buckets. Then, for each bucket, its prefixes in
    /// ascending order, and behind them what is listed of single upper halves.
    ///
    /// A word that is a prefix holds, from the highest bit on, the bits of an upper half that do not
    /// tell its bucket, and in the bits that are left, the detail: for an upper half of which not all is
    /// listed, how many words behind the start of the bucket its lower half is, else 0; then
    /// [`SEVERAL`] and [`WIDTH`].
    ///
    /// What is listed of an upper half is one lower half. Or, if there are [`SEVERAL`], twice the number
    /// of words that follow, plus one if the least lower half is listed; those that follow are the lower
    /// halves after which another answer begins.
    words: Box<[u64]>,
}

/// Where the prefixes of a bucket start, and how many there are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Bucket {
    start: u32,
    len: u32,
}

impl Bucket {
    const EMPTY: Self = Self { start: 0, len: 0 };
}

impl Prefixes {
    /// The set as prefixes, unless it is empty or other forms suit it better: if it is few ranges that
    /// lie far apart; if most of them take many prefixes, as around exceptions; or if one bucket has
    /// too many single addresses.
    pub(crate) fn new(ranges: &Ranges<u128>) -> Option<Self> {
        let (least, greatest) = ranges.ends()?;
        let (least, greatest) = (upper(least), upper(greatest));
        let limit = MAX_BUCKETS.min(2 * ranges.len() as u64);
        let shift = directory::shift(least, greatest, limit).max(1);
        if detail(shift).count_ones() < MIN_DETAIL_BITS {
            return None;
        }
        let first = least >> shift;
        let buckets = ((greatest >> shift) - first + 1) as usize;
        // Each bucket is one network at most in its two halves. What is beyond these shall not take more
        // memory than the ends of the ranges.
        let max_words = 1 + 2 * buckets + 4 * ranges.len();
        let mut packing = Packing::new(shift, first, max_words);
        for range in ranges.iter() {
            packing.add(range)?;
        }
        packing.end_bucket()?;
        let Packing { buckets, words, .. } = packing;
        Some(Self {
            shift,
            first,
            buckets: buckets.into_boxed_slice(),
            words: words.into_boxed_slice(),
        })
    }

    /// Whether the address with these bits is in the set.
    pub(crate) fn contains(&self, address: u128) -> bool {
        let bucket = (upper(address) >> self.shift).wrapping_sub(self.first);
        let bucket = usize::try_from(bucket).ok();
        let Some(bucket) = bucket.and_then(|bucket| self.buckets.get(bucket)) else {
            return false;
        };
        // Not less than the word of any prefix that it has.
        let asked = packed(upper(address), self.shift) | detail(self.shift);
        let start = bucket.start as usize;
        let mut place = start;
        let mut len = bucket.len as usize;
        // How often depends on the bucket alone, which is known long before its words are there. Which half
        // depends on them: no branch for it.
        while len > 1 {
            let half = len / 2;
            let middle = place + half;
            place = select_unpredictable(self.words[middle] <= asked, middle, place);
            len -= half;
        }
        let prefix = self.words[place];
        let covered = (asked ^ prefix) >> (prefix & WIDTH) == 0;
        let place = ((prefix & detail(self.shift)) >> PLACE_SHIFT) as usize;
        // Whether all of an upper half is listed depends on who asks, so this is no branch either; for most
        // prefixes it looks again at the first word of the bucket.
        let listed = self.words[start + place] == lower(address);
        if covered & (prefix & SEVERAL != 0) {
            return self.lists(start + place, lower(address));
        }
        covered & (listed | (place == 0))
    }

    /// Whether a lower half is among the several that are listed at `place`.
    fn lists(&self, place: usize, lower: u64) -> bool {
        let (head, rest) = (self.words[place], &self.words[place + 1..]);
        let boundaries = &rest[..(head / 2) as usize];
        let below = boundaries.partition_point(|boundary| *boundary < lower);
        (head % 2 == 1) ^ (below % 2 == 1)
    }
}

/// The bits of a word that are not taken by its prefix, however long that is.
fn detail(shift: u32) -> u64 {
    u64::MAX >> shift
}

/// The bits of an upper half that do not tell its bucket, where words have them.
fn packed(upper: u64, shift: u32) -> u64 {
    upper << (u64::BITS - shift)
}

fn upper(address: u128) -> u64 {
    (address >> 64) as u64
}

fn lower(address: u128) -> u64 {
    address as u64
}

/// Prefixes of which the last bucket may not be complete.
struct Packing {
    shift: u32,
    first: u64,
    max_words: usize,
    buckets: Vec<Bucket>,
    words: Vec<u64>,
    /// What is listed of single upper halves in the last bucket, each with the place of its prefix.
    lower: Vec<(usize, Range<u64>)>,
    /// The last upper half of which not all is listed.
    last_upper: Option<u64>,
}

/// Each of these adds what is greater than all that was added before, or returns `None` if that does
/// not fit.
impl Packing {
    fn new(shift: u32, first: u64, max_words: usize) -> Self {
        Self {
            shift,
            first,
            max_words,
            buckets: Vec::new(),
            words: [0].into(),
            lower: Vec::new(),
            last_upper: None,
        }
    }

    fn add(&mut self, range: Range<u128>) -> Option<()> {
        let (mut first, mut last) = (upper(range.first), upper(range.last));
        let starts_within = lower(range.first) != u64::MIN;
        let ends_within = lower(range.last) != u64::MAX;
        if first == last && (starts_within || ends_within) {
            return self.add_lower(first, lower(range.first), lower(range.last));
        }
        if starts_within {
            self.add_lower(first, lower(range.first), u64::MAX)?;
            first += 1;
        }
        // Where it ends within an upper half, it has a lower one.
        last -= u64::from(ends_within);
        if first <= last {
            self.add_upper(first, last)?;
        }
        if ends_within {
            self.add_lower(last + 1, u64::MIN, lower(range.last))?;
        }
        Some(())
    }

    /// Adds all of the upper halves from `first` to `last`.
    fn add_upper(&mut self, mut first: u64, last: u64) -> Option<()> {
        loop {
            // A word has no room for a width of 64, so a whole bucket is two prefixes.
            let longest = (last - first).saturating_add(1).ilog2();
            let width = longest.min(first.trailing_zeros()).min(self.shift - 1);
            self.push(first, width)?;
            let end = first + ((1 << width) - 1);
            if end == last {
                return Some(());
            }
            first = end + 1;
        }
    }

    /// Adds some of an upper half.
    fn add_lower(&mut self, upper: u64, first: u64, last: u64) -> Option<()> {
        if self.last_upper != Some(upper) {
            self.push(upper, 0)?;
            self.last_upper = Some(upper);
        }
        let place = self.words.len() - 1;
        self.lower.push((place, Range { first, last }));
        Some(())
    }

    /// Adds a prefix that `width` lower bits of an upper half do not belong to.
    fn push(&mut self, upper: u64, width: u32) -> Option<()> {
        let number = ((upper >> self.shift) - self.first) as usize;
        if number >= self.buckets.len() {
            self.end_bucket()?;
            self.buckets.resize(number, Bucket::EMPTY);
            let start = u32::try_from(self.words.len()).ok()?;
            self.buckets.push(Bucket { start, len: 0 });
        }
        let width = u64::from(u64::BITS - self.shift + width);
        self.words.push(packed(upper, self.shift) | width);
        self.buckets[number].len += 1;
        (self.words.len() <= self.max_words).then_some(())
    }

    fn end_bucket(&mut self) -> Option<()> {
        let start = self
            .buckets
            .last()
            .map_or(0, |bucket| bucket.start as usize);
        for listed in self.lower.chunk_by(|a, b| a.0 == b.0) {
            let place = (self.words.len() - start) as u64;
            if place > detail(self.shift) >> PLACE_SHIFT {
                return None;
            }
            let prefix = listed[0].0;
            self.words[prefix] |= place << PLACE_SHIFT;
            if let [(_, Range { first, last })] = listed
                && first == last
            {
                self.words.push(*first);
                continue;
            }
            self.words[prefix] |= SEVERAL;
            let ranges = Ranges::union(listed.iter().map(|(_, range)| *range).collect());
            let head = 2 * ranges.boundaries().count() as u64;
            self.words.push(head + u64::from(ranges.starts_inside()));
            self.words.extend(ranges.boundaries());
        }
        self.lower.clear();
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HALF: u128 = 1 << 64;

    fn range<T>(first: T, last: T) -> Range<T> {
        Range { first, last }
    }

    fn prefixes(ranges: &[Range<u128>]) -> Option<Prefixes> {
        Prefixes::new(&Ranges::union(ranges.into()))
    }

    /// Asks at both ends of every range, at the borders of every bucket, right outside of them, and where
    /// one bit of an upper half is another.
    fn check(ranges: &[Range<u128>]) -> Prefixes {
        let prefixes = prefixes(ranges).expect("they are few prefixes close together");
        let count = prefixes.buckets.len() as u64;
        let bucket = |number| u128::from((prefixes.first + number) << prefixes.shift) << 64;
        let borders = (0..count).map(bucket);
        let ends = ranges.iter().flat_map(|range| [range.first, range.last]);
        let near = |address: u128| {
            let beside = [address.wrapping_sub(1), address, address.wrapping_add(1)];
            beside
                .into_iter()
                .chain((64..128).map(move |bit| address ^ 1 << bit))
        };
        for address in borders.chain(ends).flat_map(near).chain([0, u128::MAX]) {
            let mut ranges = ranges.iter();
            let listed = ranges.any(|range| range.first <= address && address <= range.last);
            assert_eq!(prefixes.contains(address), listed, "{address:#x}");
        }
        prefixes
    }

    #[test]
    fn a_network_is_one_word_and_a_single_address_two() {
        let home = 0x2001_0db8_u128 << 96;
        let network = |number: u128, width: u32| {
            let first = home + (number << 88);
            range(first, first | ((1 << width) - 1))
        };
        let networks = [network(0, 64), network(1, 72), network(2, 76)];
        assert_eq!(check(&networks).words.len(), 1 + networks.len());
        let addresses = [network(0, 0), network(1, 0), network(2, 0)];
        assert_eq!(check(&addresses).words.len(), 1 + 2 * addresses.len());
    }

    #[test]
    fn an_upper_half_is_one_prefix_however_many_ranges_it_has() {
        let prefixes = check(&[range(0, 3), range(5, 5), range(8, HALF - 2)]);
        assert_eq!(prefixes.buckets[0].len, 1);
        assert_eq!(prefixes.words[2..], [2 * 5 + 1, 3, 4, 5, 7, u64::MAX - 1]);
        check(&[
            range(1, 3),
            range(5, HALF + 2),
            range(HALF + 4, 2 * HALF - 2),
        ]);
        check(&[range(2, 5 * HALF + 7)]);
        check(&[range(1, HALF - 1), range(2 * HALF + 1, 5 * HALF)]);
        check(&[range(0, HALF - 2), range(2 * HALF, 5 * HALF - 2)]);
    }

    #[test]
    fn networks_wider_than_a_bucket() {
        let everything_near = [range(0, 1 << 100), range(1 << 101, 1 << 102)];
        let prefixes = check(&everything_near);
        assert!(prefixes.buckets.iter().any(|bucket| bucket.len == 2));
        let addresses = (0..40).map(|number| range(number << 92 | 1, number << 92 | 1));
        check(&addresses.chain(everything_near).collect::<Vec<_>>());
        let greatest = [u128::MAX - 3 * HALF, u128::MAX - 1].map(|last| range(last - HALF, last));
        check(&greatest);
        check(&[range(u128::MAX - (1 << 90), u128::MAX)]);
    }

    #[test]
    fn the_widest_list_that_fits() {
        let part = |count: u128| u128::MAX / count;
        let singles = |count| {
            let single = move |number| range(number * part(count), number * part(count));
            Ranges::union((0..count).map(single).collect())
        };
        let (few, enough) = (1 << 12, 1 << 13);
        assert_eq!(Prefixes::new(&singles(few)), None);
        let prefixes = Prefixes::new(&singles(enough)).unwrap();
        assert_eq!(u64::BITS - prefixes.shift, MIN_DETAIL_BITS);
        for number in 0..enough {
            let single = number * part(enough);
            let near = [single.wrapping_sub(1), single, single + 1];
            assert_eq!(
                near.map(|near| prefixes.contains(near)),
                [false, true, false]
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_left_to_another_form() {
        assert_eq!(prefixes(&[]), None);
        assert_eq!(prefixes(&[range(0, u128::MAX)]), None);

        // What is left between exceptions takes dozens of prefixes each.
        let cut = |number: u128| {
            let first = (number * 0x12_3456_7891) << 64;
            range(first, first + (HALF - 1))
        };
        let all = Ranges::union([range(0, 1 << 110)].into());
        let cuts = Ranges::union((1..100).map(cut).collect());
        assert_eq!(Prefixes::new(&all.without(&cuts)), None);

        // One address far away, and all others share a bucket: the last of them has its lower half in the
        // last place that a word can tell, and with one more prefix too far.
        let singles = (0..1 << 10).map(|number| number * HALF).chain([1 << 121]);
        let mut crowd: Vec<_> = singles.map(|single| range(single, single)).collect();
        let fits = check(&crowd);
        assert_eq!(fits.buckets[0].len, 1 << 10);
        assert_eq!(detail(fits.shift) >> PLACE_SHIFT, (2 << 10) - 1);
        crowd.push(range(HALF << 11, (HALF << 11) + (HALF - 1)));
        assert_eq!(prefixes(&crowd), None);
    }

    proptest! {
        #[test]
        fn every_edge_is_where_it_was_set(
            (bits, high, ends) in
                (58_u32..=116, any::<bool>(), prop::collection::vec(any::<(u128, u128, u32)>(), 1..60)),
        ) {
            // From a few upper halves, each with many ends, to as many as there are ends.
            let mask = u128::MAX >> (128 - bits);
            let base = if high { !mask } else { 0 };
            let range = |(a, b, size): (u128, u128, u32)| {
                let first = base | a & mask;
                Range { first, last: first.saturating_add((b & mask) >> (size % bits)) }
            };
            let ranges: Vec<_> = ends.into_iter().map(range).collect();
            if prefixes(&ranges).is_some() {
                check(&ranges);
            }
        }
    }
}
