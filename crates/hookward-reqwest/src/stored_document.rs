//! What a snapshot file holds, and the bytes it is written as.

use core::fmt;
use core::time::Duration;

use hookward_refresh::Validators;
use rustls::pki_types::UnixTime;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The body of an accepted document, with what has to be kept beside it.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct StoredDocument {
    /// The body as the server sent it.
    pub body: Vec<u8>,
    /// The validators that came with it.
    pub validators: Validators,
    /// When it was last confirmed.
    pub checked_at: UnixTime,
}

/// What is wrong with the content of a snapshot file.
#[derive(Clone, Copy, Debug, Eq, Error, Hash, PartialEq)]
#[non_exhaustive]
pub enum Damage {
    /// It does not start as a snapshot of this format version does.
    #[error("it is no snapshot of format version 1")]
    Format,
    /// It ends before its fixed part does.
    #[error("it is cut off after {len} bytes")]
    Truncated {
        /// Its length in bytes.
        len: usize,
    },
    /// It is longer than any snapshot can be.
    #[error("it has more than {max} bytes")]
    TooLong {
        /// The most bytes that a snapshot can have.
        max: usize,
    },
    /// Its content is not what was written.
    #[error("its checksum is wrong")]
    Checksum,
    /// The checksum is right, but a field does not end within the file.
    #[error("its fields do not fit its length")]
    Layout,
}

/// What a snapshot is a snapshot of: the SHA-256 of its URL, which may say more than should be on a disk.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) struct Source([u8; DIGEST]);

impl Source {
    pub(crate) fn of(url: &str) -> Self {
        Self(Sha256::digest(url).into())
    }
}

/// The name of the format, and its version.
const MAGIC: &[u8; 20] = b"hookward snapshot 1\n";
const DIGEST: usize = 32;
/// Magic, checksum, source, date, and the lengths of two validators.
const FIXED: usize = MAGIC.len() + DIGEST + DIGEST + size_of::<u64>() + 2 * size_of::<u16>();

impl StoredDocument {
    /// Keeps `body` with the `validators` that came with it, last confirmed at `checked_at`.
    #[must_use]
    pub fn new(body: Vec<u8>, validators: Validators, checked_at: UnixTime) -> Self {
        Self {
            body,
            validators,
            checked_at,
        }
    }

    /// The most bytes of a snapshot whose body has at most `max_body`.
    pub(crate) const fn max_len(max_body: usize) -> usize {
        max_body.saturating_add(FIXED + 2 * Validators::MAX_LEN)
    }

    /// Magic and checksum, and then what the checksum is of: source, date (seconds, big-endian), `ETag` and `Last-Modified`
    /// (each after its length in two bytes; none where that is zero), body.
    pub(crate) fn encode(&self, source: Source) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::max_len(self.body.len()));
        bytes.extend(MAGIC);
        bytes.extend([0; DIGEST]);
        bytes.extend(source.0);
        bytes.extend(self.checked_at.as_secs().to_be_bytes());
        for validator in [self.validators.etag(), self.validators.last_modified()] {
            let validator = validator.unwrap_or_default();
            // No validator is longer than `Validators::MAX_LEN`, so nothing is cut.
            bytes.extend((validator.len() as u16).to_be_bytes());
            bytes.extend(validator.as_bytes());
        }
        bytes.extend(&self.body);
        let checksum = Sha256::digest(&bytes[MAGIC.len() + DIGEST..]);
        bytes[MAGIC.len()..][..DIGEST].copy_from_slice(&checksum);
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<(Source, Self), Damage> {
        let truncated = Damage::Truncated { len: bytes.len() };
        if bytes.len() < MAGIC.len() && MAGIC.starts_with(bytes) {
            return Err(truncated);
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or(Damage::Format)?;
        if bytes.len() < FIXED {
            return Err(truncated);
        }
        let (checksum, content) = rest.split_first_chunk::<DIGEST>().ok_or(truncated)?;
        if checksum[..] != Sha256::digest(content)[..] {
            return Err(Damage::Checksum);
        }
        Self::decode_content(content).ok_or(Damage::Layout)
    }

    fn decode_content(content: &[u8]) -> Option<(Source, Self)> {
        let (source, content) = content.split_first_chunk::<DIGEST>()?;
        let (seconds, content) = content.split_first_chunk()?;
        let (etag, content) = split_text(content)?;
        let (last_modified, body) = split_text(content)?;
        let checked_at = Duration::from_secs(u64::from_be_bytes(*seconds));
        let stored = Self {
            body: body.to_owned(),
            validators: Validators::new(Some(etag), Some(last_modified)),
            checked_at: UnixTime::since_unix_epoch(checked_at),
        };
        Some((Source(*source), stored))
    }
}

fn split_text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(u16::from_be_bytes(*len).into())?;
    Some((str::from_utf8(text).ok()?, rest))
}

/// Shows the length of the body alone.
impl fmt::Debug for StoredDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredDocument")
            .field("body_len", &self.body.len())
            .field("validators", &self.validators)
            .field("checked_at", &self.checked_at)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(etag: Option<&str>, last_modified: Option<&str>, body: &[u8]) -> StoredDocument {
        StoredDocument::new(
            body.to_vec(),
            Validators::new(etag, last_modified),
            UnixTime::since_unix_epoch(Duration::from_secs(1_790_000_000)),
        )
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let source = Source::of("https://lists.example/");
        let longest = "x".repeat(Validators::MAX_LEN);
        for etag in [None, Some("\"v1\""), Some(longest.as_str())] {
            for last_modified in [None, Some("Mon, 01 Jun 2026 00:00:00 GMT")] {
                for body in [&b""[..], b"[]", &[0xff; 70_000]] {
                    let stored = stored(etag, last_modified, body);
                    let bytes = stored.encode(source);
                    assert!(bytes.len() <= StoredDocument::max_len(body.len()));
                    let (read, again) = StoredDocument::decode(&bytes).unwrap();
                    assert!(read == source);
                    assert_eq!(again, stored);
                }
            }
        }
    }

    #[test]
    fn every_truncation_every_flipped_bit_and_every_appended_byte_is_noticed() {
        let bytes = stored(Some("\"v1\""), Some("Mon"), b"[\"ab\"]").encode(Source::of("a"));
        for len in 0..bytes.len() {
            StoredDocument::decode(&bytes[..len]).err().unwrap();
        }
        for index in 0..bytes.len() {
            for bit in 0..8 {
                let mut bytes = bytes.clone();
                bytes[index] ^= 1 << bit;
                StoredDocument::decode(&bytes).err().unwrap();
            }
        }
        for appended in 0..=255 {
            let bytes = [&bytes[..], &[appended]].concat();
            assert_eq!(StoredDocument::decode(&bytes).err(), Some(Damage::Checksum));
        }
    }

    #[test]
    fn fields_that_run_over_the_end_are_refused_although_their_checksum_is_right() {
        let mut bytes = stored(None, None, b"").encode(Source::of("a"));
        let content = MAGIC.len() + DIGEST;
        *bytes.last_mut().unwrap() = 1;
        let checksum = Sha256::digest(&bytes[content..]);
        bytes[MAGIC.len()..content].copy_from_slice(&checksum);
        assert_eq!(StoredDocument::decode(&bytes).err(), Some(Damage::Layout));
    }

    #[test]
    fn damage_is_named() {
        let bytes = stored(None, None, b"[]").encode(Source::of("a"));
        let error = |bytes: &[u8]| StoredDocument::decode(bytes).err().unwrap();
        assert_eq!(error(b""), Damage::Truncated { len: 0 });
        assert_eq!(error(&bytes[..30]), Damage::Truncated { len: 30 });
        assert_eq!(error(&bytes[..bytes.len() - 1]), Damage::Checksum);
        assert_eq!(error(b"{}"), Damage::Format);
        let newer = [&b"hookward snapshot 2\n"[..], &bytes[20..]].concat();
        assert_eq!(error(&newer), Damage::Format);
    }
}
