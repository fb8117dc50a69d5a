//! What an endpoint is shown.

use alloc::sync::Arc;
use core::fmt;

use reqwest::header::HeaderValue;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::login::CopyleaksLogin;

/// What an endpoint is shown, so that it answers.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Credentials {
    /// Nothing.
    #[default]
    None,
    /// A token that does not change.
    Bearer(Arc<BearerToken>),
    /// A token that is fetched with the key of a Copyleaks account. Share one login among all lists of an account.
    Copyleaks(Arc<CopyleaksLogin>),
}

/// A bearer token ([RFC 6750 section 2.1]). Wiped when dropped, as far as it is in our hands: the HTTP client makes copies.
///
/// ```
/// use hookward_reqwest::{BearerToken, BearerTokenError};
///
/// let token = BearerToken::new("mF_9.B5f-4.1JqM")?;
/// assert_eq!(format!("{token:?}"), "BearerToken(redacted)");
///
/// // A variable that is not set, a line end that came along with a file.
/// assert_eq!(BearerToken::new("").unwrap_err(), BearerTokenError::Empty);
/// assert_eq!(BearerToken::new("mF_9\n").unwrap_err(), BearerTokenError::Character { offset: 4 });
/// # Ok::<(), BearerTokenError>(())
/// ```
///
/// [RFC 6750 section 2.1]: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
pub struct BearerToken(Zeroizing<String>);

impl BearerToken {
    /// The greatest length of a token, in bytes: what servers commonly take as one header line.
    pub const MAX_LEN: usize = 8 * 1024;

    /// Takes the token over; without `Bearer` in front.
    ///
    /// # Errors
    ///
    /// If it is empty, too long, or holds what RFC 6750 does not allow in one.
    pub fn new(token: impl Into<String>) -> Result<Self, BearerTokenError> {
        let token = Zeroizing::new(token.into());
        if token.is_empty() {
            return Err(BearerTokenError::Empty);
        }
        if token.len() > Self::MAX_LEN {
            return Err(BearerTokenError::TooLong {
                len: token.len(),
                max: Self::MAX_LEN,
            });
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        match token.bytes().position(|byte| !allowed(byte)) {
            Some(offset) => Err(BearerTokenError::Character { offset }),
            None => Ok(Self(token)),
        }
    }

    /// The value of an `Authorization` header.
    pub(crate) fn authorization(&self) -> HeaderValue {
        let text = Zeroizing::new(format!("Bearer {}", self.0.as_str()));
        let mut value =
            HeaderValue::from_str(&text).expect("a token holds visible ASCII characters only");
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(redacted)")
    }
}

/// Why a token is none.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum BearerTokenError {
    /// It is empty.
    #[error("the token is empty")]
    Empty,
    /// It is too long.
    #[error("the token has {len} bytes, over {max}")]
    TooLong {
        /// Its length in bytes.
        len: usize,
        /// [`BearerToken::MAX_LEN`].
        max: usize,
    },
    /// It holds a character that no bearer token holds.
    #[error("the token holds an unusual character at byte {offset}")]
    Character {
        /// Where, in bytes.
        offset: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_into_the_header_beside_the_token() {
        for (token, offset) in [("a\r\nb", 1), ("Bearer a", 6), ("\u{e9}", 0), ("a\0", 1)] {
            assert_eq!(
                BearerToken::new(token).unwrap_err(),
                BearerTokenError::Character { offset }
            );
        }
        let longest = "a".repeat(BearerToken::MAX_LEN);
        assert!(BearerToken::new(longest.clone()).is_ok());
        assert!(matches!(
            BearerToken::new(longest + "a"),
            Err(BearerTokenError::TooLong { .. })
        ));
    }

    #[test]
    fn the_header_does_not_show_it() {
        let value = BearerToken::new("abcdef").unwrap().authorization();
        assert_eq!(value.as_bytes(), b"Bearer abcdef");
        assert!(!format!("{value:?}").contains("abcdef"));
    }
}
