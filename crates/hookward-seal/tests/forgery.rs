//! Nothing opens but what was sealed, for what it was sealed for.

mod common;

use common::{BINDING, SEALED, at, claims, random, ring_of, sealed};
use hookward_seal::OpenError;
use hookward_secret::{Binding, Mismatch, Purpose};
use proptest::prelude::*;

#[test]
fn what_was_sealed_opens_any_number_of_times() {
    let ring = ring_of(random());
    let claims = claims().with_data("account 7, \"é\"\n");
    let payload = ring.seal(&BINDING, &claims).unwrap();
    for _ in 0..3 {
        let opened = ring.open(payload.expose(), &BINDING, at(SEALED)).unwrap();
        assert_eq!(opened.claims(), &claims);
        assert_eq!((opened.key().label(), opened.key().index()), ("only", 0));
    }
}

#[test]
fn no_token_is_made_twice() {
    let ring = ring_of(random());
    assert_ne!(sealed(&ring).expose(), sealed(&ring).expose());
}

#[test]
fn another_scan_or_purpose_is_indistinguishable_from_a_forgery() {
    let ring = ring_of(random());
    let payload = sealed(&ring);
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
            purpose: Purpose::Header,
            ..BINDING
        },
        // Also where the audience is another one, too.
        Binding {
            audience: "staging",
            scan_id: "scan-2",
            ..BINDING
        },
        Binding {
            audience: "staging",
            purpose: Purpose::Header,
            ..BINDING
        },
        // The same characters, divided elsewhere.
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
    ] {
        let refused = ring.open(payload.expose(), &other, at(SEALED));
        assert_eq!(refused, Err(OpenError::NotAuthentic), "{other:?}");
    }
}

#[test]
fn a_token_that_names_our_key_but_was_made_with_another_is_refused() {
    let ring = ring_of(random());
    let footer = sealed(&ring)
        .expose()
        .rsplit_once('.')
        .unwrap()
        .1
        .to_owned();
    let attacker = sealed(&ring_of(random()));
    let body = attacker.expose().rsplit_once('.').unwrap().0;
    let refused = ring.open(&format!("{body}.{footer}"), &BINDING, at(SEALED));
    assert_eq!(refused, Err(OpenError::NotAuthentic));
}

#[test]
fn a_token_of_a_key_that_is_not_in_the_ring_is_refused() {
    let payload = sealed(&ring_of(random()));
    let ring = ring_of(random());
    let refused = ring.open(payload.expose(), &BINDING, at(SEALED));
    assert_eq!(refused, Err(OpenError::Key(Mismatch::Unknown)));
}

#[test]
fn a_change_of_any_character_is_refused() {
    let ring = ring_of(random());
    let payload = sealed(&ring);
    let token = payload.expose();
    for place in 0..token.len() {
        // The neighbours in the alphabet differ in the lowest bits, which the last character of a
        // part has to spare.
        for other in [
            'A', 'B', 'Q', 'g', 'w', '-', '_', '.', '=', '+', ' ', '\0', 'é',
        ] {
            let mut changed: Vec<char> = token.chars().collect();
            if changed[place] != other {
                changed[place] = other;
                let changed: String = changed.into_iter().collect();
                assert!(
                    ring.open(&changed, &BINDING, at(SEALED)).is_err(),
                    "{place} {other:?}"
                );
            }
        }
        let lowest_bit = token.as_bytes()[place] ^ 1;
        let mut changed = token.as_bytes().to_vec();
        changed[place] = lowest_bit;
        let changed = String::from_utf8(changed).unwrap();
        assert!(
            ring.open(&changed, &BINDING, at(SEALED)).is_err(),
            "{place}"
        );
    }
}

#[test]
fn a_cut_or_longer_token_is_refused() {
    let ring = ring_of(random());
    let payload = sealed(&ring);
    let token = payload.expose();
    for cut in 0..token.len() {
        assert!(ring.open(&token[..cut], &BINDING, at(SEALED)).is_err());
        assert!(
            ring.open(&token[token.len() - cut..], &BINDING, at(SEALED))
                .is_err()
        );
    }
    // Still base64, but the footer now ends in a NUL.
    let refused = ring.open(&format!("{token}A"), &BINDING, at(SEALED));
    assert_eq!(refused, Err(OpenError::Footer));
    for longer in [
        format!("{token}="),
        format!("{token}."),
        format!("{token}.e30"),
        format!("{token}\n"),
        format!(" {token}"),
        token.replacen("v4.local.", "V4.local.", 1),
        token.replacen("v4.local.", "v4.public.", 1),
        token.replacen("v4.local.", "v3.local.", 1),
    ] {
        let refused = ring.open(&longer, &BINDING, at(SEALED));
        assert_eq!(refused, Err(OpenError::NotAToken), "{longer:?}");
    }
}

#[test]
fn nothing_secret_is_printed() {
    let key = random();
    let ring = ring_of(key);
    let payload = ring
        .seal(&BINDING, &claims().with_data("account 7"))
        .unwrap();
    let opened = ring.open(payload.expose(), &BINDING, at(SEALED)).unwrap();
    let printed = format!(
        "{ring:?} {payload:?} {opened:?} {:?}",
        claims().with_data("account 7")
    );
    assert!(printed.contains(r#"Ring ["only"]"#) && printed.contains("SealedPayload(redacted)"));
    for trace in [
        &payload.expose()[9..30],
        "account",
        &format!("{:?}", &key[..4])[1..],
    ] {
        assert!(!printed.contains(trace.trim_end_matches(']')), "{printed}");
    }
}

proptest! {
    #[test]
    fn whatever_was_sealed_opens_for_that_alone(
        audience in ".{0,20}",
        scan_id in ".{0,36}",
        other_audience in ".{0,20}",
        other_scan_id in ".{0,36}",
        header in any::<bool>(),
        data in prop::option::of(".{0,40}"),
        lifetime in 1_u64..1_000_000,
        age in 0_u64..1_000_000,
    ) {
        let purpose = Purpose::ALL[usize::from(header)];
        let binding = Binding { purpose, audience: &audience, scan_id: &scan_id };
        let ring = ring_of(random());
        let mut claims = hookward_seal::Claims::new(at(SEALED), at(SEALED + lifetime)).unwrap();
        if let Some(data) = &data {
            claims = claims.with_data(data.as_str());
        }
        // 40 characters that are escaped may be too many.
        let Ok(payload) = ring.seal(&binding, &claims) else {
            return Ok(());
        };
        let opened = ring.open(payload.expose(), &binding, at(SEALED + age));
        if age < lifetime {
            let opened = opened.unwrap();
            prop_assert_eq!(opened.claims().data(), data.as_deref());
        } else {
            let (now, expires_at) = (at(SEALED + age), at(SEALED + lifetime));
            prop_assert_eq!(opened, Err(OpenError::Expired { now, expires_at }));
        }

        let elsewhere = Binding { audience: &other_audience, ..binding };
        if elsewhere != binding {
            let refused = ring.open(payload.expose(), &elsewhere, at(SEALED + age));
            prop_assert_eq!(refused, Err(OpenError::AnotherAudience));
        }
        if other_scan_id != scan_id {
            for other in [
                Binding { scan_id: &other_scan_id, ..binding },
                Binding { scan_id: &other_scan_id, ..elsewhere },
            ] {
                let refused = ring.open(payload.expose(), &other, at(SEALED));
                prop_assert_eq!(refused, Err(OpenError::NotAuthentic));
            }
        }
    }

    #[test]
    fn no_text_panics_or_opens(text in ".{0,600}", tail in "[A-Za-z0-9_.-]{0,600}") {
        let ring = ring_of(random());
        for text in [text, format!("v4.local.{tail}")] {
            prop_assert!(ring.open(&text, &BINDING, at(SEALED)).is_err());
        }
    }
}
