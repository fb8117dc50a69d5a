//! Time in the simulation.

use core::time::Duration;

use hookward_refresh::{Instant, Now};
use rustls_pki_types::UnixTime;

pub(crate) const SECOND: u64 = 1000;
pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;
pub(crate) const YEAR: u64 = 365 * DAY;

/// The true time, in milliseconds since the life began, and a wall clock that is set wrong.
#[derive(Debug)]
pub(crate) struct Clock {
    /// The true time, which the monotonic clock shows.
    pub(crate) now: u64,
    /// What the wall clock showed when the life began, in milliseconds, and all steps since.
    wall_offset: u64,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            now: 0,
            wall_offset: 1_790_000_000 * SECOND,
        }
    }

    pub(crate) fn read(&self) -> Now {
        let wall = Duration::from_millis(self.now + self.wall_offset);
        Now {
            instant: Instant::from_start(Duration::from_millis(self.now)),
            wall: UnixTime::since_unix_epoch(wall),
        }
    }

    pub(crate) fn step(&mut self, milliseconds: i64) {
        self.wall_offset = self.wall_offset.saturating_add_signed(milliseconds);
    }
}

/// A configured duration in the simulation's unit.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
