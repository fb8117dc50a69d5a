//! `x-forwarded-client-cert` read slowly: first the line is cut into pieces, then the pieces are judged.

use hookward_forwarded::{CertificateForm, ForwardedCertificate};
use hookward_thumbprint::{Algorithm, Thumbprint};

/// What a value without outer whitespace says, if it says it honestly.
pub(crate) fn xfcc(text: &[u8]) -> Option<ForwardedCertificate> {
    let text = str::from_utf8(text).ok()?.trim_matches([' ', '\t']);
    if !text.chars().all(|c| matches!(c, ' '..='~')) {
        return None;
    }
    let mut pieces = cut(text)?;
    // One semicolon at the end is tolerated.
    if pieces.len() > 1 && pieces.last().is_some_and(String::is_empty) {
        pieces.pop();
    }
    let mut pairs = Vec::new();
    for piece in &pieces {
        let (key, value) = piece.split_once('=')?;
        pairs.push((key.to_ascii_lowercase(), unquoted(value)?));
    }
    let of = |wanted: &str| {
        let of_key = pairs.iter().filter(move |(key, _)| key == wanted);
        of_key.map(|(_, value)| *value).collect::<Vec<_>>()
    };
    let known = [
        "hash", "cert", "chain", "subject", "issuer", "by", "uri", "dns",
    ];
    if !pairs.iter().all(|(key, _)| known.contains(&key.as_str())) {
        return None;
    }
    if known[..5].iter().any(|key| of(key).len() > 1) {
        return None;
    }
    let [hash] = of("hash")[..] else { return None };
    if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let hash = Thumbprint::from_hex(Algorithm::Sha256, hash).ok()?;
    let Some(certificate) = of("cert").pop() else {
        return Some(ForwardedCertificate::Thumbprint(hash));
    };
    let read = CertificateForm::PercentEncodedPem.read([certificate.as_bytes()]);
    match read.ok()?? {
        ForwardedCertificate::Der(der) if Thumbprint::of(Algorithm::Sha256, &der) == hash => {
            Some(ForwardedCertificate::Der(der))
        }
        _ => None,
    }
}

/// The pieces between semicolons; none if there is a comma between elements.
fn cut(text: &str) -> Option<Vec<String>> {
    let mut pieces = vec![String::new()];
    let mut in_quotes = false;
    let mut previous = ' ';
    for c in text.chars() {
        if c == '"' && !(in_quotes && previous == '\\') {
            in_quotes = !in_quotes;
        }
        match c {
            ',' if !in_quotes => return None,
            ';' if !in_quotes => pieces.push(String::new()),
            _ => pieces.last_mut()?.push(c),
        }
        previous = c;
    }
    (!in_quotes).then_some(pieces)
}

/// A value without its quotes, if they are honest.
fn unquoted(value: &str) -> Option<&str> {
    let Some(quoted) = value.strip_prefix('"') else {
        return (!value.contains(['=', '"'])).then_some(value);
    };
    let inner = quoted.strip_suffix('"')?;
    let escapes_left = inner.replace("\\\"", "");
    let ambiguous = format!("{inner}\"").contains("\\\\\"");
    (!escapes_left.contains('"') && !ambiguous && !inner.ends_with('\\')).then_some(inner)
}
