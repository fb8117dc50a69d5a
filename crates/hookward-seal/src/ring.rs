//! The keys that seal and open.

use alloc::vec::Vec;
use core::time::Duration;

use hookward_secret::{Binding, Mismatch, Ring};
use rustls_pki_types::UnixTime;

use crate::footer::Footer;
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
    /// - [`SealError::AudienceTooLong`] if no payload for this audience fits.
    /// - [`SealError::NoKey`] if there is no such key.
    /// - [`SealError::TooLong`] if there is too much application data.
    /// - [`SealError::Randomness`] if there is no nonce to be had.
    pub fn seal(
        &self,
        binding: &Binding<'_>,
        claims: &Claims<'_>,
    ) -> Result<SealedPayload, SealError> {
        let max_data_len = SealedPayload::max_data_len(binding.audience)?;
        let (issued_at, expires_at) = (claims.issued_at(), claims.expires_at());
        let (_, key) = self
            .keys
            .first_valid(issued_at, expires_at)
            .ok_or(SealError::NoKey {
                issued_at,
                expires_at,
            })?;
        let json = claims.to_json();
        let footer = Footer::to_json(key.id(), binding.audience);
        let len = token::sealed_len(json.len(), footer.len());
        if len > SealedPayload::MAX_LEN {
            return Err(SealError::TooLong {
                len,
                max: SealedPayload::MAX_LEN,
                // There is some: without it any audience that gets here fits.
                data_len: json.len() - Claims::JSON_LEN_AROUND_DATA,
                max_data_len,
            });
        }
        token::encrypt(key, &json, &footer, &assertion(binding)).map(SealedPayload::new)
    }

    /// Opens what was sealed for `binding` and is valid at `now`.
    ///
    /// Every token of the right form costs one decryption, also one that names no key of the ring:
    /// the time taken tells nothing about the keys. Key ids and audiences are public and compared
    /// as such.
    ///
    /// What is judged first is whether the token is authentic for the purpose and the scan of
    /// `binding` and for the audience that the token itself names. Only then is that audience
    /// compared with the one of `binding`.
    ///
    /// # Errors
    ///
    /// [`OpenError`] says why not. The form of the token comes first, then whether its key is in
    /// the ring, then whether it is authentic. Only of an authentic token are judged, in this
    /// order, the audience, the window of the key, the claims and the times.
    pub fn open(
        &self,
        token: &str,
        binding: &Binding<'_>,
        now: UnixTime,
    ) -> Result<Opened<'_>, OpenError> {
        let token = Token::parse(token)?;
        let footer = token.footer()?;
        let named = self.keys.values().position(|key| key.id() == footer.key_id);
        let claimed = Binding {
            audience: &footer.audience,
            ..*binding
        };
        let decrypted = self
            .keys
            .values()
            .nth(named.unwrap_or(0))
            .ok_or(OpenError::Key(Mismatch::Unknown))
            .and_then(|key| token.decrypt(key.as_symmetric(), &assertion(&claimed)));
        let index = named.ok_or(OpenError::Key(Mismatch::Unknown))?;
        let json = decrypted?;
        if footer.audience != binding.audience {
            return Err(OpenError::AnotherAudience);
        }
        let key = self.keys.at(index, now).map_err(OpenError::Key)?;
        let claims = Claims::from_json(&json?)?;
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
