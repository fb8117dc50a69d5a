//! Scattered delays, so that many machines do not fetch at the same moment.

use core::time::Duration;

/// SplitMix64 ([Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014][paper], figure 16).
///
/// Good enough to scatter delays, and for nothing else: whoever sees some of its output knows the rest.
///
/// [paper]: https://doi.org/10.1145/2660193.2660195
#[derive(Clone, Debug)]
pub(crate) struct Jitter {
    state: u64,
}

impl Jitter {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A duration between zero and `most`, in whole milliseconds.
    pub(crate) fn up_to(&mut self, most: Duration) -> Duration {
        let span = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        let scaled = (u128::from(span) * u128::from(self.next())) >> 64;
        Duration::from_millis(scaled as u64)
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequence_comes_out() {
        // The first outputs for seed 1234567 of the reference implementation, https://prng.di.unimi.it/splitmix64.c.
        let mut jitter = Jitter::new(1_234_567);
        let first = [jitter.next(), jitter.next(), jitter.next()];
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(first, expected);
    }

    #[test]
    fn delays_fill_their_range_and_stay_in_it() {
        let mut jitter = Jitter::new(7);
        let most = Duration::from_secs(10);
        let drawn: [Duration; 200] = core::array::from_fn(|_| jitter.up_to(most));
        assert!(drawn.iter().all(|delay| *delay <= most));
        assert!(drawn.iter().any(|delay| *delay < most / 10));
        assert!(drawn.iter().any(|delay| *delay > most - most / 10));
        assert_eq!(jitter.up_to(Duration::ZERO), Duration::ZERO);
        assert!(jitter.up_to(Duration::MAX) <= Duration::from_millis(u64::MAX));
    }
}
