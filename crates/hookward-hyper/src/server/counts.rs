use core::sync::atomic::{AtomicU64, Ordering};

/// What became of the connections of a server, counted since it was made.
#[derive(Debug, Default)]
pub struct ConnectionCounts {
    accepted: AtomicU64,
    handshakes_failed: AtomicU64,
    heads_timed_out: AtomicU64,
    heads_too_large: AtomicU64,
}

impl ConnectionCounts {
    /// Connections that were accepted.
    #[must_use]
    pub fn accepted_total(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
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

    pub(crate) fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn handshake_failed(&self) {
        self.handshakes_failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn connection_failed(&self, error: &hyper::Error) {
        if error.is_timeout() {
            self.heads_timed_out.fetch_add(1, Ordering::Relaxed);
        } else if error.is_parse_too_large() {
            self.heads_too_large.fetch_add(1, Ordering::Relaxed);
        }
    }
}
