//! Why a fetch failed.

use thiserror::Error;

use crate::Transport;

/// Why a fetch, or a snapshot, was no use. `E` is the document's [own error](crate::Document::Error).
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum FetchError<E> {
    /// There was no response.
    #[error(transparent)]
    Transport(Transport),
    /// Nothing came from the driver in time.
    #[error("the fetch was not answered")]
    Unanswered,
    /// A status code other than 200 and 304.
    #[error("the server answered {status}")]
    Status {
        /// The status code.
        status: u16,
    },
    /// A 304 to a fetch that was not conditional.
    #[error("the server answered 304 to an unconditional request")]
    NotModifiedUnasked,
    /// The body is longer than allowed.
    #[error("the body has {len} bytes, over {max}")]
    BodyTooLong {
        /// Its length in bytes.
        len: usize,
        /// [`Config::max_body`](crate::Config::max_body).
        max: usize,
    },
    /// The body cannot be read as a document.
    #[error("the document cannot be read")]
    Unreadable(#[source] E),
    /// The document has no entries.
    #[error("the document is empty")]
    NoEntries,
    /// The document has more entries than allowed.
    #[error("the document has over {max} entries")]
    TooManyEntries {
        /// [`Config::max_entries`](crate::Config::max_entries).
        max: usize,
    },
}
