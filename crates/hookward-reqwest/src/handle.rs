//! The driver, as seen from elsewhere.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use hookward_refresh::Document;
use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::status::{DriverState, Report, Status};

/// Talks to a [`Driver`](crate::Driver) and asks how it is doing. Clones talk to the same one.
pub struct Handle<D: Document> {
    pub(crate) hints: Arc<Notify>,
    pub(crate) reports: watch::Receiver<Report<D>>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) stale_after: Duration,
}

impl<D: Document> Handle<D> {
    /// Something showed up that the document does not know, or the document was needed and could not be trusted.
    ///
    /// Costs next to nothing, waits for nothing, and may be called on every request: any number of hints that the driver has
    /// not seen yet are one, and how many fetches they cause is limited by
    /// [`Config::hint_burst`](hookward_refresh::Config::hint_burst) and
    /// [`Config::hint_refill`](hookward_refresh::Config::hint_refill).
    pub fn hint(&self) {
        self.hints.notify_one();
    }

    /// How the list is doing now.
    pub fn status(&self) -> Status<D> {
        let driver = match self.reports.has_changed() {
            Ok(_) => DriverState::Present,
            Err(_) => DriverState::Gone,
        };
        self.reports
            .borrow()
            .status(self.clock.now(), self.stale_after, driver)
    }

    /// Waits until the driver has something new to tell since this handle was made or last waited: an answer, a failure, a
    /// change of state, a fetch that starts. `None` once the driver is gone and all it had to tell was seen.
    ///
    /// Dropping the future loses nothing.
    pub async fn changed(&mut self) -> Option<Status<D>> {
        self.reports.changed().await.ok()?;
        Some(self.status())
    }
}

// Not derived: `D` need not be `Clone` or `Debug`.
impl<D: Document> Clone for Handle<D> {
    fn clone(&self) -> Self {
        Self {
            hints: self.hints.clone(),
            reports: self.reports.clone(),
            clock: self.clock.clone(),
            stale_after: self.stale_after,
        }
    }
}

impl<D: Document> fmt::Debug for Handle<D>
where
    D::Entry: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.status()).finish()
    }
}
