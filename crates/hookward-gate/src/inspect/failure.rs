//! Why something could not be inspected.

use core::fmt::{self, Display};
use std::io;
use std::path::Path;

use serde::Serialize;

/// What is wrong with the thing that was read.
///
/// As JSON it is `{"error": {"kind": …, "message": …, "offset": …}}`.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    error: Fields,
}

#[derive(Debug, Serialize)]
struct Fields {
    /// The rule that was broken, for programs.
    kind: &'static str,
    /// The same for people.
    message: String,
    /// Where, in bytes from the start, where that is known.
    offset: Option<u64>,
}

impl Failure {
    pub(crate) fn new(kind: &'static str, message: impl Display) -> Self {
        Self {
            error: Fields {
                kind,
                message: message.to_string(),
                offset: None,
            },
        }
    }

    pub(crate) fn at(mut self, offset: u64) -> Self {
        self.error.offset = Some(offset);
        self
    }

    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::new(
            "unreadable",
            format_args!("cannot read {}: {error}", path.display()),
        )
    }

    pub(crate) fn too_large(limit: u64) -> Self {
        Self::new(
            "too_large",
            format_args!("the input is larger than {limit} bytes"),
        )
    }

    /// The rule that was broken.
    #[cfg(test)]
    pub(crate) const fn kind(&self) -> &'static str {
        self.error.kind
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error.message)
    }
}
