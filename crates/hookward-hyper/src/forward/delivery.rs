use alloc::sync::Arc;
use core::pin::Pin;
use core::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use core::task::{Context, Poll, ready};

use bytes::Bytes;
use hookward::Reason;
use http_body::{Body, Frame, SizeHint};

use crate::metered::BodyError;

/// How far the body of a request got on its way to the application.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Progress {
    /// There is more to come.
    Underway,
    /// All of it was handed to the connection.
    Whole,
    /// It is larger than allowed.
    TooLarge,
    /// The sender took too long.
    TimedOut,
    /// The sender stopped.
    Incomplete,
}

impl Progress {
    const ALL: [Self; 5] = [
        Self::Underway,
        Self::Whole,
        Self::TooLarge,
        Self::TimedOut,
        Self::Incomplete,
    ];

    /// Why the sender is to blame, if it is.
    pub(crate) const fn fault_of_sender(self) -> Option<Reason> {
        match self {
            Self::Underway | Self::Whole => None,
            Self::TooLarge => Some(Reason::BodyTooLarge),
            Self::TimedOut => Some(Reason::BodyTimeout),
            Self::Incomplete => Some(Reason::BodyIncomplete),
        }
    }
}

/// The progress of one body, seen from outside.
#[derive(Clone, Debug)]
pub(crate) struct Delivery(Arc<AtomicU8>);

impl Delivery {
    pub(crate) fn progress(&self) -> Progress {
        let progress = usize::from(self.0.load(Ordering::Acquire));
        Progress::ALL
            .get(progress)
            .copied()
            .unwrap_or(Progress::Underway)
    }

    fn set(&self, progress: Progress) {
        self.0.store(progress as u8, Ordering::Release);
    }
}

/// A body on its way to the application, whose end or failure is noted.
///
/// A failure ends the connection to the application: the body is never ended as if it were whole.
pub(crate) struct DeliveredBody {
    body: Pin<Box<dyn Body<Data = Bytes, Error = BodyError> + Send>>,
    delivery: Delivery,
    left: Option<u64>,
    /// Counts the bytes.
    delivered: Arc<AtomicU64>,
}

impl DeliveredBody {
    pub(crate) fn new(
        body: impl Body<Data = Bytes, Error = BodyError> + Send + 'static,
        delivered: Arc<AtomicU64>,
    ) -> (Self, Delivery) {
        let left = body.size_hint().exact();
        // Nobody asks for a body that is known to be empty, also where its end is yet to come.
        let progress = if left == Some(0) || body.is_end_stream() {
            Progress::Whole
        } else {
            Progress::Underway
        };
        let delivery = Delivery(Arc::new(AtomicU8::new(progress as u8)));
        let body = Self {
            left,
            body: Box::pin(body),
            delivery: delivery.clone(),
            delivered,
        };
        (body, delivery)
    }
}

impl Body for DeliveredBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = ready!(self.body.as_mut().poll_frame(cx));
        match &polled {
            Some(Ok(frame)) => {
                let len = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.delivered.fetch_add(len, Ordering::Relaxed);
                self.left = self.left.map(|left| left.saturating_sub(len));
                // Whoever sends a body of known length does not ask for its end.
                if self.left == Some(0) || self.body.is_end_stream() {
                    self.delivery.set(Progress::Whole);
                }
            }
            Some(Err(error)) => self.delivery.set(match error {
                BodyError::TooLarge { .. } => Progress::TooLarge,
                BodyError::TimedOut => Progress::TimedOut,
                BodyError::Incomplete { .. } => Progress::Incomplete,
            }),
            None => self.delivery.set(Progress::Whole),
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_what_was_set() {
        let delivery = Delivery(Arc::new(AtomicU8::new(0)));
        for progress in Progress::ALL {
            delivery.set(progress);
            assert_eq!(delivery.progress(), progress);
        }
    }
}
