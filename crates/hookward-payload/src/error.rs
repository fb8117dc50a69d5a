//! Why a document is refused.

use core::fmt;

use thiserror::Error;

/// Why a document was refused, and where.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("{kind} at byte {offset}")]
pub struct PayloadError {
    kind: PayloadErrorKind,
    offset: u64,
}

impl PayloadError {
    pub(crate) fn new(kind: PayloadErrorKind, offset: u64) -> Self {
        Self { kind, offset }
    }

    /// The rule that was broken.
    pub fn kind(&self) -> PayloadErrorKind {
        self.kind
    }

    /// The offset in bytes from the start of the document, however it was cut into chunks. Each
    /// [kind](PayloadErrorKind) says which byte that is.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

/// The rule that a document breaks.
///
/// The first one in reading order is reported. No kind holds text of the document.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum PayloadErrorKind {
    /// The document starts with U+FEFF, which some parsers skip and others refuse. Offset: 0.
    #[error("byte-order mark")]
    ByteOrderMark,
    /// The document is a JSON value other than an object. Offset: its first byte.
    #[error("document is not an object")]
    RootNotObject,
    /// A byte that the grammar has no place for. Offset: that byte.
    #[error("expected {expected}")]
    UnexpectedByte {
        /// What could have stood here, for people.
        expected: &'static str,
    },
    /// The document ends too early. Offset: its length.
    #[error("unexpected end of the document")]
    UnexpectedEnd,
    /// A leading zero, or a sign, point or exponent without digits. Offset: the byte that is wrong or follows too early.
    #[error("invalid number")]
    InvalidNumber,
    /// A backslash before anything but one of `"\/bfnrt` or `u` and four hexadecimal digits. Offset: the byte that is wrong.
    #[error("invalid escape in a string")]
    InvalidEscape,
    /// A byte under 0x20 in a string. Offset: that byte.
    #[error("control character in a string")]
    ControlCharacter,
    /// A string that is not UTF-8. Offset: the first byte of the ill-formed sequence.
    #[error("invalid UTF-8 in a string")]
    InvalidUtf8,
    /// An escaped half of a surrogate pair without the other half, in a key at the top level or in the wanted value, where
    /// parsers disagree on what it means. Offset: its backslash.
    #[error("lone surrogate")]
    LoneSurrogate,
    /// More arrays and objects inside each other than allowed. Offset: the bracket that is one too many.
    #[error("nested deeper than {limit}")]
    TooDeep {
        /// How many levels are allowed; the outermost object is the first.
        limit: u8,
    },
    /// Something other than white space after the object. Offset: its first byte.
    #[error("trailing data after the document")]
    TrailingData,
    /// The wanted key stands a second time at the top level, and parsers disagree on which counts. Offset: the opening quote of
    /// the second.
    #[error("wanted key occurs twice")]
    DuplicateKey,
    /// A key at the top level differs from the wanted one in letter case alone, and parsers disagree on whether it counts.
    /// Offset: its opening quote.
    #[error("key differs from the wanted one in letter case alone")]
    AliasedKey,
    /// The value of the wanted key is not a string. Offset: the first byte of the value.
    #[error("wanted value is {found}, not a string")]
    NotAString {
        /// What its first byte says it is; the rest of it has not been read.
        found: JsonKind,
    },
    /// The decoded value of the wanted key is too long. Offset: its opening quote.
    #[error("wanted value is longer than {limit} UTF-16 code units")]
    ValueTooLong {
        /// The greatest length, in UTF-16 code units.
        limit: usize,
    },
}

impl PayloadErrorKind {
    /// Whether the document is not a JSON object within the limits at all, so that no receiver could use it. Otherwise it is
    /// the wanted key or its value that break a rule of this crate; the rest of the document has then not been looked at.
    pub fn is_malformed(self) -> bool {
        match self {
            Self::ByteOrderMark
            | Self::RootNotObject
            | Self::UnexpectedByte { .. }
            | Self::UnexpectedEnd
            | Self::InvalidNumber
            | Self::InvalidEscape
            | Self::ControlCharacter
            | Self::InvalidUtf8
            | Self::TooDeep { .. }
            | Self::TrailingData => true,
            Self::LoneSurrogate
            | Self::DuplicateKey
            | Self::AliasedKey
            | Self::NotAString { .. }
            | Self::ValueTooLong { .. } => false,
        }
    }
}

/// What a JSON value that is not a string can be. JSON has no more kinds, so this is exhaustive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum JsonKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl JsonKind {
    /// What a value is that starts with `first`; `None` for strings and for what no value starts with.
    pub(crate) fn starting_with(first: u8) -> Option<Self> {
        match first {
            b'n' => Some(Self::Null),
            b't' | b'f' => Some(Self::Bool),
            b'-' | b'0'..=b'9' => Some(Self::Number),
            b'[' => Some(Self::Array),
            b'{' => Some(Self::Object),
            _ => None,
        }
    }
}

impl fmt::Display for JsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}
