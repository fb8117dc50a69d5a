use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::buffer::Segments;
use crate::metered::{BodyError, BoxError, Metered};
use crate::trial::Watching;

pin_project! {
    /// The body of an accepted request.
    ///
    /// If the policy needed the body, these are the very bytes that were judged. Otherwise the
    /// body streams, and ends in a [`BodyError`] when it turns out too large for its route, too
    /// slow, or cut short: what was done with the part before has to be undone then. Trailers
    /// are dropped.
    pub struct GuardedBody<B> {
        #[pin]
        inner: Inner<B>,
    }
}

pin_project! {
    #[project = InnerProjection]
    enum Inner<B> {
        Judged { segments: Segments },
        Streaming { #[pin] body: Metered<B>, watching: Option<Watching> },
    }
}

impl<B> GuardedBody<B> {
    pub(crate) const fn judged(segments: Segments) -> Self {
        Self {
            inner: Inner::Judged { segments },
        }
    }

    pub(crate) const fn streaming(body: Metered<B>) -> Self {
        Self {
            inner: Inner::Streaming {
                body,
                watching: None,
            },
        }
    }
}

impl<B: Body<Data = Bytes>> GuardedBody<B>
where
    B::Error: Into<BoxError>,
{
    /// A body that is watched while it streams.
    pub(crate) fn watched(body: Metered<B>, watching: Watching) -> Self {
        // Nobody asks for the end of a body that has none of it to come.
        let watching = if body.is_whole() {
            watching.end();
            None
        } else {
            Some(watching)
        };
        Self {
            inner: Inner::Streaming { body, watching },
        }
    }
}

impl<B> Body for GuardedBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.project().inner.project() {
            InnerProjection::Judged { segments } => {
                Poll::Ready(segments.next().map(|segment| Ok(Frame::data(segment))))
            }
            InnerProjection::Streaming { mut body, watching } => {
                let polled = ready!(body.as_mut().poll_frame(cx));
                if let Some(mut watch) = watching.take() {
                    match &polled {
                        Some(Ok(frame)) => {
                            frame
                                .data_ref()
                                .into_iter()
                                .for_each(|data| watch.push(data));
                            // Whoever sends a body of known length does not ask for its end.
                            if body.is_whole() {
                                watch.end();
                            } else {
                                *watching = Some(watch);
                            }
                        }
                        Some(Err(_)) => {}
                        None => watch.end(),
                    }
                }
                Poll::Ready(polled)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Judged { segments } => segments.remaining() == 0,
            Inner::Streaming { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Judged { segments } => SizeHint::with_exact(segments.remaining()),
            Inner::Streaming { body, .. } => body.size_hint(),
        }
    }
}

impl<B> fmt::Debug for GuardedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.inner {
            Inner::Judged { .. } => "GuardedBody(judged)",
            Inner::Streaming { .. } => "GuardedBody(streaming)",
        })
    }
}
