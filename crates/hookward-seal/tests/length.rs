//! A token never outgrows a developer payload.

mod common;

use common::{BINDING, SEALED, at, claims, random, ring_of, sealed};
use hookward_seal::{SealError, SealedPayload};
use proptest::prelude::*;

#[test]
fn application_data_fits_up_to_the_last_character_and_no_further() {
    let ring = ring_of(random());
    let seal = |data: String| ring.seal(&BINDING, &claims().with_data(data));

    let longest = seal("a".repeat(SealedPayload::MAX_DATA_LEN)).unwrap();
    assert_eq!(
        longest.expose().encode_utf16().count(),
        SealedPayload::MAX_LEN
    );
    assert!(ring.open(longest.expose(), &BINDING, at(SEALED)).is_ok());

    for excess in [1, 2, 3, 1_000_000] {
        let data_len = SealedPayload::MAX_DATA_LEN + excess;
        let refused = seal("a".repeat(data_len)).unwrap_err();
        let SealError::TooLong { len, .. } = refused else {
            panic!("{refused}");
        };
        assert_eq!(
            refused,
            SealError::TooLong {
                len,
                max: 512,
                data_len,
                max_data_len: 182
            }
        );
        // Four characters for every three bytes.
        assert_eq!(len, 512 + (excess * 4).div_ceil(3));
    }
}

#[test]
fn the_error_says_what_would_fit() {
    let ring = ring_of(random());
    let refused = ring
        .seal(&BINDING, &claims().with_data("\"".repeat(100)))
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "sealed, the payload would have 536 UTF-16 units, more than 512: \
         its application data takes 200 bytes in JSON, and 182 fit"
    );
}

#[test]
fn a_token_without_data_has_the_documented_parts() {
    let payload = sealed(&ring_of(random()));
    let parts: Vec<_> = payload.expose().split('.').collect();
    let [version, purpose, body, footer] = parts[..] else {
        panic!("{} parts", parts.len());
    };
    assert_eq!((version, purpose), ("v4", "local"));
    // 59 bytes of claims, a nonce and a tag of 32 each; a footer of 61.
    assert_eq!((body.len(), footer.len()), (164, 82));
}

proptest! {
    #[test]
    fn what_is_said_to_fit_fits(data in prop::collection::vec(any::<char>(), 0..200)) {
        let data: String = data.into_iter().collect();
        let escaped: usize = data
            .chars()
            .map(|character| match character {
                '"' | '\\' | '\u{8}' | '\t' | '\n' | '\u{c}' | '\r' => 2,
                '\0'..='\u{1f}' => 6,
                other => other.len_utf8(),
            })
            .sum();
        let ring = ring_of(random());
        match ring.seal(&BINDING, &claims().with_data(data.as_str())) {
            Ok(payload) => {
                prop_assert!(escaped <= SealedPayload::MAX_DATA_LEN);
                prop_assert!(payload.expose().len() <= SealedPayload::MAX_LEN);
                let opened = ring.open(payload.expose(), &BINDING, at(SEALED)).unwrap();
                prop_assert_eq!(opened.claims().data(), Some(data.as_str()));
            }
            Err(SealError::TooLong { data_len, .. }) => {
                prop_assert!(escaped > SealedPayload::MAX_DATA_LEN);
                prop_assert_eq!(data_len, escaped);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
