/// Why a question does not say which request it is about.
///
/// A proxy that is set up as its form says never sends such a question.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ForwardAuthError {
    /// The header is not there.
    #[error("{header} is missing")]
    Missing {
        /// Its name, in lower case.
        header: &'static str,
    },
    /// The header has several lines. One of them may be the client's.
    #[error("{header} occurs more than once")]
    Repeated {
        /// Its name, in lower case.
        header: &'static str,
    },
    /// The method is no token.
    #[error("the original method is malformed")]
    Method,
    /// The URI does not start with `/`, or has a character that no URI has there.
    #[error("the original URI is not a path with an optional query: byte {offset}")]
    Uri {
        /// Where the character stands, in bytes from the start.
        offset: usize,
    },
    /// Only a part of the body was sent, or the proxy does not say that it is whole.
    #[error("the proxy sent a part of the body: set allow_partial_message to false")]
    PartialBody,
    /// The text names no form.
    #[error("no such forward-auth form")]
    UnknownForm,
}
