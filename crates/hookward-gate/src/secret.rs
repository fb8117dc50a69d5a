//! Fresh secrets.

use base64ct::{Base64UrlUnpadded, Encoding};

/// 256 bits: nobody guesses that, now or later.
const LEN: usize = 32;

/// A fresh secret of 256 random bits, in base64url without padding: fit for headers, JSON and
/// environment variables alike.
pub(crate) fn fresh() -> Result<String, getrandom::Error> {
    let mut bytes = [0; LEN];
    getrandom::fill(&mut bytes)?;
    Ok(Base64UrlUnpadded::encode_string(&bytes))
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
