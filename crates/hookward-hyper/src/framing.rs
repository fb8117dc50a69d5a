//! Notices HTTP/1 messages whose length is told in two ways.
//!
//! hyper takes a request with both Transfer-Encoding and Content-Length, and removes the latter
//! before anybody sees it. [RFC 9112 section 6.1] lets a server refuse such a message, and what
//! stands between the sender and us may have read it the other way.
//!
//! [RFC 9112 section 6.1]: https://www.rfc-editor.org/rfc/rfc9112#section-6.1

use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::peer::FramingFlag;

pin_project! {
    /// A connection whose incoming bytes are followed, message by message, and handed on as they are.
    pub(crate) struct FramingWatch<I> {
        #[pin]
        io: I,
        tracker: Tracker,
        flag: FramingFlag,
    }
}

impl<I> FramingWatch<I> {
    /// `flag` is set before the head that gives reason for it can be parsed by whoever reads.
    pub(crate) fn new(io: I, flag: FramingFlag) -> Self {
        Self {
            io,
            tracker: Tracker::default(),
            flag,
        }
    }
}

impl<I: AsyncRead> AsyncRead for FramingWatch<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        let before = buf.filled().len();
        ready!(this.io.poll_read(cx, buf))?;
        // A reader may hand in a buffer again after clearing it, but never a shorter one than before.
        if let Some(new) = buf.filled().get(before..)
            && this.tracker.push(new) == Lengths::Ambiguous
        {
            this.flag.set();
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite> AsyncWrite for FramingWatch<I> {
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
        self.project().io.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

/// What was seen of a connection so far.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Lengths {
    /// Every message had one length, or none.
    Clear,
    /// A message had two, or something came whose end is not certain. It stays so.
    Ambiguous,
}

/// Follows the requests of one connection.
///
/// Only what tells where a message ends is looked at. Lines have to end in CRLF: that is where
/// servers differ most. What hyper refuses may be followed wrongly, because nothing comes of it.
#[derive(Debug, Default)]
struct Tracker {
    expected: Expected,
    line: Line,
    chunked: bool,
    content_length: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Expected {
    #[default]
    RequestLine,
    FieldLine,
    Body {
        left: u64,
    },
    ChunkSize,
    Chunk {
        left: u64,
    },
    ChunkEnd,
    TrailerLine,
    Anything,
}

impl Tracker {
    fn push(&mut self, mut bytes: &[u8]) -> Lengths {
        while !bytes.is_empty() {
            self.expected = match self.expected {
                Expected::Anything => return Lengths::Ambiguous,
                Expected::Body { left } => match skip(&mut bytes, left) {
                    0 => Expected::RequestLine,
                    left => Expected::Body { left },
                },
                Expected::Chunk { left } => match skip(&mut bytes, left) {
                    0 => Expected::ChunkEnd,
                    left => Expected::Chunk { left },
                },
                of_lines => match self.line.take_from(&mut bytes) {
                    None => of_lines,
                    Some(Ended::Otherwise) => Expected::Anything,
                    Some(Ended::InCrLf) => {
                        let next = self.after_line(of_lines).unwrap_or(Expected::Anything);
                        self.line.clear();
                        next
                    }
                },
            };
        }
        match self.expected {
            Expected::Anything => Lengths::Ambiguous,
            _ => Lengths::Clear,
        }
    }

    /// What comes after a line that was expected. `None` when that is not certain.
    fn after_line(&mut self, expected: Expected) -> Option<Expected> {
        let empty = self.line.is_empty();
        match expected {
            // https://www.rfc-editor.org/rfc/rfc9112#section-2.2-6: empty lines before a request are ignored.
            Expected::RequestLine if empty => Some(Expected::RequestLine),
            Expected::RequestLine => {
                self.chunked = false;
                self.content_length = None;
                Some(Expected::FieldLine)
            }
            Expected::FieldLine if empty => self.after_head(),
            Expected::FieldLine => self.read_field().then_some(Expected::FieldLine),
            Expected::ChunkSize => match self.line.chunk_size()? {
                0 => Some(Expected::TrailerLine),
                left => Some(Expected::Chunk { left }),
            },
            Expected::ChunkEnd => empty.then_some(Expected::ChunkSize),
            Expected::TrailerLine if empty => Some(Expected::RequestLine),
            Expected::TrailerLine => Some(Expected::TrailerLine),
            Expected::Body { .. } | Expected::Chunk { .. } | Expected::Anything => None,
        }
    }

    fn after_head(&self) -> Option<Expected> {
        match (self.chunked, self.content_length) {
            (true, Some(_)) => None,
            (true, None) => Some(Expected::ChunkSize),
            (false, None | Some(0)) => Some(Expected::RequestLine),
            (false, Some(left)) => Some(Expected::Body { left }),
        }
    }

    /// Whether the field line leaves no doubt.
    fn read_field(&mut self) -> bool {
        let start = self.line.start();
        // A line that continues the one before (https://www.rfc-editor.org/rfc/rfc9112#section-5.2).
        if start
            .first()
            .is_some_and(|byte| matches!(byte, b' ' | b'\t'))
        {
            return false;
        }
        // No other names matter.
        if !matches!(start.first(), Some(b'C' | b'c' | b'T' | b't')) {
            return true;
        }
        let Some(colon) = start.iter().position(|byte| *byte == b':') else {
            // Either hyper refuses it, or the name is longer than the two that matter.
            return true;
        };
        let name = start[..colon].trim_ascii();
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            // If `chunked` is not the last coding, hyper refuses the message.
            self.chunked = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let length = self
                .line
                .whole()
                .and_then(|line| number(line[colon + 1..].trim_ascii(), 10));
            match (length, self.content_length) {
                (Some(length), None) => self.content_length = Some(length),
                (Some(length), Some(earlier)) if length == earlier => {}
                _ => return false,
            }
        }
        true
    }
}

/// Skips up to `left` bytes, and says how many are still to come.
fn skip(bytes: &mut &[u8], left: u64) -> u64 {
    let here = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
    *bytes = &bytes[here..];
    left - here as u64
}

/// A number without sign. `None` if it is none, or too large.
fn number(digits: &[u8], radix: u32) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = char::from(*digit).to_digit(radix)?;
        number
            .checked_mul(u64::from(radix))?
            .checked_add(u64::from(digit))
    })
}

/// The start of a line, however long the line is.
#[derive(Debug)]
struct Line {
    /// More than `Transfer-Encoding:` or a length, with room for blanks.
    start: [u8; 64],
    /// How many bytes of the line there were, its end included.
    len: usize,
    /// Whether the last byte was CR.
    after_cr: bool,
}

enum Ended {
    InCrLf,
    Otherwise,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            start: [0; 64],
            len: 0,
            after_cr: false,
        }
    }
}

impl Line {
    /// Takes the rest of the line. `None` when it does not end here.
    fn take_from(&mut self, bytes: &mut &[u8]) -> Option<Ended> {
        let end = memchr::memchr(b'\n', bytes);
        let (part, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
        if let Some(room) = self.start.get_mut(self.len..) {
            let kept = room.len().min(part.len());
            room[..kept].copy_from_slice(&part[..kept]);
        }
        self.len = self.len.saturating_add(part.len());
        if let Some(last) = part.last() {
            self.after_cr = *last == b'\r';
        }
        *bytes = rest.get(1..).unwrap_or_default();
        end.map(|_| {
            if self.after_cr {
                self.len -= 1;
                Ended::InCrLf
            } else {
                Ended::Otherwise
            }
        })
    }

    const fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn clear(&mut self) {
        self.len = 0;
        self.after_cr = false;
    }

    /// As much of the line as was kept.
    fn start(&self) -> &[u8] {
        &self.start[..self.len.min(self.start.len())]
    }

    /// The line, if all of it was kept.
    fn whole(&self) -> Option<&[u8]> {
        self.start.get(..self.len)
    }

    /// The size at the start of the line, which an extension may follow.
    fn chunk_size(&self) -> Option<u64> {
        let start = self.start();
        let digits = start
            .iter()
            .position(|byte| !byte.is_ascii_hexdigit())
            .unwrap_or(start.len());
        let ends_well = match start.get(digits) {
            Some(byte) => matches!(byte, b';' | b' ' | b'\t'),
            None => self.whole().is_some(),
        };
        number(&start[..digits], 16).filter(|_| ends_well)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLEAR: &[&str] = &[
        "POST / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcdPOST / HTTP/1.1\r\ncontent-length:0\r\n\r\n",
        "\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: \t3 \r\n\r\n\r\n\rGET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\nA \r\n0123456789\r\n0\r\nX-Trailer: 1\r\nContent-Length: 9\r\n\r\nGET / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n000\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        // Neither is one of the two headers.
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nX-Transfer-Encoding: chunked\r\nTransfer-Encoding-X: chunked\r\n\r\nx",
        // What the body says does not matter.
        "POST / HTTP/1.1\r\nContent-Length: 30\r\n\r\nTransfer-Encoding: chunked\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    ];

    const AMBIGUOUS: &[&str] = &[
        "POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
        "POST / HTTP/1.1\r\ntRANSFER-eNCODING: chunked\r\nX: 1\r\ncONTENT-lENGTH: 4\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding:\tchunked\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n",
        // A continued line, and lines without CR, which some read and some do not.
        "POST / HTTP/1.1\r\nContent-Length: 4\r\nX: 1\r\n Transfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 4\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\nHost: a\n\n",
        "POST / HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 4, 4\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: +4\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
        // The second request of a connection, pipelined.
        "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nxxPOST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\nT: 1\r\n\r\nPOST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
        // Chunks whose end is not certain.
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: 1\n\nGET",
    ];

    fn seen(text: &str, split: impl Fn(&mut Tracker, &[u8])) -> Lengths {
        let mut tracker = Tracker::default();
        split(&mut tracker, text.as_bytes());
        tracker.push(b"")
    }

    fn check(text: &str, expected: Lengths) {
        assert_eq!(
            seen(text, |t, b| {
                t.push(b);
            }),
            expected,
            "{text:?}"
        );
        assert_eq!(
            seen(text, |t, b| b.iter().for_each(|byte| {
                t.push(&[*byte]);
            })),
            expected,
            "byte by byte: {text:?}"
        );
        for at in 0..text.len() {
            let split = |t: &mut Tracker, b: &[u8]| {
                t.push(&b[..at]);
                t.push(&b[at..]);
            };
            assert_eq!(seen(text, split), expected, "split at {at}: {text:?}");
        }
    }

    #[test]
    fn messages_of_one_length_are_clear_however_they_arrive() {
        for text in CLEAR {
            check(text, Lengths::Clear);
        }
    }

    #[test]
    fn messages_of_two_lengths_are_ambiguous_however_they_arrive() {
        for text in AMBIGUOUS {
            check(text, Lengths::Ambiguous);
        }
    }

    #[test]
    fn a_connection_stays_ambiguous() {
        let mut tracker = Tracker::default();
        tracker.push(AMBIGUOUS[0].as_bytes());
        for text in CLEAR {
            assert_eq!(tracker.push(text.as_bytes()), Lengths::Ambiguous);
        }
    }

    #[test]
    fn a_length_hidden_behind_many_blanks_is_ambiguous_rather_than_missed() {
        let text = format!(
            "POST / HTTP/1.1\r\nContent-Length:{}4\r\n\r\n",
            " ".repeat(100)
        );
        check(&text, Lengths::Ambiguous);
    }

    #[test]
    fn long_lines_are_followed_to_their_end() {
        let text = format!(
            "POST /{} HTTP/1.1\r\n{}: {}\r\nTransfer-Encoding: chunked\r\n\r\n1;{}\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "a".repeat(500),
            "n".repeat(300),
            "v".repeat(500),
            "e".repeat(300),
        );
        check(&text, Lengths::Clear);
    }

    proptest! {
        #[test]
        fn chunking_never_changes_what_is_seen(
            bytes in proptest::collection::vec(
                prop_oneof![
                    Just(&b"Content-Length: 3\r\n"[..]), Just(&b"Transfer-Encoding: chunked\r\n"[..]),
                    Just(&b"POST / HTTP/1.1\r\n"[..]), Just(&b"\r\n"[..]), Just(&b"3\r\n"[..]),
                    Just(&b"abc"[..]), Just(&b"0\r\n"[..]), Just(&b"\n"[..]), Just(&b"X: 1\r\n"[..]),
                ], 0..12),
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = bytes.concat();
            let mut whole = Tracker::default();
            let expected = whole.push(&bytes);
            let mut parts = Tracker::default();
            let (a, b) = bytes.split_at(cut.index(bytes.len() + 1));
            parts.push(a);
            prop_assert_eq!(parts.push(b), expected);
        }
    }
}
