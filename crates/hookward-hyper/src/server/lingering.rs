//! Bodies that are left unread, over HTTP/2.

use core::future::{pending, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use bytes::Bytes;
use http::{Request, Version};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::waking::without_waking;

/// How long an unread body is kept after it is not needed any more.
const LINGER: Duration = Duration::from_secs(1);

/// How much of it is read on and thrown away, in bytes: most webhooks are smaller.
const DISCARD: usize = 64 << 10;

/// The body of a request that a [`Server`](crate::Server) received. Its stream is not reset at once when the rest of
/// it is not wanted.
///
/// Resetting a stream right after the answer is what
/// [RFC 9113, section 8.1](https://www.rfc-editor.org/rfc/rfc9113#section-8.1) asks for, and yet some
/// clients then lose the answer: curl before version 8 is one. A client that reads the answer
/// meanwhile stops by itself, and a short body has arrived whole. HTTP/1.1 has the same in closing
/// its connections.
#[derive(Debug)]
pub struct Lingering {
    /// `None` only while it is dropped.
    body: Option<Incoming>,
    version: Version,
}

impl Lingering {
    /// Puts the body of a request into one.
    pub(crate) fn wrap(request: Request<Incoming>) -> Request<Self> {
        let version = request.version();
        request.map(|body| Self {
            body: Some(body),
            version,
        })
    }
}

/// Reads on for a while. The stream is reset when the body is dropped.
async fn discard(mut body: Incoming) {
    let mut left = DISCARD;
    while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        left = left.saturating_sub(length);
        if left == 0 {
            // Unread bytes use up the window of the stream, so that the client stops sending.
            pending::<()>().await;
        }
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if let Some(body) = self.body.take()
            && self.version == Version::HTTP_2
            && !body.is_end_stream()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(timeout(LINGER, discard(body)));
        }
    }
}

impl Body for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let version = self.version;
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        // In HTTP/2 the wake may be about the window of the connection, and is the only one until the
        // connection was polled, whichever stream it is about.
        if version == Version::HTTP_2 {
            return Pin::new(body).poll_frame(cx);
        }
        let (polled, unwoken) = without_waking(|| Pin::new(&mut *body).poll_frame(cx));
        // Once all of a body of known length was taken, the connection has let go of it.
        if let Some(unwoken) = unwoken
            && !body.is_end_stream()
        {
            unwoken.wake();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(SizeHint::default, Body::size_hint)
    }
}
