//! The loop around the machine.

use alloc::sync::Arc;
use core::convert::Infallible;
use core::future::pending;
use core::time::Duration;
use std::io;

use hookward_refresh::{Document, Doubt, Event, FetchId, Now, Refresher, State};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::sleep_until;
use tracing::{debug, error, info, warn};

use crate::builder::DriverBuilder;
use crate::clock::Clock;
use crate::endpoint::Endpoint;
use crate::exchange::{Answer, Failure, chain};
use crate::kept::Kept;
use crate::publication::Publication;
use crate::remote::{Fetching, Source};
use crate::snapshot_file::SnapshotFile;
use crate::status::{Change, LastError, Report};
use crate::stored_document::StoredDocument;

/// What is called with each document that comes into force.
pub(crate) type Publish<D> = dyn FnMut(Option<Publication<D>>) + Send;

/// Keeps a document current: fetches when the machine says so, publishes what it accepts, and saves it.
///
/// It is made by [`Driver::builder`], together with a [`Handle`](crate::Handle), and [`run`](Self::run) in a task of its own.
/// Dropping the task stops it at once; a snapshot that is being written is finished or never happened.
pub struct Driver<D: Document> {
    pub(crate) name: String,
    pub(crate) refresher: Refresher<Kept<D>>,
    pub(crate) source: Box<dyn Source>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) file: Option<Arc<SnapshotFile>>,
    pub(crate) hints: Arc<Notify>,
    pub(crate) publish: Box<Publish<D>>,
    pub(crate) reports: watch::Sender<Report<D>>,
    /// What the last answer had to say for people, until the machine has judged it.
    pub(crate) failure: Option<String>,
}

/// The clocks are compared at least this often: tokio's stands still while the machine sleeps, and the wall clock can be
/// set, and then what was planned is wrong.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// What there is to do for [`Driver::run`] once the machine has been listened to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Save {
    Due,
    No,
}

impl<D> Driver<D>
where
    D: Document + Send + Sync + 'static,
    D::Entry: Send + Sync,
    D::Error: Send,
{
    /// A driver that fetches from `endpoint`.
    pub fn builder(endpoint: Endpoint) -> DriverBuilder<D> {
        DriverBuilder::new(endpoint)
    }

    /// Runs for ever. Needs tokio's time and I/O.
    pub async fn run(mut self) -> Infallible {
        let mut under_way: Option<(FetchId, Fetching)> = None;
        // Beside everything else: a disk that hangs must not let the list expire.
        let mut saving: Option<Saving> = None;
        let mut save = Save::No;
        loop {
            if save == Save::Due && saving.is_none() {
                saving = self.start_saving();
                save = Save::No;
            }
            if let Some(fetch) = self.refresher.poll_transmit() {
                debug!(list = self.name, cause = ?fetch.cause, "fetching");
                let max_body = self.refresher.config().max_body;
                // One that is still under way was given up by the machine.
                under_way = Some((fetch.id, self.source.fetch(fetch, max_body)));
            }
            let wake_at = self.wake_at();
            tokio::select! {
                (id, answer) = answered(&mut under_way) => {
                    under_way = None;
                    self.handle_answer(id, answer);
                }
                written = saved(&mut saving) => {
                    saving = None;
                    self.handle_saved(written);
                }
                () = self.hints.notified() => self.refresher.handle_hint(self.clock.now()),
                () = sleep_until(wake_at) => self.refresher.handle_timeout(self.clock.now()),
            }
            if self.settle() == Save::Due {
                save = Save::Due;
            }
        }
    }

    fn wake_at(&self) -> tokio::time::Instant {
        let longest = tokio::time::Instant::now() + LONGEST_SLEEP;
        self.refresher
            .poll_timeout()
            .and_then(|at| self.clock.tokio(at))
            .map_or(longest, |at| at.min(longest))
    }

    fn handle_answer(&mut self, id: FetchId, answer: Result<Answer, Failure>) {
        let now = self.clock.now();
        match answer {
            Ok(answer) => {
                self.refresher.handle_response(now, id, answer.response());
                self.failure = answer.detail;
            }
            Err(failure) => {
                self.refresher.handle_failure(now, id, failure.transport);
                self.failure = Some(format!("{}: {}", failure.transport, failure.detail));
            }
        }
    }

    /// Listens to the machine: tells the log, the handles, and whoever judges by the document.
    pub(crate) fn settle(&mut self) -> Save {
        let now = self.clock.now();
        let events: Vec<_> = core::iter::from_fn(|| self.refresher.poll_event()).collect();
        let current = (events.iter().any(changes_trust)).then(|| self.current(now));
        let next_fetch_at = self.refresher.next_fetch_at();
        let state = self.refresher.state(now);
        // Before the log speaks of it, so that what it says already holds for the next request.
        if let Some(current) = &current {
            let trusted = matches!(state, State::Fresh | State::Stale);
            (self.publish)(current.clone().filter(|_| trusted));
        }
        let mut news = News::default();
        for event in events {
            self.take(now, event, &mut news);
        }
        self.failure = None;
        self.reports.send_if_modified(|report| {
            let modified = news.any || report.next_fetch_at != next_fetch_at;
            report.next_fetch_at = next_fetch_at;
            if let Some(current) = current {
                report.current = current;
                report.state = state;
            }
            if let Some(failures) = news.failures {
                report.failures = failures;
            }
            if let Some(message) = news.error {
                report.last_error = Some(LastError {
                    at: now.wall,
                    message,
                });
            }
            if let Some(change) = news.change {
                report.last_change = Some(change);
            }
            modified
        });
        news.save
    }

    fn take(&mut self, now: Now, event: Event<Kept<D>>, news: &mut News<D::Entry>) {
        let list = self.name.as_str();
        news.any = true;
        match event {
            Event::Accepted { added, removed } => {
                info!(
                    list,
                    added = added.len(),
                    removed = removed.len(),
                    "changed"
                );
                news.change = Some(Change {
                    at: now.wall,
                    added,
                    removed,
                });
                news.confirmed();
            }
            Event::Confirmed => {
                debug!(list, "confirmed");
                news.confirmed();
            }
            Event::Quarantined { doubt } => {
                let doubt = describe(doubt);
                warn!(
                    list,
                    doubt, "a doubtful document is not used until it is confirmed"
                );
                news.error = Some(format!("a doubtful document is not used: {doubt}"));
            }
            Event::Failed { error, failures } => {
                let error = self.failure.take().unwrap_or_else(|| chain(&error));
                warn!(list, error, failures, "the fetch failed");
                news.error = Some(error);
                news.failures = Some(failures);
            }
            Event::SnapshotRefused { error } => {
                let error = chain(&error);
                warn!(list, error, "the snapshot is not used");
                news.error = Some(format!("the snapshot is not used: {error}"));
            }
            Event::StateChanged { from, to } => tell(list, from, to),
            _ => {}
        }
    }

    fn current(&self, now: Now) -> Option<Publication<D>> {
        let current = self.refresher.current(now)?;
        Some(Publication {
            document: current.document.document.clone(),
            checked_at: current.checked_at,
            expires_at: current.expires_at,
            hint_interval: self.refresher.config().spacing,
        })
    }

    fn start_saving(&self) -> Option<Saving> {
        let file = self.file.clone()?;
        let current = self.refresher.current(self.clock.now())?;
        let stored = StoredDocument::new(
            current.document.body.clone(),
            current.validators.clone(),
            current.checked_at,
        );
        Some(spawn_blocking(move || file.write(&stored)))
    }

    fn handle_saved(&self, written: Result<io::Result<()>, JoinError>) {
        let failure = match written {
            Ok(Ok(())) => return,
            Ok(Err(error)) => chain(&error),
            Err(error) => chain(&error),
        };
        warn!(
            list = self.name,
            error = failure,
            "the snapshot cannot be written"
        );
        let last_error = LastError {
            at: self.clock.now().wall,
            message: format!("the snapshot cannot be written: {failure}"),
        };
        self.reports
            .send_modify(|report| report.last_error = Some(last_error));
    }
}

/// A snapshot that is being written.
type Saving = JoinHandle<io::Result<()>>;

/// What the events of one moment come to.
struct News<E> {
    any: bool,
    save: Save,
    failures: Option<u32>,
    error: Option<String>,
    change: Option<Change<E>>,
}

impl<E> Default for News<E> {
    fn default() -> Self {
        Self {
            any: false,
            save: Save::No,
            failures: None,
            error: None,
            change: None,
        }
    }
}

impl<E> News<E> {
    fn confirmed(&mut self) {
        self.save = Save::Due;
        self.failures = Some(0);
    }
}

async fn answered(
    under_way: &mut Option<(FetchId, Fetching)>,
) -> (FetchId, Result<Answer, Failure>) {
    match under_way {
        Some((id, fetching)) => (*id, fetching.await),
        None => pending().await,
    }
}

async fn saved(saving: &mut Option<Saving>) -> Result<io::Result<()>, JoinError> {
    match saving {
        Some(saving) => saving.await,
        None => pending().await,
    }
}

/// Whether the document or its dates are others than before, or it is trusted no longer or again.
fn changes_trust<D: Document>(event: &Event<D>) -> bool {
    matches!(
        event,
        Event::Accepted { .. } | Event::Confirmed | Event::StateChanged { .. }
    )
}

fn describe(doubt: Doubt) -> String {
    match doubt {
        Doubt::Shrunk { from, to } => format!("it has {to} entries left of {from}"),
        Doubt::Disjoint => "it shares no entry with the one before".to_owned(),
        _ => format!("{doubt:?}"),
    }
}

fn tell(list: &str, from: State, to: State) {
    match (from, to) {
        (_, State::Stale) => warn!(
            list,
            "stale: it has not been confirmed for long, and will expire"
        ),
        (_, State::Expired) => error!(
            list,
            "expired: nothing is accepted by it until it is confirmed"
        ),
        (State::Absent, State::Fresh) => info!(list, "loaded"),
        (_, State::Fresh) => info!(list, "fresh again"),
        (_, State::Absent) => {}
    }
}

#[cfg(test)]
mod tests;
