use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};

/// The memory that all buffered bodies may take together, in bytes.
///
/// Clones share the same budget.
#[derive(Clone, Debug)]
pub struct BufferBudget(Arc<Account>);

#[derive(Debug)]
struct Account {
    free: AtomicUsize,
    total: usize,
}

/// A part of the budget that is taken until it is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    account: Arc<Account>,
    bytes: usize,
}

/// The budget does not have that many bytes left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Exhausted;

impl BufferBudget {
    /// The budget of a layer unless told otherwise, in bytes: 64 MiB, four bodies of the largest
    /// size that a route allows by default, or thousands of usual ones.
    pub const DEFAULT: usize = 64 << 20;

    /// A budget of `bytes`.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Account {
            free: AtomicUsize::new(bytes),
            total: bytes,
        }))
    }

    /// How many bytes the budget has in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.total
    }

    /// How many bytes are not taken now.
    #[must_use]
    pub fn free(&self) -> usize {
        self.0.free.load(Ordering::Relaxed)
    }

    /// Starts an account that takes nothing yet.
    pub(crate) fn open(&self) -> Charge {
        Charge {
            account: Arc::clone(&self.0),
            bytes: 0,
        }
    }
}

impl Default for BufferBudget {
    fn default() -> Self {
        Self::new(Self::DEFAULT)
    }
}

impl Charge {
    /// Takes `bytes` more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.account
            .free
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| {
                free.checked_sub(bytes)
            })
            .map_err(|_| Exhausted)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.account.free.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_charged_comes_back_when_it_is_dropped() {
        let budget = BufferBudget::new(10);
        let mut first = budget.open();
        let mut second = budget.open();
        assert_eq!(first.grow(6), Ok(()));
        assert_eq!(second.grow(5), Err(Exhausted));
        assert_eq!(second.grow(4), Ok(()));
        assert_eq!(budget.free(), 0);
        drop(first);
        assert_eq!(budget.free(), 6);
        assert_eq!(second.grow(6), Ok(()));
        drop(second);
        assert_eq!(budget.free(), budget.total());
    }
}
