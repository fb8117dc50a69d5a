//! The words `true`, `false` and `null` ([RFC 8259 section 3]).
//!
//! [RFC 8259 section 3]: https://www.rfc-editor.org/rfc/rfc8259#section-3

use crate::chunk::{Chunk, Progress};
use crate::{PayloadError, PayloadErrorKind};

/// The second letter of the word that starts with `first`, or 0 if none does.
#[cfg(any(test, target_arch = "x86_64"))]
pub(crate) const fn second(first: u8) -> u8 {
    match first {
        b't' => b'r',
        b'f' => b'a',
        b'n' => b'u',
        _ => 0,
    }
}

/// The letter two behind `letter`, which is a first or second one, or 0 if none is.
#[cfg(any(test, target_arch = "x86_64"))]
pub(crate) const fn two_on(letter: u8) -> u8 {
    match letter {
        b't' => b'u',
        b'r' => b'e',
        b'f' | b'n' | b'u' => b'l',
        b'a' => b's',
        _ => 0,
    }
}

/// A word of which a part has been read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Literal {
    word: &'static str,
    read: usize,
}

impl Literal {
    /// The word that starts with `first`, which is `t`, `f` or `n`.
    pub(crate) fn starting_with(first: u8) -> Self {
        let word = match first {
            b't' => "true",
            b'f' => "false",
            _ => "null",
        };
        Self { word, read: 1 }
    }

    /// Reads up to the end of the word.
    pub(crate) fn read(&mut self, chunk: &mut Chunk<'_>) -> Result<Progress, PayloadError> {
        while let Some(&expected) = self.word.as_bytes().get(self.read) {
            match chunk.peek() {
                None => return Ok(Progress::Unfinished),
                Some(byte) if byte == expected => chunk.advance(1),
                Some(_) => {
                    let kind = PayloadErrorKind::UnexpectedByte {
                        expected: self.word,
                    };
                    return Err(PayloadError::new(kind, chunk.offset()));
                }
            }
            self.read += 1;
        }
        Ok(Progress::Finished)
    }
}
