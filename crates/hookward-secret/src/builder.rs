//! How a ring is put together.

use alloc::{string::String, vec::Vec};
use core::fmt;

use crate::digest::{self, Digest};
use crate::ring::Entry;
use crate::{Secret, SecretError, SecretRing, Window};

/// Collects the entries of a [`SecretRing`]; made by [`SecretRing::builder`].
///
/// Nothing is judged before [`build`](Self::build), and what is dropped without being built is
/// wiped. `Debug` shows the labels and nothing else.
#[must_use = "a builder does nothing until it is built"]
pub struct SecretRingBuilder {
    entries: Vec<(String, Secret, Window)>,
}

impl SecretRingBuilder {
    pub(crate) fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// Adds a secret that is valid at any time.
    pub fn secret(self, label: impl Into<String>, secret: Secret) -> Self {
        self.secret_within(label, secret, Window::ALWAYS)
    }

    /// Adds a secret that is valid within `window`.
    ///
    /// The label names the secret in logs and metrics, so it is public.
    pub fn secret_within(
        mut self,
        label: impl Into<String>,
        secret: Secret,
        window: Window,
    ) -> Self {
        self.entries.push((label.into(), secret, window));
        self
    }

    /// Makes the ring and wipes the secrets that it was made from.
    ///
    /// # Errors
    ///
    /// - [`SecretError::EmptyRing`] if nothing was added: a missing secret never means that none
    ///   is needed.
    /// - [`SecretError::TooManyEntries`] past [`SecretRing::MAX_ENTRIES`].
    /// - [`SecretError::EmptyLabel`], [`SecretError::RepeatedLabel`] and
    ///   [`SecretError::RepeatedSecret`] for the first entry that breaks the rule.
    pub fn build(self) -> Result<SecretRing, SecretError> {
        let count = self.entries.len();
        if count == 0 {
            return Err(SecretError::EmptyRing);
        }
        if count > SecretRing::MAX_ENTRIES {
            return Err(SecretError::TooManyEntries {
                count,
                max: SecretRing::MAX_ENTRIES,
            });
        }
        // Exactly large enough: growing would leave copies of the digests behind.
        let mut entries: Vec<Entry> = Vec::with_capacity(count);
        for (index, (label, secret, window)) in self.entries.into_iter().enumerate() {
            let digest = Digest::of(secret.expose());
            if label.is_empty() {
                return Err(SecretError::EmptyLabel { index });
            }
            if let Some(first) = entries.iter().position(|entry| entry.label == label) {
                return Err(SecretError::RepeatedLabel { index, first });
            }
            if let Some(first) = digest::position(&digest, entries.iter().map(|e| &e.digest)) {
                return Err(SecretError::RepeatedSecret { index, first });
            }
            entries.push(Entry {
                label,
                digest,
                window,
            });
        }
        Ok(SecretRing::from_entries(entries.into_boxed_slice()))
    }
}

impl fmt::Debug for SecretRingBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretRingBuilder ")?;
        f.debug_list()
            .entries(self.entries.iter().map(|(label, ..)| label))
            .finish()
    }
}
