use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::peer::Peer;
use crate::source::Source;

/// The memory that all requests may take together while they wait for their bodies, in bytes.
///
/// It is taken as bytes arrive. One connection, and one source, cannot take more than its share: a
/// source is an IPv4 address or an IPv6 /64, that of the client where a trusted proxy says who
/// that is. Clients whose address is not known share in the whole.
///
/// Clones share the same budget.
#[derive(Clone, Debug)]
pub struct BufferBudget(Arc<Account>);

#[derive(Debug)]
struct Account {
    free: AtomicUsize,
    total: usize,
    per_connection: usize,
    per_source: usize,
    sources: Mutex<BTreeMap<Source, usize>>,
}

/// A part of the budget that is taken until it is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    account: Arc<Account>,
    connection: Option<Arc<AtomicUsize>>,
    source: Option<Source>,
    bytes: usize,
}

/// The budget, or the share of whoever asks, does not have that many bytes left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Exhausted;

impl BufferBudget {
    /// The budget of a layer unless told otherwise, in bytes: 64 MiB, four bodies of the largest
    /// size that a route allows by default, or thousands of usual ones.
    pub const DEFAULT: usize = 64 << 20;

    /// The share of one connection unless told otherwise, in bytes: a body of the largest size that
    /// a route allows by default, with its head and what goes with it.
    pub const DEFAULT_PER_CONNECTION: usize = (16 << 20) + (64 << 10);

    /// The share of one source unless told otherwise, in bytes: half of the default budget.
    pub const DEFAULT_PER_SOURCE: usize = 32 << 20;

    /// A budget of `bytes`, which anybody may take whole: see [`with_shares`](Self::with_shares).
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self::of(bytes, bytes, bytes)
    }

    /// Sets how much of it one connection may take, and how much one source, in bytes.
    ///
    /// A body that is larger than either, or smaller by a few kilobytes, can never be judged. A new budget: nothing is taken of it.
    #[must_use]
    pub fn with_shares(self, per_connection: usize, per_source: usize) -> Self {
        Self::of(self.total(), per_connection, per_source)
    }

    fn of(total: usize, per_connection: usize, per_source: usize) -> Self {
        Self(Arc::new(Account {
            free: AtomicUsize::new(total),
            total,
            per_connection,
            per_source,
            sources: Mutex::default(),
        }))
    }

    /// How many bytes the budget has in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.total
    }

    /// How many bytes one connection may take, and how many one source.
    #[must_use]
    pub fn shares(&self) -> (usize, usize) {
        (self.0.per_connection, self.0.per_source)
    }

    /// How many bytes are not taken now.
    #[must_use]
    pub fn free(&self) -> usize {
        self.0.free.load(Ordering::Relaxed)
    }

    /// Starts an account for a request of `peer` that takes nothing yet.
    pub(crate) fn open(&self, peer: Option<&Peer>) -> Charge {
        Charge {
            account: Arc::clone(&self.0),
            connection: peer.map(|peer| Arc::clone(peer.standing().buffered())),
            source: peer.and_then(Peer::client_address).map(Source::from),
            bytes: 0,
        }
    }
}

impl Default for BufferBudget {
    fn default() -> Self {
        Self::of(
            Self::DEFAULT,
            Self::DEFAULT_PER_CONNECTION,
            Self::DEFAULT_PER_SOURCE,
        )
    }
}

impl Account {
    /// Takes `bytes` from the share of `source`.
    fn take_from_source(&self, source: Source, bytes: usize) -> Result<(), Exhausted> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = sources.get(&source).copied().unwrap_or(0);
        let taken = within(taken, bytes, self.per_source).ok_or(Exhausted)?;
        sources.insert(source, taken);
        Ok(())
    }

    fn give_back_to_source(&self, source: Source, bytes: usize) {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = sources.get_mut(&source) {
            *taken -= bytes;
            if *taken == 0 {
                sources.remove(&source);
            }
        }
    }
}

/// What is taken with `bytes` more, if that is no more than `limit`.
fn within(taken: usize, bytes: usize, limit: usize) -> Option<usize> {
    taken.checked_add(bytes).filter(|taken| *taken <= limit)
}

impl Charge {
    /// Takes `bytes` more, or nothing.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        const RELAXED: Ordering = Ordering::Relaxed;
        if bytes == 0 {
            return Ok(());
        }
        let account = &*self.account;
        if let Some(connection) = &self.connection {
            connection
                .fetch_update(RELAXED, RELAXED, |taken| {
                    within(taken, bytes, account.per_connection)
                })
                .map_err(|_| Exhausted)?;
        }
        let taken = match self.source {
            Some(source) => account.take_from_source(source, bytes),
            None => Ok(()),
        }
        .and_then(|()| {
            let free = account
                .free
                .fetch_update(RELAXED, RELAXED, |free| free.checked_sub(bytes));
            free.map(drop).map_err(|_| {
                if let Some(source) = self.source {
                    account.give_back_to_source(source, bytes);
                }
                Exhausted
            })
        });
        match (&taken, &self.connection) {
            (Ok(()), _) => self.bytes += bytes,
            (Err(Exhausted), Some(connection)) => drop(connection.fetch_sub(bytes, RELAXED)),
            (Err(Exhausted), None) => {}
        }
        taken
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        self.account.free.fetch_add(self.bytes, Ordering::Relaxed);
        if let Some(source) = self.source {
            self.account.give_back_to_source(source, self.bytes);
        }
        if let Some(connection) = &self.connection {
            connection.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn peer(address: &str) -> Peer {
        Peer::new(Some(address.parse().unwrap()))
    }

    #[test]
    fn what_is_charged_comes_back_when_it_is_dropped() {
        let budget = BufferBudget::new(10);
        let mut first = budget.open(None);
        let mut second = budget.open(None);
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

    #[test]
    fn a_connection_and_a_source_keep_to_their_shares() {
        let budget = BufferBudget::new(100).with_shares(10, 15);
        let (one, other) = (peer("2001:db8::1"), peer("2001:db8::2"));
        let (mut first, mut again) = (budget.open(Some(&one)), budget.open(Some(&one.clone())));
        let mut second = budget.open(Some(&other));
        assert_eq!(first.grow(8), Ok(()));
        assert_eq!(again.grow(3), Err(Exhausted));
        assert_eq!(again.grow(2), Ok(()));
        assert_eq!(second.grow(6), Err(Exhausted));
        assert_eq!(second.grow(5), Ok(()));
        let mut stranger = budget.open(Some(&peer("2001:db8:0:1::1")));
        assert_eq!(stranger.grow(10), Ok(()));
        drop(first);
        assert_eq!(again.grow(8), Ok(()));
        drop((again, second, stranger));
        assert_eq!(budget.free(), budget.total());
    }

    #[test]
    fn behind_a_proxy_it_is_the_client_that_has_a_share() {
        let budget = BufferBudget::new(100).with_shares(30, 10);
        let proxy = peer("10.0.0.1");
        let client = |address: &str| {
            let client = proxy.clone();
            client.with_client_address(Some(address.parse().unwrap()))
        };
        let mut first = budget.open(Some(&client("192.0.2.1")));
        let mut again = budget.open(Some(&client("192.0.2.1")));
        let mut second = budget.open(Some(&client("192.0.2.2")));
        assert_eq!(first.grow(10), Ok(()));
        assert_eq!(again.grow(1), Err(Exhausted));
        assert_eq!(second.grow(10), Ok(()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever is granted and refused, no limit is passed, and all of it comes back.
        #[test]
        fn no_limit_is_passed(steps in proptest::collection::vec((0_usize..4, 0_usize..40), 0..40)) {
            let budget = BufferBudget::new(100).with_shares(30, 50);
            let peers = ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3"].map(peer);
            let mut charges: Vec<_> = peers.iter().map(|peer| budget.open(Some(peer))).collect();
            for (who, bytes) in steps {
                let before = charges[who].bytes;
                let granted = charges[who].grow(bytes).is_ok();
                prop_assert_eq!(charges[who].bytes, before + if granted { bytes } else { 0 });
                prop_assert!(charges.iter().all(|charge| charge.bytes <= 30));
                prop_assert!(charges[0].bytes + charges[1].bytes <= 50);
                let taken: usize = charges.iter().map(|charge| charge.bytes).sum();
                prop_assert_eq!(budget.free(), 100 - taken);
            }
            drop(charges);
            prop_assert_eq!(budget.free(), 100);
            prop_assert!(budget.0.sources.lock().unwrap().is_empty());
            prop_assert!(peers.iter().all(|peer| peer.standing().buffered().load(Ordering::Relaxed) == 0));
        }
    }
}
