//! A table that leads from a number to the few listed ones around it.

use alloc::{boxed::Box, vec::Vec};
use core::hint::select_unpredictable;
use core::ops::RangeInclusive;

/// From how many numbers on there are no more buckets than numbers, for the sake of memory.
const MANY: u64 = 1 << 18;

/// Where the numbers of each bucket stand in a list that ascends. Numbers that agree in their upper
/// bits share a bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Directory {
    /// How many lower bits a bucket leaves out of account.
    shift: u32,
    /// How often the fullest bucket has to be halved until no more than one number is left.
    steps: u32,
    /// The upper bits of the first bucket.
    first: u64,
    /// Where each bucket starts, and at last where the last one ends.
    starts: Box<[u32]>,
}

impl Directory {
    /// The directory of numbers that ascend. Spread evenly, few of them share a bucket.
    ///
    /// # Panics
    ///
    /// If there are 2³² numbers or more.
    pub(crate) fn spread(numbers: impl ExactSizeIterator<Item = u64> + Clone) -> Self {
        let least = numbers.clone().next().unwrap_or(0);
        let greatest = numbers.clone().last().unwrap_or(0);
        let len = numbers.len() as u64;
        let limit = if len < MANY { 2 * len.max(1) } else { len };
        let shift = shift(least, greatest, limit);
        Self::new(numbers, shift, least >> shift..=greatest >> shift)
    }

    /// The directory of numbers that ascend, with the buckets whose upper bits, all but the lowest
    /// `shift`, are in `buckets`.
    ///
    /// # Panics
    ///
    /// If there are 2³² numbers or more, or one lies in none of the buckets.
    pub(crate) fn new(
        numbers: impl Iterator<Item = u64>,
        shift: u32,
        buckets: RangeInclusive<u64>,
    ) -> Self {
        let first = *buckets.start();
        let count = (buckets.end() - first + 1) as usize;
        let mut starts = Vec::with_capacity(count + 1);
        let mut listed = 0_u32;
        for number in numbers {
            // This bucket starts here, and so do the empty ones before it.
            starts.resize(((number >> shift) - first) as usize + 1, listed);
            listed = listed.checked_add(1).expect("fewer than 2³² numbers");
        }
        assert!(starts.len() <= count, "every number lies in a bucket");
        starts.resize(count + 1, listed);
        let fullest = starts.windows(2).map(|pair| pair[1] - pair[0]).max();
        Self {
            steps: fullest.unwrap_or(0).max(1).next_power_of_two().ilog2(),
            shift,
            first,
            starts: starts.into_boxed_slice(),
        }
    }

    /// How many items of a list come before the first that is not `less` than `number`.
    ///
    /// The list is that of the numbers which the directory was made of, or of their parts that tell
    /// those of one bucket apart, and one more item behind them.
    pub(crate) fn count_less<T>(
        &self,
        list: &[T],
        number: u64,
        less: impl Fn(&T) -> bool,
    ) -> usize {
        // What lies outside all buckets is compared with those in the nearest.
        let last = self.starts.len() - 2;
        let upper = (number >> self.shift).saturating_sub(self.first);
        let bucket = upper.min(last as u64) as usize;
        let mut start = self.starts[bucket] as usize;
        let mut len = self.starts[bucket + 1] as usize - start;
        // All buckets take as many steps as the fullest, so that no branch depends on the number.
        for _ in 0..self.steps {
            let half = len / 2;
            let middle = start + half;
            start = select_unpredictable(less(&list[middle]), middle, start);
            len -= half;
        }
        start + usize::from((len > 0) & less(&list[start]))
    }
}

/// By how many bits numbers have to be shifted, so that those from `least` to `greatest` leave no more
/// than `limit`.
pub(crate) fn shift(least: u64, greatest: u64, limit: u64) -> u32 {
    let mut shift = 0;
    while (greatest >> shift) - (least >> shift) >= limit {
        shift += 1;
    }
    shift
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    fn check(directory: &Directory, numbers: &[u64], asked: impl IntoIterator<Item = u64>) {
        let list: Vec<_> = numbers.iter().copied().chain([0]).collect();
        for number in asked {
            let less = directory.count_less(&list, number, |item| *item < number);
            let reference = numbers.partition_point(|item| *item < number);
            assert_eq!(less, reference, "{number:#x}");
        }
    }

    fn near(numbers: &[u64]) -> impl Iterator<Item = u64> {
        let near = |n: &u64| [n.wrapping_sub(1), *n, n.wrapping_add(1)];
        numbers.iter().flat_map(near).chain([0, u64::MAX])
    }

    #[test]
    fn buckets_of_every_length() {
        for len in (0..=70).chain([255, 256, 257]) {
            let numbers: Vec<_> = (0..len)
                .map(|i| 0x4_0000 + 3 * i)
                .chain([u64::MAX])
                .collect();
            let directory = Directory::new(numbers.iter().copied(), 63, 0..=1);
            assert_eq!(directory.steps, (len.max(1) as f64).log2().ceil() as u32);
            check(&directory, &numbers, near(&numbers));
        }
    }

    #[test]
    fn there_are_about_as_many_buckets_as_numbers() {
        for len in [1_u64, 2, 3, 1000, MANY - 1, MANY, MANY + 1] {
            let directory = Directory::spread((0..len as u32).map(|i| u64::from(i) << 32));
            let buckets = directory.starts.len() as u64 - 1;
            assert!(
                len / 2 <= buckets && buckets <= 2 * len,
                "{buckets} for {len}"
            );
        }
    }

    #[test]
    fn a_number_far_away_costs_no_memory() {
        let directory = Directory::spread([0, 1, 2, u64::MAX].into_iter());
        assert!(directory.starts.len() <= 9);
        check(&directory, &[0, 1, 2, u64::MAX], 0..9);
    }

    #[test]
    #[should_panic(expected = "every number lies in a bucket")]
    fn a_number_without_a_bucket() {
        Directory::new(vec![3 << 16].into_iter(), 16, 0..=2);
    }

    proptest! {
        #[test]
        fn what_is_less_is_counted(
            (shift, numbers) in (0_u32..64, prop::collection::btree_set(any::<u64>(), 0..300)),
        ) {
            let numbers = numbers.into_iter().map(|number| number >> shift);
            let mut numbers: Vec<_> = numbers.collect();
            numbers.dedup();
            let directory = Directory::spread(numbers.iter().copied());
            check(&directory, &numbers, near(&numbers));
        }
    }
}
