//! How a ring is put together.

use alloc::{string::String, vec::Vec};
use core::fmt;

use subtle::ConstantTimeEq;

use crate::ring::Entry;
use crate::{Ring, SecretError, Window, search};

/// Collects the entries of a [`Ring`]; made by [`Ring::builder`].
///
/// Nothing is judged before [`build`](Self::build), and what is dropped without being built is
/// wiped. `Debug` shows the labels and nothing else.
#[must_use = "a builder does nothing until it is built"]
pub struct RingBuilder<T> {
    entries: Vec<Entry<T>>,
}

impl<T> RingBuilder<T> {
    pub(crate) fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// Adds a value that is valid at any time.
    pub fn entry(self, label: impl Into<String>, value: T) -> Self {
        self.entry_within(label, value, Window::ALWAYS)
    }

    /// Adds a value that is valid within `window`.
    ///
    /// The label names the value in logs and metrics, so it is public.
    pub fn entry_within(mut self, label: impl Into<String>, value: T, window: Window) -> Self {
        self.entries.push(Entry {
            label: label.into(),
            value,
            window,
        });
        self
    }

    /// Makes the ring.
    ///
    /// # Errors
    ///
    /// - [`SecretError::EmptyRing`] if nothing was added: a missing secret never means that none
    ///   is needed.
    /// - [`SecretError::TooManyEntries`] past [`Ring::MAX_ENTRIES`].
    /// - [`SecretError::EmptyLabel`], [`SecretError::RepeatedLabel`] and
    ///   [`SecretError::RepeatedSecret`] for the first entry that breaks the rule.
    pub fn build(self) -> Result<Ring<T>, SecretError>
    where
        T: ConstantTimeEq,
    {
        self.build_keeping(|value| value)
    }

    /// Makes the ring of what `keep` makes of each value.
    pub(crate) fn build_keeping<U: ConstantTimeEq>(
        self,
        keep: impl Fn(T) -> U,
    ) -> Result<Ring<U>, SecretError> {
        let count = self.entries.len();
        if count == 0 {
            return Err(SecretError::EmptyRing);
        }
        if count > Ring::<U>::MAX_ENTRIES {
            return Err(SecretError::TooManyEntries {
                count,
                max: Ring::<U>::MAX_ENTRIES,
            });
        }
        // Exactly large enough: growing would leave copies of what is kept behind.
        let mut entries: Vec<Entry<U>> = Vec::with_capacity(count);
        for (index, given) in self.entries.into_iter().enumerate() {
            let value = keep(given.value);
            if given.label.is_empty() {
                return Err(SecretError::EmptyLabel { index });
            }
            if let Some(first) = entries.iter().position(|entry| entry.label == given.label) {
                return Err(SecretError::RepeatedLabel { index, first });
            }
            let comparisons = entries.iter().map(|entry| entry.value.ct_eq(&value));
            if let Some(first) = search::position(comparisons) {
                return Err(SecretError::RepeatedSecret { index, first });
            }
            entries.push(Entry {
                label: given.label,
                value,
                window: given.window,
            });
        }
        Ok(Ring::from_entries(entries.into_boxed_slice()))
    }

    pub(crate) fn labels(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.label.as_str())
    }
}

impl<T> fmt::Debug for RingBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RingBuilder ")?;
        f.debug_list().entries(self.labels()).finish()
    }
}
