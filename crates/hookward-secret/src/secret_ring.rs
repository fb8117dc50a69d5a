//! The secrets that are accepted.

use alloc::string::String;
use core::fmt;

use rustls_pki_types::UnixTime;

use crate::digest::Digest;
use crate::{Match, Mismatch, Ring, RingBuilder, Secret, SecretError, Window};

/// The secrets of which a request may present any: at least one, each with a label and a window.
///
/// To rotate, add the new secret, hand it to the sender, and remove the old one, or let its window
/// end, once nothing uses it any more. Entries are counted from 0 in the order in which they were
/// added. `Debug` shows the labels and nothing else.
pub struct SecretRing {
    digests: Ring<Digest>,
}

// A ring is never empty, so `is_empty` would say nothing.
#[expect(clippy::len_without_is_empty)]
impl SecretRing {
    /// The greatest number of entries: every request is compared with all of them.
    pub const MAX_ENTRIES: usize = Ring::<Digest>::MAX_ENTRIES;

    /// Starts a ring without entries.
    pub fn builder() -> SecretRingBuilder {
        SecretRingBuilder {
            secrets: Ring::builder(),
        }
    }

    /// Whether `presented` is a secret of the ring, and valid at `now`.
    ///
    /// `presented` is hashed once and compared with every entry, whichever one matches and whether
    /// or not any does. A value longer than [`Secret::MAX_LEN`] can be none of them and is not even
    /// hashed. Nothing is allocated.
    ///
    /// # Errors
    ///
    /// [`Mismatch`] says why not.
    pub fn matches(&self, presented: &[u8], now: UnixTime) -> Result<Match<'_>, Mismatch> {
        if presented.len() > Secret::MAX_LEN {
            return Err(Mismatch::Unknown);
        }
        let index = self.digests.position(&Digest::of(presented));
        self.digests.at(index.ok_or(Mismatch::Unknown)?, now)
    }

    /// The labels, in the order in which they were added.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.digests.labels()
    }

    /// The number of entries, 1 to [`MAX_ENTRIES`](Self::MAX_ENTRIES).
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// Whether some secret is in both rings, whenever it is valid.
    ///
    /// For checks of a configuration: two measures with one secret are no more than one measure.
    pub fn shares_a_secret_with(&self, other: &Self) -> bool {
        self.digests
            .values()
            .any(|digest| other.digests.position(digest).is_some())
    }
}

impl fmt::Debug for SecretRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretRing ")?;
        f.debug_list().entries(self.labels()).finish()
    }
}

/// Collects the entries of a [`SecretRing`]; made by [`SecretRing::builder`].
///
/// Nothing is judged before [`build`](Self::build), and what is dropped without being built is
/// wiped. `Debug` shows the labels and nothing else.
#[must_use = "a builder does nothing until it is built"]
pub struct SecretRingBuilder {
    secrets: RingBuilder<Secret>,
}

impl SecretRingBuilder {
    /// Adds a secret that is valid at any time.
    pub fn secret(self, label: impl Into<String>, secret: Secret) -> Self {
        self.secret_within(label, secret, Window::ALWAYS)
    }

    /// Adds a secret that is valid within `window`.
    ///
    /// The label names the secret in logs and metrics, so it is public.
    pub fn secret_within(self, label: impl Into<String>, secret: Secret, window: Window) -> Self {
        Self {
            secrets: self.secrets.entry_within(label, secret, window),
        }
    }

    /// Makes the ring and wipes the secrets that it was made from.
    ///
    /// # Errors
    ///
    /// Those of [`RingBuilder::build`].
    pub fn build(self) -> Result<SecretRing, SecretError> {
        let digests = self
            .secrets
            .build_keeping(|secret| Digest::of(secret.expose()))?;
        Ok(SecretRing { digests })
    }
}

impl fmt::Debug for SecretRingBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretRingBuilder ")?;
        f.debug_list().entries(self.secrets.labels()).finish()
    }
}
