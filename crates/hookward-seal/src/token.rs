//! The token itself: PASETO v4.local with a key id in its footer.

use alloc::{format, string::String};

use pasetors::Local;
use pasetors::errors::Error;
use pasetors::keys::SymmetricKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};

use crate::object::StringObject;
use crate::{ClaimsError, OpenError, SealError, SealKey};

/// The greatest length of a token, in UTF-16 code units: that of a developer payload.
pub(crate) const MAX_LEN: usize = 512;

/// The nonce and the tag, in bytes.
/// <https://github.com/paseto-standard/paseto-spec/blob/master/docs/01-Protocol-Versions/Version4.md#encrypt>
const OVERHEAD: usize = 32 + 32;

/// `{"kid":"k4.lid.…"}`: ten characters around an id of 51.
const FOOTER_LEN: usize = 61;

/// The length of a token for claims of `claims_len` bytes, in characters, all of them ASCII.
pub(crate) const fn sealed_len(claims_len: usize) -> usize {
    LocalToken::HEADER.len() + base64_len(OVERHEAD + claims_len) + 1 + base64_len(FOOTER_LEN)
}

/// Without padding.
const fn base64_len(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// Encrypts `claims`; what is authenticated with them is `assertion` and the key's id.
pub(crate) fn encrypt(key: &SealKey, claims: &str, assertion: &[u8]) -> Result<String, SealError> {
    let footer = format!(r#"{{"kid":"{}"}}"#, key.id());
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

    /// The id of the key that the token says it was made with.
    pub(crate) fn key_id(&self) -> Result<String, OpenError> {
        let footer = StringObject::parse(self.0.untrusted_footer()).ok_or(OpenError::NoKeyId)?;
        let [(name, id)] = <[_; 1]>::try_from(footer.0).map_err(|_| OpenError::NoKeyId)?;
        (name == "kid").then_some(id).ok_or(OpenError::NoKeyId)
    }

    /// The claims, if the token was made with `key` and `assertion` and is unchanged.
    pub(crate) fn decrypt(
        &self,
        key: &SymmetricKey<V4>,
        assertion: &[u8],
    ) -> Result<String, OpenError> {
        match LocalToken::decrypt(key, &self.0, None, Some(assertion)) {
            Ok(token) => Ok(token.payload().into()),
            // The library judges the text only after the tag.
            Err(Error::PayloadInvalidUtf8) => Err(ClaimsError::NotAnObject.into()),
            Err(_) => Err(OpenError::NotAuthentic),
        }
    }
}

#[cfg(test)]
#[path = "token_vectors.rs"]
mod vectors;
