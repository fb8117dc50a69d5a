//! Nothing opens but what was sealed, whatever is presented, and no claims open outside their time.
//!
//! The first byte of an input says what the rest of it is: a token, a change of a real token, or
//! the claims, footer or audience of a token that was made with the right key. Keys are made at run
//! time.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use hookward_seal::{Claims, OpenError, SealKey, SealRing, SealedPayload};
use hookward_secret::{Binding, Purpose, Ring};
use libfuzzer_sys::fuzz_target;
use pasetors::keys::{Generate, SymmetricKey};
use pasetors::version4::{LocalToken, V4};
use rustls_pki_types::UnixTime;

const BINDING: Binding<'static> = Binding {
    purpose: Purpose::DeveloperPayload,
    audience: "production",
    scan_id: "scan-1",
};

/// 2026-06-01T00:00:00Z
const NOW: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(1_780_272_000));

struct World {
    key: SymmetricKey<V4>,
    key_id: String,
    ring: SealRing,
    payload: SealedPayload,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let key = SymmetricKey::generate().expect("random bytes");
    let seal_key = SealKey::new(key.as_bytes()).expect("a key of 32 bytes");
    let key_id = seal_key.id().to_owned();
    let keys = Ring::builder().entry("only", seal_key).build();
    let ring = SealRing::new(keys.expect("a ring of one"));
    let later = UnixTime::since_unix_epoch(Duration::from_secs(NOW.as_secs() + 1));
    let claims = Claims::new(NOW, later).expect("a second");
    let payload = ring.seal(&BINDING, &claims).expect("a short payload");
    World {
        key,
        key_id,
        ring,
        payload,
    }
});

fuzz_target!(|data: &[u8]| {
    let Some((&kind, rest)) = data.split_first() else {
        return;
    };
    match kind % 5 {
        0 => token(rest),
        1 => change(rest),
        2 => claims(rest),
        3 => footer(rest),
        _ => audience(rest),
    }
});

/// No text that was not sealed opens.
fn token(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    for text in [&*text, &format!("v4.local.{text}")] {
        assert!(WORLD.ring.open(text, &BINDING, NOW).is_err());
    }
}

/// The real token opens; with a part of it replaced it does not.
fn change(data: &[u8]) {
    let [place, len, replacement @ ..] = data else {
        return;
    };
    let token = WORLD.payload.expose();
    let start = usize::from(*place) % (token.len() + 1);
    let end = (start + usize::from(*len)).min(token.len());
    let replacement = String::from_utf8_lossy(replacement);
    let changed = format!("{}{replacement}{}", &token[..start], &token[end..]);
    let opened = WORLD.ring.open(&changed, &BINDING, NOW);
    assert_eq!(opened.is_ok(), changed == token, "{changed}");
}

/// Claims that are valid [`NOW`].
const CLAIMS: &[u8] = br#"{"iat":"2026-06-01T00:00:00Z","exp":"2026-06-01T00:00:01Z"}"#;

fn footer_of(audience: &str) -> serde_json::Value {
    serde_json::json!({ "kid": WORLD.key_id, "aud": audience })
}

fn sealed_by_hand(claims: &[u8], footer: &[u8], binding: &Binding<'_>) -> Option<String> {
    let mut assertion = Vec::new();
    binding.encode(SealRing::DOMAIN, |piece| assertion.extend_from_slice(piece));
    LocalToken::encrypt(&WORLD.key, claims, Some(footer), Some(&assertion)).ok()
}

/// Authentic claims of any form open only in their time, and read back the same when sealed again.
fn claims(json: &[u8]) {
    let footer = format!(r#"{{"kid":"{}","aud":"production"}}"#, WORLD.key_id);
    let Some(token) = sealed_by_hand(json, footer.as_bytes(), &BINDING) else {
        return;
    };
    match WORLD.ring.open(&token, &BINDING, NOW) {
        Ok(opened) => {
            let claims = opened.claims();
            assert!(claims.issued_at() <= NOW && NOW < claims.expires_at());
            let parsed: serde_json::Value = serde_json::from_slice(json).expect("JSON was opened");
            assert_eq!(parsed["data"].as_str(), claims.data());
            if let Ok(again) = WORLD.ring.seal(&BINDING, claims) {
                let again = WORLD.ring.open(again.expose(), &BINDING, NOW);
                assert_eq!(again.as_ref(), Ok(&opened));
            }
        }
        Err(OpenError::TooLong { .. }) => assert!(token.len() > SealedPayload::MAX_LEN),
        Err(OpenError::Claims(_) | OpenError::NotYetValid { .. } | OpenError::Expired { .. }) => {}
        Err(other) => panic!("an authentic token was refused: {other}"),
    }
}

/// A footer opens only if it names the key and the audience and nothing else, and never is an
/// audience told that the token was not made for.
fn footer(json: &[u8]) {
    let json = String::from_utf8_lossy(json).replace("KID", &WORLD.key_id);
    let Some(token) = sealed_by_hand(CLAIMS, json.as_bytes(), &BINDING) else {
        return;
    };
    match WORLD.ring.open(&token, &BINDING, NOW) {
        Ok(_) => {
            let footer: serde_json::Value = serde_json::from_str(&json).expect("JSON was opened");
            assert_eq!(footer, footer_of(BINDING.audience));
        }
        Err(refused) => assert_ne!(refused, OpenError::AnotherAudience, "{json}"),
    }
}

/// A token opens for the audience that it was made for; another one is told, and another scan is
/// not.
fn audience(name: &[u8]) {
    let name = String::from_utf8_lossy(name);
    let theirs = Binding {
        audience: &name,
        ..BINDING
    };
    let footer = footer_of(&name).to_string();
    let Some(token) = sealed_by_hand(CLAIMS, footer.as_bytes(), &theirs) else {
        return;
    };
    if token.len() > SealedPayload::MAX_LEN {
        let refused = WORLD.ring.open(&token, &theirs, NOW);
        assert!(matches!(refused, Err(OpenError::TooLong { .. })));
        return;
    }
    assert!(WORLD.ring.open(&token, &theirs, NOW).is_ok(), "{name:?}");
    if name != BINDING.audience {
        let refused = WORLD.ring.open(&token, &BINDING, NOW);
        assert_eq!(refused, Err(OpenError::AnotherAudience), "{name:?}");
    }
    for audience in [&name, BINDING.audience] {
        let other_scan = Binding {
            audience,
            scan_id: "scan-2",
            ..BINDING
        };
        let refused = WORLD.ring.open(&token, &other_scan, NOW);
        assert_eq!(refused, Err(OpenError::NotAuthentic), "{name:?}");
    }
}
