//! What is kept of a secret.

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// The SHA-256 of a secret or of a presented value; wiped when dropped, never printed.
pub(crate) struct Digest(Zeroizing<[u8; 32]>);

impl Digest {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(Sha256::digest(bytes).into()))
    }
}

impl ConstantTimeEq for Digest {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.as_slice().ct_eq(other.0.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_equals_that_of_the_same_bytes_alone() {
        let same = |a: &[u8], b: &[u8]| bool::from(Digest::of(a).ct_eq(&Digest::of(b)));
        assert!(same(b"same", b"same"));
        assert!(!same(b"same", b"samE"));
        assert!(!same(b"same", b"same\0"));
        assert!(!same(b"", b"\0"));
    }
}
