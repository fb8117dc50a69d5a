//! The keys that seal and open.

use alloc::vec::Vec;
use core::time::Duration;

use hookward_secret::{Binding, Mismatch, Ring};
use rustls_pki_types::UnixTime;

use crate::token::{self, Token};
use crate::{Claims, OpenError, Opened, SealError, SealKey, SealedPayload};

/// The keys that seal payloads and open them again, each with a label and a window.
///
/// To rotate, add the new key in front: it seals as soon as its window allows. Remove the old one,
/// or let its window end, once every payload that it sealed has expired.
///
/// The ring keeps no state: a payload opens any number of times, for every webhook of its scan,
/// until it expires.
#[derive(Debug)]
pub struct SealRing {
    keys: Ring<SealKey>,
    clock_skew: Duration,
}

impl SealRing {
    /// The domain of the [encoding](Binding#encoding) that is a token's implicit assertion.
    pub const DOMAIN: &'static str = "hookward-seal-v1";

    /// The greatest clock skew.
    pub const MAX_CLOCK_SKEW: Duration = Duration::from_secs(300);

    /// Seals and opens with `keys`, and takes every clock for exact.
    pub fn new(keys: Ring<SealKey>) -> Self {
        Self {
            keys,
            clock_skew: Duration::ZERO,
        }
    }

    /// Opens payloads also that long before they are valid and after they expired, in whole
    /// seconds, for machines whose clocks differ. The windows of keys stay as they are.
    ///
    /// # Errors
    ///
    /// [`SealError::ClockSkew`] past [`MAX_CLOCK_SKEW`](Self::MAX_CLOCK_SKEW).
    pub fn with_clock_skew(self, clock_skew: Duration) -> Result<Self, SealError> {
        if clock_skew > Self::MAX_CLOCK_SKEW {
            return Err(SealError::ClockSkew {
                given: clock_skew,
                max: Self::MAX_CLOCK_SKEW,
            });
        }
        Ok(Self { clock_skew, ..self })
    }

    /// The keys.
    pub fn keys(&self) -> &Ring<SealKey> {
        &self.keys
    }

    /// Seals `claims` with the first key that is valid for as long as they are.
    ///
    /// The nonce is random, so the same claims never make the same token twice.
    ///
    /// # Errors
    ///
    /// - [`SealError::NoKey`] if there is no such key.
    /// - [`SealError::TooLong`] if there is too much application data.
    /// - [`SealError::Randomness`] if there is no nonce to be had.
    pub fn seal(
        &self,
        binding: &Binding<'_>,
        claims: &Claims<'_>,
    ) -> Result<SealedPayload, SealError> {
        let (issued_at, expires_at) = (claims.issued_at(), claims.expires_at());
        let (_, key) = self
            .keys
            .first_valid(issued_at, expires_at)
            .ok_or(SealError::NoKey {
                issued_at,
                expires_at,
            })?;
        let json = claims.to_json();
        let len = token::sealed_len(json.len());
        if len > SealedPayload::MAX_LEN {
            return Err(SealError::TooLong {
                len,
                max: SealedPayload::MAX_LEN,
                data_len: json.len() - Claims::JSON_LEN_AROUND_DATA,
                max_data_len: SealedPayload::MAX_DATA_LEN,
            });
        }
        token::encrypt(key, &json, &assertion(binding)).map(SealedPayload::new)
    }

    /// Opens what was sealed for `binding` and is valid at `now`.
    ///
    /// Every token of the right form costs one decryption, also one that names no key of the ring:
    /// the time taken tells nothing about the keys. Key ids are public and compared as such.
    ///
    /// # Errors
    ///
    /// [`OpenError`] says why not. The window of the key, the claims and the times are judged only
    /// once the token has proved authentic.
    pub fn open(
        &self,
        token: &str,
        binding: &Binding<'_>,
        now: UnixTime,
    ) -> Result<Opened<'_>, OpenError> {
        let token = Token::parse(token)?;
        let key_id = token.key_id()?;
        let named = self.keys.values().position(|key| key.id() == key_id);
        let decrypted = self
            .keys
            .values()
            .nth(named.unwrap_or(0))
            .ok_or(OpenError::Key(Mismatch::Unknown))
            .and_then(|key| token.decrypt(key.as_symmetric(), &assertion(binding)));
        let index = named.ok_or(OpenError::Key(Mismatch::Unknown))?;
        let json = decrypted?;
        let key = self.keys.at(index, now).map_err(OpenError::Key)?;
        let claims = Claims::from_json(&json)?;
        self.judge_times(&claims, now)?;
        Ok(Opened { key, claims })
    }

    fn judge_times(&self, claims: &Claims<'_>, now: UnixTime) -> Result<(), OpenError> {
        let (issued_at, expires_at) = (claims.issued_at(), claims.expires_at());
        let later = |time: UnixTime| time.as_secs().saturating_add(self.clock_skew.as_secs());
        if later(now) < issued_at.as_secs() {
            return Err(OpenError::NotYetValid { now, issued_at });
        }
        if now.as_secs() >= later(expires_at) {
            return Err(OpenError::Expired { now, expires_at });
        }
        Ok(())
    }
}

/// What is authenticated but not in the token.
fn assertion(binding: &Binding<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    binding.encode(SealRing::DOMAIN, |piece| bytes.extend_from_slice(piece));
    bytes
}
