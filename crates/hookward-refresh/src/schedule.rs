//! When the document is fetched without a hint.

use core::time::Duration;

use crate::jitter::Jitter;
use crate::{Cause, Config, Instant};

/// The next fetch that needs no hint, and what decides when it is.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) at: Instant,
    pub(crate) cause: Cause,
    /// Failures in a row. Those that hints cause count as one at most, so that a flood of hints does not lengthen the
    /// backoff.
    pub(crate) failures: u32,
    /// No fetch of any kind starts before this: the server said so, or the last one has just started.
    pub(crate) not_before: Instant,
    jitter: Jitter,
}

impl Schedule {
    /// Due at once.
    pub(crate) fn new(seed: u64, now: Instant) -> Self {
        Self {
            at: now,
            cause: Cause::Schedule,
            failures: 0,
            not_before: now,
            jitter: Jitter::new(seed),
        }
    }

    /// A fetch starts: the next one, of whatever cause, keeps its distance.
    pub(crate) fn started(&mut self, now: Instant, config: &Config) {
        self.not_before = now.saturating_add(config.spacing);
    }

    /// The document was confirmed `age` ago; the answer may have asked for a shorter interval.
    pub(crate) fn confirmed(
        &mut self,
        now: Instant,
        age: Duration,
        max_age: Option<Duration>,
        config: &Config,
    ) {
        let interval = max_age
            .unwrap_or(config.interval)
            .clamp(config.least_interval, config.interval);
        let gone = age.saturating_add(self.jitter.up_to(interval / 10));
        self.failures = 0;
        self.cause = Cause::Schedule;
        self.at = now.saturating_add(interval.saturating_sub(gone));
    }

    /// The clocks disagree: whatever the plan was, the document has to be looked at now. A plan to try again stays.
    pub(crate) fn distrust_clock(&mut self, now: Instant) {
        if self.failures == 0 && self.at > now {
            self.at = now;
            self.cause = Cause::Clock;
        }
    }

    /// The server wants to be left alone.
    pub(crate) fn hold_off(&mut self, now: Instant, retry_after: Duration, config: &Config) {
        let wait = retry_after.min(config.longest_retry_after);
        let late = self.jitter.up_to(wait / 10);
        let until = now.saturating_add(wait).saturating_add(late);
        self.not_before = self.not_before.max(until);
    }

    /// A fetch for `origin` came to nothing: the next one, for `cause`, waits for the backoff, and for `earliest`.
    ///
    /// A fetch that a hint caused starts the backoff if there is none, and otherwise leaves it alone.
    pub(crate) fn try_again(
        &mut self,
        now: Instant,
        origin: Cause,
        cause: Cause,
        earliest: Instant,
        config: &Config,
    ) {
        if origin == Cause::Hint && self.failures > 0 {
            self.at = self.at.max(earliest);
            return;
        }
        self.failures = self.failures.saturating_add(1);
        self.at = now.saturating_add(self.backoff(config)).max(earliest);
        self.cause = cause;
    }

    /// Doubling from the spacing on, up to the longest step, and up to half as much again at random.
    fn backoff(&mut self, config: &Config) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(31);
        let step = (config.spacing)
            .saturating_mul(1 << doublings)
            .min(config.longest_backoff);
        step.saturating_add(self.jitter.up_to(step / 2))
    }
}
