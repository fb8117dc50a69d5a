//! How a list is doing.

use core::fmt;
use core::time::Duration;

use hookward_refresh::{Document, Instant, Now, State};
use rustls::pki_types::UnixTime;

use crate::publication::Publication;

/// How a list is doing, at the moment at which it was asked.
#[non_exhaustive]
pub struct Status<D: Document> {
    /// How far the document can be relied on, by its dates and the time now.
    pub state: State,
    /// The document with its dates, whether or not it can still be trusted. `None` if there has been none yet.
    pub current: Option<Publication<D>>,
    /// When the next fetch starts; `None` while one is under way.
    pub next_fetch_at: Option<UnixTime>,
    /// How many fetches have failed in a row; those that hints caused count as one at most.
    pub failures: u32,
    /// What went wrong last, however long ago.
    pub last_error: Option<LastError>,
    /// What changed last, since this process started.
    pub last_change: Option<Change<D::Entry>>,
    /// Whether anybody drives the list. If not, it only ages.
    pub driver: DriverState,
}

/// Whether anybody drives a list.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum DriverState {
    /// There is a driver. It may not have been started yet.
    Present,
    /// The driver was dropped: its task has panicked or was aborted, or it was never started.
    Gone,
}

/// What went wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct LastError {
    /// When.
    pub at: UnixTime,
    /// One line for people. Text that came from a server is escaped and cut.
    pub message: String,
}

/// What changed.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Change<E> {
    /// When.
    pub at: UnixTime,
    /// The entries that the document before did not have, in order.
    pub added: Vec<E>,
    /// The entries that only the document before had, in order.
    pub removed: Vec<E>,
}

/// What the driver tells the handles. It holds moments and no judgement that could age, besides the one that `state` is.
pub(crate) struct Report<D: Document> {
    pub(crate) state: State,
    pub(crate) current: Option<Publication<D>>,
    pub(crate) next_fetch_at: Option<Instant>,
    pub(crate) failures: u32,
    pub(crate) last_error: Option<LastError>,
    pub(crate) last_change: Option<Change<D::Entry>>,
}

impl<D: Document> Report<D> {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Absent,
            current: None,
            next_fetch_at: None,
            failures: 0,
            last_error: None,
            last_change: None,
        }
    }

    pub(crate) fn status(&self, now: Now, stale_after: Duration, driver: DriverState) -> Status<D> {
        let state = match &self.current {
            None => State::Absent,
            Some(current) => worse(self.state, state_by_dates(current, now.wall, stale_after)),
        };
        let next_fetch_at = self.next_fetch_at.map(|at| {
            let left = at.saturating_duration_since(now.instant);
            let now = now.wall.as_secs();
            UnixTime::since_unix_epoch(Duration::from_secs(now.saturating_add(left.as_secs())))
        });
        Status {
            state,
            current: self.current.clone(),
            next_fetch_at: next_fetch_at.filter(|_| driver == DriverState::Present),
            failures: self.failures,
            last_error: self.last_error.clone(),
            last_change: self.last_change.clone(),
            driver,
        }
    }
}

fn state_by_dates<D>(current: &Publication<D>, now: UnixTime, stale_after: Duration) -> State {
    if now < current.checked_at || now >= current.expires_at {
        return State::Expired;
    }
    let age = now.as_secs() - current.checked_at.as_secs();
    if Duration::from_secs(age) >= stale_after {
        State::Stale
    } else {
        State::Fresh
    }
}

fn worse(a: State, b: State) -> State {
    let rank = |state| match state {
        State::Fresh => 0,
        State::Stale => 1,
        State::Expired => 2,
        State::Absent => 3,
    };
    if rank(a) >= rank(b) { a } else { b }
}

// Not derived: that would ask for `D: Debug` and not for what is shown.
impl<D: Document> fmt::Debug for Status<D>
where
    D::Entry: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status")
            .field("state", &self.state)
            .field("current", &self.current)
            .field("next_fetch_at", &self.next_fetch_at)
            .field("failures", &self.failures)
            .field("last_error", &self.last_error)
            .field("last_change", &self.last_change)
            .field("driver", &self.driver)
            .finish()
    }
}
