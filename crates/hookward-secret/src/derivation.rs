//! One secret per scan, made from a key instead of looked up.

use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rustls_pki_types::UnixTime;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::{Binding, Match, Mismatch, Purpose, Ring, SecretError, search};

/// A key from which the secret of each scan is derived: 32 to 64 random bytes, wiped when dropped.
///
/// The secret of a [`Binding`] is the HMAC-SHA256, under this key, of the binding's
/// [encoding](Binding#encoding) with the domain [`DOMAIN`](Self::DOMAIN), as base64url without
/// padding. Whoever learns the secret of one scan learns nothing about that of another, and no
/// database is needed to tell whether a secret is the right one.
///
/// A key cannot be cloned, compared or printed.
///
/// ```
/// use hookward_secret::{Binding, DerivationKey, Purpose};
///
/// let mut bytes = vec![0; 32];
/// getrandom::fill(&mut bytes)?;
/// let key = DerivationKey::new(bytes)?;
///
/// let payload = Binding {
///     purpose: Purpose::DeveloperPayload,
///     audience: "production",
///     scan_id: "scan-1",
/// };
/// let header = Binding { purpose: Purpose::Header, ..payload };
/// assert_eq!(key.derive(&payload).expose().len(), 43);
/// assert_ne!(key.derive(&payload).expose(), key.derive(&header).expose());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub struct DerivationKey(Zeroizing<Vec<u8>>);

impl DerivationKey {
    /// The least length of a key, in bytes: that of the MAC.
    pub const MIN_LEN: usize = 32;

    /// The greatest length of a key, in bytes. HMAC would hash a longer one first, to no gain.
    pub const MAX_LEN: usize = 64;

    /// The domain of the encoding that is authenticated.
    pub const DOMAIN: &'static str = "hookward-derive-v1";

    /// Takes the bytes over, as they are: text such as hexadecimal is not decoded.
    ///
    /// A `Vec<u8>` is moved in, and wiped also when it is refused. A slice or array is copied, and
    /// the caller's own copy stays the caller's to wipe.
    ///
    /// # Errors
    ///
    /// [`SecretError::TooShort`] and [`SecretError::TooLong`], outside
    /// [`MIN_LEN`](Self::MIN_LEN) to [`MAX_LEN`](Self::MAX_LEN) bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, SecretError> {
        let bytes = Zeroizing::new(bytes.into());
        match bytes.len() {
            len if len < Self::MIN_LEN => Err(SecretError::TooShort {
                len,
                min: Self::MIN_LEN,
            }),
            len if len > Self::MAX_LEN => Err(SecretError::TooLong {
                len,
                max: Self::MAX_LEN,
            }),
            _ => Ok(Self(bytes)),
        }
    }

    /// The secret of `binding`: always the same. Nothing is allocated.
    pub fn derive(&self, binding: &Binding<'_>) -> DerivedSecret {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        binding.encode(Self::DOMAIN, |piece| mac.update(piece));
        let mac: Zeroizing<[u8; 32]> = Zeroizing::new(mac.finalize().into_bytes().into());
        let mut text = Zeroizing::new([0; DerivedSecret::LEN]);
        Base64UrlUnpadded::encode(mac.as_slice(), text.as_mut_slice())
            .expect("32 bytes make 43 characters");
        DerivedSecret(text)
    }
}

/// Two keys are the same if they derive the same, which HMAC keys of different length may do.
impl ConstantTimeEq for DerivationKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        let probe = Binding {
            purpose: Purpose::Header,
            audience: "",
            scan_id: "",
        };
        self.derive(&probe).is(other.derive(&probe).0.as_slice())
    }
}

impl fmt::Debug for DerivationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivationKey(redacted)")
    }
}

/// The secret of one binding: 43 characters of the base64url alphabet, wiped when dropped.
///
/// It cannot be cloned, compared or printed. To recognise it in a request, use
/// [`DerivationRing::matches`]; to submit it, [`expose`](Self::expose) it.
pub struct DerivedSecret(Zeroizing<[u8; DerivedSecret::LEN]>);

impl DerivedSecret {
    /// The length of every derived secret, in characters.
    pub const LEN: usize = 43;

    /// The secret itself, for the side that submits it to the sender.
    pub fn expose(&self) -> &str {
        core::str::from_utf8(self.0.as_slice()).expect("base64url is ASCII")
    }

    fn is(&self, presented: &[u8]) -> Choice {
        self.0.as_slice().ct_eq(presented)
    }
}

impl fmt::Debug for DerivedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedSecret(redacted)")
    }
}

/// The keys from which an accepted secret may be derived.
///
/// ```
/// use core::time::Duration;
/// use hookward_secret::{Binding, DerivationKey, DerivationRing, Mismatch, Purpose};
/// use rustls_pki_types::UnixTime;
///
/// # let mut bytes = [0; 32];
/// # getrandom::fill(&mut bytes)?;
/// let now = UnixTime::since_unix_epoch(Duration::from_secs(1_780_000_000));
/// let ring = DerivationRing::builder()
///     .entry("2026-06", DerivationKey::new(bytes)?)
///     .build()?;
/// let binding = Binding {
///     purpose: Purpose::DeveloperPayload,
///     audience: "production",
///     scan_id: "scan-1",
/// };
///
/// // The submitting side.
/// let (_, key) = ring.first_valid(now, now).ok_or("no key")?;
/// let secret = key.derive(&binding);
///
/// // The receiving side: accepted for this scan, refused for any other.
/// let presented = secret.expose().as_bytes();
/// assert_eq!(ring.matches(presented, &binding, now)?.label(), "2026-06");
/// let other = Binding { scan_id: "scan-2", ..binding };
/// assert_eq!(ring.matches(presented, &other, now), Err(Mismatch::Unknown));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub type DerivationRing = Ring<DerivationKey>;

impl DerivationRing {
    /// Whether `presented` is the secret of `binding` under a key of the ring that is valid at
    /// `now`.
    ///
    /// The secret is derived from every key and each compared with `presented`, whichever one
    /// matches and whether or not any does. A value that is not [`DerivedSecret::LEN`] bytes long
    /// can be none of them, and nothing is derived for it. Nothing is allocated.
    ///
    /// # Errors
    ///
    /// [`Mismatch`] says why not.
    pub fn matches(
        &self,
        presented: &[u8],
        binding: &Binding<'_>,
        now: UnixTime,
    ) -> Result<Match<'_>, Mismatch> {
        if presented.len() != DerivedSecret::LEN {
            return Err(Mismatch::Unknown);
        }
        let comparisons = self.values().map(|key| key.derive(binding).is(presented));
        let index = search::position(comparisons);
        self.at(index.ok_or(Mismatch::Unknown)?, now)
    }
}
