use core::fmt;
use core::str::FromStr;

use sha2::{Digest, Sha256};

use crate::{Algorithm, ThumbprintError, text};

/// The SHA-256 of a certificate's `SubjectPublicKeyInfo`, DER encoded.
///
/// It names the key rather than the certificate, so it survives a renewal that keeps the key. In text it starts with
/// `spki-sha256:`, so that it cannot be taken for the thumbprint of a certificate.
///
/// ```
/// use hookward_thumbprint::SpkiPin;
///
/// let pin = SpkiPin::from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")?;
/// assert_eq!(pin, SpkiPin::of(b""));
/// assert_eq!(pin.to_string().parse(), Ok(pin));
/// # Ok::<(), hookward_thumbprint::ThumbprintError>(())
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SpkiPin([u8; 32]);

const PREFIX: &str = "spki-sha256:";

impl SpkiPin {
    /// Hashes `spki`, the DER encoding of a `SubjectPublicKeyInfo`. The bytes are not looked at.
    pub fn of(spki: &[u8]) -> Self {
        Self(Sha256::digest(spki).into())
    }

    /// Takes a digest that was computed elsewhere.
    ///
    /// # Errors
    ///
    /// [`WrongLength`](ThumbprintError::WrongLength) unless `digest` has 32 bytes.
    pub fn from_bytes(digest: &[u8]) -> Result<Self, ThumbprintError> {
        text::check_len(Algorithm::Sha256, digest.len())?;
        let mut pin = [0; 32];
        pin.copy_from_slice(digest);
        Ok(Self(pin))
    }

    /// Reads a digest in the forms that [`Thumbprint::from_hex`](crate::Thumbprint::from_hex) takes.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn from_hex(text: &str) -> Result<Self, ThumbprintError> {
        Self::from_hex_at(text, 0)
    }

    /// Reads a digest in the forms that [`Thumbprint::from_base64`](crate::Thumbprint::from_base64) takes.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn from_base64(text: &str) -> Result<Self, ThumbprintError> {
        let mut pin = [0; 32];
        text::base64(Algorithm::Sha256, text, &mut pin)?;
        Ok(Self(pin))
    }

    /// The digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn from_hex_at(text: &str, start: usize) -> Result<Self, ThumbprintError> {
        let mut pin = [0; 32];
        text::hex(Algorithm::Sha256, text, start, &mut pin)?;
        Ok(Self(pin))
    }
}

/// Writes `spki-sha256:` and the digest in lower-case hexadecimal.
impl fmt::Display for SpkiPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        text::write_hex(f, &self.0)
    }
}

impl fmt::Debug for SpkiPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpkiPin({self})")
    }
}

/// Reads what [`Display`](fmt::Display) writes; the digest may be in any form that [`SpkiPin::from_hex`] takes.
impl FromStr for SpkiPin {
    type Err = ThumbprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digest = text
            .strip_prefix(PREFIX)
            .ok_or(ThumbprintError::NotASpkiPin)?;
        Self::from_hex_at(digest, PREFIX.len())
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::Thumbprint;

    #[test]
    fn a_thumbprint_is_not_a_pin_nor_the_reverse() {
        let thumbprint = Thumbprint::of(Algorithm::Sha256, b"").to_string();
        let pin = SpkiPin::of(b"").to_string();
        assert_eq!(
            thumbprint.parse::<SpkiPin>(),
            Err(ThumbprintError::NotASpkiPin)
        );
        assert_eq!(
            pin.parse::<Thumbprint>(),
            Err(ThumbprintError::UnknownAlgorithm)
        );
    }

    #[test]
    fn every_form_gives_the_same_pin() {
        let pin = SpkiPin::of(b"");
        assert_eq!(SpkiPin::from_bytes(pin.as_bytes()), Ok(pin));
        assert_eq!(
            SpkiPin::from_base64("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
            Ok(pin)
        );
        assert_eq!(
            SpkiPin::from_bytes(&[0; 20]),
            Err(ThumbprintError::WrongLength {
                algorithm: Algorithm::Sha256,
                expected: 32,
                found: 20
            })
        );
        assert_eq!(
            "spki-sha256:x".parse::<SpkiPin>(),
            Err(ThumbprintError::NotHex {
                offset: 12,
                found: 'x'
            })
        );
    }
}
