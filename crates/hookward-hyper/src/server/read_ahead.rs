use core::mem::MaybeUninit;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much is read at a time, in bytes: a usual webhook with its head, or what one TLS record holds.
const CHUNK: usize = 16 << 10;

pin_project! {
    /// A connection from which more is read at a time than its reader asks for.
    ///
    /// The TLS library asks for 4 KiB at a time, so that a usual webhook takes it several calls of
    /// the system.
    pub(crate) struct ReadAhead<I> {
        #[pin]
        io: I,
        // What was read and nobody has taken. It takes no memory while there is nothing.
        ahead: Vec<u8>,
        taken: usize,
    }
}

impl<I> ReadAhead<I> {
    pub(crate) const fn new(io: I) -> Self {
        Self {
            io,
            ahead: Vec::new(),
            taken: 0,
        }
    }
}

impl<I: AsyncRead> AsyncRead for ReadAhead<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        let left = &this.ahead[*this.taken..];
        if !left.is_empty() {
            let (now, later) = left.split_at(left.len().min(buf.remaining()));
            buf.put_slice(now);
            *this.taken += now.len();
            if later.is_empty() {
                (*this.ahead, *this.taken) = (Vec::new(), 0);
            }
            return Poll::Ready(Ok(()));
        }
        if buf.remaining() >= CHUNK {
            return this.io.poll_read(cx, buf);
        }
        let mut chunk = [MaybeUninit::uninit(); CHUNK];
        let mut chunk = ReadBuf::uninit(&mut chunk);
        ready!(this.io.poll_read(cx, &mut chunk))?;
        let read = chunk.filled();
        let (now, later) = read.split_at(read.len().min(buf.remaining()));
        buf.put_slice(now);
        if !later.is_empty() {
            *this.ahead = later.to_vec();
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite> AsyncWrite for ReadAhead<I> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().io.poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().io.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().io.poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let io = self.project().io;
        match bufs {
            // The system sends one buffer for less than a list of one.
            [all] => io.poll_write(cx, all),
            _ => io.poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncReadExt;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn what_is_taken_is_what_was_sent(
            sent in proptest::collection::vec(any::<u8>(), 0..3 * CHUNK),
            sizes in proptest::collection::vec(1_usize..2 * CHUNK, 1..20),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let read = runtime.block_on(async {
                let mut io = ReadAhead::new(&*sent);
                let mut read = Vec::new();
                for size in sizes.iter().cycle() {
                    let mut part = vec![0; *size];
                    let length = io.read(&mut part).await.unwrap();
                    if length == 0 {
                        break;
                    }
                    read.extend_from_slice(&part[..length]);
                }
                prop_assert_eq!(io.ahead.capacity(), 0);
                Ok(read)
            })?;
            prop_assert_eq!(read, sent);
        }
    }
}
