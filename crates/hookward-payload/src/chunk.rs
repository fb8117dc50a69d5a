//! The part of the document at hand, and where it stands in the whole.

/// The unread rest of one pushed chunk.
#[derive(Debug)]
pub(crate) struct Chunk<'a> {
    rest: &'a [u8],
    offset: u64,
}

/// Whether a token ended within the chunk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Progress {
    /// The chunk is used up and the token goes on in the next.
    Unfinished,
    /// The token is complete.
    Finished,
}

impl<'a> Chunk<'a> {
    /// `offset` is the number of bytes of the document before `bytes`.
    pub(crate) fn new(bytes: &'a [u8], offset: u64) -> Self {
        Self {
            rest: bytes,
            offset,
        }
    }

    /// The bytes that are still to be read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The offset of the next byte from the start of the document.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The first `count` bytes of this, or all if it has no more.
    pub(crate) fn first(&self, count: usize) -> Self {
        Self {
            rest: &self.rest[..count.min(self.rest.len())],
            offset: self.offset,
        }
    }

    /// The next byte, left in place.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Leaves `count` bytes behind; there must be that many.
    pub(crate) fn advance(&mut self, count: usize) {
        self.rest = &self.rest[count..];
        self.offset += count as u64;
    }

    /// Leaves behind what comes before `offset`, which lies within the chunk.
    pub(crate) fn advance_to(&mut self, offset: u64) {
        self.advance((offset - self.offset) as usize);
    }

    /// Leaves white space behind ([RFC 8259 section 2]).
    ///
    /// [RFC 8259 section 2]: https://www.rfc-editor.org/rfc/rfc8259#section-2
    pub(crate) fn skip_whitespace(&mut self) {
        let run = self
            .rest
            .iter()
            .position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
            .unwrap_or(self.rest.len());
        self.advance(run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_go_on_from_the_chunk_before() {
        let mut chunk = Chunk::new(b" \t\r\nx", 40);
        chunk.skip_whitespace();
        assert_eq!((chunk.peek(), chunk.offset()), (Some(b'x'), 44));
        chunk.advance(1);
        assert_eq!(
            (chunk.peek(), chunk.offset(), chunk.rest()),
            (None, 45, &[][..])
        );
    }

    #[test]
    fn only_the_four_white_space_bytes_are_skipped() {
        let mut chunk = Chunk::new(b"\x0b \x0c", 0);
        chunk.skip_whitespace();
        assert_eq!(chunk.offset(), 0);
    }
}
