use alloc::sync::Arc;
use std::io;

use http::StatusCode;
use thiserror::Error;

/// Why the application gave no answer that could be passed on.
///
/// It is in the extensions of the answer that the sender gets instead.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum ForwardError {
    /// There is no connection to the application: 502.
    #[error("the upstream cannot be reached")]
    Unreachable(#[source] Arc<io::Error>),
    /// The connection broke, or the answer is not HTTP: 502.
    #[error("the upstream broke off")]
    Broken(#[source] Arc<hyper::Error>),
    /// No whole answer came in time: 504.
    #[error("the upstream took too long")]
    TooSlow,
    /// The application said that all is well before it had the whole body: 502.
    #[error("the upstream answered {status} before it had the whole body")]
    TooEarly {
        /// What it answered.
        status: StatusCode,
    },
    /// The application wants to leave HTTP, which nobody asked for: 502.
    #[error("the upstream switched protocols")]
    SwitchedProtocols,
    /// The path of the request and the base of the upstream do not make a URL: 502.
    #[error("the request has no target at the upstream")]
    Target,
}

impl ForwardError {
    /// The status that the sender is answered with.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::TooSlow => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        }
    }
}
