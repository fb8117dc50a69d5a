use crate::Algorithm;

/// Why a text, a certificate or a set was not accepted.
///
/// No variant carries more of the input than a single character.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ThumbprintError {
    /// The text is not, or does not start with, the name of an algorithm.
    #[error(
        "unknown digest algorithm: expected sha1, sha256, sha384 or sha512, and a colon before a digest"
    )]
    UnknownAlgorithm,

    /// The text does not start with `spki-sha256:`.
    #[error("a public key pin starts with \"spki-sha256:\"")]
    NotASpkiPin,

    /// The value has the wrong number of bytes for its algorithm.
    #[error("{algorithm} digests have {expected} bytes, this one has {found}")]
    WrongLength {
        /// The algorithm asked for.
        algorithm: Algorithm,
        /// The length of its digests, in bytes.
        expected: usize,
        /// The length found, in bytes.
        found: usize,
    },

    /// A character is neither a hexadecimal digit nor a separator between two bytes.
    #[error("expected a hexadecimal digit at byte {offset}, found {found:?}")]
    NotHex {
        /// Where the character starts, in bytes from the start of the text.
        offset: usize,
        /// The character.
        found: char,
    },

    /// The text ends where a hexadecimal digit had to follow: after half a byte, or after a separator.
    #[error("expected a hexadecimal digit at byte {offset}, found the end")]
    HexEndsEarly {
        /// The length of the text, in bytes.
        offset: usize,
    },

    /// A character does not belong to the base64 alphabet in use, or stands after the padding.
    #[error("expected base64 at byte {offset}, found {found:?}")]
    NotBase64 {
        /// Where the character starts, in bytes from the start of the text.
        offset: usize,
        /// The character.
        found: char,
    },

    /// The characters are base64, but their number, the padding or the unused last bits are wrong.
    #[error("base64 text of {len} bytes is cut off, wrongly padded or not canonical")]
    MalformedBase64 {
        /// The length of the text, in bytes.
        len: usize,
    },

    /// The certificate is longer than [`MAX_DER_LEN`](crate::MAX_DER_LEN).
    #[error("certificate of {found} bytes is longer than {limit}")]
    CertificateTooLong {
        /// The longest that is accepted, in bytes.
        limit: usize,
        /// Its length, in bytes.
        found: usize,
    },

    /// The subject or the issuer is longer than [`MAX_NAME_LEN`](crate::MAX_NAME_LEN).
    #[error("certificate {field} of {found} bytes is longer than {limit}")]
    NameTooLong {
        /// Which name: `subject` or `issuer`.
        field: &'static str,
        /// The longest that is accepted, in bytes of DER.
        limit: usize,
        /// Its length, in bytes of DER.
        found: usize,
    },

    /// The certificate is PEM, which has its DER in base64.
    #[error("the certificate is PEM, not DER")]
    Pem,

    /// A part of the certificate is missing or is not the DER that
    /// [RFC 5280, section 4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1) asks for.
    #[error("malformed certificate: the {field} at byte {offset} is missing or not DER")]
    MalformedCertificate {
        /// The part, in the words of RFC 5280.
        field: &'static str,
        /// Where the part starts, in bytes from the start of the DER.
        offset: usize,
    },

    /// Bytes follow where the certificate, or a structure in it, is complete.
    #[error("unexpected data after {field} at byte {offset}")]
    TrailingData {
        /// The structure that is complete, in the words of RFC 5280.
        field: &'static str,
        /// Where the data starts, in bytes from the start of the DER.
        offset: usize,
    },

    /// A set without thumbprints would refuse everything.
    #[error("a thumbprint set needs at least one thumbprint")]
    EmptySet,

    /// A set that refuses SHA-1 was given a SHA-1 thumbprint.
    #[error("thumbprint {index} is SHA-1, which this set refuses")]
    Sha1Refused {
        /// The position of the thumbprint in order of addition, from 0.
        index: usize,
    },
}
