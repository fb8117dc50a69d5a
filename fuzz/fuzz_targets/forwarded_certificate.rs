//! What a form reads is what a slow parser reads, and reads back when it is printed canonically.
//!
//! The first byte of an input chooses the form; the rest is the header's value.

#![no_main]

#[path = "../../crates/hookward-forwarded/tests/oracle/certificate.rs"]
mod oracle;

use hookward_forwarded::{CertificateError, CertificateForm, ForwardedCertificate, MAX_VALUE_LEN};
use hookward_thumbprint::Thumbprint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((form, value)) = input.split_first() else {
        return;
    };
    let form = CertificateForm::ALL[usize::from(*form) % CertificateForm::ALL.len()];
    let found = form.read([value]);
    if value.len() > MAX_VALUE_LEN {
        return;
    }
    if form == CertificateForm::Xfcc {
        assert_eq!(found.clone().ok().flatten(), oracle::xfcc(value));
    }
    match found {
        Err(_) | Ok(None) => {}
        Ok(Some(ForwardedCertificate::Thumbprint(thumbprint))) => {
            let printed = thumbprint.to_string();
            assert_eq!(printed.parse(), Ok(thumbprint));
        }
        Ok(Some(ForwardedCertificate::Der(der))) => {
            assert!(!der.is_empty() && der.len() < value.len());
            // The same bytes in another form are the same certificate.
            let escaped: String = text(value)
                .bytes()
                .map(|byte| format!("%{byte:02x}"))
                .collect();
            let twin = match form {
                CertificateForm::DerBase64 => {
                    Some((CertificateForm::Rfc9440, format!(":{}:", text(value))))
                }
                CertificateForm::DerBase64Chain if escaped.len() <= MAX_VALUE_LEN => {
                    Some((CertificateForm::PercentEncodedDerBase64Chain, escaped))
                }
                CertificateForm::PercentEncodedPem => {
                    let hash =
                        Thumbprint::of(hookward_thumbprint::Algorithm::Sha256, &der).to_string();
                    let hash = hash.trim_start_matches("sha256:");
                    Some((
                        CertificateForm::Xfcc,
                        format!("Hash={hash};Cert={}", quoted(value)),
                    ))
                }
                _ => None,
            };
            if let Some((form, twin)) = twin.filter(|(_, twin)| twin.len() <= MAX_VALUE_LEN) {
                assert_eq!(
                    form.read([twin.as_bytes()]),
                    Ok(Some(ForwardedCertificate::Der(der)))
                );
            }
        }
    }
    // Whatever the value: a second line is refused.
    assert_eq!(form.read([value, value]), Err(CertificateError::Repeated));
});

/// A value that was read is ASCII.
fn text(value: &[u8]) -> &str {
    str::from_utf8(value)
        .expect("ASCII")
        .trim_matches([' ', '\t'])
}

fn quoted(value: &[u8]) -> String {
    format!("\"{}\"", text(value))
}
