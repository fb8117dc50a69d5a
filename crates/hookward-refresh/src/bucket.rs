//! The budget that hints spend.

use core::time::Duration;

use crate::Instant;

/// A token bucket, kept as the moment at which it will be full: no timer has to refill it.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    /// How long the bucket takes to get from one token to full.
    spread: Duration,
    refill: Duration,
    full_at: Instant,
}

impl Bucket {
    /// A full bucket of `burst` tokens, at least one, that gains one every `refill`.
    pub(crate) fn new(burst: u32, refill: Duration, now: Instant) -> Self {
        Self {
            spread: refill.saturating_mul(burst.saturating_sub(1)),
            refill,
            full_at: now,
        }
    }

    /// From when on there is a token.
    pub(crate) fn next_at(&self) -> Instant {
        self.full_at.saturating_sub(self.spread)
    }

    /// Takes a token; not to be called before [`next_at`](Self::next_at).
    pub(crate) fn take(&mut self, now: Instant) {
        self.full_at = self.full_at.max(now).saturating_add(self.refill);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn a_burst_and_then_one_at_a_time() {
        let mut bucket = Bucket::new(3, Duration::from_secs(10), at(100));
        for _ in 0..3 {
            assert!(bucket.next_at() <= at(100));
            bucket.take(at(100));
        }
        assert_eq!(bucket.next_at(), at(110));
        bucket.take(at(110));
        assert_eq!(bucket.next_at(), at(120));
    }

    #[test]
    fn it_holds_no_more_than_the_burst_however_long_it_rests() {
        let mut bucket = Bucket::new(2, Duration::from_secs(10), at(0));
        for _ in 0..2 {
            assert!(bucket.next_at() <= at(1_000_000));
            bucket.take(at(1_000_000));
        }
        assert_eq!(bucket.next_at(), at(1_000_010));
    }

    #[test]
    fn a_bucket_of_one_token_spaces_evenly() {
        let mut bucket = Bucket::new(1, Duration::from_secs(10), at(0));
        bucket.take(at(5));
        assert_eq!(bucket.next_at(), at(15));
    }
}
