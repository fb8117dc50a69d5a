use core::fmt;
use core::str::FromStr;

use crate::ThumbprintError;

/// The hash function of a [`Thumbprint`](crate::Thumbprint).
///
/// Exhaustive on purpose: these are the four that certificate lists, proxies and tools print.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Algorithm {
    /// SHA-1, 20 bytes. What .NET and Windows call "thumbprint".
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl Algorithm {
    /// Every algorithm, from the shortest digest to the longest.
    pub const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The length of a digest, in bytes.
    pub const fn digest_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The algorithm whose digests have `len` bytes, if there is one.
    ///
    /// ```
    /// use hookward_thumbprint::Algorithm;
    ///
    /// assert_eq!(Algorithm::from_digest_len(20), Some(Algorithm::Sha1));
    /// assert_eq!(Algorithm::from_digest_len(16), None);
    /// ```
    pub const fn from_digest_len(len: usize) -> Option<Self> {
        match len {
            20 => Some(Self::Sha1),
            32 => Some(Self::Sha256),
            48 => Some(Self::Sha384),
            64 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The name used in text: `sha1`, `sha256`, `sha384` or `sha512`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Reads exactly what [`Algorithm::name`] returns.
impl FromStr for Algorithm {
    type Err = ThumbprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == text)
            .ok_or(ThumbprintError::UnknownAlgorithm)
    }
}

/// A set of [`Algorithm`]s.
///
/// ```
/// use hookward_thumbprint::{Algorithm, Algorithms};
///
/// let wanted = Algorithms::NONE.with(Algorithm::Sha256);
/// assert!(wanted.contains(Algorithm::Sha256));
/// assert!(!wanted.contains(Algorithm::Sha1));
/// ```
#[derive(Clone, Copy, Default, Eq, Hash, PartialEq)]
pub struct Algorithms(u8);

impl Algorithms {
    /// No algorithm.
    pub const NONE: Self = Self(0);

    /// Every algorithm of [`Algorithm::ALL`].
    pub const ALL: Self = Self::NONE
        .with(Algorithm::Sha1)
        .with(Algorithm::Sha256)
        .with(Algorithm::Sha384)
        .with(Algorithm::Sha512);

    /// This set and `algorithm`.
    #[must_use]
    pub const fn with(self, algorithm: Algorithm) -> Self {
        Self(self.0 | Self::bit(algorithm))
    }

    /// Whether `algorithm` is in the set.
    pub const fn contains(self, algorithm: Algorithm) -> bool {
        self.0 & Self::bit(algorithm) != 0
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The algorithms of the set, from the shortest digest to the longest.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Algorithm> {
        Algorithm::ALL
            .into_iter()
            .filter(move |algorithm| self.contains(*algorithm))
    }

    const fn bit(algorithm: Algorithm) -> u8 {
        1 << algorithm as u8
    }
}

impl From<Algorithm> for Algorithms {
    fn from(algorithm: Algorithm) -> Self {
        Self::NONE.with(algorithm)
    }
}

impl FromIterator<Algorithm> for Algorithms {
    fn from_iter<I: IntoIterator<Item = Algorithm>>(algorithms: I) -> Self {
        algorithms.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Algorithms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn names_and_lengths_identify_an_algorithm() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
            assert_eq!(
                Algorithm::from_digest_len(algorithm.digest_len()),
                Some(algorithm)
            );
        }
        for text in ["", "md5", "SHA256", "sha-256", "sha256 ", "sha2"] {
            assert_eq!(
                text.parse::<Algorithm>(),
                Err(ThumbprintError::UnknownAlgorithm),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        for chosen in 0..16 {
            let chosen: Vec<_> = Algorithm::ALL
                .into_iter()
                .filter(|a| chosen & (1 << *a as u8) != 0)
                .collect();
            let set: Algorithms = chosen.iter().copied().collect();
            assert_eq!(set.iter().collect::<Vec<_>>(), chosen);
            assert_eq!(set.is_empty(), chosen.is_empty());
        }
        assert_eq!(
            Algorithm::ALL.into_iter().collect::<Algorithms>(),
            Algorithms::ALL
        );
    }
}
