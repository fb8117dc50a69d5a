//! Fresh secrets and keys.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use clap::ValueEnum;

/// 256 bits: nobody guesses that, now or later.
const LEN: usize = 32;

/// What is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum SecretKind {
    /// A secret for `secrets`, the same for every scan
    Static,
    /// A key for `derived`, in base64
    DerivationKey,
    /// A key for `sealed`, in PASERK form
    SealKey,
}

impl SecretKind {
    /// A fresh one, as text for an environment variable or a file.
    pub(crate) fn fresh(self) -> Result<String, getrandom::Error> {
        match self {
            Self::Static => fresh(),
            // As the examples in other languages read it.
            Self::DerivationKey => Ok(Base64::encode_string(&random()?)),
            Self::SealKey => Ok(format!("k4.local.{}", fresh()?)),
        }
    }
}

/// A fresh secret of 256 random bits, in base64url without padding: fit for headers, JSON and
/// environment variables alike.
pub(crate) fn fresh() -> Result<String, getrandom::Error> {
    Ok(Base64UrlUnpadded::encode_string(&random()?))
}

fn random() -> Result<[u8; LEN], getrandom::Error> {
    let mut bytes = [0; LEN];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_256_bits_and_differ() {
        let (one, other) = (fresh().unwrap(), fresh().unwrap());
        assert_ne!(one, other);
        assert_eq!(Base64UrlUnpadded::decode_vec(&one).unwrap().len(), LEN);
    }
}
