use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use thiserror::Error;

/// The name of a header field, kept in lower case.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct HeaderName(String);

/// Why a text is no name for a header of ours.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum HeaderNameError {
    /// The name is empty.
    #[error("a header name cannot be empty")]
    Empty,
    /// A byte that no header name has (RFC 9110 section 5.6.2), or `_` or `.`, which proxies drop or rewrite.
    #[error("a header name is made of letters, digits and hyphens; byte {offset} is not")]
    Byte {
        /// Where the byte is.
        offset: usize,
    },
    /// A name that already means something to HTTP or to hookward.
    #[error(
        "the header {name} means something to HTTP, proxies or hookward; expected a name of your own, such as x-webhook-secret"
    )]
    Taken {
        /// The name.
        name: String,
    },
}

/// Names that HTTP gives a meaning which a secret would break or expose.
const TAKEN: [&str; 17] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers with this prefix are set by hookward for the application, and by nobody else.
pub const OWN_PREFIX: &str = "hookward-";

impl HeaderName {
    /// The name, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a field name is this one. Field names are case-insensitive (RFC 9110 section 5.1).
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.0.eq_ignore_ascii_case(name)
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for HeaderName {
    type Err = HeaderNameError;

    /// Reads a name for a header of ours: letters, digits and hyphens, and not one that HTTP or
    /// hookward use themselves.
    ///
    /// # Errors
    /// [`HeaderNameError`] says what is wrong with the name.
    fn from_str(text: &str) -> Result<Self, HeaderNameError> {
        if text.is_empty() {
            return Err(HeaderNameError::Empty);
        }
        if let Some(offset) = text
            .bytes()
            .position(|byte| !byte.is_ascii_alphanumeric() && byte != b'-')
        {
            return Err(HeaderNameError::Byte { offset });
        }
        let mut name = text.to_owned();
        name.make_ascii_lowercase();
        if name.starts_with(OWN_PREFIX) || TAKEN.contains(&name.as_str()) {
            return Err(HeaderNameError::Taken { name });
        }
        Ok(Self(name))
    }
}

/// Whether `name` is `own` once `_` and `.` are read as `-`, in any case.
pub(crate) fn equals_when_folded(name: &str, own: &str) -> bool {
    name.len() == own.len() && starts_when_folded(name, own)
}

/// Whether `name` starts with `prefix` once `_` and `.` are read as `-`, in any case.
pub(crate) fn starts_when_folded(name: &str, prefix: &str) -> bool {
    name.len() >= prefix.len()
        && name.bytes().zip(prefix.bytes()).all(|(byte, own)| {
            let byte = if matches!(byte, b'_' | b'.') {
                b'-'
            } else {
                byte
            };
            byte.eq_ignore_ascii_case(&own)
        })
}

/// Whether a field name is one that hookward sets for the application, under any spelling that
/// some program reads alike (`Hookward_Event`, `hookward.event`).
///
/// What forwards a request removes these before it sets its own.
#[must_use]
pub fn is_own_header(name: &str) -> bool {
    starts_when_folded(name, OWN_PREFIX)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn names_are_kept_in_lower_case() {
        let name: HeaderName = "X-Webhook-Secret".parse().unwrap();
        assert_eq!(name.to_string(), "x-webhook-secret");
        assert!(name.is("X-WEBHOOK-Secret"));
        assert!(!name.is("x_webhook_secret"));
    }

    #[test]
    fn names_that_cannot_carry_a_secret_are_refused() {
        assert_eq!("".parse::<HeaderName>(), Err(HeaderNameError::Empty));
        for (text, offset) in [("x_secret", 1), ("x.secret", 1), ("x secret", 1), ("é", 0)] {
            assert_eq!(
                text.parse::<HeaderName>(),
                Err(HeaderNameError::Byte { offset })
            );
        }
        for text in ["Host", "content-length", "Hookward-Event"] {
            assert!(matches!(
                text.parse::<HeaderName>(),
                Err(HeaderNameError::Taken { .. })
            ));
        }
    }

    #[test]
    fn own_headers_are_seen_under_every_alias() {
        for name in [
            "hookward-event",
            "Hookward_Event",
            "HOOKWARD.event",
            "hookward-",
        ] {
            assert!(is_own_header(name), "{name}");
        }
        for name in ["hookward", "x-hookward-event", "hookwards-event"] {
            assert!(!is_own_header(name), "{name}");
        }
    }
}
