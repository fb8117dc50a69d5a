//! A leaf is what was read, whole and alone; what another parser takes for a certificate is one, with the same dates.

#![no_main]

use core::time::Duration;

use hookward_thumbprint::{Algorithm, Algorithms, Leaf, MAX_NAME_LEN, Thumbprint, ThumbprintError};
use libfuzzer_sys::fuzz_target;
use x509_cert::Certificate;
use x509_cert::der::Decode;

fuzz_target!(|der: &[u8]| {
    let parsed = Leaf::parse(der, Algorithms::ALL);
    if let Ok(certificate) = Certificate::from_der(der) {
        let validity = certificate.tbs_certificate().validity();
        match &parsed {
            Ok(leaf) => {
                let seconds = |time: Duration| time.as_secs();
                assert_eq!(
                    leaf.not_before().as_secs(),
                    seconds(validity.not_before.to_unix_duration())
                );
                assert_eq!(
                    leaf.not_after().as_secs(),
                    seconds(validity.not_after.to_unix_duration())
                );
            }
            Err(
                ThumbprintError::CertificateTooLong { .. } | ThumbprintError::NameTooLong { .. },
            ) => {}
            Err(error) => panic!("it is a certificate: {error}"),
        }
    }
    let Ok(leaf) = parsed else { return };

    assert_eq!(leaf.der(), der);
    for algorithm in Algorithm::ALL {
        assert_eq!(leaf.thumbprint(algorithm), Thumbprint::of(algorithm, der));
    }
    for text in [leaf.subject(), leaf.issuer(), leaf.serial()] {
        assert!(
            text.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            "{text:?}"
        );
        // An attribute in hexadecimal takes two characters for a byte, and an escaped one three.
        assert!(text.len() <= 4 * MAX_NAME_LEN + 64, "{}", text.len());
    }
    let longer = [der, &[0]].concat();
    assert!(Leaf::parse(&longer, Algorithms::NONE).is_err());
    assert!(Leaf::parse(&der[..der.len() - 1], Algorithms::NONE).is_err());
});
