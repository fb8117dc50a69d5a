//! The machine.

use alloc::collections::{BTreeSet, VecDeque};
use core::time::Duration;

use crate::bucket::Bucket;
use crate::confirmation::Confirmation;
use crate::doubt::Suspect;
use crate::schedule::Schedule;
use crate::{
    Caching, Cause, Config, ConfigError, Current, Document, Doubt, Event, Fetch, FetchError,
    FetchId, Instant, Now, Response, Snapshot, State, Transport, Validators,
};

/// Keeps a remote document current, without doing any I/O and without a clock of its own.
///
/// # Driving it
///
/// After [`new`](Self::new) and after each call of a `handle_` method:
///
/// 1. Carry out what [`poll_transmit`](Self::poll_transmit) returns, until it returns `None`.
/// 2. Act on what [`poll_event`](Self::poll_event) returns, until it returns `None`: after `Accepted`, `Confirmed` and
///    `StateChanged`, publish what [`current`](Self::current) returns, or nothing if the [`state`](Self::state) is `Expired`
///    or `Absent`; after `Accepted` and `Confirmed`, save it too.
/// 3. Wait for the first of these, and tell of it: the answer to a fetch ([`handle_response`](Self::handle_response),
///    [`handle_failure`](Self::handle_failure)), a hint ([`handle_hint`](Self::handle_hint)), or the moment that
///    [`poll_timeout`](Self::poll_timeout) returns ([`handle_timeout`](Self::handle_timeout)).
///
/// Only `handle_` methods change what the `poll_` methods return. A timeout that comes too early or twice does nothing. One
/// that comes late delays what was due and loses nothing. `now` does not go back by the monotonic clock; a value that does
/// is taken as the latest one seen.
///
/// At most one fetch is under way. A fetch without an answer fails by itself after [`Config::fetch_timeout`]; an answer that
/// comes later, or twice, is ignored. A driver may therefore abandon a request as soon as the next fetch is handed out. Ids
/// mean something to the machine that gave them out, and to no other.
///
/// # What is trusted
///
/// A document comes into force only if it was read whole, has at least one entry and at most [`Config::max_entries`], and is
/// not doubtful. It is doubtful if it has nothing in common with the document before, or far fewer entries; then it takes a
/// second fetch, unconditional, past all caches, and at least [`Config::confirmation_delay`] later, that brings the same
/// entries. Until then, and after any failure, the document before stays in force; what ends it is its age alone, which both
/// clocks have to agree is short of [`Config::expired_after`]. [`trusted`](Self::trusted) judges that when it is called, so
/// a driver that has died does not keep a document alive.
///
/// # How much is fetched
///
/// A good fetch is followed by the next after [`Config::interval`], or less if the server says so; a bad one by an
/// exponential backoff; both are scattered by the seed. Hints cause further fetches, but spend a budget of their own: once
/// it is used up they wait, and what is fetched without them is fetched as if there were none, save for the spacing. No two
/// fetches start closer together than [`Config::spacing`], and none before the time that the server's `Retry-After` sets.
///
/// Only routine fetches are conditional and may be answered by caches: those that follow a good one, and those that a change
/// of the wall clock causes.
///
/// The same calls with the same arguments and seed give the same results.
pub struct Refresher<D: Document> {
    config: Config,
    latest: Instant,
    held: Option<Held<D>>,
    suspect: Option<Suspect<D::Entry>>,
    schedule: Schedule,
    hints: Bucket,
    /// A hint came that no fetch has been started for since.
    hinted: bool,
    in_flight: Option<InFlight>,
    next_id: FetchId,
    outbox: Option<Fetch>,
    events: VecDeque<Event<D>>,
    reported: State,
}

struct Held<D> {
    document: D,
    validators: Validators,
    confirmation: Confirmation,
}

struct InFlight {
    id: FetchId,
    cause: Cause,
    started: Now,
    conditional: bool,
}

impl InFlight {
    fn deadline(&self, timeout: Duration) -> Instant {
        self.started.instant.saturating_add(timeout)
    }
}

impl<D: Document> Refresher<D> {
    /// A machine that starts from `snapshot`, if there is one, and otherwise with no document. The first fetch is due at
    /// once, unless the snapshot is younger than [`Config::interval`].
    ///
    /// `seed` scatters the delays; give every machine another.
    ///
    /// # Errors
    ///
    /// Those of [`Config::check`]. A snapshot that breaks a rule is no error but an [`Event::SnapshotRefused`].
    pub fn new(
        config: Config,
        seed: u64,
        now: Now,
        snapshot: Option<Snapshot<D>>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let mut refresher = Self {
            config,
            latest: now.instant,
            held: None,
            suspect: None,
            schedule: Schedule::new(seed, now.instant),
            hints: Bucket::new(config.hint_burst, config.hint_refill, now.instant),
            hinted: false,
            in_flight: None,
            next_id: FetchId::FIRST,
            outbox: None,
            events: VecDeque::new(),
            reported: State::Absent,
        };
        if let Some(snapshot) = snapshot {
            refresher.resume(now, snapshot);
        }
        refresher.settle(now);
        Ok(refresher)
    }

    /// The answer to the fetch `id` is a whole HTTP response.
    pub fn handle_response(&mut self, now: Now, id: FetchId, response: Response<'_>) {
        let now = self.advance(now);
        if let Some(fetch) = self.conclude(id) {
            let (max_age, retry_after) = (response.max_age, response.retry_after);
            match self.judge(&fetch, response) {
                Ok(Answer::Unchanged) => self.confirm(now, &fetch, max_age),
                Ok(Answer::Document(offer)) => self.consider(now, &fetch, max_age, offer),
                Err(error) => self.fail(now, fetch.cause, error, retry_after),
            }
        }
        self.settle(now);
    }

    /// The fetch `id` brought no whole HTTP response.
    pub fn handle_failure(&mut self, now: Now, id: FetchId, failure: Transport) {
        let now = self.advance(now);
        if let Some(fetch) = self.conclude(id) {
            self.fail(now, fetch.cause, FetchError::Transport(failure), None);
        }
        self.settle(now);
    }

    /// Time has passed. Harmless at any moment.
    pub fn handle_timeout(&mut self, now: Now) {
        let now = self.advance(now);
        self.settle(now);
    }

    /// Something showed up that the document does not know, or the document was needed and could not be trusted.
    ///
    /// Leads to a fetch that starts after this call, as soon as the budget allows; one that is under way does not count, as
    /// it may have been answered before. Any number of hints until then are one.
    pub fn handle_hint(&mut self, now: Now) {
        let now = self.advance(now);
        self.hinted = true;
        self.settle(now);
    }

    /// The fetch to start now.
    pub fn poll_transmit(&mut self) -> Option<Fetch> {
        self.outbox.take()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if nothing else happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let work = match &self.in_flight {
            Some(fetch) => fetch.deadline(self.config.fetch_timeout),
            None => self.next_fetch().0,
        };
        let change = (self.held.as_ref())
            .and_then(|held| held.confirmation.next_change(self.latest, &self.config));
        Some(change.map_or(work, |change| change.min(work)))
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<Event<D>> {
        self.events.pop_front()
    }

    /// The document, if it may be trusted at `now`. Judged afresh on every call.
    pub fn trusted(&self, now: Now) -> Option<&D> {
        let held = self.held.as_ref()?;
        match held.confirmation.state(now, &self.config) {
            State::Fresh | State::Stale => Some(&held.document),
            State::Expired | State::Absent => None,
        }
    }

    /// The document in force with its dates, whether or not it may be trusted.
    pub fn current(&self, now: Now) -> Option<Current<'_, D>> {
        self.held.as_ref().map(|held| Current {
            document: &held.document,
            validators: &held.validators,
            checked_at: held.confirmation.checked_at(),
            expires_at: held.confirmation.expires_at(now, &self.config),
        })
    }

    /// How far the document can be relied on at `now`. Judged afresh on every call, so this can be ahead of
    /// [`Event::StateChanged`].
    pub fn state(&self, now: Now) -> State {
        (self.held.as_ref()).map_or(State::Absent, |held| {
            held.confirmation.state(now, &self.config)
        })
    }

    /// When the next fetch starts, if nothing happens before; `None` while one is under way.
    pub fn next_fetch_at(&self) -> Option<Instant> {
        self.in_flight.is_none().then(|| self.next_fetch().0)
    }

    /// What this machine is held to.
    pub fn config(&self) -> &Config {
        &self.config
    }

    fn resume(&mut self, now: Now, snapshot: Snapshot<D>) {
        if let Err(error) = entries_of(&snapshot.document, &self.config) {
            self.events.push_back(Event::SnapshotRefused { error });
            return;
        }
        let confirmation = Confirmation::of_snapshot(snapshot.checked_at, now);
        let age = confirmation.age_by_instant(now.instant);
        self.schedule
            .confirmed(now.instant, age, None, &self.config);
        self.held = Some(Held {
            document: snapshot.document,
            validators: snapshot.validators,
            confirmation,
        });
    }

    /// Lets time pass up to `now`: an overdue fetch has failed, whatever comes next.
    fn advance(&mut self, now: Now) -> Now {
        self.latest = self.latest.max(now.instant);
        let now = Now {
            instant: self.latest,
            ..now
        };
        let timeout = self.config.fetch_timeout;
        if let Some(fetch) =
            (self.in_flight).take_if(|fetch| fetch.deadline(timeout) <= now.instant)
        {
            self.outbox = None;
            self.fail(now, fetch.cause, FetchError::Unanswered, None);
        }
        now
    }

    /// Brings everything in line with `now` after a change: tells of the state and starts what is due.
    fn settle(&mut self, now: Now) {
        let state = self.state(now);
        if state != self.reported {
            self.events.push_back(Event::StateChanged {
                from: self.reported,
                to: state,
            });
            self.reported = state;
        }
        if let Some(held) = &self.held
            && held.confirmation.is_disputed(now, self.config.spacing)
        {
            self.schedule.distrust_clock(now.instant);
        }
        if self.in_flight.is_none() {
            let (at, cause) = self.next_fetch();
            if at <= now.instant {
                self.start(now, cause);
            }
        }
    }

    fn start(&mut self, now: Now, cause: Cause) {
        if cause == Cause::Hint {
            self.hints.take(now.instant);
        }
        self.hinted = false;
        self.schedule.started(now.instant, &self.config);
        // Anything but routine gives reason to doubt what is held, here or in a cache: a wrong document may have come with
        // the validators of the right one, and a 304 would keep it for ever.
        let routine = matches!(cause, Cause::Schedule | Cause::Clock);
        let (caching, held) = match &self.held {
            held if routine => (Caching::Allowed, held.as_ref()),
            _ => (Caching::Bypassed, None),
        };
        let validators = held
            .map(|held| held.validators.clone())
            .filter(|validators| !validators.is_empty());
        let id = self.next_id;
        self.next_id = id.next();
        self.in_flight = Some(InFlight {
            id,
            cause,
            started: now,
            conditional: validators.is_some(),
        });
        self.outbox = Some(Fetch {
            id,
            cause,
            validators,
            caching,
        });
    }

    /// Ends the fetch `id`, if that is the one under way.
    fn conclude(&mut self, id: FetchId) -> Option<InFlight> {
        let fetch = self.in_flight.take_if(|fetch| fetch.id == id)?;
        self.outbox = None;
        Some(fetch)
    }

    fn judge(
        &self,
        fetch: &InFlight,
        response: Response<'_>,
    ) -> Result<Answer<D>, FetchError<D::Error>> {
        match response.status {
            200 => {}
            304 if fetch.conditional => return Ok(Answer::Unchanged),
            304 => return Err(FetchError::NotModifiedUnasked),
            status => return Err(FetchError::Status { status }),
        }
        let (len, max) = (response.body.len(), self.config.max_body);
        if len > max {
            return Err(FetchError::BodyTooLong { len, max });
        }
        let document = D::parse(response.body).map_err(FetchError::Unreadable)?;
        let entries = entries_of(&document, &self.config)?;
        Ok(Answer::Document(Offer {
            document,
            entries,
            validators: response.validators,
        }))
    }

    fn confirm(&mut self, now: Now, fetch: &InFlight, max_age: Option<Duration>) {
        if let Some(held) = &mut self.held {
            held.confirmation = Confirmation::of_fetch(fetch.started, now);
            let age = held.confirmation.age_by_instant(now.instant);
            self.schedule
                .confirmed(now.instant, age, max_age, &self.config);
            self.events.push_back(Event::Confirmed);
        }
    }

    fn consider(&mut self, now: Now, fetch: &InFlight, max_age: Option<Duration>, offer: Offer<D>) {
        let old: BTreeSet<_> = (self.held.iter())
            .flat_map(|held| held.document.entries())
            .collect();
        if self.held.is_some()
            && let Some(doubt) = Doubt::about(&old, &offer.entries, self.config.least_kept_percent)
            && !(self.suspect.as_ref()).is_some_and(|suspect| {
                suspect.is_confirmed_by(fetch.started.instant, &offer.entries)
            })
        {
            return self.quarantine(now, fetch.cause, doubt, offer.entries);
        }
        self.suspect = None;
        let confirmation = Confirmation::of_fetch(fetch.started, now);
        let age = confirmation.age_by_instant(now.instant);
        self.schedule
            .confirmed(now.instant, age, max_age, &self.config);
        self.events.push_back(if old == offer.entries {
            Event::Confirmed
        } else {
            Event::Accepted {
                added: offer.entries.difference(&old).cloned().collect(),
                removed: old.difference(&offer.entries).cloned().collect(),
            }
        });
        self.held = Some(Held {
            document: offer.document,
            validators: offer.validators,
            confirmation,
        });
    }

    fn quarantine(&mut self, now: Now, origin: Cause, doubt: Doubt, entries: BTreeSet<D::Entry>) {
        if (self.suspect.as_ref()).is_some_and(|suspect| suspect.entries == entries) {
            // Too early to confirm it; the fetch that can do so is already planned.
            return;
        }
        let confirmable_from = now.instant.saturating_add(self.config.confirmation_delay);
        self.suspect = Some(Suspect {
            entries,
            confirmable_from,
        });
        self.schedule.try_again(
            now.instant,
            origin,
            Cause::Confirmation,
            confirmable_from,
            &self.config,
        );
        self.events.push_back(Event::Quarantined { doubt });
    }

    fn fail(
        &mut self,
        now: Now,
        origin: Cause,
        error: FetchError<D::Error>,
        retry_after: Option<Duration>,
    ) {
        if let Some(retry_after) = retry_after {
            self.schedule
                .hold_off(now.instant, retry_after, &self.config);
        }
        let earliest = (self.suspect.as_ref()).map_or(now.instant, |s| s.confirmable_from);
        self.schedule
            .try_again(now.instant, origin, Cause::Retry, earliest, &self.config);
        self.events.push_back(Event::Failed {
            error,
            failures: self.schedule.failures,
        });
    }

    /// When the next fetch starts, and why, if none is under way.
    fn next_fetch(&self) -> (Instant, Cause) {
        let at = self.schedule.at.max(self.schedule.not_before);
        let hint_at = self.hints.next_at().max(self.schedule.not_before);
        if self.hinted && hint_at < at {
            (hint_at, Cause::Hint)
        } else {
            (at, self.schedule.cause)
        }
    }
}

/// What a response comes to.
enum Answer<D: Document> {
    Unchanged,
    Document(Offer<D>),
}

/// A document that could come into force.
struct Offer<D: Document> {
    document: D,
    entries: BTreeSet<D::Entry>,
    validators: Validators,
}

/// The entries of a document that has as many as it should.
fn entries_of<D: Document>(
    document: &D,
    config: &Config,
) -> Result<BTreeSet<D::Entry>, FetchError<D::Error>> {
    let max = config.max_entries;
    let mut entries = BTreeSet::new();
    for (index, entry) in document.entries().enumerate() {
        if index >= max {
            return Err(FetchError::TooManyEntries { max });
        }
        entries.insert(entry);
    }
    if entries.is_empty() {
        return Err(FetchError::NoEntries);
    }
    Ok(entries)
}
