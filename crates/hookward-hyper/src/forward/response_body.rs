use alloc::sync::Arc;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::forward::delivery::{Delivery, Progress};
use crate::forward::error::ForwardError;
use crate::forward::pool::{Connection, Pool};
use crate::waking::without_waking;

/// The body of the application's answer, or an empty one. Trailers are dropped.
///
/// Its size is not limited; it ends in an error when the time for the request is over.
#[derive(Default)]
pub struct ForwardedBody(Option<Box<Streaming>>);

struct Streaming {
    body: Incoming,
    deadline: Instant,
    connection: Connection,
    delivery: Delivery,
    pool: Pool,
}

impl Streaming {
    fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        // Nothing but the progress of the connection brings it on: it does not have to wake anybody.
        let mut quietly = Context::from_waker(Waker::noop());
        let mut body = Pin::new(&mut self.body);
        // Whoever gets a part of it comes back for the next.
        let (polled, _) = without_waking(|| body.as_mut().poll_frame(&mut quietly));
        if polled.is_ready() {
            return polled;
        }
        self.connection.progress(cx);
        body.poll_frame(&mut quietly)
    }
}

impl ForwardedBody {
    pub(crate) fn new(
        body: Incoming,
        deadline: Instant,
        connection: Connection,
        delivery: Delivery,
        pool: Pool,
    ) -> Self {
        let mut forwarded = Self(Some(Box::new(Streaming {
            body,
            deadline,
            connection,
            delivery,
            pool,
        })));
        forwarded.release_at_end();
        forwarded
    }

    /// Lets go of the connection once the answer is whole. Nobody asks for the end of a body of
    /// known length.
    fn release_at_end(&mut self) {
        if self.0.as_ref().is_some_and(|s| s.body.is_end_stream()) {
            self.release();
        }
    }

    fn release(&mut self) {
        if let Some(streaming) = self.0.take() {
            // Otherwise it is still sending, and is cut off.
            if streaming.delivery.progress() == Progress::Whole {
                streaming.pool.put_back(streaming.connection);
            }
        }
    }
}

impl Body for ForwardedBody {
    type Data = Bytes;
    type Error = ForwardError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ForwardError>>> {
        loop {
            let Some(streaming) = &mut self.0 else {
                return Poll::Ready(None);
            };
            let error = match streaming.poll_body(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    if streaming.deadline <= Instant::now() {
                        self.0 = None;
                        return Poll::Ready(Some(Err(ForwardError::TooSlow)));
                    }
                    self.release_at_end();
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Poll::Ready(None) => {
                    self.release();
                    return Poll::Ready(None);
                }
                Poll::Ready(Some(Err(error))) => ForwardError::Broken(Arc::new(error)),
                Poll::Pending => {
                    ready!(streaming.connection.poll_late(streaming.deadline, cx));
                    ForwardError::TooSlow
                }
            };
            self.0 = None;
            return Poll::Ready(Some(Err(error)));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.0
            .as_ref()
            .map_or(SizeHint::with_exact(0), |streaming| {
                streaming.body.size_hint()
            })
    }
}

impl fmt::Debug for ForwardedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.0.is_some() {
            "streaming"
        } else {
            "ended"
        };
        f.debug_tuple("ForwardedBody").field(&state).finish()
    }
}
