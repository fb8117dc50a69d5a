//! One list that is fetched: as it was kept, and as it is kept current.

use core::any::Any;
use core::convert::Infallible;
use core::fmt::Debug;
use core::future::Future;
use core::pin::Pin;
use core::time::Duration;
use std::path::Path;
use std::sync::Arc;

use hookward::{Check, Lists, Snapshot, UnixTime};
use hookward_reqwest::hookward_refresh::Document;
use hookward_reqwest::{Driver, DriverError, SnapshotFile};

use crate::refreshed::kind::Kind;
use crate::refreshed::watched::WatchedList;
use crate::refreshed::{Destination, ListStatus, Remote, Watched};
use crate::state::StateDirectory;

/// A list that is fetched, whatever it lists.
pub(crate) trait Refresh: Any + Debug + Send + Sync {
    /// What the list is called.
    fn name(&self) -> &'static str;

    /// The check that needs it.
    fn check(&self) -> Check;

    /// Where it is fetched from.
    fn source(&self) -> &str;

    /// Takes the list as it was kept in the state directory, if there is one, into `lists`, and says
    /// how it is doing. Changes nothing on the disk.
    ///
    /// The error says in words why what was kept cannot be used.
    fn load(&self, state: &Path, lists: &mut Lists, now: UnixTime) -> Result<ListStatus, String>;

    /// Puts the list as it was kept into `lists`, and keeps it current there once it is driven.
    fn start(&self, state: &StateDirectory, lists: Destination) -> Result<Driven, DriverError>;

    /// Whether `other` is the same list, fetched from the same place in the same way.
    fn is_same_as(&self, other: &dyn Refresh) -> bool;
}

/// A list of this kind, from there.
#[derive(Debug)]
pub(crate) struct RefreshedList<K> {
    pub(crate) kind: K,
    pub(crate) remote: Remote,
}

/// A list with what keeps it current.
pub(crate) struct Driven {
    /// Never ends, unless by a panic.
    pub(crate) driver: Pin<Box<dyn Future<Output = Infallible> + Send>>,
    pub(crate) watched: Arc<dyn Watched>,
}

impl<K: Kind> RefreshedList<K> {
    /// The file in the state directory.
    fn snapshot() -> String {
        format!("{}.snapshot", K::NAME)
    }

    fn kept(&self, state: &Path) -> Result<Option<(K::Document, UnixTime)>, String> {
        let state = StateDirectory::find(state).map_err(|error| error.to_string())?;
        let Some(state) = state else {
            return Ok(None);
        };
        let path = state.file(&Self::snapshot());
        let failed = |error: &dyn core::error::Error| format!("{}: {error}", path.display());
        let file = SnapshotFile::new(&path, self.remote.endpoint.url());
        let stored = file
            .read(self.remote.config.max_body)
            .map_err(|error| failed(&error))?;
        let Some(stored) = stored else {
            return Ok(None);
        };
        let document = K::Document::parse(&stored.body).map_err(|error| failed(&error))?;
        Ok(Some((document, stored.checked_at)))
    }
}

impl<K: Kind> Refresh for RefreshedList<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn check(&self) -> Check {
        K::CHECK
    }

    fn source(&self) -> &str {
        self.remote.shown()
    }

    fn load(&self, state: &Path, lists: &mut Lists, now: UnixTime) -> Result<ListStatus, String> {
        let source = self.source().to_owned();
        let Some((document, checked_at)) = self.kept(state)? else {
            return Ok(ListStatus::absent(K::NAME, source));
        };
        let config = &self.remote.config;
        let expires_at = later(checked_at, config.expired_after);
        let snapshot = Snapshot::dated(self.kind.list(&document)?, checked_at, expires_at)
            .with_hint_interval(config.spacing);
        let status = ListStatus::kept(
            K::NAME,
            source,
            document.entries(),
            &snapshot,
            later(checked_at, config.stale_after),
            now,
        );
        *K::place(lists) = Some(snapshot);
        Ok(status)
    }

    fn start(&self, state: &StateDirectory, lists: Destination) -> Result<Driven, DriverError> {
        let kind = self.kind.clone();
        let (driver, handle) = Driver::<K::Document>::builder(self.remote.endpoint.clone())
            .name(K::NAME)
            .credentials(self.remote.credentials.clone())
            .config(self.remote.config)
            .snapshot(state.file(&Self::snapshot()))
            .publish(move |publication| {
                let snapshot = publication.and_then(|publication| {
                    let list = kind.list(&publication.document).map_err(|error| {
                        tracing::error!(list = K::NAME, error, "the list cannot be used");
                    });
                    let list = Arc::new(list.ok()?);
                    Some(
                        Snapshot::dated(list, publication.checked_at, publication.expires_at)
                            .with_hint_interval(publication.hint_interval),
                    )
                });
                lists.update(|lists| *K::place(lists) = snapshot.clone());
            })
            .build()?;
        Ok(Driven {
            driver: Box::pin(driver.run()),
            watched: Arc::new(WatchedList::<K>::new(self.source().to_owned(), handle)),
        })
    }

    fn is_same_as(&self, other: &dyn Refresh) -> bool {
        let other: &dyn Any = other;
        other.downcast_ref::<Self>().is_some_and(|other| {
            self.kind == other.kind && self.remote.settings == other.remote.settings
        })
    }
}

fn later(moment: UnixTime, by: Duration) -> UnixTime {
    let seconds = moment.as_secs().saturating_add(by.as_secs());
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}
