//! Both clocks.

use core::fmt;

use hookward_refresh::{Instant, Now};
use rustls::pki_types::UnixTime;

/// The machine's two clocks, on tokio's and the system's.
pub(crate) struct Clock {
    start: tokio::time::Instant,
    wall: Box<dyn Fn() -> UnixTime + Send + Sync>,
}

impl Clock {
    pub(crate) fn new(wall: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Self {
            start: tokio::time::Instant::now(),
            wall: Box::new(wall),
        }
    }

    pub(crate) fn now(&self) -> Now {
        Now {
            instant: Instant::from_start(self.start.elapsed()),
            wall: (self.wall)(),
        }
    }

    /// `None` for one that is too far away to be told.
    pub(crate) fn tokio(&self, instant: Instant) -> Option<tokio::time::Instant> {
        self.start.checked_add(instant.since_start())
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}
