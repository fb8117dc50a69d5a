use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use der::DateTime;
use rustls_pki_types::UnixTime;

use crate::{Algorithm, Algorithms, Leaf, Thumbprint, ThumbprintError};

/// The thumbprints of the certificates that are trusted.
///
/// A certificate matches if its thumbprint, by any algorithm that the set contains, is in the set and, unless told
/// otherwise, if the time lies within its validity.
///
/// ```
/// use hookward_thumbprint::{Algorithm, Thumbprint, ThumbprintError, ThumbprintSet};
///
/// let sha1 = Thumbprint::of(Algorithm::Sha1, b"...");
/// assert!(ThumbprintSet::new([sha1])?.contains(&sha1));
///
/// assert_eq!(
///     ThumbprintSet::builder().thumbprint(sha1).refuse_sha1().build(),
///     Err(ThumbprintError::Sha1Refused { index: 0 }),
/// );
/// # Ok::<(), ThumbprintError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ThumbprintSet {
    /// Sorted, without duplicates, never empty.
    thumbprints: Box<[Thumbprint]>,
    /// The algorithms that occur in `thumbprints`.
    algorithms: Algorithms,
    validity_dates: ValidityDates,
}

/// Whether a listed certificate must also be within its validity dates.
///
/// Exhaustive on purpose: there is no third way.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum ValidityDates {
    /// A listed certificate matches from `notBefore` to `notAfter`, both included
    /// ([RFC 5280, section 4.1.2.5](https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5)).
    #[default]
    Enforce,
    /// A listed certificate matches at any time: the list alone decides.
    Ignore,
}

/// Why a certificate does not match a [`ThumbprintSet`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// No thumbprint of the certificate is in the set.
    #[error("the certificate is not listed")]
    NotListed,

    /// The certificate is listed, and its validity has not begun.
    #[error("{thumbprint} is listed, and not valid before {} (now {})", Moment(*not_before), Moment(*now))]
    NotYetValid {
        /// The time that was given.
        now: UnixTime,
        /// When the validity begins.
        not_before: UnixTime,
        /// The thumbprint that is in the set.
        thumbprint: Thumbprint,
    },

    /// The certificate is listed, and its validity has ended.
    #[error("{thumbprint} is listed, and not valid after {} (now {})", Moment(*not_after), Moment(*now))]
    Expired {
        /// The time that was given.
        now: UnixTime,
        /// The last second of the validity.
        not_after: UnixTime,
        /// The thumbprint that is in the set.
        thumbprint: Thumbprint,
    },
}

/// A moment as people read it.
struct Moment(UnixTime);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match DateTime::from_unix_duration(Duration::from_secs(seconds)) {
            Ok(date) => date.fmt(f),
            Err(_) => write!(f, "{seconds} s after 1970"),
        }
    }
}

impl ThumbprintSet {
    /// A set of these thumbprints that enforces validity dates. Duplicates count once.
    ///
    /// # Errors
    ///
    /// [`EmptySet`](ThumbprintError::EmptySet).
    pub fn new(thumbprints: impl IntoIterator<Item = Thumbprint>) -> Result<Self, ThumbprintError> {
        Self::builder().thumbprints(thumbprints).build()
    }

    /// A builder for a set that takes every algorithm and enforces validity dates.
    pub fn builder() -> ThumbprintSetBuilder {
        ThumbprintSetBuilder::default()
    }

    /// This set, with validity dates treated like this.
    #[must_use]
    pub fn with_validity_dates(self, validity_dates: ValidityDates) -> Self {
        Self {
            validity_dates,
            ..self
        }
    }

    /// Looks the certificate up, as of `now`, and returns the thumbprint that is listed.
    ///
    /// If it is listed by several algorithms, that is the one with the longest digest. Does not allocate. Computes a
    /// digest only for those of [`algorithms`](Self::algorithms) that were not wanted when the leaf was parsed.
    ///
    /// # Errors
    ///
    /// [`Mismatch`] says why the certificate does not match.
    pub fn matches(&self, leaf: &Leaf, now: UnixTime) -> Result<Thumbprint, Mismatch> {
        let thumbprint = self
            .algorithms
            .iter()
            .rev()
            .map(|algorithm| leaf.thumbprint(algorithm))
            .find(|thumbprint| self.contains(thumbprint))
            .ok_or(Mismatch::NotListed)?;
        if self.validity_dates == ValidityDates::Enforce {
            let (not_before, not_after) = (leaf.not_before(), leaf.not_after());
            if now < not_before {
                return Err(Mismatch::NotYetValid {
                    now,
                    not_before,
                    thumbprint,
                });
            }
            if now > not_after {
                return Err(Mismatch::Expired {
                    now,
                    not_after,
                    thumbprint,
                });
            }
        }
        Ok(thumbprint)
    }

    /// Whether this thumbprint, of this algorithm, is in the set.
    pub fn contains(&self, thumbprint: &Thumbprint) -> bool {
        self.thumbprints.binary_search(thumbprint).is_ok()
    }

    /// The algorithms of the thumbprints in the set: those worth computing when a [`Leaf`] is parsed.
    pub fn algorithms(&self) -> Algorithms {
        self.algorithms
    }

    /// How the set treats validity dates.
    pub fn validity_dates(&self) -> ValidityDates {
        self.validity_dates
    }

    /// The thumbprints, sorted by algorithm and digest.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Thumbprint> {
        self.thumbprints.iter()
    }

    /// How many different thumbprints the set has. At least 1.
    #[expect(clippy::len_without_is_empty, reason = "a set is never empty")]
    pub fn len(&self) -> usize {
        self.thumbprints.len()
    }

    /// The thumbprints of this set that `other` does not have.
    pub fn difference<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a Thumbprint> {
        self.iter().filter(|thumbprint| !other.contains(thumbprint))
    }
}

/// Builds a [`ThumbprintSet`].
#[derive(Clone, Debug, Default)]
pub struct ThumbprintSetBuilder {
    /// In order of addition, for the index in errors.
    thumbprints: Vec<Thumbprint>,
    validity_dates: ValidityDates,
    sha1_refused: bool,
}

impl ThumbprintSetBuilder {
    /// Adds a thumbprint. One that is already there changes nothing.
    #[must_use]
    pub fn thumbprint(mut self, thumbprint: Thumbprint) -> Self {
        self.thumbprints.push(thumbprint);
        self
    }

    /// Adds several thumbprints.
    #[must_use]
    pub fn thumbprints(mut self, thumbprints: impl IntoIterator<Item = Thumbprint>) -> Self {
        self.thumbprints.extend(thumbprints);
        self
    }

    /// How to treat validity dates. The default is [`ValidityDates::Enforce`].
    #[must_use]
    pub fn validity_dates(self, validity_dates: ValidityDates) -> Self {
        Self {
            validity_dates,
            ..self
        }
    }

    /// Refuses SHA-1: with one such thumbprint there is no set.
    #[must_use]
    pub fn refuse_sha1(self) -> Self {
        Self {
            sha1_refused: true,
            ..self
        }
    }

    /// Makes the set.
    ///
    /// # Errors
    ///
    /// [`EmptySet`](ThumbprintError::EmptySet), or [`Sha1Refused`](ThumbprintError::Sha1Refused) after
    /// [`refuse_sha1`](Self::refuse_sha1).
    pub fn build(self) -> Result<ThumbprintSet, ThumbprintError> {
        let Self {
            mut thumbprints,
            validity_dates,
            sha1_refused,
        } = self;
        if thumbprints.is_empty() {
            return Err(ThumbprintError::EmptySet);
        }
        let is_sha1 = |thumbprint: &Thumbprint| thumbprint.algorithm() == Algorithm::Sha1;
        if sha1_refused && let Some(index) = thumbprints.iter().position(is_sha1) {
            return Err(ThumbprintError::Sha1Refused { index });
        }
        thumbprints.sort_unstable();
        thumbprints.dedup();
        Ok(ThumbprintSet {
            algorithms: thumbprints.iter().map(Thumbprint::algorithm).collect(),
            thumbprints: thumbprints.into(),
            validity_dates,
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn a_set_is_its_members_in_whatever_order_and_number() {
        let [a, b, c] = [&b"a"[..], b"b", b"c"].map(|der| Thumbprint::of(Algorithm::Sha256, der));
        let one = ThumbprintSet::new([a, b, a]).unwrap();
        assert_eq!(one.len(), 2);
        assert_eq!(one, ThumbprintSet::new([b, a]).unwrap());
        assert_ne!(one, ThumbprintSet::new([a]).unwrap());
        assert_ne!(one, one.clone().with_validity_dates(ValidityDates::Ignore));

        let other = ThumbprintSet::new([b, c]).unwrap();
        assert_eq!(one.difference(&other).collect::<Vec<_>>(), [&a]);
        assert_eq!(other.difference(&one).collect::<Vec<_>>(), [&c]);
        assert_eq!(one.difference(&one).next(), None);
    }

    #[test]
    fn a_mismatch_of_dates_shows_dates() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expired = Mismatch::Expired {
            now: at(u64::MAX),
            not_after: at(1_800_000_000),
            thumbprint: Thumbprint::of(Algorithm::Sha1, b""),
        };
        let said = "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709 is listed, and not valid after \
                    2027-01-15T08:00:00Z (now 18446744073709551615 s after 1970)";
        assert_eq!(expired.to_string(), said);
    }

    #[test]
    fn a_set_without_thumbprints_is_refused() {
        assert_eq!(ThumbprintSet::new([]), Err(ThumbprintError::EmptySet));
        let builder = ThumbprintSet::builder().refuse_sha1();
        assert_eq!(builder.build(), Err(ThumbprintError::EmptySet));
    }

    #[test]
    fn refusing_sha1_names_the_first_one_added() {
        let by = |algorithm| Thumbprint::of(algorithm, b"der");
        let builder = ThumbprintSet::builder()
            .thumbprints([by(Algorithm::Sha512), by(Algorithm::Sha256)])
            .refuse_sha1();
        assert!(builder.clone().build().is_ok());
        assert_eq!(
            builder.thumbprint(by(Algorithm::Sha1)).build(),
            Err(ThumbprintError::Sha1Refused { index: 2 })
        );
    }
}
