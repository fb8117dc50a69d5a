use alloc::string::String;

use thiserror::Error;

use crate::header_name::HeaderName;

/// Why a form that would arm webhooks was not made. No error has a secret in it.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ArmingError {
    /// Copyleaks does not take the scan id for what it is to be used for.
    #[error(
        "Copyleaks does not take this scan id: a-z, 0-9 and - are safe, and no g, one or more of o \
         and 0, and gle may follow one another"
    )]
    ScanId,
    /// The URL for statuses does not say where the status goes.
    #[error("the URL for the webhooks of a scan needs the token {{STATUS}} as a part of its path")]
    StatusMissing,
    /// Copyleaks replaces `{STATUS}` only in the URL for the statuses of a scan.
    #[error("Copyleaks replaces {{STATUS}} only in the URL for the statuses of a scan, not here")]
    StatusNotReplaced,
    /// A URL holds the payload, or the value of a header: URLs end up in logs, and come back in the
    /// bodies of export webhooks.
    #[error("the URL holds a secret: URLs end up in logs")]
    SecretInUrl,
    /// A developer payload is empty, which is the same as none.
    #[error("a developer payload cannot be empty")]
    EmptyPayload,
    /// A developer payload is longer than Copyleaks takes.
    #[error("a developer payload has at most {max} UTF-16 units, not {len}")]
    PayloadTooLong {
        /// Its length in UTF-16 code units, as Copyleaks counts.
        len: usize,
        /// The greatest length.
        max: usize,
    },
    /// A header without a value.
    #[error("the header {name} needs a value")]
    EmptyHeader {
        /// The name of the header.
        name: HeaderName,
    },
    /// The value of a header has a character that is not visible ASCII, or begins or ends with a
    /// space.
    #[error("the value of the header {name} cannot be sent: byte {offset} is no visible ASCII")]
    HeaderValue {
        /// The name of the header.
        name: HeaderName,
        /// Where the character is.
        offset: usize,
    },
    /// A header occurs twice.
    #[error("the header {name} occurs twice")]
    RepeatedHeader {
        /// The name of the header.
        name: HeaderName,
    },
    /// A number of retries that Copyleaks does not take.
    #[error("an export is tried again 1 to 12 times, not {given}")]
    MaxRetries {
        /// What was given.
        given: u8,
    },
    /// A result without an id.
    #[error("a result to export needs its id")]
    EmptyResultId,
    /// Something is to be exported twice.
    #[error("{artefact} is exported twice")]
    RepeatedArtefact {
        /// Its name in the request, or the id of the result.
        artefact: String,
    },
}
