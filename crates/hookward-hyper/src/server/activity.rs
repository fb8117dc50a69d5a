use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Instant;

/// Whether a connection has requests in progress, and since when it has none.
#[derive(Clone, Debug)]
pub(crate) struct Activity(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    in_progress: usize,
    since: Instant,
}

/// A request in progress, until it is dropped.
#[derive(Debug)]
pub(crate) struct InProgress(Activity);

pin_project! {
    /// The body of a response: the request is in progress until it was sent.
    pub(crate) struct ActiveBody<B> {
        #[pin]
        body: B,
        request: InProgress,
    }
}

impl Activity {
    /// A connection that was opened now.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            in_progress: 0,
            since: Instant::now(),
        })))
    }

    pub(crate) fn begin(&self) -> InProgress {
        self.state().in_progress += 1;
        InProgress(self.clone())
    }

    /// When the connection will have been idle for `limit`, if nothing happens until then.
    /// While there is a request, this moves on with the time.
    pub(crate) fn idle_deadline(&self, limit: Duration) -> Instant {
        let state = self.state();
        if state.in_progress == 0 {
            state.since + limit
        } else {
            Instant::now() + limit
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock panics, and a count is as good after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InProgress {
    pub(crate) const fn attach<B>(self, body: B) -> ActiveBody<B> {
        ActiveBody {
            body,
            request: self,
        }
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.in_progress = state.in_progress.saturating_sub(1);
        state.since = Instant::now();
    }
}

impl<B: Body> Body for ActiveBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
