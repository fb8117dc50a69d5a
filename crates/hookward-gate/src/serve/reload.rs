//! Reading the configuration again while the gate serves.

use core::convert::Infallible;
use core::time::Duration;
use std::path::PathBuf;
use std::sync::Arc;

use hookward::{Lists, UnixTime};
use rustls::crypto::CryptoProvider;
use tokio::signal::unix::Signal;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, Interval, interval_at, timeout};

use crate::config::{Config, Log, Purpose, Report, Rotation};
use crate::serve::gate::Gate;
use crate::serve::systemd;
use crate::serve::watch::Prints;

/// How long the files may take to be read: one on a network may never be.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often secrets are looked at that nobody has changed.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How often the files are read again because they are not those that were looked at before.
const ATTEMPTS: usize = 3;

/// A configuration file, and how it and everything that it names looked before they were read. What
/// changes later is noticed.
#[derive(Clone)]
pub(crate) struct Source {
    path: PathBuf,
    provider: Arc<CryptoProvider>,
    pub(crate) seen: Prints,
}

/// Puts what was changed in force: on SIGHUP, and when a file changes.
pub(crate) struct Reload {
    source: Source,
    hangup: Signal,
    /// Whether the files are watched.
    watch: bool,
    log: Log,
    rotation: Rotation,
    daily: Interval,
}

impl Source {
    pub(crate) fn new(path: PathBuf, provider: Arc<CryptoProvider>) -> Self {
        Self {
            seen: Prints::of([&*path]),
            path,
            provider,
        }
    }

    /// Reads everything. Blocks for as long as the files take.
    pub(crate) fn read(&mut self) -> (Option<Config>, Report) {
        let mut seen = Prints::of(self.seen.files());
        for _ in 0..ATTEMPTS {
            let now = UnixTime::now();
            let read = Config::read(&self.path, Purpose::Serve, &self.provider, now);
            let named = read.1.files().iter().map(PathBuf::as_path);
            let files = || named.clone().chain([&*self.path]);
            let all_seen = files().all(|file| seen.files().any(|known| known == file));
            if all_seen {
                self.seen = seen.only(files());
                return read;
            }
            seen = Prints::of(files());
        }
        self.seen = seen;
        Config::read(&self.path, Purpose::Serve, &self.provider, UnixTime::now())
    }
}

impl Reload {
    pub(crate) fn new(source: Source, hangup: Signal, config: &Config) -> Self {
        Self {
            source,
            hangup,
            watch: config.watch,
            log: config.log.clone(),
            rotation: config.rotation.clone(),
            daily: interval_at(Instant::now() + DAY, DAY),
        }
    }

    /// Works for as long as it is polled. It can be dropped at any time: a change is in force whole
    /// or not at all.
    pub(crate) async fn run(mut self, gate: &mut Gate) -> Infallible {
        loop {
            let cause = tokio::select! {
                Some(()) = self.hangup.recv() => "SIGHUP",
                () = self.source.seen.changed(), if self.watch => "a file has changed",
                _ = self.daily.tick() => {
                    self.look_at_secrets(gate, UnixTime::now());
                    continue;
                }
                else => core::future::pending().await,
            };
            systemd::reloading();
            match self.reload(gate).await {
                Ok(()) => tracing::info!(
                    cause,
                    generation = gate.status().generation(),
                    address = gate.webhooks().map(tracing::field::display),
                    forward_auth = gate.forward_auth().map(tracing::field::display),
                    admin = gate.admin().map(tracing::field::display),
                    "reloaded"
                ),
                Err(error) => {
                    gate.status().not_reloaded();
                    tracing::error!(cause, error, "not reloaded: everything stays as it was");
                }
            }
            systemd::ready(gate.status());
        }
    }

    /// Says which secrets somebody ought to look at. What can be seen in the configuration alone is
    /// said whenever it is read as well.
    fn look_at_secrets(&self, gate: &Gate, now: UnixTime) {
        for (entry, rule, warning) in self.rotation.warnings(now) {
            tracing::warn!(check = %entry.check, "{warning}. {}", rule.remedy());
        }
        for (check, label) in gate.usage().long_unused(now) {
            tracing::warn!(
                %check,
                label,
                "the secret has not matched for 30 days or more, while others did: does anything use it?"
            );
        }
    }

    async fn reload(&mut self, gate: &mut Gate) -> Result<(), String> {
        let mut source = self.source.clone();
        let reading = spawn_blocking(move || {
            let read = source.read();
            (source, read)
        });
        let (source, (config, report)) = match timeout(PATIENCE, reading).await {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => return Err(format!("the files were not read within {PATIENCE:?}")),
        };
        self.source = source;
        let Some(config) = config else {
            return Err(report.errors().collect::<Vec<_>>().join("\n"));
        };
        let (log, watch, rotation) = (config.log.clone(), config.watch, config.rotation.clone());
        let before = gate.lists().load();
        gate.reload(config)
            .await
            .map_err(|error| error.to_string())?;
        gate.status().reloaded(UnixTime::now());
        self.watch = watch;
        self.rotation = rotation;
        for warning in report.warnings() {
            tracing::warn!("{warning}");
        }
        if log != self.log {
            tracing::warn!("[log] has changed: that takes effect at the next start");
        }
        log_difference(&before, &gate.lists().load());
        Ok(())
    }
}

/// Says what became of a list of thumbprints.
fn log_difference(before: &Lists, after: &Lists) {
    let (Some(before), Some(after)) = (&before.thumbprints, &after.thumbprints) else {
        return;
    };
    let added = after.list().difference(before.list()).count();
    let removed = before.list().difference(after.list()).count();
    if added + removed > 0 {
        tracing::info!(added, removed, "the thumbprints have changed");
    }
}
