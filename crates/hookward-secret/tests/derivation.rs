//! A derived secret opens its own scan, for its own purpose and audience, while its key is valid.

mod random;

use core::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use hookward_secret::{
    Binding, DerivationKey, DerivationRing, DerivedSecret, Mismatch, Purpose, SecretError, Window,
};
use proptest::prelude::*;
use rustls_pki_types::UnixTime;
use sha2::Sha256;

const BINDING: Binding<'static> = Binding {
    purpose: Purpose::DeveloperPayload,
    audience: "production",
    scan_id: "scan-1",
};

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn bytes() -> Vec<u8> {
    let mut bytes = vec![0; 32];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

fn key(bytes: &[u8]) -> DerivationKey {
    DerivationKey::new(bytes).unwrap()
}

fn ring_of(bytes: &[u8]) -> DerivationRing {
    DerivationRing::builder()
        .entry("only", key(bytes))
        .build()
        .unwrap()
}

fn encoded(binding: &Binding<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    binding.encode(DerivationKey::DOMAIN, |piece| {
        bytes.extend_from_slice(piece);
    });
    bytes
}

#[test]
fn the_secret_is_the_documented_mac_in_base64url() {
    let bytes = bytes();
    let mut message = b"\x04\0\0\0\0\0\0\0".to_vec();
    message.extend_from_slice(b"\x12\0\0\0\0\0\0\0hookward-derive-v1");
    message.extend_from_slice(b"\x11\0\0\0\0\0\0\0developer-payload");
    message.extend_from_slice(b"\x0a\0\0\0\0\0\0\0production");
    message.extend_from_slice(b"\x06\0\0\0\0\0\0\0scan-1");
    assert_eq!(encoded(&BINDING), message);

    let mac = Hmac::<Sha256>::new_from_slice(&bytes)
        .unwrap()
        .chain_update(&message)
        .finalize()
        .into_bytes();
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = (0..258)
        .map(|bit| mac.get(bit / 8).map_or(0, |byte| byte >> (7 - bit % 8) & 1))
        .collect();
    let text: String = bits
        .chunks(6)
        .map(|six| six.iter().fold(0, |value, bit| value << 1 | bit))
        .map(|value| char::from(alphabet[usize::from(value)]))
        .collect();
    assert_eq!(key(&bytes).derive(&BINDING).expose(), text);
}

#[test]
fn a_secret_of_another_scan_audience_purpose_or_key_is_unknown() {
    let bytes = bytes();
    let ring = ring_of(&bytes);
    let secret = key(&bytes).derive(&BINDING);
    let presented = secret.expose().as_bytes();
    assert_eq!(
        ring.matches(presented, &BINDING, at(0)).unwrap().label(),
        "only"
    );
    for other in [
        Binding {
            scan_id: "scan-2",
            ..BINDING
        },
        Binding {
            scan_id: "",
            ..BINDING
        },
        Binding {
            audience: "staging",
            ..BINDING
        },
        Binding {
            audience: "productionscan",
            scan_id: "-1",
            ..BINDING
        },
        Binding {
            audience: "scan-1",
            scan_id: "production",
            ..BINDING
        },
        Binding {
            purpose: Purpose::Header,
            ..BINDING
        },
    ] {
        assert_eq!(
            ring.matches(presented, &other, at(0)),
            Err(Mismatch::Unknown)
        );
    }
    let other = ring_of(&self::bytes());
    assert_eq!(
        other.matches(presented, &BINDING, at(0)),
        Err(Mismatch::Unknown)
    );
}

#[test]
fn nothing_but_the_whole_secret_matches() {
    let bytes = bytes();
    let ring = ring_of(&bytes);
    let secret = key(&bytes).derive(&BINDING);
    let secret = secret.expose();
    let refused = |presented: &[u8]| {
        assert_eq!(
            ring.matches(presented, &BINDING, at(0)),
            Err(Mismatch::Unknown)
        );
    };
    for cut in 0..secret.len() {
        refused(&secret.as_bytes()[..cut]);
        for bit in 0..8 {
            let mut flipped = secret.as_bytes().to_vec();
            flipped[cut] ^= 1 << bit;
            refused(&flipped);
        }
    }
    refused(format!("{secret}=").as_bytes());
    refused(format!("{secret}\n").as_bytes());
    refused(&vec![b'A'; 1 << 20]);
    refused(&bytes);
}

#[test]
fn keys_rotate_within_their_windows() {
    let (old, new) = (bytes(), bytes());
    let until = Window::new(None, Some(at(200))).unwrap();
    let from = Window::new(Some(at(100)), None).unwrap();
    let ring = DerivationRing::builder()
        .entry_within("new", key(&new), from)
        .entry_within("old", key(&old), until)
        .build()
        .unwrap();
    let label = |bytes: &[u8], now| {
        let secret = key(bytes).derive(&BINDING);
        let found = ring.matches(secret.expose().as_bytes(), &BINDING, at(now));
        found.map(|found| found.label())
    };
    assert_eq!(label(&old, 99), Ok("old"));
    let early = Mismatch::NotYetValid {
        index: 0,
        not_before: at(100),
    };
    assert_eq!(label(&new, 99), Err(early));
    for both in [100, 200] {
        assert_eq!(
            (label(&old, both), label(&new, both)),
            (Ok("old"), Ok("new"))
        );
    }
    assert_eq!(
        label(&old, 201),
        Err(Mismatch::Expired {
            index: 1,
            not_after: at(200)
        })
    );

    // What is submitted uses the first key that is valid throughout.
    let used = |from, until| Some(ring.first_valid(at(from), at(until))?.0.label());
    assert_eq!(used(99, 99), Some("old"));
    assert_eq!(used(99, 200), Some("old"));
    assert_eq!(used(100, u64::MAX), Some("new"));
    assert_eq!(used(99, 201), None);
}

#[test]
fn keys_have_32_to_64_bytes() {
    for len in [0, 16, 31] {
        let refused = DerivationKey::new(vec![1; len]).unwrap_err();
        assert_eq!(refused, SecretError::TooShort { len, min: 32 });
    }
    for len in [65, 512] {
        let refused = DerivationKey::new(vec![1; len]).unwrap_err();
        assert_eq!(refused, SecretError::TooLong { len, max: 64 });
    }
    assert!(DerivationKey::new(vec![1; 32]).is_ok() && DerivationKey::new(vec![1; 64]).is_ok());
}

#[test]
fn one_key_twice_is_refused_also_in_another_length() {
    // HMAC fills a key up with zeros, so these derive the same.
    let short = bytes();
    let padded = [short.as_slice(), &[0]].concat();
    for again in [&short, &padded] {
        let twice = DerivationRing::builder()
            .entry("a", key(&short))
            .entry("b", key(again));
        assert_eq!(
            twice.build().unwrap_err(),
            SecretError::RepeatedSecret { index: 1, first: 0 }
        );
    }
}

#[test]
fn an_empty_ring_is_refused() {
    let refused = DerivationRing::builder().build();
    assert_eq!(refused.unwrap_err(), SecretError::EmptyRing);
}

#[test]
fn an_entry_that_is_not_there_is_unknown() {
    assert_eq!(ring_of(&bytes()).at(1, at(0)), Err(Mismatch::Unknown));
}

#[test]
fn neither_keys_nor_derived_secrets_are_printed() {
    let text = random::secret();
    let make = || DerivationKey::new(text.as_str()).unwrap();
    let builder = DerivationRing::builder().entry("june", make());
    assert_eq!(format!("{builder:?}"), r#"RingBuilder ["june"]"#);
    assert_eq!(
        format!("{:?}", builder.build().unwrap()),
        r#"Ring ["june"]"#
    );
    assert_eq!(format!("{:?}", make()), "DerivationKey(redacted)");
    assert_eq!(
        format!("{:?}", make().derive(&BINDING)),
        "DerivedSecret(redacted)"
    );
}

proptest! {
    #[test]
    fn distinct_bindings_encode_and_derive_differently(
        audience in ".{0,6}",
        scan_id in ".{0,6}",
        joined in any::<prop::sample::Index>(),
        header in any::<bool>(),
    ) {
        let purpose = Purpose::ALL[usize::from(header)];
        let binding = Binding { purpose, audience: &audience, scan_id: &scan_id };
        let whole = format!("{audience}{scan_id}");
        let cuts: Vec<usize> = whole.char_indices().map(|(at, _)| at).chain([whole.len()]).collect();
        let (left, right) = whole.split_at(*joined.get(&cuts));
        let key = key(&bytes());
        for other in [
            Binding { audience: left, scan_id: right, ..binding },
            Binding { audience: &scan_id, scan_id: &audience, ..binding },
            Binding { purpose: Purpose::ALL[usize::from(!header)], ..binding },
        ] {
            let same = other == binding;
            prop_assert_eq!(encoded(&other) == encoded(&binding), same);
            let (a, b) = (key.derive(&other), key.derive(&binding));
            prop_assert_eq!(a.expose() == b.expose(), same);
            prop_assert_eq!(a.expose().len(), DerivedSecret::LEN);
        }
    }
}
