//! Tokens that others made with a key of the ring: the documented form opens, nothing else does.

mod common;

use common::{BINDING, SEALED, at, random, ring_of};
use hookward_seal::{ClaimsError, OpenError, SealKey, SealRing};
use pasetors::keys::SymmetricKey;
use pasetors::version4::LocalToken;

const CLAIMS: &str = r#"{"exp": "2026-06-01T00:00:00+02:00", "iat": "2026-05-28T20:26:40.123Z"}"#;

/// A key that both sides have, and a ring with it.
struct Shared {
    ring: SealRing,
    key: [u8; 32],
}

impl Shared {
    fn new() -> Self {
        let key = random();
        Self {
            ring: ring_of(key),
            key,
        }
    }

    fn id(&self) -> String {
        SealKey::new(self.key).unwrap().id().to_owned()
    }

    fn token(&self, claims: &[u8], footer: Option<&str>, assertion: &[u8]) -> String {
        let key = SymmetricKey::from(&self.key).unwrap();
        let footer = footer.map(str::as_bytes);
        LocalToken::encrypt(&key, claims, footer, Some(assertion)).unwrap()
    }

    /// Seals as the documentation says, and opens.
    fn open(&self, claims: &[u8], footer: &str) -> Result<Option<String>, OpenError> {
        let token = self.token(claims, Some(footer), &documented_assertion());
        let opened = self.ring.open(&token, &BINDING, at(SEALED))?;
        Ok(opened.claims().data().map(str::to_owned))
    }
}

/// Written by hand from the documentation.
fn documented_assertion() -> Vec<u8> {
    let mut bytes = b"\x04\0\0\0\0\0\0\0".to_vec();
    bytes.extend_from_slice(b"\x10\0\0\0\0\0\0\0hookward-seal-v1");
    bytes.extend_from_slice(b"\x11\0\0\0\0\0\0\0developer-payload");
    bytes.extend_from_slice(b"\x0a\0\0\0\0\0\0\0production");
    bytes.extend_from_slice(b"\x06\0\0\0\0\0\0\0scan-1");
    bytes
}

#[test]
fn the_documented_form_opens() {
    let shared = Shared::new();
    let id = shared.id();
    for footer in [
        format!(r#"{{"kid":"{id}"}}"#),
        format!(r#"{{"kid": "{id}"}}"#),
        format!(" {{\n\t\"\\u006bid\" : \"{id}\" }}\n"),
    ] {
        assert_eq!(shared.open(CLAIMS.as_bytes(), &footer), Ok(None));
    }
    let with_data = CLAIMS.replacen('{', r#"{"data":"\u0061 7","#, 1);
    let footer = format!(r#"{{"kid":"{id}"}}"#);
    assert_eq!(
        shared.open(with_data.as_bytes(), &footer),
        Ok(Some("a 7".into()))
    );
}

#[test]
fn a_footer_that_does_not_name_exactly_one_key_is_refused() {
    let shared = Shared::new();
    let id = shared.id();
    for footer in [
        id.clone(),
        "{}".into(),
        format!(r#"["kid","{id}"]"#),
        format!(r#"{{"Kid":"{id}"}}"#),
        format!(r#"{{"kid":["{id}"]}}"#),
        format!(r#"{{"kid":"{id}","wpk":"x"}}"#),
        format!(r#"{{"kid":"{id}","kid":"{id}"}}"#),
        format!(r#"{{"kid":"{id}"}}{{}}"#),
    ] {
        let refused = shared.open(CLAIMS.as_bytes(), &footer);
        assert_eq!(refused, Err(OpenError::NoKeyId), "{footer}");
    }
    let without = shared.token(CLAIMS.as_bytes(), None, &documented_assertion());
    let refused = shared.ring.open(&without, &BINDING, at(SEALED));
    assert_eq!(refused, Err(OpenError::NoKeyId));
}

#[test]
fn a_footer_that_names_another_key_than_the_one_used_is_refused() {
    let shared = Shared::new();
    let footer = format!(r#"{{"kid":"{}"}}"#, SealKey::new(random()).unwrap().id());
    let refused = shared.open(CLAIMS.as_bytes(), &footer);
    assert!(matches!(refused, Err(OpenError::Key(_))), "{refused:?}");
}

#[test]
fn authentic_claims_of_another_form_are_refused_by_name() {
    let shared = Shared::new();
    let footer = format!(r#"{{"kid":"{}"}}"#, shared.id());
    let (iat, exp) = (
        r#""iat":"2026-05-28T20:26:40Z""#,
        r#""exp":"2026-05-28T21:26:40Z""#,
    );
    let object = |members: &[&str]| format!("{{{}}}", members.join(","));
    for (claims, expected) in [
        ("{".into(), ClaimsError::NotAnObject),
        (format!("[{iat}]"), ClaimsError::NotAnObject),
        (
            r#"["2026-05-28T20:26:40Z","2026-05-28T21:26:40Z"]"#.into(),
            ClaimsError::NotAnObject,
        ),
        (object(&[iat, exp]) + "0", ClaimsError::NotAnObject),
        (
            object(&[iat, r#""exp":9999999999"#]),
            ClaimsError::NotAnObject,
        ),
        (object(&[iat]), ClaimsError::Missing { claim: "exp" }),
        (object(&[exp]), ClaimsError::Missing { claim: "iat" }),
        (
            object(&[iat, exp, exp]),
            ClaimsError::Repeated { claim: "exp" },
        ),
        (
            object(&[iat, r#""exp":"""#]),
            ClaimsError::NotATime { claim: "exp" },
        ),
        (
            object(&[iat, exp, r#""nbf":"2099-01-01T00:00:00Z""#]),
            ClaimsError::Unknown,
        ),
        (object(&[iat, exp, r#""aud":"x""#]), ClaimsError::Unknown),
    ] {
        let refused = shared.open(claims.as_bytes(), &footer);
        assert_eq!(refused, Err(OpenError::Claims(expected)), "{claims}");
    }
    let refused = shared.open(b"{\"iat\":\"\xff\"}", &footer);
    assert_eq!(refused, Err(OpenError::Claims(ClaimsError::NotAnObject)));
}

#[test]
fn nothing_longer_than_a_payload_is_opened_even_if_it_is_authentic() {
    let shared = Shared::new();
    let footer = format!(r#"{{"kid":"{}"}}"#, shared.id());
    let padded = |spaces: usize| {
        let claims = CLAIMS.to_owned() + &" ".repeat(spaces);
        shared.token(claims.as_bytes(), Some(&footer), &documented_assertion())
    };
    let spaces = (0..).find(|&spaces| padded(spaces).len() >= 512).unwrap();
    assert_eq!(padded(spaces).len(), 512);
    assert!(
        shared
            .ring
            .open(&padded(spaces), &BINDING, at(SEALED))
            .is_ok()
    );
    let refused = shared.ring.open(&padded(spaces + 1), &BINDING, at(SEALED));
    assert_eq!(refused, Err(OpenError::TooLong { max: 512 }));
    // Units of UTF-16 are counted, not bytes: 300 of these have 600 bytes, and 512 units are 256.
    let refused = |text: &str| shared.ring.open(text, &BINDING, at(SEALED)).unwrap_err();
    assert_eq!(refused(&"é".repeat(512)), OpenError::NotAToken);
    assert_eq!(refused(&"é".repeat(513)), OpenError::TooLong { max: 512 });
    assert_eq!(refused(&"🦀".repeat(256)), OpenError::NotAToken);
    assert_eq!(refused(&"🦀".repeat(257)), OpenError::TooLong { max: 512 });
}
