//! A list while it is kept current, as seen by the rest of the gate.

use hookward::UnixTime;
use hookward_reqwest::Handle;

use crate::refreshed::ListStatus;
use crate::refreshed::kind::Kind;

/// A list that is kept current, whatever it lists.
pub(crate) trait Watched: Send + Sync {
    /// Something showed up that the list does not know, or that it was needed for and could not be
    /// used. Returns at once.
    fn hint(&self);

    /// How the list is doing.
    fn status(&self, now: UnixTime) -> ListStatus;
}

/// A list of this kind.
pub(crate) struct WatchedList<K: Kind> {
    source: String,
    handle: Handle<K::Document>,
}

impl<K: Kind> WatchedList<K> {
    pub(crate) const fn new(source: String, handle: Handle<K::Document>) -> Self {
        Self { source, handle }
    }
}

impl<K: Kind> Watched for WatchedList<K> {
    fn hint(&self) {
        self.handle.hint();
    }

    fn status(&self, now: UnixTime) -> ListStatus {
        ListStatus::driven(K::NAME, self.source.clone(), &self.handle.status(), now)
    }
}
