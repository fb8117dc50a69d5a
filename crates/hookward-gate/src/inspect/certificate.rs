//! A client certificate.

use core::fmt::{self, Display};
use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use hookward::{Algorithm, Algorithms, Leaf};
use hookward_forwarded::{CertificateForm, ForwardedCertificate};
use hookward_thumbprint::ThumbprintError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use serde::Serialize;

use crate::file;
use crate::inspect::failure::Failure;
use crate::moment::rfc3339;

/// A certificate of the greatest length that is taken, in PEM with remarks around it, is smaller.
const LIMIT: u64 = 1 << 20;

/// The first byte of a certificate in DER: a SEQUENCE.
const DER: u8 = 0x30;

/// What the library sees in a certificate.
#[derive(Debug, Serialize)]
pub(crate) struct Certificate {
    sha1: String,
    sha256: String,
    spki_sha256: String,
    subject: String,
    issuer: String,
    serial: String,
    not_before: String,
    not_after: String,
}

/// Reads a certificate in PEM or DER, or in the form of a proxy's header.
pub(crate) fn inspect(
    input: impl Read,
    path: &Path,
    form: Option<CertificateForm>,
) -> Result<Certificate, Failure> {
    let bytes = file::read_at_most(input, LIMIT)
        .map_err(|error| Failure::unreadable(path, &error))?
        .ok_or_else(|| Failure::too_large(LIMIT))?;
    let der = match form {
        None => only_der(&bytes)?,
        Some(form) => Cow::Owned(forwarded_der(&bytes, form)?),
    };
    let leaf = parse(&der)?;
    let digest = |algorithm| hex(leaf.thumbprint(algorithm).as_bytes());
    Ok(Certificate {
        sha1: digest(Algorithm::Sha1),
        sha256: digest(Algorithm::Sha256),
        spki_sha256: hex(leaf.spki_pin().as_bytes()),
        subject: leaf.subject().to_owned(),
        issuer: leaf.issuer().to_owned(),
        serial: leaf.serial().to_owned(),
        not_before: rfc3339(leaf.not_before()),
        not_after: rfc3339(leaf.not_after()),
    })
}

/// The DER of the certificate in the lines of a header.
fn forwarded_der(bytes: &[u8], form: CertificateForm) -> Result<Vec<u8>, Failure> {
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    match form.read(lines) {
        Ok(Some(ForwardedCertificate::Der(der))) => Ok(der),
        Ok(Some(ForwardedCertificate::Thumbprint(thumbprint))) => Err(Failure::new(
            "thumbprint_only",
            format_args!("the header has no certificate, only its thumbprint: {thumbprint}"),
        )),
        Ok(None) => Err(Failure::new(
            "no_certificate",
            "the header says that the client presented no certificate",
        )),
        Err(error) => Err(Failure::new("not_of_this_form", error)),
    }
}

/// The DER of the only certificate that is there, in PEM or DER. It need not be readable.
pub(crate) fn only_der(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Failure> {
    if bytes.first() == Some(&DER) {
        return Ok(Cow::Borrowed(bytes));
    }
    let not_pem = |error: pem::Error| {
        Failure::new(
            "not_pem",
            format_args!("expected a certificate in PEM or DER: {error}"),
        )
    };
    let mut certificates = CertificateDer::pem_slice_iter(bytes);
    let Some(certificate) = certificates.next() else {
        return Err(Failure::new(
            "no_certificate",
            "expected a certificate in PEM or DER, found none",
        ));
    };
    let certificate = certificate.map_err(not_pem)?;
    match certificates.next() {
        None => Ok(Cow::Owned(certificate.to_vec())),
        Some(Err(error)) => Err(not_pem(error)),
        Some(Ok(_)) => Err(Failure::new(
            "several_certificates",
            "expected one certificate, found more: keep the first, the leaf, and take out the rest",
        )),
    }
}

fn parse(der: &[u8]) -> Result<Leaf, Failure> {
    Leaf::parse(der, Algorithms::NONE).map_err(|error| {
        let (kind, offset) = match error {
            ThumbprintError::CertificateTooLong { .. } => ("certificate_too_long", None),
            ThumbprintError::NameTooLong { .. } => ("name_too_long", None),
            ThumbprintError::TrailingData { offset, .. } => ("trailing_data", Some(offset)),
            ThumbprintError::MalformedCertificate { offset, .. } => {
                ("malformed_certificate", Some(offset))
            }
            _ => ("malformed_certificate", None),
        };
        let failure = Failure::new(kind, error);
        match offset {
            Some(offset) => failure.at(offset as u64),
            None => failure,
        }
    })
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "subject:     {}", self.subject)?;
        writeln!(f, "issuer:      {}", self.issuer)?;
        writeln!(f, "serial:      {}", self.serial)?;
        writeln!(f, "not before:  {}", self.not_before)?;
        writeln!(f, "not after:   {}", self.not_after)?;
        writeln!(f, "sha1:        {}", self.sha1)?;
        writeln!(f, "sha256:      {}", self.sha256)?;
        write!(f, "spki sha256: {}", self.spki_sha256)
    }
}
