use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Version, header};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use thiserror::Error;
use tokio::time::{Instant, Sleep};

/// Any error.
pub type BoxError = Box<dyn core::error::Error + Send + Sync>;

/// How long the body of a request may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BodyTimes {
    /// How long the sender may be silent. 10 seconds unless told otherwise.
    pub idle: Duration,
    /// How long the whole body may take, from when it is first asked for. 30 seconds unless told
    /// otherwise: the sender waits 70 seconds for the answer.
    pub total: Duration,
}

impl Default for BodyTimes {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(10),
            total: Duration::from_secs(30),
        }
    }
}

/// Why the body of a request ended before its end.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BodyError {
    /// It is larger than its route allows.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// What the route allows, in bytes.
        limit: u64,
    },
    /// The sender took longer than allowed.
    #[error("the body took too long")]
    TimedOut,
    /// The sender stopped, or broke the rules of HTTP.
    #[error("the body is incomplete after {received} bytes")]
    Incomplete {
        /// How many bytes arrived.
        received: u64,
        /// What the server says of it. `None` when the body ended without an error, but short.
        source: Option<BoxError>,
    },
}

pin_project! {
    /// A body that ends in an error when it is too large, too slow or cut short. Trailers are dropped.
    pub(crate) struct Metered<B> {
        #[pin]
        body: B,
        limit: u64,
        received: u64,
        declared: Option<u64>,
        announced: Option<u64>,
        says_its_end: bool,
        times: BodyTimes,
        ends_by: Option<Instant>,
        timer: Option<Pin<Box<Sleep>>>,
        ended: bool,
    }
}

impl<B: Body<Data = Bytes>> Metered<B> {
    pub(crate) fn new(body: B, version: Version, limit: u64, times: BodyTimes) -> Self {
        Self {
            limit,
            received: 0,
            declared: body.size_hint().exact(),
            announced: None,
            // hyper reports the end of an HTTP/2 body also when the sender resets the stream with
            // NO_ERROR. A body that really ended says so; one that was reset does not.
            says_its_end: version == Version::HTTP_2,
            times,
            ends_by: None,
            timer: None,
            ended: false,
            body,
        }
    }

    /// Takes the length from the head. A layer in front may have wrapped the body in one that knows neither
    /// its length nor its end.
    pub(crate) fn announced_in(mut self, headers: &HeaderMap) -> Self {
        let mut lines = headers.get_all(header::CONTENT_LENGTH).iter();
        let line = lines.next().and_then(|line| line.to_str().ok());
        self.announced = line.and_then(|line| line.parse().ok());
        self
    }

    /// How many bytes arrived.
    pub(crate) const fn received(&self) -> u64 {
        self.received
    }

    /// How many bytes are known to come.
    pub(crate) fn expected(&self) -> Option<u64> {
        self.declared
            .map(|declared| declared.saturating_sub(self.received))
    }
}

impl<B> Metered<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    /// Whether all of the body is known to have passed.
    pub(crate) fn is_whole(&self) -> bool {
        self.expected() == Some(0) || self.body.is_end_stream()
    }
}

impl<B> Body for Metered<B>
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
        let mut this = self.project();
        if *this.ended {
            return Poll::Ready(None);
        }
        let times = *this.times;
        let ends_by = *this
            .ends_by
            .get_or_insert_with(|| Instant::now() + times.total);
        let error = loop {
            match this.body.as_mut().poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    *this.received = this.received.saturating_add(data.len() as u64);
                    if *this.received > *this.limit {
                        break BodyError::TooLarge { limit: *this.limit };
                    }
                    let now = Instant::now();
                    if now >= ends_by {
                        break BodyError::TimedOut;
                    }
                    if let Some(timer) = this.timer {
                        timer.as_mut().reset(ends_by.min(now + times.idle));
                    }
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Poll::Ready(Some(Err(error))) => {
                    break BodyError::Incomplete {
                        received: *this.received,
                        source: Some(error.into()),
                    };
                }
                Poll::Ready(None) => {
                    *this.ended = true;
                    let short = this.declared.is_some_and(|n| n != *this.received);
                    let said = !*this.says_its_end
                        || this.body.is_end_stream()
                        || *this.announced == Some(*this.received);
                    if said && !short {
                        return Poll::Ready(None);
                    }
                    break BodyError::Incomplete {
                        received: *this.received,
                        source: None,
                    };
                }
                Poll::Pending => {
                    let timer = this.timer.get_or_insert_with(|| {
                        let deadline = ends_by.min(Instant::now() + times.idle);
                        Box::pin(tokio::time::sleep_until(deadline))
                    });
                    ready!(timer.as_mut().poll(cx));
                    break BodyError::TimedOut;
                }
            }
        };
        *this.ended = true;
        Poll::Ready(Some(Err(error)))
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use core::convert::Infallible;

    use http_body_util::{BodyExt, Full};
    use tokio::sync::mpsc;

    use super::*;

    fn metered<B: Body<Data = Bytes>>(body: B, version: Version) -> Metered<B> {
        Metered::new(body, version, 10, BodyTimes::default())
    }

    /// A body that is what is sent to it.
    struct Sent(mpsc::Receiver<Bytes>);

    impl Body for Sent {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.0
                .poll_recv(cx)
                .map(|data| data.map(|data| Ok(Frame::data(data))))
        }
    }

    #[tokio::test]
    async fn a_body_within_its_limits_passes_unchanged() {
        for version in [Version::HTTP_11, Version::HTTP_2] {
            let body = metered(Full::from("0123456789"), version);
            assert_eq!(body.collect().await.unwrap().to_bytes(), "0123456789");
        }
    }

    #[tokio::test]
    async fn one_byte_more_than_the_limit_is_an_error() {
        let body = metered(Full::from("0123456789a"), Version::HTTP_11);
        let error = body.collect().await.unwrap_err();
        assert!(matches!(error, BodyError::TooLarge { limit: 10 }));
    }

    #[tokio::test]
    async fn trailers_are_dropped() {
        let body = Full::from("body").with_trailers(async {
            let mut trailers = HeaderMap::new();
            trailers.insert("x-trailer", http::HeaderValue::from_static("1"));
            Some(Ok::<_, Infallible>(trailers))
        });
        let collected = metered(body, Version::HTTP_11).collect().await.unwrap();
        assert!(collected.trailers().is_none());
        assert_eq!(collected.to_bytes(), "body");
    }

    #[tokio::test]
    async fn an_http2_body_that_does_not_say_that_it_ended_is_incomplete() {
        let (sender, receiver) = mpsc::channel(1);
        sender.send(Bytes::from_static(b"half")).await.unwrap();
        drop(sender);
        let error = metered(Sent(receiver), Version::HTTP_2)
            .collect()
            .await
            .unwrap_err();
        assert!(matches!(
            error,
            BodyError::Incomplete {
                received: 4,
                source: None
            }
        ));
    }

    #[tokio::test]
    async fn an_http2_body_that_has_all_that_was_announced_need_not_say_that_it_ended() {
        for (announced, whole) in [("4", true), ("5", false), ("3", false), ("", false)] {
            let (sender, receiver) = mpsc::channel(1);
            sender.send(Bytes::from_static(b"body")).await.unwrap();
            drop(sender);
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_LENGTH, announced.parse().unwrap());
            let body = metered(Sent(receiver), Version::HTTP_2).announced_in(&headers);
            assert_eq!(body.collect().await.is_ok(), whole, "{announced:?}");
        }
    }

    #[tokio::test]
    async fn a_body_shorter_than_declared_is_incomplete() {
        struct Short;
        impl Body for Short {
            type Data = Bytes;
            type Error = Infallible;
            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
                Poll::Ready(None)
            }
            fn size_hint(&self) -> SizeHint {
                SizeHint::with_exact(1)
            }
        }
        let error = metered(Short, Version::HTTP_11)
            .collect()
            .await
            .unwrap_err();
        assert!(matches!(
            error,
            BodyError::Incomplete {
                received: 0,
                source: None
            }
        ));
    }

    #[tokio::test]
    async fn an_error_of_the_server_is_incomplete_and_keeps_its_source() {
        struct Broken;
        impl Body for Broken {
            type Data = Bytes;
            type Error = &'static str;
            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
                Poll::Ready(Some(Err("broken")))
            }
        }
        let error = metered(Broken, Version::HTTP_11)
            .collect()
            .await
            .unwrap_err();
        assert!(matches!(
            error,
            BodyError::Incomplete {
                source: Some(_),
                ..
            }
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_a_body() {
        let (sender, receiver) = mpsc::channel(1);
        sender.send(Bytes::from_static(b"half")).await.unwrap();
        let start = Instant::now();
        let error = metered(Sent(receiver), Version::HTTP_11)
            .collect()
            .await
            .unwrap_err();
        assert!(matches!(error, BodyError::TimedOut));
        assert!(start.elapsed() < Duration::from_secs(11));
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_ends_with_the_total_time() {
        let (sender, receiver) = mpsc::channel(1);
        let start = Instant::now();
        let trickle = async move {
            loop {
                tokio::time::sleep(Duration::from_secs(9)).await;
                if sender.send(Bytes::from_static(b"x")).await.is_err() {
                    break;
                }
            }
        };
        let body = metered(Sent(receiver), Version::HTTP_11).collect();
        let (result, ()) = tokio::join!(body, trickle);
        assert!(matches!(result.unwrap_err(), BodyError::TimedOut));
        assert!(start.elapsed() < Duration::from_secs(40));
    }
}
