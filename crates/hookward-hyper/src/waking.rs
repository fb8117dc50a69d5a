//! Wakes that would come to nothing.
//!
//! hyper hands a body over as if its reader were another task: whoever takes a part of it wakes the
//! connection, which is mostly the very task that is running. It would be polled once more for each
//! request, all the way down, and find nothing to do.
//!
//! That holds for HTTP/1 only, where a connection has one body at a time and lets go of it once all of it
//! was passed on. HTTP/2 takes one wake for all that its streams want of the connection until it is
//! polled: whoever kept that one back would keep back all that follow, and the answers with them.

use alloc::sync::Arc;
use alloc::task::Wake;
use core::cell::Cell;
use core::task::{Context, Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

std::thread_local! {
    /// What a wake does on this thread.
    static WAKES: Cell<Wakes> = const { Cell::new(Wakes::Pass) };
}

#[derive(Default)]
enum Wakes {
    /// The connection is woken.
    #[default]
    Pass,
    /// The first connection to be woken is put aside.
    Wait(Option<Arc<Task>>),
}

/// The task of one connection.
struct Task(Mutex<Waker>);

/// What a connection is woken by.
pub(crate) struct ConnectionWaker {
    task: Arc<Task>,
    waker: Waker,
}

/// A connection that would have been woken.
#[must_use]
pub(crate) struct Unwoken(Arc<Task>);

impl Task {
    fn waker(&self) -> MutexGuard<'_, Waker> {
        // Nothing that holds the lock panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        match WAKES.take() {
            Wakes::Pass => self.waker().wake_by_ref(),
            Wakes::Wait(None) => WAKES.set(Wakes::Wait(Some(self))),
            Wakes::Wait(Some(first)) => {
                if !Arc::ptr_eq(&first, &self) {
                    self.waker().wake_by_ref();
                }
                WAKES.set(Wakes::Wait(Some(first)));
            }
        }
    }
}

impl ConnectionWaker {
    pub(crate) fn new() -> Self {
        let task = Arc::new(Task(Mutex::new(Waker::noop().clone())));
        Self {
            waker: Arc::clone(&task).into(),
            task,
        }
    }

    /// What to poll the connection with, on the task of `cx`.
    pub(crate) fn context(&self, cx: &Context<'_>) -> Context<'_> {
        self.task.waker().clone_from(cx.waker());
        Context::from_waker(&self.waker)
    }
}

impl Unwoken {
    /// Wakes it after all.
    pub(crate) fn wake(self) {
        self.0.waker().wake_by_ref();
    }
}

/// Does something that wakes no connection on this thread, and tells which one it would have woken.
pub(crate) fn without_waking<T>(act: impl FnOnce() -> T) -> (T, Option<Unwoken>) {
    /// Whatever happens meanwhile, wakes are what they were.
    struct Waiting(Wakes);

    impl Drop for Waiting {
        fn drop(&mut self) {
            WAKES.set(core::mem::take(&mut self.0));
        }
    }

    let waiting = Waiting(WAKES.replace(Wakes::Wait(None)));
    let done = act();
    let unwoken = match WAKES.take() {
        Wakes::Wait(task) => task.map(Unwoken),
        Wakes::Pass => None,
    };
    drop(waiting);
    (done, unwoken)
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A connection, and how often its task was woken.
    fn connection() -> (ConnectionWaker, Arc<Count>) {
        let (connection, count) = (ConnectionWaker::new(), Arc::<Count>::default());
        let task = Arc::clone(&count).into();
        let _ = connection.context(&Context::from_waker(&task));
        (connection, count)
    }

    fn woken(count: &Count) -> usize {
        count.0.load(Ordering::Relaxed)
    }

    #[test]
    fn a_wake_waits_only_while_it_is_told_to() {
        let (connection, count) = connection();
        connection.waker.wake_by_ref();
        assert_eq!(woken(&count), 1);
        let ((), unwoken) = without_waking(|| {
            connection.waker.wake_by_ref();
            connection.waker.wake_by_ref();
        });
        assert_eq!(woken(&count), 1);
        unwoken.unwrap().wake();
        assert_eq!(woken(&count), 2);
        connection.waker.wake_by_ref();
        assert_eq!(woken(&count), 3);
        assert!(without_waking(|| ()).1.is_none());
    }

    #[test]
    fn other_connections_and_other_threads_are_not_kept_waiting() {
        let ((connection, count), (other, other_count)) = (connection(), connection());
        let ((), unwoken) = without_waking(|| {
            connection.waker.wake_by_ref();
            other.waker.wake_by_ref();
            std::thread::scope(|scope| {
                scope.spawn(|| connection.waker.wake_by_ref());
            });
        });
        assert_eq!((woken(&count), woken(&other_count)), (1, 1));
        unwoken.unwrap().wake();
        assert_eq!((woken(&count), woken(&other_count)), (2, 1));
    }

    #[test]
    fn nobody_waits_after_a_panic() {
        let (connection, count) = connection();
        let panicked = std::panic::catch_unwind(|| without_waking(|| panic!("as it may happen")));
        assert!(panicked.is_err());
        connection.waker.wake_by_ref();
        assert_eq!(woken(&count), 1);
    }

    #[test]
    fn the_task_that_polled_last_is_woken() {
        let (connection, first) = connection();
        let second = Arc::<Count>::default();
        let task = Arc::clone(&second).into();
        let _ = connection.context(&Context::from_waker(&task));
        connection.waker.wake_by_ref();
        assert_eq!((woken(&first), woken(&second)), (0, 1));
    }
}
