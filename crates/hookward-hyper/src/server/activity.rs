use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Instant;

/// What goes on on a connection: its requests in progress, and the answers that it does not take.
#[derive(Clone, Debug)]
pub(crate) struct Activity(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// How long the connection may be idle, until its first request.
    first_idle: Duration,
    in_progress: usize,
    /// When the connection was opened or had its last request.
    since: Instant,
    begun: u64,
    /// The answers of which the client has to take a part before more of it is asked for, by the
    /// number of the request, and since when that is so.
    offered: Vec<(u64, Instant)>,
}

/// How long a connection may go on as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patiences {
    /// Without a request.
    pub(crate) idle: Duration,
    /// Without taking any of an answer.
    pub(crate) stalled: Duration,
}

/// What is to be done about a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Due {
    /// Nothing; look again by then.
    Later(Instant),
    /// It has been idle for too long.
    Idle,
    /// Its client has left an answer lying for too long.
    Stalled,
}

/// A request in progress, until it is dropped.
#[derive(Debug)]
pub(crate) struct InProgress {
    activity: Activity,
    number: u64,
}

pin_project! {
    /// The body of a response: the request is in progress until it was sent.
    pub(crate) struct ActiveBody<B> {
        #[pin]
        body: B,
        request: InProgress,
    }
}

impl Activity {
    /// A connection that was opened now, and may be idle for so long until its first request.
    pub(crate) fn new(first_idle: Duration) -> Self {
        Self(Arc::new(Mutex::new(State {
            first_idle,
            in_progress: 0,
            since: Instant::now(),
            begun: 0,
            offered: Vec::new(),
        })))
    }

    pub(crate) fn begin(&self) -> InProgress {
        let mut state = self.state();
        state.in_progress += 1;
        state.begun += 1;
        let number = state.begun;
        drop(state);
        InProgress {
            activity: self.clone(),
            number,
        }
    }

    /// What is to be done now.
    pub(crate) fn due(&self, patiences: Patiences) -> Due {
        let state = self.state();
        let now = Instant::now();
        if state.in_progress == 0 {
            let idle = match state.begun {
                0 => state.first_idle.min(patiences.idle),
                _ => patiences.idle,
            };
            let deadline = state.since + idle;
            return if deadline <= now {
                Due::Idle
            } else {
                Due::Later(deadline)
            };
        }
        let offered = state.offered.iter().map(|(_, since)| *since).min();
        let deadline = offered.unwrap_or(now) + patiences.stalled;
        if deadline <= now {
            Due::Stalled
        } else {
            Due::Later(deadline.min(now + patiences.idle))
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock panics, and a count is as good after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InProgress {
    /// Continues with the answer.
    pub(crate) fn attach<B: Body>(self, body: B) -> ActiveBody<B> {
        // Over HTTP/2, a body is asked for only once the client takes some of it.
        if !body.is_end_stream() {
            self.offer();
        }
        ActiveBody {
            body,
            request: self,
        }
    }

    /// The client has something to take.
    fn offer(&self) {
        let since = (self.number, Instant::now());
        self.activity.state().offered.push(since);
    }

    /// It is our turn again.
    fn ask(&self) {
        let mut state = self.activity.state();
        state.offered.retain(|(number, _)| *number != self.number);
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        state.in_progress = state.in_progress.saturating_sub(1);
        state.offered.retain(|(number, _)| *number != self.number);
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
        let this = self.project();
        this.request.ask();
        let polled = this.body.poll_frame(cx);
        if polled.is_ready() {
            this.request.offer();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
