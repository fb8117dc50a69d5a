//! What payloads are sealed with.

use alloc::{string::String, vec::Vec};
use core::fmt;

use pasetors::keys::SymmetricKey;
use pasetors::paserk::{FormatAsPaserk as _, Id};
use pasetors::version4::V4;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::SealError;

/// A key that seals and opens payloads: 32 random bytes, wiped when dropped.
///
/// It cannot be cloned or printed. Its [`id`](Self::id) is public and says nothing about it.
pub struct SealKey {
    key: SymmetricKey<V4>,
    id: String,
}

impl SealKey {
    /// The length of every key, in bytes.
    pub const LEN: usize = 32;

    /// The prefix of a key in PASERK form.
    const PASERK_PREFIX: &'static str = "k4.local.";

    /// Takes the bytes over, as they are.
    ///
    /// A `Vec<u8>` is wiped, also when it is refused. A slice or array is copied, and the caller's
    /// own copy stays the caller's to wipe.
    ///
    /// # Errors
    ///
    /// [`SealError::KeyLength`] unless there are [`LEN`](Self::LEN) bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, SealError> {
        let bytes = Zeroizing::new(bytes.into());
        let key = SymmetricKey::from(&bytes).map_err(|_| SealError::KeyLength {
            len: bytes.len(),
            expected: Self::LEN,
        })?;
        Ok(Self::from_key(key))
    }

    /// Reads a key in the [PASERK] form, `k4.local.` and the bytes in base64url.
    ///
    /// # Errors
    ///
    /// [`SealError::KeyText`] for anything else.
    ///
    /// [PASERK]: https://github.com/paseto-standard/paserk/blob/master/types/local.md
    pub fn from_paserk(text: &str) -> Result<Self, SealError> {
        // 32 bytes are 43 characters. Past this line no other length is decoded, so that nothing
        // is left unwiped by the library.
        if text.len() != Self::PASERK_PREFIX.len() + 43 || !text.starts_with(Self::PASERK_PREFIX) {
            return Err(SealError::KeyText);
        }
        let key = SymmetricKey::try_from(text).map_err(|_| SealError::KeyText)?;
        Ok(Self::from_key(key))
    }

    fn from_key(key: SymmetricKey<V4>) -> Self {
        let mut id = String::new();
        Id::from(&key)
            .fmt(&mut id)
            .expect("a String takes all that is written");
        Self { key, id }
    }

    /// The key's public name in the [PASERK] form, `k4.lid.` and 44 characters: every payload that
    /// it sealed names it.
    ///
    /// [PASERK]: https://github.com/paseto-standard/paserk/blob/master/operations/ID.md
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn as_symmetric(&self) -> &SymmetricKey<V4> {
        &self.key
    }
}

impl ConstantTimeEq for SealKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.key.as_bytes().ct_eq(other.key.as_bytes())
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec};
    use hookward_secret::{Ring, SecretError};

    #[test]
    fn ids_are_those_of_the_public_vectors() {
        // k4.lid-1 to k4.lid-3 of
        // https://github.com/paseto-standard/test-vectors/blob/master/PASERK/k4.lid.json
        let counted = |last| {
            let mut bytes: Vec<u8> = (0x70..0x90).collect();
            bytes[31] = last;
            bytes
        };
        for (bytes, id) in [
            (
                vec![0; 32],
                "k4.lid.bqltbNc4JLUAmc9Xtpok-fBuI0dQN5_m3CD9W_nbh559",
            ),
            (
                counted(0x8f),
                "k4.lid.iVtYQDjr5gEijCSjJC3fQaJm7nCeQSeaty0Jixy8dbsk",
            ),
            (
                counted(0x90),
                "k4.lid.-v0wjDR1FVxNT2to41Ay1P4_8X6HIxnybX1nZ1a4FCTm",
            ),
        ] {
            assert_eq!(SealKey::new(bytes).unwrap().id(), id);
        }
    }

    #[test]
    fn a_key_has_32_bytes() {
        for len in [0, 16, 31, 33, 64] {
            assert_eq!(
                SealKey::new(vec![1; len]).unwrap_err(),
                SealError::KeyLength { len, expected: 32 }
            );
        }
    }

    #[test]
    fn paserk_text_is_read_and_nothing_like_it() {
        let zeros = "A".repeat(43);
        let key = SealKey::from_paserk(&format!("k4.local.{zeros}")).unwrap();
        assert_eq!(key.id(), SealKey::new([0; 32]).unwrap().id());
        for text in [
            String::new(),
            zeros.clone(),
            format!("k3.local.{zeros}"),
            format!("k4.Local.{zeros}"),
            format!("k4.secret.{zeros}"),
            format!("k4.local.{}", &zeros[1..]),
            format!("k4.local.{zeros}A"),
            format!("k4.local.{zeros}="),
            format!("k4.local.{}+", &zeros[1..]),
            format!("k4.local.{}.", &zeros[1..]),
            // The last character has two bits that stand for nothing.
            format!("k4.local.{}B", &zeros[1..]),
            format!(" k4.local.{}", &zeros[1..]),
        ] {
            let refused = SealKey::from_paserk(&text).unwrap_err();
            assert_eq!(refused, SealError::KeyText, "{text}");
        }
    }

    #[test]
    fn one_key_under_two_labels_is_refused() {
        let ring = Ring::builder()
            .entry("a", SealKey::new([1; 32]).unwrap())
            .entry("b", SealKey::new([1; 32]).unwrap());
        assert_eq!(
            ring.build().unwrap_err(),
            SecretError::RepeatedSecret { index: 1, first: 0 }
        );
    }

    #[test]
    fn the_id_is_printed_and_not_the_key() {
        let key = SealKey::new([7; 32]).unwrap();
        assert_eq!(format!("{key:?}"), format!("SealKey({})", key.id()));
    }
}
