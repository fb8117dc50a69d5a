//! What is given to the sender, and what comes back.

use alloc::string::String;
use core::fmt;

use hookward_secret::Match;
use zeroize::Zeroizing;

use crate::{Claims, token};

/// A sealed payload: a PASETO `v4.local` token of at most 512 characters, wiped when dropped.
///
/// Whoever has it can present it, so it cannot be cloned, compared or printed; to submit it,
/// [`expose`](Self::expose) it.
pub struct SealedPayload(Zeroizing<String>);

impl SealedPayload {
    /// The greatest length, in UTF-16 code units: that of a developer payload.
    pub const MAX_LEN: usize = token::MAX_LEN;

    /// How long application data may be: bytes of UTF-8, where `"`, `\` and those control
    /// characters that JSON abbreviates count for two, and all other control characters for six.
    pub const MAX_DATA_LEN: usize = {
        let around = Claims::JSON_LEN_AROUND_DATA;
        let fits = 182;
        assert!(token::sealed_len(around + fits) <= Self::MAX_LEN);
        assert!(token::sealed_len(around + fits + 1) > Self::MAX_LEN);
        fits
    };

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
