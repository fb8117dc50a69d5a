//! What goes into a driver.

use alloc::sync::Arc;
use core::time::Duration;
use std::path::PathBuf;

use hookward_refresh::{Config, ConfigError, Document, Refresher, Snapshot};
use rustls::pki_types::UnixTime;
use thiserror::Error;
use tokio::sync::{Notify, watch};
use tracing::{info, warn};

use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::driver::{Driver, Publish};
use crate::endpoint::Endpoint;
use crate::exchange::chain;
use crate::handle::Handle;
use crate::kept::Kept;
use crate::publication::Publication;
use crate::remote::{Remote, Source};
use crate::snapshot_file::{SnapshotError, SnapshotFile};
use crate::status::{LastError, Report};

/// Makes a [`Driver`] and its [`Handle`].
#[must_use]
pub struct DriverBuilder<D: Document> {
    name: String,
    endpoint: Endpoint,
    credentials: Credentials,
    config: Config,
    seed: Option<u64>,
    snapshot: Option<PathBuf>,
    publish: Box<Publish<D>>,
}

impl<D> DriverBuilder<D>
where
    D: Document + Send + Sync + 'static,
    D::Entry: Send + Sync,
    D::Error: Send,
{
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self {
            name: "list".to_owned(),
            endpoint,
            credentials: Credentials::None,
            config: Config::default(),
            seed: None,
            snapshot: None,
            publish: Box::new(|_| ()),
        }
    }

    /// What the list is called in the log. Default: `list`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// What the endpoint is shown. Default: nothing.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// How often, how much, how long. Default: [`Config::default`].
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Scatters the fetches. Default: from the system's source of randomness.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Keeps the document in this file between runs; what is expected of the directory is said at [`SnapshotFile`]. Default:
    /// nowhere.
    pub fn snapshot(mut self, path: impl Into<PathBuf>) -> Self {
        self.snapshot = Some(path.into());
        self
    }

    /// Is called with each document that comes into force, and again whenever its dates change; with `None` when there is
    /// none that can be trusted. It should not block: swap a pointer, and return. Default: nothing is called.
    ///
    /// If it panics, the driver ends, and the last publication runs out by its dates.
    pub fn publish(mut self, publish: impl FnMut(Option<Publication<D>>) + Send + 'static) -> Self {
        self.publish = Box::new(publish);
        self
    }

    /// Reads the snapshot, if there is one, and publishes what it holds before returning; fetches nothing yet.
    ///
    /// A snapshot that cannot be used is no error: a damaged one is set aside, and the driver starts without. That, and
    /// everything else that happens, goes to the log.
    ///
    /// To be called once, at start: it reads a file. Within a runtime or outside.
    ///
    /// # Errors
    ///
    /// If the configuration contradicts itself or the endpoint, or there is no randomness.
    pub fn build(self) -> Result<(Driver<D>, Handle<D>), DriverError> {
        let (total, allowed) = (self.endpoint.total_timeout(), self.config.fetch_timeout);
        if total >= allowed {
            return Err(DriverError::TimeoutTooLong {
                total_timeout: total,
                fetch_timeout: allowed,
            });
        }
        let file =
            (self.snapshot.as_ref()).map(|path| SnapshotFile::new(path, self.endpoint.url()));
        let remote = Remote {
            endpoint: self.endpoint.clone(),
            credentials: self.credentials.clone(),
        };
        self.assemble(file, Box::new(remote), Clock::new(UnixTime::now))
    }

    pub(crate) fn assemble(
        self,
        file: Option<SnapshotFile>,
        source: Box<dyn Source>,
        clock: Clock,
    ) -> Result<(Driver<D>, Handle<D>), DriverError> {
        self.config.check()?;
        let seed = match self.seed {
            Some(seed) => seed,
            None => getrandom::u64()?,
        };
        let now = clock.now();
        let mut report = Report::new();
        let snapshot = file.as_ref().and_then(|file| {
            load(&self.name, file, self.config.max_body).unwrap_or_else(|message| {
                warn!(list = self.name, "{message}");
                report.last_error = Some(LastError {
                    at: now.wall,
                    message,
                });
                None
            })
        });
        let refresher = Refresher::new(self.config, seed, now, snapshot)?;
        let (reports, receiver) = watch::channel(report);
        let clock = Arc::new(clock);
        let hints = Arc::new(Notify::new());
        let handle = Handle {
            hints: hints.clone(),
            reports: receiver,
            clock: clock.clone(),
            stale_after: self.config.stale_after,
        };
        let mut driver = Driver {
            name: self.name,
            refresher,
            source,
            clock,
            file: file.map(Arc::new),
            hints,
            publish: self.publish,
            reports,
            failure: None,
        };
        driver.settle();
        Ok((driver, handle))
    }
}

/// What `file` holds, or a line on why that is nothing.
fn load<D: Document>(
    name: &str,
    file: &SnapshotFile,
    max_body: usize,
) -> Result<Option<Snapshot<Kept<D>>>, String> {
    if let Err(error) = file.remove_leftovers() {
        warn!(list = name, %error, "cannot clean up after an earlier run");
    }
    let stored = match file.read(max_body) {
        Ok(None) => return Ok(None),
        Ok(Some(stored)) => stored,
        Err(SnapshotError::Damaged(damage)) => return Err(set_aside(file, &damage)),
        Err(error) => return Err(format!("the snapshot is not used: {}", chain(&error))),
    };
    let document = Kept::parse(&stored.body).map_err(|error| set_aside(file, &error))?;
    info!(
        list = name,
        checked_at = stored.checked_at.as_secs(),
        "starting from the snapshot"
    );
    Ok(Some(Snapshot {
        document,
        validators: stored.validators,
        checked_at: stored.checked_at,
    }))
}

fn set_aside(file: &SnapshotFile, error: &dyn core::error::Error) -> String {
    let reason = chain(error);
    match file.set_aside() {
        Ok(path) => format!(
            "the snapshot is damaged and was set aside as {}: {reason}",
            path.display()
        ),
        Err(error) => {
            format!("the snapshot is damaged and cannot be set aside ({error}): {reason}")
        }
    }
}

/// Why there is no [`Driver`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DriverError {
    /// The configuration contradicts itself.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The machine would give a fetch up while it goes on.
    #[error(
        "the endpoint's total_timeout of {total_timeout:?} has to be under the fetch_timeout of {fetch_timeout:?}"
    )]
    TimeoutTooLong {
        /// [`Endpoint::total_timeout`].
        total_timeout: Duration,
        /// [`Config::fetch_timeout`].
        fetch_timeout: Duration,
    },
    /// The system has no randomness for the seed.
    #[error("there is no randomness for the seed")]
    Randomness(#[from] getrandom::Error),
}
