//! What the driver brings back.

use core::time::Duration;

use thiserror::Error;

use crate::Validators;

/// An HTTP response that arrived whole, after the redirects that the driver follows. Drivers make it, so its fields stay.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response<'a> {
    /// The status code. 200 brings a document, 304 confirms the one that the fetch was conditional on; all others fail.
    pub status: u16,
    /// The body. It may be left empty for other statuses than 200.
    pub body: &'a [u8],
    /// From `ETag` and `Last-Modified`.
    pub validators: Validators,
    /// From the `max-age` directive of `Cache-Control`.
    pub max_age: Option<Duration>,
    /// From `Retry-After`, a date already turned into the time until then.
    pub retry_after: Option<Duration>,
}

/// Why there is no response.
#[derive(Clone, Copy, Debug, Eq, Error, Hash, PartialEq)]
#[non_exhaustive]
pub enum Transport {
    /// Name resolution, connecting or the TLS handshake failed.
    #[error("the server cannot be reached")]
    Unreachable,
    /// The connection ended before the response did.
    #[error("the response was cut off")]
    Interrupted,
    /// The driver's own time-out ran out.
    #[error("the response took too long")]
    TooSlow,
    /// The body is longer than [`Config::max_body`](crate::Config::max_body); the driver stopped reading.
    #[error("the body is too long")]
    BodyTooLong,
    /// The server redirects to where the driver does not follow.
    #[error("the server redirects elsewhere")]
    Redirected,
}
