use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What a connection has earned and taken so far. Clones are of the same connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    proven: Arc<AtomicBool>,
    buffered: Arc<AtomicUsize>,
}

impl Standing {
    /// A request on the connection was accepted.
    pub(crate) fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    /// Whether a request on the connection was ever accepted.
    pub(crate) fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }

    /// How many bytes its requests take of a budget.
    pub(crate) const fn buffered(&self) -> &Arc<AtomicUsize> {
        &self.buffered
    }
}
