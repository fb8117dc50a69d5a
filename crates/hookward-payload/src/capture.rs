//! The wanted value, kept in place.

use arrayvec::ArrayString;

use crate::PayloadErrorKind;
use crate::string::Sink;

/// The longest value that is kept, in UTF-16 code units: Copyleaks' limit for `developerPayload`, counted as its server counts.
pub(crate) const MAX_UNITS: usize = 512;

/// A UTF-16 code unit takes at most three bytes in UTF-8; two units that make one character take four.
const MAX_BYTES: usize = 3 * MAX_UNITS;

/// How far the value has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Absent,
    Open,
    Complete,
}

/// Room for the decoded value.
pub(crate) struct Capture {
    stage: Stage,
    text: ArrayString<MAX_BYTES>,
    units: usize,
}

impl Capture {
    /// No value. Inlined, it leaves the room for one as it is; a constant would be zeros all over.
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self {
            stage: Stage::Absent,
            text: ArrayString::new(),
            units: 0,
        }
    }

    /// Notes that the key has been seen and its value comes next; fails if that was noted before.
    pub(crate) fn open(&mut self) -> Result<(), PayloadErrorKind> {
        if self.stage != Stage::Absent {
            return Err(PayloadErrorKind::DuplicateKey);
        }
        self.stage = Stage::Open;
        Ok(())
    }

    /// Notes that the closing quote has been seen.
    pub(crate) fn complete(&mut self) {
        self.stage = Stage::Complete;
    }

    /// The decoded value, once it is complete.
    pub(crate) fn value(&self) -> Option<&str> {
        (self.stage == Stage::Complete).then_some(&self.text)
    }
}

impl Sink for Capture {
    fn text(&mut self, text: &str) -> Result<(), PayloadErrorKind> {
        self.units += match text.is_ascii() {
            true => text.len(),
            false => text.encode_utf16().count(),
        };
        if self.units > MAX_UNITS {
            return Err(PayloadErrorKind::ValueTooLong { limit: MAX_UNITS });
        }
        self.text.push_str(text);
        Ok(())
    }

    fn lone_surrogate(&mut self) -> Result<(), PayloadErrorKind> {
        Err(PayloadErrorKind::LoneSurrogate)
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::string::String;

    use super::*;

    #[test]
    fn the_longest_value_of_every_width_fits() {
        for (character, units) in [('a', 1), ('é', 1), ('\u{FFFD}', 1), ('\u{10FFFF}', 2)] {
            let longest = String::from_iter([character].repeat(MAX_UNITS / units));
            let mut capture = Capture::new();
            assert_eq!(capture.open(), Ok(()));
            assert_eq!(capture.text(&longest), Ok(()));
            assert_eq!(capture.value(), None, "not before it is complete");
            assert_eq!(
                capture.text("a"),
                Err(PayloadErrorKind::ValueTooLong { limit: 512 })
            );
            capture.complete();
            assert_eq!(capture.value(), Some(&*longest));
        }
    }

    #[test]
    fn a_pair_that_reaches_past_the_limit_does_not_fit() {
        let mut capture = Capture::new();
        for _ in 1..MAX_UNITS {
            assert_eq!(capture.text("a"), Ok(()));
        }
        assert_eq!(
            capture.text("\u{1F600}"),
            Err(PayloadErrorKind::ValueTooLong { limit: 512 })
        );
    }
}
