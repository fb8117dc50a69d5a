//! A token for another audience is told as such, to whoever has an authentic one, and never opens.

mod common;

use core::time::Duration;

use common::{BINDING, CLAIMS, EXPIRES, SEALED, Shared, at, claims, random, ring_of, sealed};
use hookward_seal::{OpenError, SealKey, SealRing};
use hookward_secret::{Binding, Mismatch, Purpose, Ring, Window};
use pasetors::keys::SymmetricKey;
use pasetors::version4::LocalToken;

const STAGING: Binding<'static> = Binding {
    audience: "staging",
    ..BINDING
};

/// Names that JSON writes as they are, and names that it escapes.
const AUDIENCES: [&str; 9] = [
    "production",
    "staging",
    "Production",
    "production ",
    "",
    "é🦀",
    "e\u{301}🦀",
    "a \"quoted\" \\ name/",
    "\0\u{1}\t\n\u{7f}\u{2028}",
];

fn assertion(binding: &Binding<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    binding.encode(SealRing::DOMAIN, |piece| bytes.extend_from_slice(piece));
    bytes
}

/// The last part of a token with this footer: base64 of it, whatever the key.
fn footer_part(footer: &str) -> String {
    let key = SymmetricKey::from(&random()).unwrap();
    let token = LocalToken::encrypt(&key, b"{}", Some(footer.as_bytes()), None).unwrap();
    token.rsplit_once('.').unwrap().1.to_owned()
}

#[test]
fn each_audience_opens_its_own_and_is_told_of_the_others() {
    let ring = ring_of(random());
    for purpose in Purpose::ALL {
        for made_for in AUDIENCES {
            let binding = |audience| Binding {
                purpose,
                audience,
                scan_id: "scan-1",
            };
            let payload = ring.seal(&binding(made_for), &claims()).unwrap();
            for audience in AUDIENCES {
                let opened = ring.open(payload.expose(), &binding(audience), at(SEALED));
                if audience == made_for {
                    assert!(opened.is_ok(), "{audience:?}");
                } else {
                    let refused = Err(OpenError::AnotherAudience);
                    assert_eq!(opened, refused, "{made_for:?} for {audience:?}");
                }
            }
        }
    }
}

#[test]
fn another_scan_or_purpose_beside_the_audience_is_no_more_than_a_forgery() {
    let ring = ring_of(random());
    for purpose in Purpose::ALL {
        for scan_id in ["scan-1", "scan-2"] {
            let made_for = Binding {
                purpose,
                scan_id,
                ..STAGING
            };
            let payload = ring.seal(&made_for, &claims()).unwrap();
            let refused = ring.open(payload.expose(), &BINDING, at(SEALED));
            let authentic = (purpose, scan_id) == (BINDING.purpose, BINDING.scan_id);
            let expected = if authentic {
                OpenError::AnotherAudience
            } else {
                OpenError::NotAuthentic
            };
            assert_eq!(refused, Err(expected), "{made_for:?}");
        }
    }
}

#[test]
fn a_footer_that_was_changed_after_sealing_is_refused() {
    let ring = ring_of(random());
    let footer = |id: &str, audience| format!(r#"{{"kid":"{id}","aud":"{audience}"}}"#);
    let id = ring.keys().values().next().unwrap().id();
    let (ours, theirs) = (footer(id, "production"), footer(id, "staging"));
    // The same members in another form are not what was authenticated.
    let reordered = format!(r#"{{"aud":"production","kid":"{id}"}}"#);
    let open = |payload: &str, footer: &str, binding: &Binding<'_>| {
        let (body, _) = payload.rsplit_once('.').unwrap();
        let token = format!("{body}.{}", footer_part(footer));
        ring.open(&token, binding, at(SEALED)).map(drop)
    };
    for sealed_for in [BINDING, STAGING] {
        let payload = ring.seal(&sealed_for, &claims()).unwrap();
        let payload = payload.expose();
        let own = if sealed_for == BINDING {
            &ours
        } else {
            &theirs
        };
        assert_eq!(open(payload, own, &sealed_for), Ok(()));
        for footer in [&ours, &theirs, &reordered] {
            for binding in [&BINDING, &STAGING] {
                if footer != own {
                    let refused = open(payload, footer, binding);
                    assert_eq!(refused, Err(OpenError::NotAuthentic), "{footer}");
                }
            }
        }
    }
}

/// Whoever has the key can write one audience in the footer and another in the assertion.
#[test]
fn a_token_that_contradicts_itself_opens_for_neither_audience() {
    let shared = Shared::new();
    for purpose in Purpose::ALL {
        let [ours, theirs] = [BINDING, STAGING].map(|binding| Binding { purpose, ..binding });
        for (named, made_for) in [(&ours, &theirs), (&theirs, &ours)] {
            let footer = format!(r#"{{"kid":"{}","aud":"{}"}}"#, shared.id(), named.audience);
            let token = shared.token(CLAIMS.as_bytes(), Some(&footer), &assertion(made_for));
            for binding in [&ours, &theirs] {
                let refused = shared.ring.open(&token, binding, at(SEALED));
                assert_eq!(refused, Err(OpenError::NotAuthentic), "{footer}");
            }
        }
    }
}

#[test]
fn an_empty_audience_is_an_audience_like_any_other() {
    let shared = Shared::new();
    let footer = format!(r#"{{"kid":"{}","aud":""}}"#, shared.id());
    let nobody = Binding {
        audience: "",
        ..BINDING
    };
    let token = |binding| shared.token(CLAIMS.as_bytes(), Some(&footer), &assertion(binding));
    let open = |token: &str, binding| shared.ring.open(token, binding, at(SEALED)).map(drop);
    assert_eq!(open(&token(&nobody), &nobody), Ok(()));
    assert_eq!(
        open(&token(&nobody), &BINDING),
        Err(OpenError::AnotherAudience)
    );
    assert_eq!(
        open(&token(&BINDING), &BINDING),
        Err(OpenError::NotAuthentic)
    );
}

#[test]
fn the_key_is_judged_before_the_audience() {
    let payload = ring_of(random()).seal(&STAGING, &claims()).unwrap();
    let ring = ring_of(random());
    let refused = ring.open(payload.expose(), &BINDING, at(SEALED));
    assert_eq!(refused, Err(OpenError::Key(Mismatch::Unknown)));
}

#[test]
fn the_audience_is_judged_before_windows_claims_and_times() {
    let shared = Shared::new();
    let footer = format!(r#"{{"kid":"{}","aud":"staging"}}"#, shared.id());
    for claims in [
        CLAIMS.as_bytes(),
        b"\xff",
        b"{}",
        br#"{"iat":"2026-05-28T20:26:40Z","exp":"2026-05-28T20:26:41Z","sub":"a"}"#,
    ] {
        let token = shared.token(claims, Some(&footer), &assertion(&STAGING));
        let refused = shared.ring.open(&token, &BINDING, at(SEALED));
        assert_eq!(refused, Err(OpenError::AnotherAudience), "{claims:?}");
    }

    let bytes = random();
    let payload = ring_of(bytes).seal(&STAGING, &claims()).unwrap();
    let over = Window::new(None, Some(at(SEALED - 1))).unwrap();
    let key = SealKey::new(bytes).unwrap();
    let outside = Ring::builder().entry_within("only", key, over).build();
    let outside = SealRing::new(outside.unwrap());
    let skewed = ring_of(bytes)
        .with_clock_skew(Duration::from_secs(60))
        .unwrap();
    for ring in [ring_of(bytes), outside, skewed] {
        for now in [0, SEALED - 1, SEALED, EXPIRES, u64::MAX] {
            let refused = ring.open(payload.expose(), &BINDING, at(now));
            assert_eq!(refused, Err(OpenError::AnotherAudience), "{now}");
        }
    }
}

#[test]
fn the_error_does_not_say_which_audience() {
    let ring = ring_of(random());
    let elsewhere = Binding {
        audience: "somewhere else",
        ..BINDING
    };
    let payload = sealed(&ring);
    let refused = ring
        .open(payload.expose(), &elsewhere, at(SEALED))
        .unwrap_err();
    let shown = format!("{refused} {refused:?}");
    assert!(!shown.contains("production") && !shown.contains("somewhere"));
}
