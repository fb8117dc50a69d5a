//! Tokens that others made with a key of the ring: the documented form opens, nothing else does.

mod common;

use common::{BINDING, CLAIMS, SEALED, Shared, at, random};
use hookward_seal::{ClaimsError, OpenError, SealKey};

/// Seals as the documentation says, and opens.
fn open(shared: &Shared, claims: &[u8], footer: &str) -> Result<Option<String>, OpenError> {
    let token = shared.token(claims, Some(footer), &documented_assertion());
    let opened = shared.ring.open(&token, &BINDING, at(SEALED))?;
    Ok(opened.claims().data().map(str::to_owned))
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
        shared.footer(),
        format!(r#"{{"aud": "production", "kid": "{id}"}}"#),
        format!(" {{\n\t\"\\u006bid\" : \"{id}\" , \"\\u0061ud\":\"\\u0070roduction\"}}\n"),
    ] {
        assert_eq!(open(&shared, CLAIMS.as_bytes(), &footer), Ok(None));
    }
    let with_data = CLAIMS.replacen('{', r#"{"data":"\u0061 7","#, 1);
    assert_eq!(
        open(&shared, with_data.as_bytes(), &shared.footer()),
        Ok(Some("a 7".into()))
    );
}

#[test]
fn a_footer_that_does_not_name_exactly_one_key_and_one_audience_is_refused() {
    let shared = Shared::new();
    let id = shared.id();
    let with = |before: &str, after: &str| format!(r#"{{{before}"{id}"{after}"#);
    let ours = r#","aud":"production"}"#;
    for footer in [
        id.clone(),
        "{}".into(),
        format!(r#"["kid","{id}","aud","production"]"#),
        format!(r#"{{"kid":"{id}"}}"#),
        r#"{"aud":"production"}"#.into(),
        with(r#""Kid":"#, ours),
        with(r#""kid":["#, r#"],"aud":"production"}"#),
        with(r#""kid":"#, r#","Aud":"production"}"#),
        with(r#""kid":"#, r#","aud":["production"]}"#),
        with(r#""kid":"#, r#","aud":null}"#),
        with(r#""kid":"#, r#","aud":7}"#),
        with(r#""kid":"#, r#","aud":"production","wpk":"x"}"#),
        with(r#""kid":"#, r#","aud":"production","":""}"#),
        with(r#""kid":"#, r#","aud":"production","aud":"production"}"#),
        with(
            r#""kid":"#,
            r#","aud":"production","\u0061ud":"production"}"#,
        ),
        with(r#""kid":"#, r#","\u0061ud":"staging","aud":"production"}"#),
        with(&format!(r#""kid":"{id}","kid":"#), ours),
        with(r#""kid":"#, r#","aud":"production"}{}"#),
        with(r#""kid":"#, r#","aud":"production""#),
        with(r#""kid":"#, r#","aud":"\ud800"}"#),
        with(r#""kid":"#, ",\"aud\":\"production\"\u{feff}}"),
    ] {
        let refused = open(&shared, CLAIMS.as_bytes(), &footer);
        assert_eq!(refused, Err(OpenError::Footer), "{footer}");
    }
    let without = shared.token(CLAIMS.as_bytes(), None, &documented_assertion());
    let refused = shared.ring.open(&without, &BINDING, at(SEALED));
    assert_eq!(refused, Err(OpenError::Footer));
}

#[test]
fn a_footer_that_names_another_key_than_the_one_used_is_refused() {
    let shared = Shared::new();
    let other = SealKey::new(random()).unwrap();
    let footer = format!(r#"{{"kid":"{}","aud":"production"}}"#, other.id());
    let refused = open(&shared, CLAIMS.as_bytes(), &footer);
    assert!(matches!(refused, Err(OpenError::Key(_))), "{refused:?}");
}

#[test]
fn authentic_claims_of_another_form_are_refused_by_name() {
    let shared = Shared::new();
    let footer = shared.footer();
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
        let refused = open(&shared, claims.as_bytes(), &footer);
        assert_eq!(refused, Err(OpenError::Claims(expected)), "{claims}");
    }
    let refused = open(&shared, b"{\"iat\":\"\xff\"}", &footer);
    assert_eq!(refused, Err(OpenError::Claims(ClaimsError::NotAnObject)));
}

#[test]
fn nothing_longer_than_a_payload_is_opened_even_if_it_is_authentic() {
    let shared = Shared::new();
    let footer = shared.footer();
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
