use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use hookward_thumbprint::{Algorithm, Thumbprint};

use crate::list::{Vocabulary, entries, refuse_contradiction};
use crate::list_error::{ListError, ThumbprintProblem};

/// What lists of thumbprints are called. The endpoint is named after client certificates.
const WORDS: Vocabulary = Vocabulary {
    containers: &[
        "certificates",
        "clientcertificates",
        "data",
        "fingerprints",
        "items",
        "list",
        "result",
        "results",
        "thumbprints",
        "value",
        "values",
    ],
    parts: &["sha1", "sha256", "sha384", "sha512"],
    is_value: is_thumbprint,
    expected: "a thumbprint, or an object that holds one",
    max_entries: 10_000,
};

/// Reads the list of thumbprints that Copyleaks publishes.
///
/// Its shape is not documented
/// (<https://docs.copyleaks.com/reference/data-types/authenticity/webhooks/overview>), so every
/// plausible one is taken: an array of strings or of objects, or an object that holds either;
/// SHA-1, SHA-256, SHA-384 or SHA-512, told apart by length; hexadecimal in either case, with or
/// without `:`, `-` or spaces between bytes, or base64 in either alphabet. Fields that say something else
/// are tolerated. Thumbprints come out in order, each once.
///
/// ```
/// use hookward_copyleaks::{ListError, parse_thumbprint_list};
///
/// let listed = parse_thumbprint_list(br#"{"thumbprints": ["DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"]}"#)?;
/// assert_eq!(listed[0].to_string(), "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709");
///
/// assert!(matches!(parse_thumbprint_list(b"[]"), Err(ListError::Empty { .. })));
/// # Ok::<(), ListError>(())
/// ```
///
/// # Errors
/// [`ListError`] says where the document cannot be read. One entry that cannot be read refuses it whole.
pub fn parse_thumbprint_list(document: &[u8]) -> Result<Vec<Thumbprint>, ListError> {
    let entries = entries(document, &WORDS)?;
    let mut all = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        let thumbprint = read(&entry.text, algorithm_in(&entry.name)).map_err(|problem| {
            ListError::Thumbprint {
                path: entry.path.clone(),
                index: entry.index,
                problem,
            }
        })?;
        all.push(thumbprint);
        // One certificate has one digest per algorithm.
        refuse_contradiction(&entries, at, |other| {
            all[other] != thumbprint && all[other].algorithm() == thumbprint.algorithm()
        })?;
    }
    let mut seen = BTreeSet::new();
    all.retain(|thumbprint| seen.insert(*thumbprint));
    Ok(all)
}

/// Whether a plain field name is that of the thumbprint of the certificate which the entry is about: not that of its
/// issuer, nor the digest of its key.
fn is_thumbprint(name: &str) -> bool {
    let word = name.strip_prefix("client").unwrap_or(name);
    let word = word
        .strip_prefix("certificate")
        .or(word.strip_prefix("cert"))
        .unwrap_or(word);
    let of_algorithm = WORDS
        .parts
        .iter()
        .find_map(|part| word.strip_prefix(part).or(word.strip_suffix(part)));
    matches!(
        of_algorithm.unwrap_or(word),
        "thumbprint" | "fingerprint" | "hash"
    ) || of_algorithm == Some("")
        || matches!(name, "x5t" | "x5ts256")
}

/// The algorithm that a plain field name or prefix names.
fn algorithm_in(name: &str) -> Option<Algorithm> {
    match name {
        // RFC 7515, sections 4.1.7 and 4.1.8
        "x5t" => return Some(Algorithm::Sha1),
        "x5ts256" => return Some(Algorithm::Sha256),
        _ => {}
    }
    // The longer names first: `sha1` is not at the start of any of them.
    [
        ("sha512", Algorithm::Sha512),
        ("sha384", Algorithm::Sha384),
        ("sha256", Algorithm::Sha256),
        ("sha1", Algorithm::Sha1),
    ]
    .into_iter()
    .find_map(|(word, algorithm)| name.contains(word).then_some(algorithm))
}

/// Reads one thumbprint; `said` is the algorithm that its field names.
fn read(text: &str, said: Option<Algorithm>) -> Result<Thumbprint, ThumbprintProblem> {
    let (prefix, digest) = without_prefix(text.trim());
    let thumbprint = read_digest(digest)?;
    let found = thumbprint.algorithm();
    match [said, prefix]
        .into_iter()
        .flatten()
        .find(|said| *said != found)
    {
        Some(said) => Err(ThumbprintProblem::Algorithm { found, said }),
        None => Ok(thumbprint),
    }
}

/// Splits off `sha256:`, `SHA-256=`, `SHA256 Fingerprint=` and the like.
fn without_prefix(text: &str) -> (Option<Algorithm>, &str) {
    let Some((prefix, rest)) = text.split_once([':', '=']) else {
        return (None, text);
    };
    let plain: String = prefix
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect();
    let word = plain
        .strip_suffix("fingerprint")
        .or(plain.strip_suffix("thumbprint"))
        .unwrap_or(&plain);
    match word.parse::<Algorithm>() {
        Ok(algorithm) => (Some(algorithm), rest.trim_start()),
        Err(_) => (None, text),
    }
}

/// Reads a digest whose algorithm its length tells.
fn read_digest(text: &str) -> Result<Thumbprint, ThumbprintProblem> {
    let is_hex = text
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b' ' | b'-'));
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    if is_hex && let Some(algorithm) = of_length(digits, |bytes| bytes * 2) {
        let text = text.replace('-', ":");
        return Ok(Thumbprint::from_hex(algorithm, &text)?);
    }
    let unpadded = text.trim_end_matches('=');
    // RFC 4648 section 3.2: 4 characters for 3 bytes, without the padding.
    match of_length(unpadded.len(), |bytes| (bytes * 8).div_ceil(6)) {
        Some(algorithm) => Ok(Thumbprint::from_base64(algorithm, text)?),
        None => Err(ThumbprintProblem::Length {
            length: unpadded.chars().count(),
        }),
    }
}

/// The algorithm whose digests are `length` long once written.
fn of_length(length: usize, written: impl Fn(usize) -> usize) -> Option<Algorithm> {
    Algorithm::ALL
        .into_iter()
        .find(|algorithm| written(algorithm.digest_len()) == length)
}
