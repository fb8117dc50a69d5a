use core::fmt;
use core::str::FromStr;

use thiserror::Error;

use crate::path::Special;

/// The id of a scan, as a webhook URL names it: 3 to 36 characters.
///
/// The characters are those that the documentation and the official SDKs allow for submissions
/// (`a-z 0-9 ! @ $ & = _ ( ) ' ; : . , ~ -`) and exports (also `^ + { } < > " |` and the backtick),
/// without `/`, `\` and `%`, which a path cannot carry safely, and not empty, `.` or `..` up to the first `;`.
/// For new ids choose `a-z`, `0-9` and `-`: [`is_safe_for_new`](Self::is_safe_for_new).
///
/// Held in place, so that matching a route allocates nothing.
///
/// ```
/// use hookward_copyleaks::{ScanId, ScanIdError};
///
/// assert_eq!(ScanId::parse("scan-1")?.as_str(), "scan-1");
/// assert_eq!(ScanId::parse("Scan-1"), Err(ScanIdError::Character { offset: 0 }));
/// # Ok::<(), ScanIdError>(())
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ScanId {
    bytes: [u8; ScanId::MAX_LEN],
    len: u8,
}

/// Why a text is no scan id.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ScanIdError {
    /// Too short or too long.
    #[error("a scan id has {min} to {max} characters, not {found}", min = ScanId::MIN_LEN, max = ScanId::MAX_LEN)]
    Length {
        /// How many UTF-16 code units there are.
        found: usize,
    },
    /// A character outside the alphabet.
    #[error("a scan id has no character such as the one at byte {offset}")]
    Character {
        /// Where it is.
        offset: usize,
    },
    /// Without parameters (`;` and what follows) it is an empty or a dot segment of a path.
    #[error("programs that cut off path parameters read this scan id as an empty or dot segment")]
    SpecialSegment,
}

/// What a submission allows besides lower-case letters and digits
/// (<https://docs.copyleaks.com/reference/actions/authenticity/submit-file/>).
const SUBMIT_PUNCTUATION: &[u8] = b"!@$&=_()';:.,~-";

/// The same, and what exports allow besides.
const PUNCTUATION: &[u8] = b"!@$&=_()';:.,~-^+{}<>\"|`";

impl ScanId {
    /// The shortest id.
    pub const MIN_LEN: usize = 3;
    /// The longest id.
    pub const MAX_LEN: usize = 36;

    /// Reads an id that was percent-decoded once.
    ///
    /// # Errors
    /// [`ScanIdError`] says what is wrong and where.
    pub fn parse(text: &str) -> Result<Self, ScanIdError> {
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || PUNCTUATION.contains(&byte)
        };
        if let Some(offset) = text.bytes().position(|byte| !allowed(byte)) {
            return Err(ScanIdError::Character { offset });
        }
        // Every character of the alphabet is one byte and one UTF-16 unit.
        if !(Self::MIN_LEN..=Self::MAX_LEN).contains(&text.len()) {
            return Err(ScanIdError::Length { found: text.len() });
        }
        if Special::of(text.bytes()).is_some() {
            return Err(ScanIdError::SpecialSegment);
        }
        let mut bytes = [0; Self::MAX_LEN];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self {
            bytes,
            // At most 36.
            len: text.len() as u8,
        })
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..usize::from(self.len)])
            .expect("only ASCII was copied in")
    }

    /// Whether Copyleaks takes the id for a new scan: the alphabet of submissions, and no `g`, one or
    /// more of `o` and `0`, and `gle`.
    ///
    /// Exports, and checks of images and videos, take the rest of the alphabet as well.
    #[must_use]
    pub fn is_submittable(&self) -> bool {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || SUBMIT_PUNCTUATION.contains(&byte);
        self.as_str().bytes().all(allowed) && !self.has_refused_word()
    }

    /// Whether a `g`, one or more of `o` and `0`, and `gle` follow one another: Copyleaks refuses
    /// such ids everywhere.
    pub(crate) fn has_refused_word(&self) -> bool {
        has_refused_word(self.as_str())
    }

    /// Whether the id is a good choice for a new scan: `a-z`, `0-9` and `-` alone need no encoding anywhere.
    ///
    /// Also false for ids with `g`, one or more of `o` and `0`, and `gle`, which Copyleaks refuses.
    #[must_use]
    pub fn is_safe_for_new(&self) -> bool {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        self.as_str().bytes().all(plain) && !self.has_refused_word()
    }
}

/// Whether a `g`, one or more of `o` and `0`, and `gle` follow one another.
fn has_refused_word(text: &str) -> bool {
    text.match_indices("gle").any(|(at, _)| {
        let before = &text[..at];
        let stem = before.trim_end_matches(['o', '0']);
        stem.len() < before.len() && stem.ends_with('g')
    })
}

impl FromStr for ScanId {
    type Err = ScanIdError;

    fn from_str(text: &str) -> Result<Self, ScanIdError> {
        Self::parse(text)
    }
}

impl AsRef<str> for ScanId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for ScanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ScanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScanId({})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_a_special_segment_without_parameters_is_refused() {
        for text in [";ab", ";;;", ".;a", "..;", "..;abc"] {
            assert_eq!(
                ScanId::parse(text),
                Err(ScanIdError::SpecialSegment),
                "{text}"
            );
        }
        for text in ["...", "a;b", "..a", "...;"] {
            assert!(ScanId::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn new_ids_are_plain_and_are_not_refused_by_copyleaks() {
        let safe = |text| ScanId::parse(text).unwrap().is_safe_for_new();
        for text in ["abc", "0-9", "goggles", "g-ogle", "ggle", "oogle", "go-gle"] {
            assert!(safe(text), "{text}");
        }
        for text in [
            "a_b",
            "a.b",
            "a;b",
            "google",
            "my-g0ogle",
            "gogle1",
            "gle-g0gle",
        ] {
            assert!(!safe(text), "{text}");
        }
    }

    #[test]
    fn submissions_take_less_than_exports() {
        let submittable = |text| ScanId::parse(text).unwrap().is_submittable();
        for text in ["abc", "a!@$&=_()';:.,~-", "a_b"] {
            assert!(submittable(text), "{text}");
        }
        for text in ["a^b", "a+b", "a{b", "a|b", "a`b", "a\"b", "a_google"] {
            assert!(!submittable(text), "{text}");
        }
    }
}
