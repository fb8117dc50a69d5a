use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::cmp::Reverse;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use crate::source::Source;
use crate::standing::Standing;

/// How long whoever has proved nothing is left alone, unless its source has more than others. A
/// handshake, a head and a small body take a few round trips.
const GRACE: Duration = Duration::from_secs(1);

/// A number of places for connections. When all are taken, somebody without an accepted request
/// gives way to the next: of the source that has most of those, whoever has been there longest. So
/// those who only stay keep nobody out.
#[derive(Debug)]
pub(crate) struct Crowd {
    capacity: usize,
    places: Arc<Semaphore>,
    unproven: Mutex<Unproven>,
}

/// Those who may have to give way.
#[derive(Debug, Default)]
struct Unproven {
    next: u64,
    /// Each by when it came. Who has proved itself meanwhile is removed once it is in the way.
    sources: BTreeMap<Option<Source>, BTreeMap<u64, Occupant>>,
}

#[derive(Debug)]
struct Occupant {
    since: Instant,
    standing: Standing,
    give_way: Arc<Notify>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    crowd: Arc<Crowd>,
    source: Option<Source>,
    number: u64,
    give_way: Arc<Notify>,
    _permit: OwnedSemaphorePermit,
}

/// What a newcomer can do when there is no place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Prospect {
    /// Wait for one, and look again after this time.
    Wait(Duration),
    /// Leave: its source has its share.
    Leave,
}

impl Crowd {
    pub(crate) fn new(places: usize) -> Arc<Self> {
        let capacity = places.min(Semaphore::MAX_PERMITS);
        Arc::new(Self {
            capacity,
            places: Arc::new(Semaphore::new(capacity)),
            unproven: Mutex::default(),
        })
    }

    /// Waits for a place. `None` if this source has its share among others that wait; those whose source
    /// is not known always wait. Nothing is lost when the future is dropped before it is ready.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        source: Option<Source>,
        standing: &Standing,
    ) -> Option<Place> {
        loop {
            let wait = match self.places.available_permits() {
                0 => match self.unproven().make_room(source, self.capacity) {
                    Prospect::Wait(time) => time,
                    Prospect::Leave => return None,
                },
                _ => GRACE,
            };
            let place = Arc::clone(&self.places).acquire_owned();
            // The semaphore is never closed.
            if let Ok(Ok(permit)) = timeout(wait, place).await {
                return Some(self.take(permit, source, standing));
            }
        }
    }

    fn take(
        self: &Arc<Self>,
        permit: OwnedSemaphorePermit,
        source: Option<Source>,
        standing: &Standing,
    ) -> Place {
        let give_way = Arc::new(Notify::new());
        let mut unproven = self.unproven();
        let number = unproven.next;
        unproven.next += 1;
        let occupant = Occupant {
            since: Instant::now(),
            standing: standing.clone(),
            give_way: Arc::clone(&give_way),
        };
        let occupants = unproven.sources.entry(source).or_default();
        occupants.insert(number, occupant);
        drop(unproven);
        Place {
            crowd: Arc::clone(self),
            source,
            number,
            give_way,
            _permit: permit,
        }
    }

    fn unproven(&self) -> MutexGuard<'_, Unproven> {
        // Nothing that holds the lock panics.
        self.unproven.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unproven {
    /// Asks one to give way to a newcomer, if one has to.
    fn make_room(&mut self, newcomer: Option<Source>, capacity: usize) -> Prospect {
        loop {
            let own = self.sources.get(&newcomer).map_or(0, BTreeMap::len);
            let most = self.sources.iter().max_by_key(|(_, occupants)| {
                let first = occupants.first_key_value().map(|(number, _)| *number);
                (occupants.len(), Reverse(first))
            });
            let most = most.and_then(|(source, occupants)| {
                let (number, occupant) = occupants.first_key_value()?;
                Some((*source, occupants.len(), *number, occupant))
            });
            let Some((source, count, number, occupant)) = most else {
                return Prospect::Wait(GRACE);
            };
            let age = occupant.since.elapsed();
            if occupant.standing.is_proven() {
                drop(self.remove(source, number));
                continue;
            }
            if count > own + 1 || age >= GRACE {
                if let Some(occupant) = self.remove(source, number) {
                    occupant.give_way.notify_one();
                }
                return Prospect::Wait(GRACE);
            }
            let sources = self.sources.len();
            return match newcomer {
                Some(_) if sources > 1 && own >= (capacity / sources).max(1) => Prospect::Leave,
                _ => Prospect::Wait(GRACE - age),
            };
        }
    }

    fn remove(&mut self, source: Option<Source>, number: u64) -> Option<Occupant> {
        let occupants = self.sources.get_mut(&source)?;
        let occupant = occupants.remove(&number);
        if occupants.is_empty() {
            self.sources.remove(&source);
        }
        occupant
    }
}

impl Place {
    /// Ready when the place is needed for somebody else.
    pub(crate) async fn needed(&self) {
        self.give_way.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(self.crowd.unproven().remove(self.source, self.number));
    }
}

#[cfg(test)]
mod tests {
    use core::future::poll_fn;
    use core::net::IpAddr;
    use core::pin::pin;
    use core::task::Poll;

    use super::*;

    fn source(last: u8) -> Option<Source> {
        Some(IpAddr::from([192, 0, 2, last]).into())
    }

    async fn enter(crowd: &Arc<Crowd>, last: u8) -> Option<Place> {
        crowd.enter(source(last), &Standing::default()).await
    }

    async fn is_pending(future: impl Future) -> bool {
        let mut future = pin!(future);
        poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_waited_longest_gives_way_after_a_while() {
        let crowd = Crowd::new(2);
        let first = enter(&crowd, 2).await.unwrap();
        let second = enter(&crowd, 1).await.unwrap();
        let start = Instant::now();
        let newcomer = tokio::spawn({
            let crowd = Arc::clone(&crowd);
            async move { enter(&crowd, 3).await }
        });
        first.needed().await;
        assert!(start.elapsed() >= GRACE);
        assert!(!newcomer.is_finished());
        drop(first);
        let third = newcomer.await.unwrap().unwrap();
        assert!(is_pending(second.needed()).await);
        assert!(is_pending(third.needed()).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_has_more_gives_way_at_once() {
        let crowd = Crowd::new(3);
        let modest = enter(&crowd, 1).await.unwrap();
        let greedy = (enter(&crowd, 2).await.unwrap(), enter(&crowd, 2).await);
        let start = Instant::now();
        let newcomer = tokio::spawn({
            let crowd = Arc::clone(&crowd);
            async move { enter(&crowd, 3).await }
        });
        greedy.0.needed().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(is_pending(modest.needed()).await);
        drop(greedy.0);
        assert!(newcomer.await.unwrap().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_has_its_share_gets_no_more() {
        let crowd = Crowd::new(2);
        let places = (enter(&crowd, 1).await, enter(&crowd, 2).await);
        assert!(enter(&crowd, 1).await.is_none());
        assert!(is_pending(crowd.enter(None, &Standing::default())).await);
        drop(places);
        assert!(enter(&crowd, 1).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_proved_itself_stays() {
        let crowd = Crowd::new(2);
        let standing = Standing::default();
        let proven = crowd.enter(source(1), &standing).await.unwrap();
        standing.prove();
        let unproven = enter(&crowd, 2).await.unwrap();
        let newcomer = tokio::spawn({
            let crowd = Arc::clone(&crowd);
            async move { crowd.enter(source(1), &standing).await }
        });
        unproven.needed().await;
        drop(unproven);
        let newcomer = newcomer.await.unwrap();
        // Both have proved themselves: the next has to wait, however long.
        let next = timeout(GRACE * 100, enter(&crowd, 1)).await;
        assert!(next.is_err());
        assert!(is_pending(proven.needed()).await);
        drop((proven, newcomer));
        drop(enter(&crowd, 1).await);
        assert!(crowd.unproven().sources.is_empty());
    }
}
