//! A configuration that would accept too much, or that is a mistake, makes no ring.

mod random;

use hookward_secret::{Secret, SecretError, SecretRing};

fn fresh() -> Secret {
    Secret::new(random::secret()).unwrap()
}

#[test]
fn empty_and_short_secrets_are_refused() {
    let secret = random::secret();
    for len in 0..Secret::MIN_LEN {
        assert_eq!(
            Secret::new(&secret[..len]).unwrap_err(),
            SecretError::TooShort { len, min: 16 }
        );
    }
    assert!(Secret::new(&secret[..Secret::MIN_LEN]).is_ok());
}

#[test]
fn a_secret_longer_than_a_payload_is_refused() {
    let secret = random::secret().repeat(9);
    assert!(Secret::new(&secret[..512]).is_ok());
    assert_eq!(
        Secret::new(&secret[..513]).unwrap_err(),
        SecretError::TooLong { len: 513, max: 512 }
    );
}

#[test]
fn a_secret_is_exposed_as_it_was_given() {
    let secret = format!(" {}\n", random::secret());
    assert_eq!(
        Secret::new(secret.as_str()).unwrap().expose(),
        secret.as_bytes()
    );
}

#[test]
fn no_secret_at_all_is_no_ring() {
    let refused = SecretRing::builder().build();
    assert_eq!(refused.unwrap_err(), SecretError::EmptyRing);
}

#[test]
fn a_ring_holds_64_secrets_and_no_more() {
    let of = |count: usize| {
        (0..count)
            .fold(SecretRing::builder(), |builder, index| {
                builder.secret(index.to_string(), fresh())
            })
            .build()
    };
    assert_eq!(of(64).unwrap().len(), SecretRing::MAX_ENTRIES);
    assert_eq!(
        of(65).unwrap_err(),
        SecretError::TooManyEntries { count: 65, max: 64 }
    );
}

#[test]
fn labels_are_present_and_distinct() {
    let empty = SecretRing::builder()
        .secret("first", fresh())
        .secret("", fresh());
    assert_eq!(
        empty.build().unwrap_err(),
        SecretError::EmptyLabel { index: 1 }
    );
    let repeated = SecretRing::builder()
        .secret("first", fresh())
        .secret("same", fresh())
        .secret("other", fresh())
        .secret("same", fresh());
    assert_eq!(
        repeated.build().unwrap_err(),
        SecretError::RepeatedLabel { index: 3, first: 1 }
    );
}

#[test]
fn one_secret_under_two_labels_is_refused() {
    let same = random::secret();
    let repeated = SecretRing::builder()
        .secret("first", fresh())
        .secret("second", Secret::new(same.as_str()).unwrap())
        .secret("third", Secret::new(same).unwrap());
    assert_eq!(
        repeated.build().unwrap_err(),
        SecretError::RepeatedSecret { index: 2, first: 1 }
    );
}
