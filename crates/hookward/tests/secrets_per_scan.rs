//! Secrets that are bound to one scan: those of another scan, audience or purpose do not pass.

mod common;

use common::{NOW, Request, SECRET_HEADER, World, at, random_text, ring};
use hookward::seal::{Claims, SealKey, SealRing};
use hookward::{
    Check, DerivationKey, DerivationRing, Event, Guard, GuardError, GuardedRoute, PolicyKind,
    Purpose, Reason, Ring, Route, Secrets,
};
use hookward_secret::Binding;

const AUDIENCE: &str = "production";

fn binding(purpose: Purpose, scan_id: &str) -> Binding<'_> {
    Binding {
        purpose,
        audience: AUDIENCE,
        scan_id,
    }
}

fn random_key<const LEN: usize>() -> [u8; LEN] {
    let mut key = [0; LEN];
    getrandom::fill(&mut key).unwrap();
    key
}

fn guard(header: impl Into<Secrets>, payload: impl Into<Secrets>, policy: &str) -> Guard {
    Guard::builder()
        .header_secret(SECRET_HEADER.parse().unwrap(), header)
        .developer_payload(payload)
        .route(GuardedRoute::new(
            Route::parse("/copyleaks/{status}/{scan_id}", None).unwrap(),
            policy.parse().unwrap(),
        ))
        .build()
        .unwrap()
}

/// A request about the scan `scan-1` with this payload and header.
fn request(payload: &str, header: &str) -> Request {
    World::new()
        .genuine()
        .without_header(SECRET_HEADER)
        .with_header(SECRET_HEADER, header)
        .with_body(serde_json::json!({ "developerPayload": payload }).to_string())
}

fn reason(guard: &Guard, request: &Request) -> Option<Reason> {
    request.judge(guard).reason()
}

#[test]
fn a_derived_secret_is_good_for_its_scan_purpose_and_audience_only() {
    let bytes = random_key::<32>();
    let key = DerivationKey::new(bytes).unwrap();
    let ring = || {
        DerivationRing::builder()
            .entry("2026-11", DerivationKey::new(bytes).unwrap())
            .build()
            .unwrap()
    };
    let secrets = || Secrets::derived(ring(), AUDIENCE);
    let both = guard(secrets(), secrets(), "header_secret and developer_payload");
    let derive = |purpose, scan: &str| key.derive(&binding(purpose, scan)).expose().to_owned();
    let header = derive(Purpose::Header, "scan-1");
    let payload = derive(Purpose::DeveloperPayload, "scan-1");

    let genuine = request(&payload, &header);
    let decision = genuine.judge(&both);
    assert!(decision.is_accepted());
    assert_eq!(decision.header_secret(), Some("2026-11"));
    assert_eq!(decision.developer_payload(), Some("2026-11"));

    let other_scan = derive(Purpose::DeveloperPayload, "scan-2");
    for wrong in [other_scan.as_str(), &header, &payload[1..], ""] {
        assert_ne!(reason(&both, &request(wrong, &header)), None);
    }
    assert_eq!(
        reason(&both, &request(&payload, &payload)),
        Some(Reason::HeaderSecretMisplaced)
    );
    assert_eq!(
        reason(&both, &request(&header, &header)),
        Some(Reason::DeveloperPayloadMisplaced)
    );
    // What another scan's header carries is nobody's secret here.
    let stranger = derive(Purpose::Header, "scan-2");
    assert_eq!(
        reason(&both, &request(&stranger, &header)),
        Some(Reason::DeveloperPayloadWrong)
    );
    let elsewhere = guard(
        Secrets::derived(ring(), "staging"),
        Secrets::derived(ring(), "staging"),
        "developer_payload",
    );
    assert_eq!(
        reason(&elsewhere, &genuine),
        Some(Reason::DeveloperPayloadWrong)
    );
}

#[test]
fn judging_a_derived_secret_does_not_allocate() {
    let key = random_key::<32>();
    let ring = DerivationRing::builder()
        .entry("key", DerivationKey::new(key).unwrap())
        .build()
        .unwrap();
    let guard = guard(
        Secrets::derived(ring, AUDIENCE),
        common::ring("unused", &random_text()),
        "header_secret",
    );
    let derived = DerivationKey::new(key).unwrap();
    let derived = derived.derive(&binding(Purpose::Header, "scan-1"));
    let request = request("", derived.expose());
    let counted = allocation_counter::measure(|| {
        assert!(request.judge(&guard).is_accepted());
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn each_fault_of_a_sealed_payload_has_its_own_reason() {
    let (current, removed) = (random_key::<32>(), random_key::<32>());
    let ring = |key: [u8; 32]| {
        let keys = Ring::builder()
            .entry("seal-1", SealKey::new(key).unwrap())
            .build()
            .unwrap();
        SealRing::new(keys)
    };
    let seal = |key, binding: &Binding<'_>, from: u64, until: u64| {
        let claims = Claims::new(at(from), at(until)).unwrap();
        ring(key)
            .seal(binding, &claims)
            .unwrap()
            .expose()
            .to_owned()
    };
    let secrets = || Secrets::sealed(ring(current), AUDIENCE);
    let guard = guard(secrets(), secrets(), "developer_payload");
    let judge = |payload: &str| reason(&guard, &request(payload, "-"));
    let ours = binding(Purpose::DeveloperPayload, "scan-1");

    // The same payload comes with every webhook of its scan.
    let genuine = seal(current, &ours, NOW - 10, NOW + 10);
    for _ in 0..3 {
        assert_eq!(judge(&genuine), None);
    }
    let mut elsewhere = ours;
    elsewhere.audience = "staging";
    let mut elsewhere_and_another_scan = elsewhere;
    elsewhere_and_another_scan.scan_id = "scan-2";
    for (payload, expected) in [
        (
            seal(
                current,
                &binding(Purpose::DeveloperPayload, "scan-2"),
                NOW - 10,
                NOW + 10,
            ),
            Reason::PayloadTokenNotAuthentic,
        ),
        (
            seal(current, &elsewhere, NOW - 10, NOW + 10),
            Reason::PayloadTokenAnotherAudience,
        ),
        // Misdirected tells more than late, and both need a key of ours and this scan.
        (
            seal(current, &elsewhere, NOW - 10, NOW),
            Reason::PayloadTokenAnotherAudience,
        ),
        (
            seal(removed, &elsewhere, NOW - 10, NOW + 10),
            Reason::PayloadTokenKeyUnknown,
        ),
        (
            seal(current, &elsewhere_and_another_scan, NOW - 10, NOW + 10),
            Reason::PayloadTokenNotAuthentic,
        ),
        (
            seal(
                current,
                &binding(Purpose::Header, "scan-1"),
                NOW - 10,
                NOW + 10,
            ),
            Reason::DeveloperPayloadMisplaced,
        ),
        (
            seal(removed, &ours, NOW - 10, NOW + 10),
            Reason::PayloadTokenKeyUnknown,
        ),
        (
            seal(current, &ours, NOW - 10, NOW),
            Reason::PayloadTokenExpired,
        ),
        (
            seal(current, &ours, NOW + 1, NOW + 10),
            Reason::PayloadTokenNotYetValid,
        ),
        (random_text(), Reason::PayloadTokenMissing),
        (
            genuine[..genuine.len() - 1].to_owned(),
            Reason::PayloadTokenMissing,
        ),
        (String::new(), Reason::DeveloperPayloadEmpty),
    ] {
        assert_eq!(judge(&payload), Some(expected), "{payload}");
    }
}

#[test]
fn a_sealed_header_has_reasons_of_its_own() {
    let key = random_key::<32>();
    let ring = || {
        let keys = Ring::builder()
            .entry("seal-1", SealKey::new(key).unwrap())
            .build()
            .unwrap();
        SealRing::new(keys)
    };
    let claims = Claims::new(at(NOW - 10), at(NOW + 10)).unwrap();
    let seal_for = |binding: &Binding<'_>| {
        let token = ring().seal(binding, &claims).unwrap();
        token.expose().to_owned()
    };
    let seal = |purpose| seal_for(&binding(purpose, "scan-1"));
    let secrets = || Secrets::sealed(ring(), AUDIENCE);
    let guard = guard(secrets(), secrets(), "header_secret");
    assert_eq!(reason(&guard, &request("", &seal(Purpose::Header))), None);
    assert_eq!(
        reason(&guard, &request("", &seal(Purpose::DeveloperPayload))),
        Some(Reason::HeaderSecretMisplaced)
    );
    let mut elsewhere = binding(Purpose::Header, "scan-1");
    elsewhere.audience = "staging";
    assert_eq!(
        reason(&guard, &request("", &seal_for(&elsewhere))),
        Some(Reason::HeaderTokenAnotherAudience)
    );
    assert_eq!(
        reason(
            &guard,
            &request("", &seal_for(&binding(Purpose::Header, "scan-2")))
        ),
        Some(Reason::HeaderTokenNotAuthentic)
    );
    let mut late = request("", &seal(Purpose::Header));
    late.now = NOW + 3600;
    assert_eq!(reason(&guard, &late), Some(Reason::HeaderTokenExpired));
    assert_eq!(
        reason(&guard, &request("", "x")),
        Some(Reason::HeaderTokenMissing)
    );
}

#[test]
fn several_kinds_are_accepted_side_by_side_while_one_replaces_another() {
    let fixed = random_text();
    let key = random_key::<32>();
    let derivation = DerivationRing::builder()
        .entry("derived", DerivationKey::new(key).unwrap())
        .build()
        .unwrap();
    let secrets = Secrets::fixed(ring("fixed", &fixed)).or(Secrets::derived(derivation, AUDIENCE));
    let guard = guard(ring("unused", &random_text()), secrets, "developer_payload");
    let derived = DerivationKey::new(key).unwrap();
    let derived = derived.derive(&binding(Purpose::DeveloperPayload, "scan-1"));
    for (payload, label) in [(fixed.as_str(), "fixed"), (derived.expose(), "derived")] {
        let request = request(payload, "-");
        assert_eq!(request.judge(&guard).developer_payload(), Some(label));
    }
    assert_eq!(
        reason(&guard, &request(&random_text(), "-")),
        Some(Reason::DeveloperPayloadWrong)
    );
}

#[test]
fn of_several_kinds_the_one_that_knows_most_of_a_token_names_the_reason() {
    let (shared, other) = (random_key::<32>(), random_key::<32>());
    let ring = |key: [u8; 32]| {
        let keys = Ring::builder().entry("seal", SealKey::new(key).unwrap());
        SealRing::new(keys.build().unwrap())
    };
    let claims = Claims::new(at(NOW - 10), at(NOW)).unwrap();
    let ours = binding(Purpose::DeveloperPayload, "scan-1");
    let expired = ring(shared).seal(&ours, &claims).unwrap();
    let request = request(expired.expose(), "-");
    // From what knows nothing of the token to what can open it.
    let kind = |rank| match rank {
        0 => Secrets::fixed(common::ring("fixed", &random_text())),
        1 => Secrets::sealed(ring(other), AUDIENCE),
        2 => Secrets::sealed(ring(shared), "staging"),
        _ => Secrets::sealed(ring(shared), AUDIENCE),
    };
    let reasons = [
        Reason::DeveloperPayloadWrong,
        Reason::PayloadTokenKeyUnknown,
        Reason::PayloadTokenAnotherAudience,
        Reason::PayloadTokenExpired,
    ];
    for one in 0..reasons.len() {
        for another in 0..reasons.len() {
            let unused = common::ring("unused", &random_text());
            let secrets = kind(one).or(kind(another));
            let guard = guard(unused, secrets, "developer_payload");
            let expected = Some(reasons[one.max(another)]);
            assert_eq!(reason(&guard, &request), expected, "{one} {another}");
        }
    }
}

/// No token is missing where a secret of another kind would have done.
#[test]
fn what_is_no_token_is_wrong_where_another_kind_is_accepted_beside_tokens() {
    let (derivation_key, seal_key) = (random_key::<32>(), random_key::<32>());
    let seals = || {
        let keys = Ring::builder().entry("seal", SealKey::new(seal_key).unwrap());
        SealRing::new(keys.build().unwrap())
    };
    let sealed = || Secrets::sealed(seals(), AUDIENCE);
    let derived = || {
        let key = DerivationKey::new(derivation_key).unwrap();
        let ring = DerivationRing::builder().entry("derived", key);
        Secrets::derived(ring.build().unwrap(), AUDIENCE)
    };
    let fixed = || Secrets::fixed(ring("fixed", &random_text()));

    let key = DerivationKey::new(derivation_key).unwrap();
    let another_scan = |purpose| {
        let secret = key.derive(&binding(purpose, "scan-2"));
        secret.expose().to_owned()
    };
    let claims = Claims::new(at(NOW - 10), at(NOW + 10)).unwrap();
    let ours = binding(Purpose::DeveloperPayload, "scan-1");
    let token = seals().seal(&ours, &claims).unwrap();
    let (body, _) = token.expose().rsplit_once('.').unwrap();
    // A footer of `{}`, as of a program that seals in another form.
    let other_form = format!("{body}.e30");

    let secrets = |which| match which {
        0 => sealed(),
        1 => sealed().or(derived()),
        2 => derived().or(sealed()),
        3 => sealed().or(fixed()),
        _ => fixed().or(derived()).or(sealed()),
    };
    for which in 0..5 {
        let judging = |policy| guard(secrets(which), secrets(which), policy);
        let (payload, header) = (judging("developer_payload"), judging("header_secret"));
        let (in_payload, in_header) = if which > 0 {
            (Reason::DeveloperPayloadWrong, Reason::HeaderSecretWrong)
        } else {
            (Reason::PayloadTokenMissing, Reason::HeaderTokenMissing)
        };
        for value in [
            another_scan(Purpose::DeveloperPayload),
            random_text(),
            "a".repeat(512),
        ] {
            assert_eq!(reason(&payload, &request(&value, "-")), Some(in_payload));
        }
        for value in [
            another_scan(Purpose::Header),
            random_text(),
            "a".repeat(513),
        ] {
            assert_eq!(reason(&header, &request("", &value)), Some(in_header));
        }
        assert_eq!(
            reason(&payload, &request(&other_form, "-")),
            Some(Reason::PayloadTokenMissing)
        );
        assert_eq!(
            reason(&header, &request("", &other_form)),
            Some(Reason::HeaderTokenMissing)
        );
    }
}

#[test]
fn a_route_that_does_not_name_the_scan_cannot_have_secrets_of_each_scan() {
    let ring = DerivationRing::builder()
        .entry("key", DerivationKey::new(random_key::<32>()).unwrap())
        .build()
        .unwrap();
    let error = Guard::builder()
        .developer_payload(Secrets::derived(ring, AUDIENCE))
        .route(GuardedRoute::new(
            Route::parse("/hook", Some(Event::NewResult)).unwrap(),
            "developer_payload".parse().unwrap(),
        ))
        .build()
        .unwrap_err();
    assert_eq!(
        error,
        GuardError::ScanIdMissing {
            route: "/hook".into(),
            policy: PolicyKind::Policy,
            check: Check::DeveloperPayload,
        }
    );
}

#[test]
fn nothing_of_a_key_is_shown() {
    let key = random_text();
    let ring = DerivationRing::builder()
        .entry("label", DerivationKey::new(key.as_bytes()).unwrap())
        .build()
        .unwrap();
    let shown = format!("{:?}", Secrets::derived(ring, AUDIENCE));
    assert!(shown.contains("label") && shown.contains(AUDIENCE) && !shown.contains(&key));
}
