use alloc::boxed::Box;
use core::fmt;

use hookward_thumbprint::{Thumbprint, ThumbprintError};

use crate::CertificateForm;

/// Why a forwarded certificate was not read.
///
/// No variant carries text of the header. An `offset` counts bytes from the start of the value
/// without outer whitespace, and inside percent-encoded text from the start of the decoded text.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The header has several lines. One of them may be the client's.
    #[error("the certificate header occurs more than once")]
    Repeated,

    /// The value is longer than [`MAX_VALUE_LEN`](crate::MAX_VALUE_LEN).
    #[error("certificate header of {found} bytes is longer than {limit}")]
    TooLong {
        /// The longest value that is read, in bytes.
        limit: usize,
        /// Its length, in bytes.
        found: usize,
    },

    /// A `%` is not followed by two hexadecimal digits.
    #[error("malformed percent-escape at byte {offset}")]
    MalformedEscape {
        /// Where the `%` stands.
        offset: usize,
    },

    /// Something else stands where the form asks for `expected`.
    #[error("expected {expected} at byte {offset}")]
    Unexpected {
        /// What belongs there.
        expected: &'static str,
        /// Where it belongs.
        offset: usize,
    },

    /// The characters are base64, but their number, the padding or the unused last bits are wrong.
    #[error("base64 that starts at byte {offset} is cut off, wrongly padded or not canonical")]
    MalformedBase64 {
        /// Where the base64 starts.
        offset: usize,
    },

    /// Something follows the certificate.
    #[error("unexpected data after the certificate at byte {offset}")]
    TrailingData {
        /// Where it starts.
        offset: usize,
    },

    /// The value is the JSON form of `x-forwarded-client-cert`, which is not read.
    ///
    /// A proxy that appends keeps the form that the client chose.
    #[error("x-forwarded-client-cert is JSON: set the proxy's format to TEXT")]
    Json,

    /// `x-forwarded-client-cert` has several elements: the proxy appends to what the client sent,
    /// or a name in the certificate holds a comma.
    #[error("x-forwarded-client-cert has a second element at byte {offset}")]
    SeveralElements {
        /// Where the comma stands.
        offset: usize,
    },

    /// `x-forwarded-client-cert` has a key that is not known.
    #[error("x-forwarded-client-cert has an unknown key at byte {offset}")]
    UnknownKey {
        /// Where the key starts.
        offset: usize,
    },

    /// `x-forwarded-client-cert` has a key twice that may occur once.
    #[error("x-forwarded-client-cert has a second {key} at byte {offset}")]
    RepeatedKey {
        /// The key.
        key: &'static str,
        /// Where the second one starts.
        offset: usize,
    },

    /// A quote follows several backslashes, and parsers differ on whether it ends the value.
    #[error("x-forwarded-client-cert has an ambiguous quote at byte {offset}")]
    AmbiguousQuote {
        /// Where the quote stands.
        offset: usize,
    },

    /// `x-forwarded-client-cert` has no `Hash`, which the proxy always sets.
    #[error("x-forwarded-client-cert has no Hash")]
    HashMissing,

    /// `Cert` is not the certificate that `Hash` names.
    #[error("x-forwarded-client-cert has the certificate {certificate}, but the hash {hash}")]
    HashMismatch {
        /// What `Hash` says.
        hash: Box<Thumbprint>,
        /// What `Cert` hashes to.
        certificate: Box<Thumbprint>,
    },

    /// The value is no thumbprint of the form's algorithm.
    #[error("not a thumbprint: {0}")]
    Thumbprint(#[from] ThumbprintError),

    /// The text names no form.
    #[error("expected {}", Names)]
    UnknownForm,
}

/// The names of all forms, with commas between them.
struct Names;

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, form) in CertificateForm::ALL.into_iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}", form.name())?;
        }
        Ok(())
    }
}
