//! A token never outgrows a developer payload.

mod common;

use common::{BINDING, SEALED, at, claims, random, ring_of, sealed};
use hookward_seal::{Claims, SealError, SealedPayload};
use hookward_secret::Binding;
use proptest::prelude::*;

/// Audiences that have as many bytes in JSON as here.
const AUDIENCES: [&str; 5] = ["", "a", "production", "receiver of the webhooks", "~"];

#[test]
fn application_data_fits_up_to_the_last_character_and_no_further() {
    let ring = ring_of(random());
    for audience in AUDIENCES {
        let binding = Binding {
            audience,
            ..BINDING
        };
        let seal = |data: String| ring.seal(&binding, &claims().with_data(data));
        let max_data_len = SealedPayload::max_data_len(audience).unwrap();
        assert_eq!(max_data_len, 173 - audience.len());

        let longest = seal("a".repeat(max_data_len)).unwrap();
        // One unit may be lost to base64, in either part.
        let len = longest.expose().encode_utf16().count();
        assert!((511..=512).contains(&len), "{len}");
        assert!(ring.open(longest.expose(), &binding, at(SEALED)).is_ok());

        for excess in [1, 2, 3, 1_000_000] {
            let data_len = max_data_len + excess;
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
                    max_data_len
                }
            );
            assert!(len > 512, "{len}");
        }
    }
}

#[test]
fn an_audience_is_counted_as_json_writes_it() {
    let ring = ring_of(random());
    for (audience, len) in [
        ("é🦀", 6),
        (r#"a "quoted" \ name"#, 20),
        ("tab\tand\u{1}", 14),
        ("\u{7f}/<>", 4),
    ] {
        assert_eq!(SealedPayload::max_data_len(audience), Ok(173 - len));
        let binding = Binding {
            audience,
            ..BINDING
        };
        let data = "a".repeat(173 - len);
        let payload = ring.seal(&binding, &claims().with_data(&data)).unwrap();
        let opened = ring.open(payload.expose(), &binding, at(SEALED)).unwrap();
        assert_eq!(opened.claims().data(), Some(&*data));
        let refused = ring.seal(&binding, &claims().with_data(data + "a"));
        assert!(matches!(refused, Err(SealError::TooLong { .. })));
    }
}

#[test]
fn an_audience_that_leaves_no_room_is_refused_whatever_is_sealed() {
    let ring = ring_of(random());
    let seal = |audience: &str, claims: &Claims<'_>| {
        let binding = Binding {
            audience,
            ..BINDING
        };
        let payload = ring.seal(&binding, claims)?;
        assert!(ring.open(payload.expose(), &binding, at(SEALED)).is_ok());
        Ok(())
    };
    let max = SealedPayload::MAX_AUDIENCE_AND_DATA_LEN;
    for (unit, unit_len) in [("a", 1), ("é", 2), ("\"", 2), ("\u{1}", 6)] {
        let longest = unit.repeat(max / unit_len);
        for claims in [claims(), claims().with_data("")] {
            assert_eq!(seal(&longest, &claims), Ok(()));
        }
        let len = (longest.chars().count() + 1) * unit_len;
        for claims in [claims(), claims().with_data("a")] {
            let refused = seal(&format!("{longest}{unit}"), &claims);
            assert_eq!(refused, Err(SealError::AudienceTooLong { len, max }));
        }
    }
    let long = "a".repeat(1_000_000);
    assert_eq!(
        seal(&long, &claims()).unwrap_err().to_string(),
        "no payload can be sealed for an audience of 1000000 bytes in JSON, only for 173"
    );
}

#[test]
fn the_error_says_what_would_fit() {
    let ring = ring_of(random());
    let refused = ring
        .seal(&BINDING, &claims().with_data("\"".repeat(100)))
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "sealed, the payload would have 561 UTF-16 units, more than 512: its application data \
         takes 200 bytes in JSON, and 163 fit beside this audience"
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
    // 59 bytes of claims, a nonce and a tag of 32 each; a footer of 70 and an audience of 10.
    assert_eq!((body.len(), footer.len()), (164, 107));
}

/// How many bytes JSON takes to write `text`, between the quotes.
fn written_len(text: &str) -> usize {
    text.chars()
        .map(|character| match character {
            '"' | '\\' | '\u{8}' | '\t' | '\n' | '\u{c}' | '\r' => 2,
            '\0'..='\u{1f}' => 6,
            other => other.len_utf8(),
        })
        .sum()
}

proptest! {
    #[test]
    fn what_is_said_to_fit_fits(
        audience in prop::collection::vec(any::<char>(), 0..60),
        data in prop::collection::vec(any::<char>(), 0..200),
    ) {
        let [audience, data]: [String; 2] = [audience, data].map(|text| text.into_iter().collect());
        let escaped = written_len(&data);
        let ring = ring_of(random());
        let max_data_len = SealedPayload::MAX_AUDIENCE_AND_DATA_LEN
            .checked_sub(written_len(&audience));
        prop_assert_eq!(SealedPayload::max_data_len(&audience).ok(), max_data_len);
        let binding = Binding { audience: &audience, ..BINDING };
        match ring.seal(&binding, &claims().with_data(data.as_str())) {
            Ok(payload) => {
                prop_assert!(Some(escaped) <= max_data_len);
                prop_assert!(payload.expose().len() <= SealedPayload::MAX_LEN);
                let opened = ring.open(payload.expose(), &binding, at(SEALED)).unwrap();
                prop_assert_eq!(opened.claims().data(), Some(data.as_str()));
            }
            Err(SealError::TooLong { data_len, .. }) => {
                prop_assert!(Some(escaped) > max_data_len);
                prop_assert_eq!(data_len, escaped);
            }
            Err(SealError::AudienceTooLong { .. }) => prop_assert_eq!(max_data_len, None),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
