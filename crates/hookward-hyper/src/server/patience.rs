use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io;

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How long to read on after our side of a connection is closed. A client that is still sending
/// would otherwise meet a reset, which can destroy the answer before the client has read it
/// (<https://www.rfc-editor.org/rfc/rfc9112#section-9.6>).
const LINGER: Duration = Duration::from_secs(1);

/// How much to read on, in bytes.
const LINGER_BYTES: usize = 256 << 10;

pin_project! {
    /// A connection whose client may stall, or send on after we closed, for so long only.
    pub(crate) struct Patience<I> {
        #[pin]
        io: I,
        stalled_write: Duration,
        timer: Option<Pin<Box<Sleep>>>,
        linger_left: Option<usize>,
    }
}

impl<I> Patience<I> {
    pub(crate) const fn new(io: I, stalled_write: Duration) -> Self {
        Self {
            io,
            stalled_write,
            timer: None,
            linger_left: None,
        }
    }
}

impl<I: AsyncRead> AsyncRead for Patience<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.project().io.poll_read(cx, buf)
    }
}

/// Passes on what happened, or ends a wait that lasts longer than `limit`.
fn bound<T>(
    outcome: Poll<io::Result<T>>,
    timer: &mut Option<Pin<Box<Sleep>>>,
    limit: Duration,
    cx: &mut Context<'_>,
) -> Poll<io::Result<T>> {
    if outcome.is_ready() {
        *timer = None;
        return outcome;
    }
    let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
    ready!(timer.as_mut().poll(cx));
    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
}

impl<I: AsyncRead + AsyncWrite> AsyncWrite for Patience<I> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let outcome = this.io.poll_write(cx, buf);
        bound(outcome, this.timer, *this.stalled_write, cx)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let outcome = this.io.poll_flush(cx);
        bound(outcome, this.timer, *this.stalled_write, cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let outcome = this.io.poll_write_vectored(cx, bufs);
        bound(outcome, this.timer, *this.stalled_write, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    /// Closes our side, then reads on until the client has closed its own, or for so long.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut this = self.project();
        let left = match this.linger_left {
            Some(left) => left,
            None => {
                let outcome = this.io.as_mut().poll_shutdown(cx);
                ready!(bound(outcome, this.timer, *this.stalled_write, cx))?;
                *this.timer = Some(Box::pin(tokio::time::sleep_until(Instant::now() + LINGER)));
                this.linger_left.insert(LINGER_BYTES)
            }
        };
        let mut scratch = [0; 4 << 10];
        while *left > 0 {
            let mut buf = ReadBuf::new(&mut scratch);
            match this.io.as_mut().poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {
                    *left = left.saturating_sub(buf.filled().len());
                }
                // The client has closed, or is gone.
                Poll::Ready(_) => break,
                Poll::Pending => {
                    if let Some(timer) = this.timer {
                        ready!(timer.as_mut().poll(cx));
                    }
                    break;
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}
