use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use crate::standing::Standing;

/// How long whoever has proved nothing is left alone. A handshake, a head and a small body take a
/// few round trips.
const GRACE: Duration = Duration::from_secs(1);

/// A number of places for connections. When all are taken, whoever has been there longest without an
/// accepted request gives way to the next, so that those who only stay keep nobody out.
#[derive(Debug)]
pub(crate) struct Crowd {
    places: Arc<Semaphore>,
    unproven: Mutex<Unproven>,
}

/// Those who may have to give way, by when they came.
#[derive(Debug, Default)]
struct Unproven {
    next: u64,
    waiting: BTreeMap<u64, Occupant>,
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
    number: u64,
    give_way: Arc<Notify>,
    _permit: OwnedSemaphorePermit,
}

impl Crowd {
    pub(crate) fn new(places: usize) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            unproven: Mutex::default(),
        })
    }

    /// Waits for a place. Nothing is lost when the future is dropped before it is ready.
    pub(crate) async fn enter(self: &Arc<Self>, standing: &Standing) -> Place {
        loop {
            let wait = if self.places.available_permits() == 0 {
                self.make_room()
            } else {
                GRACE
            };
            let place = Arc::clone(&self.places).acquire_owned();
            // The semaphore is never closed.
            if let Ok(Ok(permit)) = timeout(wait, place).await {
                return self.take(permit, standing);
            }
        }
    }

    /// Asks one to give way, if there is one. How long to wait before asking again.
    fn make_room(&self) -> Duration {
        let mut unproven = self.unproven();
        while let Some(first) = unproven.waiting.first_entry() {
            let occupant = first.get();
            if occupant.standing.is_proven() {
                first.remove();
                continue;
            }
            let age = occupant.since.elapsed();
            if age < GRACE {
                return GRACE - age;
            }
            first.remove().give_way.notify_one();
            return GRACE;
        }
        GRACE
    }

    fn take(self: &Arc<Self>, permit: OwnedSemaphorePermit, standing: &Standing) -> Place {
        let give_way = Arc::new(Notify::new());
        let mut unproven = self.unproven();
        let number = unproven.next;
        unproven.next += 1;
        let occupant = Occupant {
            since: Instant::now(),
            standing: standing.clone(),
            give_way: Arc::clone(&give_way),
        };
        unproven.waiting.insert(number, occupant);
        drop(unproven);
        Place {
            crowd: Arc::clone(self),
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

impl Place {
    /// Ready when the place is needed for somebody else.
    pub(crate) async fn needed(&self) {
        self.give_way.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.unproven().waiting.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use core::future::poll_fn;
    use core::pin::pin;
    use core::task::Poll;

    use super::*;

    async fn is_pending(future: impl Future) -> bool {
        let mut future = pin!(future);
        poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_waited_longest_gives_way_after_a_while() {
        let crowd = Crowd::new(2);
        let first = crowd.enter(&Standing::default()).await;
        let second = crowd.enter(&Standing::default()).await;
        let start = Instant::now();
        let newcomer = tokio::spawn({
            let crowd = Arc::clone(&crowd);
            async move { crowd.enter(&Standing::default()).await }
        });
        first.needed().await;
        assert!(start.elapsed() >= GRACE);
        assert!(!newcomer.is_finished());
        drop(first);
        let third = newcomer.await.unwrap();
        assert!(is_pending(second.needed()).await);
        assert!(is_pending(third.needed()).await);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_proved_itself_stays() {
        let crowd = Crowd::new(2);
        let standing = Standing::default();
        let proven = crowd.enter(&standing).await;
        standing.prove();
        let unproven = crowd.enter(&Standing::default()).await;
        let newcomer = tokio::spawn({
            let crowd = Arc::clone(&crowd);
            async move { crowd.enter(&standing).await }
        });
        unproven.needed().await;
        drop(unproven);
        let newcomer = newcomer.await.unwrap();
        // Both have proved themselves: the next has to wait, however long.
        let next = timeout(GRACE * 100, crowd.enter(&Standing::default())).await;
        assert!(next.is_err());
        assert!(is_pending(proven.needed()).await);
        drop((proven, newcomer));
        drop(crowd.enter(&Standing::default()).await);
        assert!(crowd.unproven().waiting.is_empty());
    }
}
