//! How it went with reloading, and whether the gate is about to end.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;

use hookward::UnixTime;

/// Counted since the start of the gate. Everything is read and written on its own.
#[derive(Debug)]
pub(crate) struct Status {
    succeeded: AtomicU64,
    failed: AtomicU64,
    /// In seconds since 1970.
    in_force_since: AtomicU64,
    last_failed: AtomicBool,
    stopping: AtomicBool,
}

impl Status {
    /// That of a gate whose first configuration was put in force at `now`.
    pub(crate) const fn new(now: UnixTime) -> Self {
        Self {
            succeeded: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            in_force_since: AtomicU64::new(now.as_secs()),
            last_failed: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
        }
    }

    pub(crate) fn reloaded(&self, now: UnixTime) {
        self.succeeded.fetch_add(1, Ordering::Relaxed);
        self.in_force_since.store(now.as_secs(), Ordering::Relaxed);
        self.last_failed.store(false, Ordering::Relaxed);
    }

    pub(crate) fn not_reloaded(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        self.last_failed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Which configuration is in force. The first one is 1.
    pub(crate) fn generation(&self) -> u64 {
        self.reloads_succeeded() + 1
    }

    /// How often another configuration was put in force.
    pub(crate) fn reloads_succeeded(&self) -> u64 {
        self.succeeded.load(Ordering::Relaxed)
    }

    /// How often one was refused.
    pub(crate) fn reloads_failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Whether the last one was refused, so that what is on the disk is not what is in force.
    pub(crate) fn last_reload_failed(&self) -> bool {
        self.last_failed.load(Ordering::Relaxed)
    }

    /// When the configuration in force was read.
    pub(crate) fn in_force_since(&self) -> UnixTime {
        let seconds = self.in_force_since.load(Ordering::Relaxed);
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    /// Whether no more connections are taken.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}
