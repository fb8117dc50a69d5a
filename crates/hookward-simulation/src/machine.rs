//! What is simulated.

use core::time::Duration;

use hookward_refresh::{
    Event, Fetch, FetchId, Instant, Now, Refresher, Response, Snapshot, Transport, Validators,
};
use rustls_pki_types::UnixTime;

use crate::List;

/// What the simulation drives: a [`Refresher`], or something that claims to be one. The methods are those of the refresher.
pub trait Machine {
    /// See [`Refresher::handle_response`].
    fn handle_response(&mut self, now: Now, id: FetchId, response: Response<'_>);
    /// See [`Refresher::handle_failure`].
    fn handle_failure(&mut self, now: Now, id: FetchId, failure: Transport);
    /// See [`Refresher::handle_timeout`].
    fn handle_timeout(&mut self, now: Now);
    /// See [`Refresher::handle_hint`].
    fn handle_hint(&mut self, now: Now);
    /// See [`Refresher::poll_transmit`].
    fn poll_transmit(&mut self) -> Option<Fetch>;
    /// See [`Refresher::poll_timeout`].
    fn poll_timeout(&self) -> Option<Instant>;
    /// See [`Refresher::poll_event`].
    fn poll_event(&mut self) -> Option<Event<List>>;
    /// See [`Refresher::trusted`].
    fn trusted(&self, now: Now) -> Option<&List>;
    /// See [`Refresher::current`].
    fn current(&self, now: Now) -> Option<Published>;
}

/// The document in force, as a driver publishes and saves it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Published {
    /// The document.
    pub list: List,
    /// The validators that came with it.
    pub validators: Validators,
    /// When it was last confirmed.
    pub checked_at: UnixTime,
    /// From when on it must not be trusted.
    pub expires_at: UnixTime,
}

impl Published {
    /// What is written to disk.
    pub(crate) fn to_snapshot(&self) -> Snapshot<List> {
        Snapshot {
            document: self.list.clone(),
            validators: self.validators.clone(),
            checked_at: self.checked_at,
        }
    }

    /// Whether a guard may use it, by the dates alone.
    pub(crate) fn is_valid_at(&self, wall: UnixTime) -> bool {
        self.checked_at <= wall && wall < self.expires_at
    }

    /// How old it is by the wall clock.
    pub(crate) fn age(&self, wall: UnixTime) -> Duration {
        Duration::from_secs(wall.as_secs().saturating_sub(self.checked_at.as_secs()))
    }
}

impl Machine for Refresher<List> {
    fn handle_response(&mut self, now: Now, id: FetchId, response: Response<'_>) {
        self.handle_response(now, id, response);
    }

    fn handle_failure(&mut self, now: Now, id: FetchId, failure: Transport) {
        self.handle_failure(now, id, failure);
    }

    fn handle_timeout(&mut self, now: Now) {
        self.handle_timeout(now);
    }

    fn handle_hint(&mut self, now: Now) {
        self.handle_hint(now);
    }

    fn poll_transmit(&mut self) -> Option<Fetch> {
        self.poll_transmit()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.poll_timeout()
    }

    fn poll_event(&mut self) -> Option<Event<List>> {
        self.poll_event()
    }

    fn trusted(&self, now: Now) -> Option<&List> {
        self.trusted(now)
    }

    fn current(&self, now: Now) -> Option<Published> {
        self.current(now).map(|current| Published {
            list: current.document.clone(),
            validators: current.validators.clone(),
            checked_at: current.checked_at,
            expires_at: current.expires_at,
        })
    }
}
