use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use der::{Decode, Tag, TagNumber};
use rustls_pki_types::UnixTime;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Time;

use crate::fields::Fields;
use crate::name::name_text;
use crate::{Algorithm, Algorithms, SpkiPin, Thumbprint, ThumbprintError, text};

/// The longest certificate that [`Leaf::parse`] takes, in bytes of DER.
///
/// TLS stacks commonly limit a whole certificate message to this, and proxies a forwarded certificate to far less.
pub const MAX_DER_LEN: usize = 64 * 1024;

/// The longest subject or issuer that [`Leaf::parse`] takes, in bytes of DER.
///
/// Names in use have a few hundred bytes. Each attribute takes microseconds to render as text, so this bounds what a
/// name made of nothing but attributes costs.
pub const MAX_NAME_LEN: usize = 2 * 1024;

/// The certificate that the other side presented for itself, parsed once and then asked on every request.
///
/// Only what identifies the certificate is read: serial number, names, validity and public key. Extensions and the
/// signature must be well-formed DER and are not looked into, so a certificate authority's certificate or one with odd
/// extensions is as good a leaf as any. The signature is *not* verified.
///
/// ```
/// use hookward_thumbprint::{Algorithm, Algorithms, Leaf, Thumbprint};
///
/// let key = rcgen::KeyPair::generate()?;
/// let certificate = rcgen::CertificateParams::new(["sender.example".into()])?.self_signed(&key)?;
///
/// let leaf = Leaf::parse(certificate.der(), Algorithm::Sha256.into())?;
/// assert_eq!(leaf.thumbprint(Algorithm::Sha256), Thumbprint::of(Algorithm::Sha256, certificate.der()));
/// assert!(leaf.not_before() < leaf.not_after());
///
/// // What a text file holds is not DER, and one byte more is not the same certificate.
/// assert!(Leaf::parse(certificate.pem().as_bytes(), Algorithms::NONE).is_err());
/// assert!(Leaf::parse(&[certificate.der(), &[0][..]].concat(), Algorithms::NONE).is_err());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Leaf {
    der: Box<[u8]>,
    /// By algorithm; those that were wanted.
    digests: [Option<Thumbprint>; Algorithm::ALL.len()],
    spki_pin: SpkiPin,
    not_before: UnixTime,
    not_after: UnixTime,
    subject: String,
    issuer: String,
    serial: String,
}

impl Leaf {
    /// Parses one DER-encoded X.509 certificate and keeps a copy of it.
    ///
    /// Its thumbprints by the `wanted` algorithms are computed now; any other is computed each time it is asked for.
    /// Usually `wanted` is what [`ThumbprintSet::algorithms`](crate::ThumbprintSet::algorithms) returns.
    ///
    /// # Errors
    ///
    /// [`CertificateTooLong`](ThumbprintError::CertificateTooLong), [`Pem`](ThumbprintError::Pem),
    /// [`NameTooLong`](ThumbprintError::NameTooLong), [`MalformedCertificate`](ThumbprintError::MalformedCertificate) or
    /// [`TrailingData`](ThumbprintError::TrailingData). A date before 1970 and a serial number of more than 21 bytes
    /// are malformed.
    pub fn parse(der: &[u8], wanted: Algorithms) -> Result<Self, ThumbprintError> {
        if der.len() > MAX_DER_LEN {
            return Err(ThumbprintError::CertificateTooLong {
                limit: MAX_DER_LEN,
                found: der.len(),
            });
        }

        if der.starts_with(b"-----BEGIN ") {
            return Err(ThumbprintError::Pem);
        }

        let mut outermost = Fields::new(der);
        let mut certificate = outermost.enter("certificate")?;
        outermost.finish("certificate")?;

        // https://www.rfc-editor.org/rfc/rfc5280#section-4.1
        let mut tbs = certificate.enter("tbsCertificate")?;
        if tbs.next_is(VERSION) {
            tbs.skip_context_specific("version")?;
        }
        let serial = decode(&mut tbs, "serialNumber", Tag::Integer, serial_text)?;
        tbs.read("signature", Tag::Sequence)?;
        let issuer = name(&mut tbs, "issuer")?;
        let mut validity = tbs.enter("validity")?;
        let not_before = time(&mut validity, "notBefore")?;
        let not_after = time(&mut validity, "notAfter")?;
        validity.finish("validity")?;
        let subject = name(&mut tbs, "subject")?;
        let spki_pin = SpkiPin::of(tbs.read("subjectPublicKeyInfo", Tag::Sequence)?);
        while !tbs.is_empty() {
            tbs.skip_context_specific("unique identifiers and extensions")?;
        }

        certificate.read("signatureAlgorithm", Tag::Sequence)?;
        certificate.read("signatureValue", Tag::BitString)?;
        certificate.finish("signatureValue")?;

        let digest = |algorithm| {
            wanted
                .contains(algorithm)
                .then(|| Thumbprint::of(algorithm, der))
        };
        Ok(Self {
            der: der.into(),
            digests: Algorithm::ALL.map(digest),
            spki_pin,
            not_before,
            not_after,
            subject,
            issuer,
            serial,
        })
    }

    /// The thumbprint of the certificate.
    ///
    /// Free for the algorithms that were wanted when it was parsed; otherwise the cost of one digest.
    pub fn thumbprint(&self, algorithm: Algorithm) -> Thumbprint {
        self.digests[algorithm as usize].unwrap_or_else(|| Thumbprint::of(algorithm, &self.der))
    }

    /// The SHA-256 of the public key.
    pub fn spki_pin(&self) -> SpkiPin {
        self.spki_pin
    }

    /// The first second at which the certificate is valid.
    pub fn not_before(&self) -> UnixTime {
        self.not_before
    }

    /// The last second at which the certificate is valid.
    pub fn not_after(&self) -> UnixTime {
        self.not_after
    }

    /// Whom the certificate says it belongs to, as in [RFC 4514](https://www.rfc-editor.org/rfc/rfc4514). May be empty.
    ///
    /// Printable ASCII only; other characters are escaped as `\xx`. It is what the maker of the certificate wrote:
    /// for people, not for decisions.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Who the certificate says issued it, in the same form as [`subject`](Self::subject).
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The serial number in lower-case hexadecimal, without leading zero bytes.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The certificate itself.
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leaf")
            .field("subject", &self.subject)
            .field("issuer", &self.issuer)
            .field("serial", &self.serial)
            .field("not_before", &self.not_before.as_secs())
            .field("not_after", &self.not_after.as_secs())
            .finish_non_exhaustive()
    }
}

/// `version [0] EXPLICIT`, absent in certificates of version 1.
const VERSION: Tag = Tag::ContextSpecific {
    constructed: true,
    number: TagNumber(0),
};

/// Reads the next field and decodes it with `decoder`, which returns `None` for what it cannot read.
fn decode<T>(
    fields: &mut Fields<'_>,
    field: &'static str,
    tag: Tag,
    decoder: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<T, ThumbprintError> {
    let offset = fields.offset();
    decoder(fields.read(field, tag)?).ok_or(ThumbprintError::MalformedCertificate { field, offset })
}

fn name(fields: &mut Fields<'_>, field: &'static str) -> Result<String, ThumbprintError> {
    let offset = fields.offset();
    let tlv = fields.read(field, Tag::Sequence)?;
    if tlv.len() > MAX_NAME_LEN {
        return Err(ThumbprintError::NameTooLong {
            field,
            limit: MAX_NAME_LEN,
            found: tlv.len(),
        });
    }
    name_text(tlv).ok_or(ThumbprintError::MalformedCertificate { field, offset })
}

fn time(fields: &mut Fields<'_>, field: &'static str) -> Result<UnixTime, ThumbprintError> {
    let tag = match fields.next_is(Tag::UtcTime) {
        true => Tag::UtcTime,
        false => Tag::GeneralizedTime,
    };
    decode(fields, field, tag, |tlv| {
        let time = Time::from_der(tlv).ok()?;
        Some(UnixTime::since_unix_epoch(time.to_unix_duration()))
    })
}

fn serial_text(tlv: &[u8]) -> Option<String> {
    let serial: SerialNumber = SerialNumber::from_der(tlv).ok()?;
    let bytes = match serial.as_bytes() {
        // The sign byte of a positive number.
        [0, rest @ ..] if !rest.is_empty() => rest,
        bytes => bytes,
    };
    let mut text = String::with_capacity(2 * bytes.len());
    text::write_hex(&mut text, bytes).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_hex_without_the_sign_byte() {
        for (tlv, text) in [
            (&[2, 1, 7][..], "07"),
            (&[2, 1, 0], "00"),
            (&[2, 2, 0, 0x80], "80"),
            (&[2, 3, 1, 0, 0x80], "010080"),
        ] {
            assert_eq!(serial_text(tlv).as_deref(), Some(text));
        }
        let longest = [&[2, 21][..], &[1; 21]].concat();
        let too_long = [&[2, 22][..], &[1; 22]].concat();
        assert_eq!(serial_text(&longest), Some("01".repeat(21)));
        assert_eq!(serial_text(&too_long), None);
    }

    #[test]
    fn times_of_either_encoding_are_read_and_others_refused() {
        let time_of = |tag: u8, text: &str| {
            let tlv = [&[tag, text.len() as u8], text.as_bytes()].concat();
            time(&mut Fields::new(&tlv), "notAfter").map(|time| time.as_secs())
        };
        const UTC: u8 = 0x17;
        const GENERALIZED: u8 = 0x18;
        assert_eq!(time_of(UTC, "700101000001Z"), Ok(1));
        assert_eq!(time_of(UTC, "491231235959Z"), Ok(2_524_607_999));
        assert_eq!(time_of(GENERALIZED, "20500101000000Z"), Ok(2_524_608_000));
        // RFC 5280, section 4.1.2.5: the date of a certificate without an end.
        assert_eq!(time_of(GENERALIZED, "99991231235959Z"), Ok(253_402_300_799));
        for (tag, text) in [
            (UTC, "500101000000Z"),
            (UTC, "7001010000Z"),
            (UTC, "700101000000+0100"),
            (UTC, "700230000000Z"),
            (GENERALIZED, "20500101000000.5Z"),
            (GENERALIZED, "19691231235959Z"),
            (4, "700101000000Z"),
        ] {
            assert_eq!(
                time_of(tag, text),
                Err(ThumbprintError::MalformedCertificate {
                    field: "notAfter",
                    offset: 0
                }),
                "{text}"
            );
        }
    }
}
