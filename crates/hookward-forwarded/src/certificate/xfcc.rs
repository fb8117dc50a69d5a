//! The text form of `x-forwarded-client-cert`, as Envoy writes it.
//!
//! Source: Envoy, "HTTP header manipulation", section x-forwarded-client-cert. Values are
//! delimited and never unescaped: the two that are read, `Hash` and `Cert`, have nothing to escape.

use hookward_thumbprint::{Algorithm, Thumbprint};

use super::form::{ForwardedCertificate, hex};
use super::pem::{self, Blocks, Breaks};
use super::{CertificateError, percent};

/// A key, and whether it may occur several times in an element.
struct Key {
    name: &'static str,
    repeats: bool,
}

const HASH: usize = 0;
const CERT: usize = 1;
const KEYS: [Key; 8] = [
    Key {
        name: "Hash",
        repeats: false,
    },
    Key {
        name: "Cert",
        repeats: false,
    },
    Key {
        name: "Chain",
        repeats: false,
    },
    Key {
        name: "Subject",
        repeats: false,
    },
    Key {
        name: "Issuer",
        repeats: false,
    },
    Key {
        name: "By",
        repeats: true,
    },
    Key {
        name: "URI",
        repeats: true,
    },
    Key {
        name: "DNS",
        repeats: true,
    },
];

/// A value and where it starts, without its quotes.
type Value<'a> = (&'a [u8], usize);

/// Reads a value of exactly one element.
pub(super) fn read(text: &[u8]) -> Result<ForwardedCertificate, CertificateError> {
    if matches!(text.first(), Some(b'[' | b'{')) {
        return Err(CertificateError::Json);
    }
    let values = element(text)?;
    let (hash, offset) = values[HASH].ok_or(CertificateError::HashMissing)?;
    let hash = hex(Algorithm::Sha256, hash, offset)?;
    let Some((certificate, _)) = values[CERT] else {
        return Ok(ForwardedCertificate::Thumbprint(hash));
    };
    let der = pem::read(&percent::decode(certificate)?, Breaks::Lines, Blocks::One)?;
    let certificate = Thumbprint::of(Algorithm::Sha256, &der);
    if certificate != hash {
        return Err(CertificateError::HashMismatch {
            hash: hash.into(),
            certificate: certificate.into(),
        });
    }
    Ok(ForwardedCertificate::Der(der))
}

/// The last value of each key of [`KEYS`].
fn element(text: &[u8]) -> Result<[Option<Value<'_>>; KEYS.len()], CertificateError> {
    let mut values = [None; KEYS.len()];
    let mut at = 0;
    loop {
        let start = at;
        let key = key(text, &mut at)?;
        if values[key].is_some() && !KEYS[key].repeats {
            return Err(CertificateError::RepeatedKey {
                key: KEYS[key].name,
                offset: start,
            });
        }
        values[key] = Some(value(text, &mut at)?);
        match text.get(at) {
            None => return Ok(values),
            Some(b';') => at += 1,
            Some(b',') => return Err(CertificateError::SeveralElements { offset: at }),
            Some(_) => return unexpected("`;` or the end", at),
        }
        // Azure Container Apps ends the element with a semicolon.
        if at == text.len() {
            return Ok(values);
        }
    }
}

/// Passes a key and its `=`. Returns its index in [`KEYS`].
fn key(text: &[u8], at: &mut usize) -> Result<usize, CertificateError> {
    let start = *at;
    let rest = &text[start..];
    let len = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    if len == 0 || rest.get(len) != Some(&b'=') {
        return unexpected("a key and `=`", start);
    }
    *at += len + 1;
    KEYS.iter()
        .position(|key| key.name.as_bytes().eq_ignore_ascii_case(&rest[..len]))
        .ok_or(CertificateError::UnknownKey { offset: start })
}

/// Passes a value, quoted or not.
fn value<'a>(text: &'a [u8], at: &mut usize) -> Result<Value<'a>, CertificateError> {
    if text.get(*at) == Some(&b'"') {
        *at += 1;
        return quoted(text, at);
    }
    let start = *at;
    while let Some(&byte) = text.get(*at) {
        match byte {
            b';' | b',' => break,
            // A value that holds these has to be quoted.
            b'=' | b'"' => return unexpected("a value without `=` and `\"`", *at),
            b' '..=b'~' => *at += 1,
            _ => return unexpected("printable ASCII", *at),
        }
    }
    Ok((&text[start..*at], start))
}

/// Passes a value whose first quote was passed, and its last quote.
///
/// `\"` is a quote inside the value. Envoy escapes no backslash, so `\\"` may be a backslash and the
/// end, or a backslash and a quote: it is refused.
fn quoted<'a>(text: &'a [u8], at: &mut usize) -> Result<Value<'a>, CertificateError> {
    let start = *at;
    let mut backslashes = 0;
    loop {
        match text.get(*at) {
            Some(b'"') if backslashes == 0 => break,
            Some(b'"') if backslashes > 1 => {
                return Err(CertificateError::AmbiguousQuote { offset: *at });
            }
            Some(b'\\') => backslashes += 1,
            Some(b' '..=b'~') => backslashes = 0,
            Some(_) => return unexpected("printable ASCII", *at),
            None => return unexpected("a closing quote", *at),
        }
        *at += 1;
    }
    *at += 1;
    Ok((&text[start..*at - 1], start))
}

fn unexpected<T>(expected: &'static str, offset: usize) -> Result<T, CertificateError> {
    Err(CertificateError::Unexpected { expected, offset })
}
