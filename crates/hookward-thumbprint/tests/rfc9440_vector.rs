//! A public certificate with known digests: the end-entity certificate of
//! [RFC 9440, appendix A](https://www.rfc-editor.org/rfc/rfc9440#appendix-A), 428 bytes of DER.

use core::time::Duration;

use base64ct::{Base64, Encoding};
use hookward_thumbprint::{Algorithm, Algorithms, Leaf, Thumbprint};
use rustls_pki_types::UnixTime;

const CERTIFICATE: &str = concat!(
    "MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUx",
    "GzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNa",
    "MA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalR",
    "hebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIw",
    "ADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAww",
    "CgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUC",
    "IBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBV",
    "oU4hBVZ1yhk=",
);

// Computed with OpenSSL 3: `openssl x509 -pubkey | openssl pkey -pubin -outform DER | sha256sum`.
const SPKI_SHA256_HEX: &str = "c93bd926a3e41be0502799af43521b2c2814e5bc6b6578651841d00e9dee69de";

const SHA1_HEX: &str = "ca083f269fb4fc71920e94070eaacb731929e6f9";
const SHA256_HEX: &str = "bfaf1f7e070f9fa8dd62905f158da73f84a1136624fbafcc9393c8f7287a69eb";
const SHA256_BASE64: &str = "v68ffgcPn6jdYpBfFY2nP4ShE2Yk+6/Mk5PI9yh6aes=";
const SHA256_BASE64URL: &str = "v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes";

fn der() -> Vec<u8> {
    let mut der = [0; 428];
    Base64::decode(CERTIFICATE, &mut der).unwrap().to_vec()
}

#[test]
fn the_leaf_says_what_the_certificate_says() {
    let leaf = Leaf::parse(&der(), Algorithms::NONE).unwrap();
    assert_eq!(leaf.subject(), "CN=BC");
    assert_eq!(leaf.issuer(), "CN=LA Intermediate CA,O=Let's Authenticate");
    assert_eq!(leaf.serial(), "07");
    // 2020-01-14 22:55:33 and 2021-01-23 22:55:33, UTC.
    assert_eq!(
        leaf.not_before(),
        UnixTime::since_unix_epoch(Duration::from_secs(1_579_042_533))
    );
    assert_eq!(
        leaf.not_after(),
        UnixTime::since_unix_epoch(Duration::from_secs(1_611_442_533))
    );
    assert_eq!(leaf.der(), der());
    assert_eq!(
        leaf.spki_pin().to_string(),
        format!("spki-sha256:{SPKI_SHA256_HEX}")
    );
}

#[test]
fn the_thumbprints_are_the_published_ones_in_every_form() {
    for wanted in [Algorithms::NONE, Algorithms::ALL] {
        let leaf = Leaf::parse(&der(), wanted).unwrap();
        let sha1 = leaf.thumbprint(Algorithm::Sha1);
        assert_eq!(sha1.to_string(), format!("sha1:{SHA1_HEX}"));
        assert_eq!(Thumbprint::from_hex(Algorithm::Sha1, SHA1_HEX), Ok(sha1));
        assert_eq!(
            Thumbprint::from_hex(Algorithm::Sha1, &SHA1_HEX.to_uppercase()),
            Ok(sha1)
        );

        let sha256 = leaf.thumbprint(Algorithm::Sha256);
        assert_eq!(sha256.to_string(), format!("sha256:{SHA256_HEX}"));
        assert_eq!(
            Thumbprint::from_hex(Algorithm::Sha256, &SHA256_HEX.to_uppercase()),
            Ok(sha256)
        );
        assert_eq!(
            Thumbprint::from_base64(Algorithm::Sha256, SHA256_BASE64),
            Ok(sha256)
        );
        assert_eq!(
            Thumbprint::from_base64(Algorithm::Sha256, SHA256_BASE64URL),
            Ok(sha256)
        );
    }
}
