use alloc::sync::Arc;
use core::error::Error;
use core::sync::atomic::{AtomicU64, Ordering};
use std::io;

/// What became of the connections of one server or several, counted since this was made.
#[derive(Debug, Default)]
pub struct ConnectionCounts {
    accepted: AtomicU64,
    open: AtomicU64,
    too_many_of_source: AtomicU64,
    gave_way: AtomicU64,
    handshakes: AtomicU64,
    handshaking: AtomicU64,
    handshakes_failed: AtomicU64,
    heads_timed_out: AtomicU64,
    heads_too_large: AtomicU64,
    answers_stalled: AtomicU64,
}

/// Something that is counted for as long as it goes on.
#[derive(Debug)]
pub(crate) struct Ongoing {
    counts: Arc<ConnectionCounts>,
    which: fn(&ConnectionCounts) -> &AtomicU64,
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        (self.which)(&self.counts).fetch_sub(1, Ordering::Relaxed);
    }
}

impl ConnectionCounts {
    /// Connections that were accepted.
    #[must_use]
    pub fn accepted_total(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Connections that are open now.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    /// Connections that were closed at once, because their source had as many as it may.
    #[must_use]
    pub fn too_many_of_source_total(&self) -> u64 {
        self.too_many_of_source.load(Ordering::Relaxed)
    }

    /// Connections that were closed before they had an accepted request, because others needed their
    /// place or there was none for their source.
    #[must_use]
    pub fn gave_way_total(&self) -> u64 {
        self.gave_way.load(Ordering::Relaxed)
    }

    /// TLS handshakes that were completed.
    #[must_use]
    pub fn handshakes_total(&self) -> u64 {
        self.handshakes.load(Ordering::Relaxed)
    }

    /// TLS handshakes under way now, from the client's hello on.
    #[must_use]
    pub fn handshaking(&self) -> u64 {
        self.handshaking.load(Ordering::Relaxed)
    }

    /// Connections that ended before HTTP: the TLS handshake or the PROXY protocol header failed or took
    /// too long, or the peer is none of the proxies that are listed.
    #[must_use]
    pub fn handshakes_failed_total(&self) -> u64 {
        self.handshakes_failed.load(Ordering::Relaxed)
    }

    /// HTTP/1 connections that were closed because no whole head came in time, idle ones included.
    #[must_use]
    pub fn heads_timed_out_total(&self) -> u64 {
        self.heads_timed_out.load(Ordering::Relaxed)
    }

    /// HTTP/1 connections that were closed because a head was larger than allowed.
    #[must_use]
    pub fn heads_too_large_total(&self) -> u64 {
        self.heads_too_large.load(Ordering::Relaxed)
    }

    /// Connections that were closed because the client took none of an answer for too long.
    #[must_use]
    pub fn answers_stalled_total(&self) -> u64 {
        self.answers_stalled.load(Ordering::Relaxed)
    }

    /// A connection was accepted.
    pub(crate) fn accepted(self: &Arc<Self>) -> Ongoing {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.ongoing(|counts| &counts.open)
    }

    /// A TLS handshake goes on.
    pub(crate) fn handshake(self: &Arc<Self>) -> Ongoing {
        self.ongoing(|counts| &counts.handshaking)
    }

    fn ongoing(self: &Arc<Self>, which: fn(&Self) -> &AtomicU64) -> Ongoing {
        which(self).fetch_add(1, Ordering::Relaxed);
        Ongoing {
            counts: Arc::clone(self),
            which,
        }
    }

    pub(crate) fn too_many_of_source(&self) {
        self.too_many_of_source.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn gave_way(&self) {
        self.gave_way.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn handshake_completed(&self) {
        self.handshakes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn answer_stalled(&self) {
        self.answers_stalled.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn handshake_failed(&self) {
        self.handshakes_failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn connection_failed(&self, error: &hyper::Error) {
        let io = error.source().and_then(|source| source.downcast_ref());
        if io.map(io::Error::kind) == Some(io::ErrorKind::TimedOut) {
            // Only writing has a time of its own here.
            self.answer_stalled();
        } else if error.is_timeout() {
            self.heads_timed_out.fetch_add(1, Ordering::Relaxed);
        } else if error.is_parse_too_large() {
            self.heads_too_large.fetch_add(1, Ordering::Relaxed);
        }
    }
}
