//! Recognising a secret allocates nothing, whatever is presented.

mod random;

use core::time::Duration;

use hookward_secret::{
    Binding, DerivationKey, DerivationRing, Purpose, Secret, SecretRing, Window,
};
use rustls_pki_types::UnixTime;

#[test]
fn matching_does_not_allocate() {
    let now = UnixTime::since_unix_epoch(Duration::from_secs(5));
    let early = UnixTime::since_unix_epoch(Duration::from_secs(1));
    let (valid, expired) = (random::secret(), random::secret());
    let ring = SecretRing::builder()
        .secret("valid", Secret::new(valid.as_str()).unwrap())
        .secret_within(
            "expired",
            Secret::new(expired.as_str()).unwrap(),
            Window::new(None, Some(early)).unwrap(),
        )
        .build()
        .unwrap();
    let long = vec![0; 1 << 20];

    let counted = allocation_counter::measure(|| {
        assert!(ring.matches(valid.as_bytes(), now).is_ok());
        for refused in [expired.as_bytes(), b"", b"a guess", &long] {
            assert!(ring.matches(refused, now).is_err());
        }
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn deriving_does_not_allocate() {
    let now = UnixTime::since_unix_epoch(Duration::from_secs(5));
    let key = DerivationKey::new(random::secret()).unwrap();
    let binding = Binding {
        purpose: Purpose::Header,
        audience: "production",
        scan_id: "scan-1",
    };
    let secret = key.derive(&binding);
    let ring = DerivationRing::builder()
        .entry(
            "other",
            DerivationKey::new(random::secret().into_bytes()).unwrap(),
        )
        .entry("key", key)
        .build()
        .unwrap();

    let counted = allocation_counter::measure(|| {
        let presented = secret.expose().as_bytes();
        assert!(ring.matches(presented, &binding, now).is_ok());
        for refused in [&presented[1..], b"", b"a guess", &[b'A'; 43]] {
            assert!(ring.matches(refused, &binding, now).is_err());
        }
    });
    assert_eq!(counted.count_total, 0);
}
