//! When a document was last known to be right.

use core::time::Duration;

use rustls_pki_types::UnixTime;

use crate::{Config, Instant, Now, State};

/// When a document was last known to be right, by both clocks. The one that says it is longer ago is believed.
#[derive(Clone, Debug)]
pub(crate) struct Confirmation {
    checked_at: UnixTime,
    /// The age at `noted_at`; the monotonic clock may have started only after the confirmation.
    age: Duration,
    noted_at: Instant,
}

impl Confirmation {
    /// By a fetch that started at `started` and was answered at `now`.
    ///
    /// The server may have written its answer as early as the start. If the wall clock stepped in between, the earlier of
    /// its two opinions on when that was counts.
    pub(crate) fn of_fetch(started: Now, now: Now) -> Self {
        let elapsed = now.instant.saturating_duration_since(started.instant);
        let counted_back = now.wall.as_secs().saturating_sub(whole_seconds(elapsed));
        Self {
            checked_at: started.wall.min(from_secs(counted_back)),
            age: Duration::ZERO,
            noted_at: started.instant,
        }
    }

    /// By a snapshot; one from the future is as old as can be.
    pub(crate) fn of_snapshot(checked_at: UnixTime, now: Now) -> Self {
        Self {
            checked_at,
            age: age_by_wall(checked_at, now.wall).unwrap_or(Duration::MAX),
            noted_at: now.instant,
        }
    }

    pub(crate) fn checked_at(&self) -> UnixTime {
        self.checked_at
    }

    /// From when on, by the wall clock, the document is not trusted.
    pub(crate) fn expires_at(&self, now: Now, config: &Config) -> UnixTime {
        let lifetime = config.expired_after;
        let by_wall = (self.checked_at.as_secs()).saturating_add(lifetime.as_secs());
        let left = lifetime.saturating_sub(self.age_by_instant(now.instant));
        let by_instant = now.wall.as_secs().saturating_add(left.as_secs());
        from_secs(by_wall.min(by_instant))
    }

    pub(crate) fn state(&self, now: Now, config: &Config) -> State {
        let Some(by_wall) = age_by_wall(self.checked_at, now.wall) else {
            return State::Expired;
        };
        let age = by_wall.max(self.age_by_instant(now.instant));
        if age >= config.expired_after {
            State::Expired
        } else if age >= config.stale_after {
            State::Stale
        } else {
            State::Fresh
        }
    }

    /// When the state changes next after `after`, if the wall clock does not step.
    pub(crate) fn next_change(&self, after: Instant, config: &Config) -> Option<Instant> {
        [config.stale_after, config.expired_after]
            .into_iter()
            .filter_map(|limit| limit.checked_sub(self.age))
            .map(|left| self.noted_at.saturating_add(left))
            .find(|change| *change > after)
    }

    /// Whether the clocks differ by more than `tolerance` on how old the document is.
    pub(crate) fn is_disputed(&self, now: Now, tolerance: Duration) -> bool {
        age_by_wall(self.checked_at, now.wall).is_none_or(|by_wall| {
            // The wall clock tells whole seconds; twice rounded, it can be two off.
            let by_instant = self.age_by_instant(now.instant);
            by_wall.abs_diff(by_instant) > tolerance.saturating_add(Duration::from_secs(2))
        })
    }

    pub(crate) fn age_by_instant(&self, now: Instant) -> Duration {
        self.age
            .saturating_add(now.saturating_duration_since(self.noted_at))
    }
}

/// `None` if `checked_at` lies in the future.
fn age_by_wall(checked_at: UnixTime, wall: UnixTime) -> Option<Duration> {
    wall.as_secs()
        .checked_sub(checked_at.as_secs())
        .map(Duration::from_secs)
}

fn whole_seconds(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
}

fn from_secs(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}
