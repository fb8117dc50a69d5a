//! Nothing that is printed holds anything made from a secret.

mod random;

use core::fmt::{Debug, Display};
use core::time::Duration;

use hookward_secret::{Secret, SecretRing, Window};
use proptest::prelude::*;
use rustls_pki_types::UnixTime;
use sha2::{Digest, Sha256};

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// Every way in which the secret or its digest could be printed: as text and as lists of bytes.
fn traces_of(secret: &str) -> Vec<String> {
    let digest = Sha256::digest(secret.as_bytes());
    let listed = |bytes: &[u8]| format!("{bytes:?}").trim_matches(['[', ']']).to_owned();
    let lower: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let hex = |bytes: &[u8]| format!("{bytes:02x?}").trim_matches(['[', ']']).to_owned();
    // Half of it would be too much as well.
    [
        secret[..8].to_owned(),
        listed(&secret.as_bytes()[..8]),
        hex(&secret.as_bytes()[..8]),
        lower[..8].to_owned(),
        listed(&digest[..8]),
        hex(&digest[..8]),
    ]
    .into()
}

fn printed(value: &impl Debug) -> String {
    format!("{value:?} {value:#?} {value:02x?}")
}

fn printed_error(error: &(impl Debug + Display)) -> String {
    format!("{} {error} {error:#}", printed(error))
}

#[test]
fn the_traces_are_found_where_a_secret_is_printed() {
    let secret = random::secret();
    let digest = Sha256::digest(secret.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let (bytes, digest) = (secret.as_bytes(), &digest[..]);
    let careless = format!("{secret} {bytes:?} {bytes:02x?} {hex} {digest:?} {digest:02x?}");
    for trace in traces_of(&secret) {
        assert!(careless.contains(&trace), "the test would miss {trace}");
    }
}

#[test]
fn labels_are_shown() {
    let builder = SecretRing::builder().secret("june\n", Secret::new(random::secret()).unwrap());
    assert_eq!(format!("{builder:?}"), r#"SecretRingBuilder ["june\n"]"#);
    let ring = builder.build().unwrap();
    assert_eq!(format!("{ring:?}"), r#"SecretRing ["june\n"]"#);
}

proptest! {
    #[test]
    fn no_output_holds_a_trace_of_a_secret(count in 1_usize..5, now in 0_u64..4, length in 0_usize..16) {
        let secrets: Vec<_> = (0..count).map(|_| random::secret()).collect();
        let make = |secret: &String| Secret::new(secret.as_str()).unwrap();
        let builder = || {
            secrets.iter().enumerate().fold(SecretRing::builder(), |builder, (index, secret)| {
                let window = Window::new(Some(at(1)), Some(at(2))).unwrap();
                builder.secret_within(format!("label {index}"), make(secret), window)
            })
        };
        let ring = builder().build().unwrap();

        let mut output = vec![printed(&builder()), printed(&ring)];
        output.extend(secrets.iter().map(|secret| printed(&make(secret))));
        output.extend(secrets.iter().map(|secret| {
            match ring.matches(secret.as_bytes(), at(now)) {
                Ok(found) => printed(&found),
                Err(mismatch) => printed_error(&mismatch),
            }
        }));
        let first = &secrets[0];
        let refused = [
            Secret::new(&first[..length]).map(drop),
            Secret::new(first.repeat(9)).map(drop),
            builder().secret("again", make(first)).build().map(drop),
            builder().secret("label 0", make(first)).build().map(drop),
            builder().secret("", make(first)).build().map(drop),
        ];
        output.extend(refused.iter().map(|refused| printed_error(&refused.unwrap_err())));

        for trace in secrets.iter().flat_map(|secret| traces_of(secret)) {
            for output in &output {
                prop_assert!(!output.contains(&trace));
            }
        }
    }
}
