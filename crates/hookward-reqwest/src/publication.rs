//! A document with its dates, for whoever judges by it.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use rustls::pki_types::UnixTime;

/// The document in force, with the dates that everybody who judges by it has to compare with the time, each time: nothing
/// runs out by itself, and the driver may not be there any more to say so.
pub struct Publication<D> {
    /// The document.
    pub document: Arc<D>,
    /// When it was last confirmed. Before that it must not be trusted: the wall clock has been set back.
    pub checked_at: UnixTime,
    /// From when on it must not be trusted.
    pub expires_at: UnixTime,
    /// How old the document has to be for a hint to lead to a fetch: [`Config::spacing`](hookward_refresh::Config::spacing).
    pub hint_interval: Duration,
}

// Not derived: the document is shared, and need not be `Clone` or `Debug`.
impl<D> Clone for Publication<D> {
    fn clone(&self) -> Self {
        Self {
            document: self.document.clone(),
            ..*self
        }
    }
}

impl<D> fmt::Debug for Publication<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publication")
            .field("checked_at", &self.checked_at)
            .field("expires_at", &self.expires_at)
            .field("hint_interval", &self.hint_interval)
            .finish_non_exhaustive()
    }
}
