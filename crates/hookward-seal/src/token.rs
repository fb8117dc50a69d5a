//! The token itself: PASETO v4.local with key id and audience in its footer.

use alloc::string::String;

use pasetors::Local;
use pasetors::errors::Error;
use pasetors::keys::SymmetricKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};

use crate::footer::Footer;
use crate::{ClaimsError, OpenError, SealError, SealKey};

/// The greatest length of a token, in UTF-16 code units: that of a developer payload.
pub(crate) const MAX_LEN: usize = 512;

/// The nonce and the tag, in bytes.
/// <https://github.com/paseto-standard/paseto-spec/blob/master/docs/01-Protocol-Versions/Version4.md#encrypt>
const OVERHEAD: usize = 32 + 32;

/// The length of a token for claims and a footer of so many bytes, in characters, all of them
/// ASCII.
pub(crate) const fn sealed_len(claims_len: usize, footer_len: usize) -> usize {
    LocalToken::HEADER.len() + base64_len(OVERHEAD + claims_len) + 1 + base64_len(footer_len)
}

/// Without padding.
const fn base64_len(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// Encrypts `claims`; what is authenticated with them is `footer` and `assertion`.
pub(crate) fn encrypt(
    key: &SealKey,
    claims: &str,
    footer: &str,
    assertion: &[u8],
) -> Result<String, SealError> {
    LocalToken::encrypt(
        key.as_symmetric(),
        claims.as_bytes(),
        Some(footer.as_bytes()),
        Some(assertion),
    )
    // Claims are never empty and never near the limits of the cipher, so nothing else can fail.
    .map_err(|_| SealError::Randomness)
}

/// A token as it was presented: nothing in it is to be believed yet.
pub(crate) struct Token(UntrustedToken<Local, V4>);

impl Token {
    pub(crate) fn parse(text: &str) -> Result<Self, OpenError> {
        // Counted only as far as it matters.
        if text.encode_utf16().take(MAX_LEN + 1).count() > MAX_LEN {
            return Err(OpenError::TooLong { max: MAX_LEN });
        }
        let token = UntrustedToken::try_from(text).map_err(|_| OpenError::NotAToken)?;
        Ok(Self(token))
    }

    /// The key and the audience that the token says it was made with and for.
    pub(crate) fn footer(&self) -> Result<Footer, OpenError> {
        Footer::parse(self.0.untrusted_footer()).ok_or(OpenError::Footer)
    }

    /// The claims, or that they are no text, if the token was made with `key` and `assertion` and
    /// is unchanged.
    pub(crate) fn decrypt(
        &self,
        key: &SymmetricKey<V4>,
        assertion: &[u8],
    ) -> Result<Result<String, ClaimsError>, OpenError> {
        match LocalToken::decrypt(key, &self.0, None, Some(assertion)) {
            Ok(token) => Ok(Ok(token.payload().into())),
            // The library judges the text only after the tag.
            Err(Error::PayloadInvalidUtf8) => Ok(Err(ClaimsError::NotAnObject)),
            Err(_) => Err(OpenError::NotAuthentic),
        }
    }
}

#[cfg(test)]
#[path = "token_vectors.rs"]
mod vectors;
