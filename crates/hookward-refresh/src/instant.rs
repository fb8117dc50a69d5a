//! Time that never steps.

use core::time::Duration;

/// A moment on the caller's monotonic clock, as the time since an arbitrary start.
///
/// The start is the caller's choice and stays the same for the life of a [`Refresher`](crate::Refresher); the start of
/// the process will do. Arithmetic saturates, so no length of time overflows.
///
/// ```
/// use core::time::Duration;
/// use hookward_refresh::Instant;
///
/// let start = Instant::from_start(Duration::ZERO);
/// let later = start.saturating_add(Duration::from_secs(60));
/// assert_eq!(later.saturating_duration_since(start), Duration::from_secs(60));
/// assert_eq!(start.saturating_duration_since(later), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Instant(Duration);

impl Instant {
    /// The moment that lies `elapsed` after the start.
    pub const fn from_start(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// How long after the start this is.
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// The moment `duration` later, or the last one that can be told.
    #[must_use]
    pub const fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }

    /// The moment `duration` earlier, or the start.
    #[must_use]
    pub const fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration))
    }

    /// The time from `earlier` until this, or zero if that is not earlier.
    #[must_use]
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}
