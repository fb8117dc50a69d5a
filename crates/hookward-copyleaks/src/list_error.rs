use alloc::string::String;

use hookward_ip::AllowlistError;
use hookward_thumbprint::ThumbprintError;
use thiserror::Error;

/// Why a document is not taken as a list. A list is taken whole or not at all.
///
/// Paths are written as `$.data[3].thumbprint`; names in them are escaped and shortened.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ListError {
    /// The document is larger than any list.
    #[error("the document has {found} bytes; a list has at most {limit}")]
    TooLarge {
        /// Its size in bytes.
        found: usize,
        /// The largest size that is read, in bytes.
        limit: usize,
    },
    /// The document is not JSON (RFC 8259), or nests deeper than 128 levels.
    #[error("the document is not JSON: error at line {line}, column {column}")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// There is no array that could be the list.
    #[error("{path}: expected an array, or an object that holds one, found {found}")]
    NoList {
        /// Where it was looked for.
        path: String,
        /// What is there.
        found: &'static str,
    },
    /// The document reports an error. What else it holds may be incomplete.
    #[error("{path}: the document reports an error")]
    ErrorPage {
        /// The field that says so.
        path: String,
    },
    /// Several arrays could be the list.
    #[error("{path}: both `{first}` and `{second}` could be the list")]
    Ambiguous {
        /// The object that holds them.
        path: String,
        /// The name of one.
        first: String,
        /// The name of another.
        second: String,
    },
    /// A field that matters occurs twice, also in another case: parsers would disagree on its value.
    #[error("{path}: the field `{field}` occurs twice")]
    RepeatedField {
        /// The object that holds it.
        path: String,
        /// The name.
        field: String,
    },
    /// The list has no entry. An empty list never replaces one that has some.
    #[error("{path}: the list is empty")]
    Empty {
        /// The list.
        path: String,
    },
    /// The list has more entries than any that is plausible.
    #[error("{path}: the list has {found} entries; at most {limit} are read")]
    TooManyEntries {
        /// The list.
        path: String,
        /// How many there are.
        found: usize,
        /// How many are read.
        limit: usize,
    },
    /// An entry is neither a string nor an object with a field that says what is listed.
    #[error("{path}: entry {index} is {found}, not {expected}")]
    NotAnEntry {
        /// The entry or the field.
        path: String,
        /// Its place in its list, from 0.
        index: usize,
        /// What is there.
        found: &'static str,
        /// What should be there.
        expected: &'static str,
    },
    /// Two fields of an entry say different things about what is listed.
    #[error("{path}: entry {index} says something else in {other}")]
    Contradiction {
        /// The later field.
        path: String,
        /// The place of the entry in its list, from 0.
        index: usize,
        /// The earlier field.
        other: String,
    },
    /// An entry is no thumbprint in any usual form.
    #[error("{path}: entry {index} is no thumbprint: {problem}")]
    Thumbprint {
        /// The entry or the field.
        path: String,
        /// Its place in its list, from 0.
        index: usize,
        /// What is wrong with it.
        problem: ThumbprintProblem,
    },
    /// The addresses are not taken as an allowlist.
    #[error("{path}: {problem}")]
    Address {
        /// The entry or the list.
        path: String,
        /// What is wrong.
        problem: AllowlistError,
    },
}

/// What is wrong with the text of a thumbprint.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ThumbprintProblem {
    /// The number of digits or characters is that of no known digest.
    #[error(
        "{length} characters are neither hexadecimal nor base64 of a SHA-1, SHA-256, SHA-384 or SHA-512"
    )]
    Length {
        /// How many characters there are, without separators.
        length: usize,
    },
    /// The digest is not of the algorithm that its name or prefix says.
    #[error("the digest is {found}, but is said to be {said}")]
    Algorithm {
        /// What its length says.
        found: hookward_thumbprint::Algorithm,
        /// What its name or prefix says.
        said: hookward_thumbprint::Algorithm,
    },
    /// The text cannot be decoded.
    #[error(transparent)]
    Text(#[from] ThumbprintError),
}
