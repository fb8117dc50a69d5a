//! Bytes that are no certificate, or one made to cause trouble.

use hookward_thumbprint::{
    Algorithm, Algorithms, Leaf, MAX_DER_LEN, MAX_NAME_LEN, ThumbprintError,
};
use proptest::prelude::*;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

fn certificate(adjust: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let mut params = CertificateParams::new(["sender.example".into()]).unwrap();
    adjust(&mut params);
    params
        .self_signed(&KeyPair::generate().unwrap())
        .unwrap()
        .der()
        .to_vec()
}

fn named(subject: &str) -> Vec<u8> {
    certificate(|params| {
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, subject);
    })
}

fn parse(der: &[u8]) -> Result<Leaf, ThumbprintError> {
    Leaf::parse(der, Algorithms::NONE)
}

#[test]
fn every_truncation_is_refused() {
    let der = certificate(|_| ());
    for len in 0..der.len() {
        assert!(parse(&der[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn whatever_follows_the_certificate_is_refused() {
    let der = certificate(|_| ());
    for trailing in [&[0][..], b"\n", &der] {
        let error = parse(&[&der, trailing].concat()).unwrap_err();
        assert_eq!(
            error,
            ThumbprintError::TrailingData {
                field: "certificate",
                offset: der.len()
            }
        );
    }
}

/// Data hidden behind the signature, inside a frame that is made to fit.
#[test]
fn whatever_follows_the_signature_is_refused() {
    let der = certificate(|_| ());
    assert_eq!(
        der[..2],
        [0x30, 0x82],
        "a certificate of 256 to 65,535 bytes"
    );
    let len = u16::from_be_bytes([der[2], der[3]]) + 2;
    let longer = [&der[..2], &len.to_be_bytes(), &der[4..], &[5, 0]].concat();
    assert_eq!(
        parse(&longer).unwrap_err(),
        ThumbprintError::TrailingData {
            field: "signatureValue",
            offset: der.len()
        }
    );
}

#[test]
fn other_encodings_are_refused_with_the_place() {
    let der = certificate(|_| ());
    let malformed = |field, offset| ThumbprintError::MalformedCertificate { field, offset };
    assert_eq!(parse(b"").unwrap_err(), malformed("certificate", 0));
    assert_eq!(
        parse(b"-----BEGIN CERTIFICATE-----").unwrap_err(),
        ThumbprintError::Pem
    );
    // A private key in its usual frame, PKCS #8: SEQUENCE { INTEGER 0, ... }.
    let key = KeyPair::generate().unwrap().serialize_der();
    assert!(matches!(
        parse(&key).unwrap_err(),
        ThumbprintError::MalformedCertificate {
            field: "tbsCertificate",
            ..
        }
    ));
    // The same certificate with an indefinite length is another sequence of bytes.
    let indefinite = [&[0x30, 0x80], &der[4..], &[0, 0]].concat();
    assert_eq!(parse(&indefinite).unwrap_err(), malformed("certificate", 0));
}

#[test]
fn a_certificate_over_the_limit_is_refused_before_it_is_read() {
    let too_long = vec![0; MAX_DER_LEN + 1];
    assert_eq!(
        parse(&too_long).unwrap_err(),
        ThumbprintError::CertificateTooLong {
            limit: MAX_DER_LEN,
            found: MAX_DER_LEN + 1
        }
    );
    let extension =
        |len| rcgen::CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 1], vec![0; len]);
    let large = certificate(|params| params.custom_extensions.push(extension(MAX_DER_LEN - 1000)));
    assert!(parse(&large).is_ok());
}

#[test]
fn a_name_over_the_limit_is_refused() {
    // A name of one attribute of this length has 21 bytes around its text: four frames of 4, and an
    // identifier of 5.
    let text_len = MAX_NAME_LEN - 21;
    assert_eq!(
        parse(&named(&"a".repeat(text_len)))
            .unwrap()
            .subject()
            .len(),
        text_len + 3
    );
    assert_eq!(
        parse(&named(&"a".repeat(text_len + 1))).unwrap_err(),
        ThumbprintError::NameTooLong {
            field: "issuer",
            limit: MAX_NAME_LEN,
            found: MAX_NAME_LEN + 1
        }
    );
}

#[test]
fn a_name_cannot_write_to_a_terminal_or_a_second_line_of_the_log() {
    let leaf = parse(&named("sender\r\n2026-01-01 accepted \u{1b}[1A\u{202e}\0")).unwrap();
    assert_eq!(
        leaf.subject(),
        r"CN=sender\0d\0a2026-01-01 accepted \1b[1A\e2\80\ae\00"
    );
    assert!(!format!("{leaf:?}").contains(|c: char| c.is_control() || !c.is_ascii()));
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = parse(&bytes);
    }

    /// A changed certificate is a different one, if it is one at all.
    #[test]
    fn a_changed_byte_changes_every_thumbprint(at in any::<prop::sample::Index>(), flip in 1_u8..) {
        let der = named("sender");
        let mut changed = der.clone();
        changed[at.index(der.len())] ^= flip;
        if let Ok(leaf) = parse(&changed) {
            let genuine = parse(&der).unwrap();
            for algorithm in Algorithm::ALL {
                prop_assert_ne!(leaf.thumbprint(algorithm), genuine.thumbprint(algorithm));
            }
            prop_assert!(leaf.subject().bytes().all(|byte| matches!(byte, b' '..=b'~')));
        }
    }
}
