use core::fmt;
use core::str::FromStr;

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::{Algorithm, ThumbprintError, text};

/// The digest of a certificate's DER encoding, with the algorithm that made it.
///
/// Two thumbprints are equal if algorithm and digest are: a digest is never compared by prefix, and a SHA-1 value never
/// equals a SHA-256 value. Thumbprints are public; comparing them takes no care to hide them.
///
/// In text, the algorithm comes first:
///
/// ```
/// use hookward_thumbprint::{Algorithm, Thumbprint};
///
/// let thumbprint: Thumbprint = "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709".parse()?;
/// assert_eq!(thumbprint, Thumbprint::of(Algorithm::Sha1, b""));
/// # Ok::<(), hookward_thumbprint::ThumbprintError>(())
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Thumbprint {
    algorithm: Algorithm,
    /// The digest, followed by zeros: so the derived comparisons see nothing but the digest.
    padded: [u8; LONGEST],
}

/// The length of the longest digest, SHA-512.
const LONGEST: usize = 64;

impl Thumbprint {
    /// Hashes `der`, the whole DER encoding of a certificate.
    ///
    /// The bytes are not looked at. In particular, PEM text is hashed as it stands, and its digest matches nothing.
    pub fn of(algorithm: Algorithm, der: &[u8]) -> Self {
        let mut padded = [0; LONGEST];
        let digest = &mut padded[..algorithm.digest_len()];
        match algorithm {
            Algorithm::Sha1 => digest.copy_from_slice(&Sha1::digest(der)),
            Algorithm::Sha256 => digest.copy_from_slice(&Sha256::digest(der)),
            Algorithm::Sha384 => digest.copy_from_slice(&Sha384::digest(der)),
            Algorithm::Sha512 => digest.copy_from_slice(&Sha512::digest(der)),
        }
        Self { algorithm, padded }
    }

    /// Takes a digest that was computed elsewhere.
    ///
    /// # Errors
    ///
    /// [`WrongLength`](ThumbprintError::WrongLength) unless `digest` has
    /// [`algorithm.digest_len()`](Algorithm::digest_len) bytes.
    pub fn from_bytes(algorithm: Algorithm, digest: &[u8]) -> Result<Self, ThumbprintError> {
        text::check_len(algorithm, digest.len())?;
        let mut padded = [0; LONGEST];
        padded[..digest.len()].copy_from_slice(digest);
        Ok(Self { algorithm, padded })
    }

    /// Reads a digest in hexadecimal: upper or lower case, with at most one `:` or space between two bytes.
    ///
    /// ```
    /// use hookward_thumbprint::{Algorithm, Thumbprint, ThumbprintError};
    ///
    /// let empty = Thumbprint::of(Algorithm::Sha1, b"");
    /// for text in [
    ///     "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
    ///     "da:39:a3:ee:5e:6b:4b:0d:32:55:bf:ef:95:60:18:90:af:d8:07:09",
    /// ] {
    ///     assert_eq!(Thumbprint::from_hex(Algorithm::Sha1, text), Ok(empty));
    /// }
    /// assert_eq!(
    ///     Thumbprint::from_hex(Algorithm::Sha1, "da39g"),
    ///     Err(ThumbprintError::NotHex { offset: 4, found: 'g' }),
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotHex`](ThumbprintError::NotHex), [`HexEndsEarly`](ThumbprintError::HexEndsEarly) or
    /// [`WrongLength`](ThumbprintError::WrongLength).
    pub fn from_hex(algorithm: Algorithm, text: &str) -> Result<Self, ThumbprintError> {
        Self::from_hex_at(algorithm, text, 0)
    }

    /// Reads a digest in base64: the standard or the URL-safe alphabet, with or without padding.
    ///
    /// # Errors
    ///
    /// [`NotBase64`](ThumbprintError::NotBase64), [`MalformedBase64`](ThumbprintError::MalformedBase64) or
    /// [`WrongLength`](ThumbprintError::WrongLength).
    pub fn from_base64(algorithm: Algorithm, text: &str) -> Result<Self, ThumbprintError> {
        let mut padded = [0; LONGEST];
        text::base64(algorithm, text, &mut padded)?;
        Ok(Self { algorithm, padded })
    }

    /// The algorithm that made the digest.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The digest: [`algorithm().digest_len()`](Algorithm::digest_len) bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.padded[..self.algorithm.digest_len()]
    }

    fn from_hex_at(
        algorithm: Algorithm,
        text: &str,
        start: usize,
    ) -> Result<Self, ThumbprintError> {
        let mut padded = [0; LONGEST];
        text::hex(algorithm, text, start, &mut padded)?;
        Ok(Self { algorithm, padded })
    }
}

/// Writes `sha256:` and the digest in lower-case hexadecimal, or the same with the name of another algorithm.
impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.algorithm)?;
        text::write_hex(f, self.as_bytes())
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}

/// Reads what [`Display`](fmt::Display) writes; the digest may be in any form that [`Thumbprint::from_hex`] takes.
impl FromStr for Thumbprint {
    type Err = ThumbprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, digest) = text
            .split_once(':')
            .ok_or(ThumbprintError::UnknownAlgorithm)?;
        Self::from_hex_at(name.parse()?, digest, name.len() + 1)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn digests_are_those_of_fips_180() {
        // "abc": FIPS 180-4 example values, published by NIST with the Secure Hash Standard.
        for text in [
            "sha1:a9993e364706816aba3e25717850c26c9cd0d89d",
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "sha384:cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ] {
            let thumbprint: Thumbprint = text.parse().unwrap();
            assert_eq!(Thumbprint::of(thumbprint.algorithm(), b"abc"), thumbprint);
            assert_eq!(thumbprint.to_string(), text);
        }
    }

    #[test]
    fn a_digest_never_equals_one_of_another_algorithm() {
        let short = Thumbprint::from_bytes(Algorithm::Sha1, &[0; 20]).unwrap();
        let long = Thumbprint::from_bytes(Algorithm::Sha256, &[0; 32]).unwrap();
        assert_ne!(short, long);
        assert_eq!(short.as_bytes(), &long.as_bytes()[..20]);
    }

    #[test]
    fn offsets_count_from_the_start_of_the_whole_text() {
        assert_eq!(
            "sha1:0g".parse::<Thumbprint>(),
            Err(ThumbprintError::NotHex {
                offset: 6,
                found: 'g'
            })
        );
        assert_eq!(
            "sha1:0".parse::<Thumbprint>(),
            Err(ThumbprintError::HexEndsEarly { offset: 6 })
        );
    }

    #[test]
    fn text_without_its_algorithm_is_refused() {
        for text in [
            "",
            "sha1",
            ":00",
            "md5:00",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "da:39:a3",
        ] {
            assert_eq!(
                text.parse::<Thumbprint>(),
                Err(ThumbprintError::UnknownAlgorithm),
                "{text:?}"
            );
        }
    }
}
