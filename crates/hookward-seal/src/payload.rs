//! What is given to the sender, and what comes back.

use alloc::string::String;
use core::fmt;

use hookward_secret::Match;
use zeroize::Zeroizing;

use crate::footer::Footer;
use crate::object::json_len;
use crate::{Claims, SealError, token};

/// A sealed payload: a PASETO `v4.local` token of at most 512 characters, wiped when dropped.
///
/// Whoever has it can present it, so it cannot be cloned, compared or printed; to submit it,
/// [`expose`](Self::expose) it.
pub struct SealedPayload(Zeroizing<String>);

impl SealedPayload {
    /// The greatest length, in UTF-16 code units: that of a developer payload.
    pub const MAX_LEN: usize = token::MAX_LEN;

    /// How long the audience and the application data may be together.
    ///
    /// Both are counted as JSON writes them: bytes of UTF-8, where `"`, `\` and those characters
    /// below U+0020 that JSON abbreviates count for two, and all others below it for six.
    pub const MAX_AUDIENCE_AND_DATA_LEN: usize = {
        let fits = 173;
        let mut audience_len = 0;
        // However base64 rounds the two parts, it comes out the same.
        while audience_len <= fits {
            let footer_len = Footer::JSON_LEN_AROUND_AUDIENCE + audience_len;
            let claims_len = Claims::JSON_LEN_AROUND_DATA + fits - audience_len;
            assert!(token::sealed_len(claims_len, footer_len) <= Self::MAX_LEN);
            assert!(token::sealed_len(claims_len + 1, footer_len) > Self::MAX_LEN);
            audience_len += 1;
        }
        fits
    };

    /// How long application data may be in a payload for `audience`: what the audience leaves of
    /// [`MAX_AUDIENCE_AND_DATA_LEN`](Self::MAX_AUDIENCE_AND_DATA_LEN), counted in the same way.
    ///
    /// ```
    /// use hookward_seal::SealedPayload;
    ///
    /// assert_eq!(SealedPayload::max_data_len("production"), Ok(163));
    /// assert!(SealedPayload::max_data_len(&"a".repeat(174)).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`SealError::AudienceTooLong`] if it is longer than that alone: no payload can be sealed for it.
    pub fn max_data_len(audience: &str) -> Result<usize, SealError> {
        let (len, max) = (json_len(audience), Self::MAX_AUDIENCE_AND_DATA_LEN);
        max.checked_sub(len)
            .ok_or(SealError::AudienceTooLong { len, max })
    }

    pub(crate) fn new(token: String) -> Self {
        Self(Zeroizing::new(token))
    }

    /// The token itself, for the side that submits it to the sender.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SealedPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedPayload(redacted)")
    }
}

/// What an authentic payload held, within its time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opened<'ring> {
    pub(crate) key: Match<'ring>,
    pub(crate) claims: Claims<'static>,
}

impl<'ring> Opened<'ring> {
    /// The key that it was sealed with.
    pub const fn key(&self) -> Match<'ring> {
        self.key
    }

    /// Its times and its application data.
    pub const fn claims(&self) -> &Claims<'static> {
        &self.claims
    }
}
