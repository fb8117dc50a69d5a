//! Numbers, as [RFC 8259 section 6] writes them. Their value does not matter here, so it has no range.
//!
//! [RFC 8259 section 6]: https://www.rfc-editor.org/rfc/rfc8259#section-6

use crate::chunk::{Chunk, Progress};
use crate::{PayloadError, PayloadErrorKind};

/// What has been read of a number so far.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    /// `-`
    Minus,
    /// `0` or `-0`: no digit may follow.
    Zero,
    /// A digit other than zero, and any digits.
    Integer,
    /// An integer and `.`
    Point,
    /// A digit of the fraction.
    Fraction,
    /// `e` or `E`
    Exponent,
    /// The sign of the exponent.
    ExponentSign,
    /// A digit of the exponent.
    ExponentDigits,
}

impl Number {
    /// The state after the first byte, which is `-` or a digit.
    pub(crate) fn starting_with(first: u8) -> Self {
        match first {
            b'-' => Self::Minus,
            b'0' => Self::Zero,
            _ => Self::Integer,
        }
    }

    /// Reads up to the byte after the number, which stays unread.
    pub(crate) fn read(&mut self, chunk: &mut Chunk<'_>) -> Result<Progress, PayloadError> {
        while let Some(byte) = chunk.peek() {
            match self.after(byte) {
                Some(next) => *self = next,
                None if self.may_end_before(byte) => return Ok(Progress::Finished),
                None => {
                    return Err(PayloadError::new(
                        PayloadErrorKind::InvalidNumber,
                        chunk.offset(),
                    ));
                }
            }
            chunk.advance(1);
        }
        Ok(Progress::Unfinished)
    }

    /// Whether a number in this state is one.
    fn is_whole(self) -> bool {
        match self {
            Self::Zero | Self::Integer | Self::Fraction | Self::ExponentDigits => true,
            Self::Minus | Self::Point | Self::Exponent | Self::ExponentSign => false,
        }
    }

    /// The state once `byte` has been added, if it can be.
    fn after(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Minus, _) if byte.is_ascii_digit() => Some(Self::starting_with(byte)),
            (Self::Integer, b'0'..=b'9') => Some(Self::Integer),
            (Self::Zero | Self::Integer, b'.') => Some(Self::Point),
            (Self::Point | Self::Fraction, b'0'..=b'9') => Some(Self::Fraction),
            (Self::Zero | Self::Integer | Self::Fraction, b'e' | b'E') => Some(Self::Exponent),
            (Self::Exponent, b'+' | b'-') => Some(Self::ExponentSign),
            (Self::Exponent | Self::ExponentSign | Self::ExponentDigits, b'0'..=b'9') => {
                Some(Self::ExponentDigits)
            }
            _ => None,
        }
    }

    /// Whether the number is whole and `byte` is not a digit after a leading zero.
    fn may_end_before(self, byte: u8) -> bool {
        match self {
            Self::Zero => !byte.is_ascii_digit(),
            _ => self.is_whole(),
        }
    }
}

/// Whether `text` is a number and nothing else.
pub(crate) fn is_number(text: &[u8]) -> bool {
    let Some((first @ (b'-' | b'0'..=b'9'), rest)) = text.split_first() else {
        return false;
    };
    rest.iter()
        .try_fold(Number::starting_with(*first), |number, &byte| {
            number.after(byte)
        })
        .is_some_and(Number::is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the number that starts `text` ends, or the offset of the byte that breaks it.
    fn end(text: &str) -> Result<u64, u64> {
        let mut chunk = Chunk::new(text.as_bytes(), 0);
        let mut number = Number::starting_with(text.as_bytes()[0]);
        chunk.advance(1);
        match number.read(&mut chunk) {
            Ok(Progress::Finished) => Ok(chunk.offset()),
            Ok(Progress::Unfinished) => panic!("{text} has no byte after the number"),
            Err(error) => {
                assert_eq!(error.kind(), PayloadErrorKind::InvalidNumber);
                Err(error.offset())
            }
        }
    }

    #[test]
    fn whole_numbers_end_before_the_next_byte() {
        for text in [
            "0,",
            "-0,",
            "7,",
            "-10,",
            "120,",
            "0.0,",
            "-0.50,",
            "1e0,",
            "1E9,",
            "1e+01,",
            "1E-99999,",
            "0e0,",
            "12.34e56,",
        ] {
            assert_eq!(end(text), Ok(text.len() as u64 - 1), "{text}");
        }
    }

    #[test]
    fn what_follows_a_whole_number_is_left_to_the_grammar() {
        assert_eq!(end("1.5.2"), Ok(3));
        assert_eq!(end("1e5e5"), Ok(3));
        assert_eq!(end("1-1"), Ok(1));
        assert_eq!(end("0x10"), Ok(1));
    }

    #[test]
    fn broken_numbers_name_the_byte() {
        for (text, offset) in [
            ("-,", 1),
            ("--1", 1),
            ("-.5", 1),
            ("00,", 1),
            ("-01,", 2),
            ("1.,", 2),
            ("1.e5,", 2),
            ("1e,", 2),
            ("1e+,", 3),
            ("1e+-2,", 3),
            ("1e.5,", 2),
        ] {
            assert_eq!(end(text), Err(offset), "{text}");
        }
    }
}
