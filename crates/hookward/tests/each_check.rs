//! For each check: the request that it is there for, and those that must not get through.

mod common;

use common::{NOW, SECRET_HEADER, World, at, random_text, ring, thumbprints};
use hookward::{
    Algorithm, Check, ClientCertificate, Connection, Framing, Guard, GuardedRoute, Head, Lists,
    Outcome, Reason, Route, Secret, SecretRing, Snapshot, Step, Verdict, Window,
};

const ALL: &str = "client_certificate and header_secret and source_address and developer_payload";

#[test]
fn a_request_with_all_the_evidence_is_accepted() {
    let world = World::new();
    let guard = world.guard(ALL);
    let request = world.genuine();
    for size in [1, 2, 3, 64, 4096] {
        let decision = request.judge_in_chunks(&guard, size);
        assert_eq!(decision.verdict(), Verdict::Accept);
        assert_eq!(decision.header_secret(), Some("header-1"));
        assert_eq!(decision.developer_payload(), Some("payload-1"));
        assert!(decision.thumbprint().is_some());
        assert_eq!(decision.body_read(), request.body.len() as u64);
        let verified = decision.admit(()).unwrap();
        assert_eq!(verified.webhook().scan_id.unwrap().as_str(), "scan-1");
        assert_eq!(
            verified.webhook().developer_payload.as_deref(),
            Some("payload-1")
        );
    }
}

#[test]
fn the_certificate_has_to_be_listed_and_within_its_dates() {
    let world = World::new();
    let guard = world.guard("client_certificate");

    let mut request = world.genuine();
    assert!(request.judge(&guard).is_accepted());

    request.leaf = None;
    assert_eq!(
        request.judge(&guard).reason(),
        Some(Reason::CertificateMissing)
    );

    request.leaf = Some(common::leaf());
    assert_eq!(
        request.judge(&guard).reason(),
        Some(Reason::CertificateNotListed)
    );

    let mut request = world.genuine();
    let not_before = world.leaf.not_before().as_secs();
    request.now = not_before - 1;
    request.lists.thumbprints = Some(Snapshot::fixed(thumbprints([&world.leaf])));
    assert_eq!(
        request.judge(&guard).reason(),
        Some(Reason::CertificateNotYetValid)
    );
    request.now = world.leaf.not_after().as_secs() + 1;
    assert_eq!(
        request.judge(&guard).reason(),
        Some(Reason::CertificateExpired)
    );
}

#[test]
fn a_bare_thumbprint_needs_a_set_that_ignores_dates_and_has_its_algorithm() {
    let world = World::new();
    let guard = world.guard("client_certificate");
    let judge = |set: hookward::ThumbprintSet, algorithm| {
        let lists = Lists {
            thumbprints: Some(Snapshot::fixed(set)),
            addresses: None,
        };
        let connection = Connection {
            client_address: None,
            certificate: Some(ClientCertificate::Thumbprint(
                world.leaf.thumbprint(algorithm),
            )),
        };
        let head = Head {
            method: "POST",
            authority: None,
            path: common::PATH,
            headers: &Vec::<(&str, &[u8])>::new(),
            framing: Framing::Clear,
        };
        match guard.inspect(&lists, &connection, &head, at(NOW)) {
            Step::Decided(decision) => decision.reason(),
            Step::NeedsBody(_) => panic!("the head decides"),
        }
    };
    let ignoring =
        || thumbprints([&world.leaf]).with_validity_dates(hookward::ValidityDates::Ignore);
    assert_eq!(judge(ignoring(), Algorithm::Sha256), None);
    assert_eq!(
        judge(thumbprints([&world.leaf]), Algorithm::Sha256),
        Some(Reason::CertificateDatesUnknown)
    );
    assert_eq!(
        judge(ignoring(), Algorithm::Sha1),
        Some(Reason::ThumbprintAlgorithmNotListed)
    );
    let other = thumbprints([&common::leaf()]).with_validity_dates(hookward::ValidityDates::Ignore);
    assert_eq!(
        judge(other, Algorithm::Sha256),
        Some(Reason::CertificateNotListed)
    );
}

#[test]
fn the_secret_header_has_to_occur_exactly_once() {
    let world = World::new();
    let guard = world.guard("header_secret");
    let genuine = || world.genuine();
    let reason = |request: common::Request| request.judge(&guard).reason();

    assert_eq!(reason(genuine()), None);
    assert_eq!(
        reason(genuine().without_header(SECRET_HEADER)),
        Some(Reason::HeaderSecretMissing)
    );
    // The right secret first, last, twice: a repeated header is never right.
    for value in [random_text(), world.header_secret.clone()] {
        assert_eq!(
            reason(genuine().with_header(SECRET_HEADER, value)),
            Some(Reason::HeaderSecretRepeated)
        );
    }
    for wrong in [
        String::new(),
        random_text(),
        format!("{} ", world.header_secret),
        world.header_secret.to_uppercase(),
        world.header_secret[1..].to_owned(),
        format!("{0},{0}", world.header_secret),
    ] {
        assert_eq!(
            reason(
                genuine()
                    .without_header(SECRET_HEADER)
                    .with_header(SECRET_HEADER, wrong)
            ),
            Some(Reason::HeaderSecretWrong)
        );
    }
    assert_eq!(
        reason(genuine().with_header("X_Webhook_Secret", random_text())),
        Some(Reason::HeaderAliased)
    );
}

#[test]
fn secrets_count_only_within_their_window() {
    let world = World::new();
    let within = |from: Option<u64>, until: Option<u64>| {
        SecretRing::builder()
            .secret_within(
                "windowed",
                Secret::new(world.header_secret.as_str()).unwrap(),
                Window::new(from.map(at), until.map(at)).unwrap(),
            )
            .build()
            .unwrap()
    };
    let judge = |ring: SecretRing| {
        let guard = Guard::builder()
            .header_secret(SECRET_HEADER.parse().unwrap(), ring)
            .route(GuardedRoute::new(
                Route::parse("/copyleaks/{status}/{scan_id}", None).unwrap(),
                "header_secret".parse().unwrap(),
            ))
            .build()
            .unwrap();
        world.genuine().judge(&guard).reason()
    };
    assert_eq!(judge(within(Some(NOW), Some(NOW + 1))), None);
    assert_eq!(
        judge(within(Some(NOW + 1), None)),
        Some(Reason::HeaderSecretNotYetValid)
    );
    assert_eq!(
        judge(within(None, Some(NOW - 1))),
        Some(Reason::HeaderSecretExpired)
    );
}

#[test]
fn the_address_has_to_be_known_and_listed() {
    let world = World::new();
    let guard = world.guard("source_address");
    let reason = |address: Option<&str>| {
        let mut request = world.genuine();
        request.address = address.map(|text| text.parse().unwrap());
        request.judge(&guard).reason()
    };
    assert_eq!(reason(Some("192.0.2.255")), None);
    assert_eq!(reason(Some("::ffff:192.0.2.1")), None);
    assert_eq!(reason(Some("192.0.3.0")), Some(Reason::AddressNotListed));
    assert_eq!(reason(Some("::192.0.2.1")), Some(Reason::AddressNotListed));
    assert_eq!(reason(None), Some(Reason::AddressUnknown));
}

#[test]
fn the_payload_has_to_be_at_the_top_level_once_and_ours() {
    let world = World::new();
    let guard = world.guard("developer_payload");
    let ours = &world.payload;
    let reason = |body: String| world.genuine().with_body(body).judge(&guard).reason();

    assert_eq!(reason(format!(r#"{{"developerPayload":"{ours}"}}"#)), None);
    assert_eq!(
        reason(format!(r#"{{"developerPayl\u006fad":"{ours}","x":[]}}"#)),
        None
    );
    let cases = [
        (r#"{}"#.to_owned(), Reason::DeveloperPayloadMissing),
        (
            r#"{"developerPayload":""}"#.into(),
            Reason::DeveloperPayloadEmpty,
        ),
        (
            r#"{"developerPayload":null}"#.into(),
            Reason::DeveloperPayloadNotString,
        ),
        (
            format!(r#"{{"developerPayload":["{ours}"]}}"#),
            Reason::DeveloperPayloadNotString,
        ),
        (
            format!(r#"{{"developerPayload":"{}"}}"#, random_text()),
            Reason::DeveloperPayloadWrong,
        ),
        (
            format!(r#"{{"developerPayload":"{ours} "}}"#),
            Reason::DeveloperPayloadWrong,
        ),
        (
            format!(r#"{{"scannedDocument":{{"developerPayload":"{ours}"}}}}"#),
            Reason::DeveloperPayloadMissing,
        ),
        (
            format!(r#"{{"developerPayload":"{ours}","developerPayload":"{ours}"}}"#),
            Reason::DeveloperPayloadRepeated,
        ),
        (
            format!(r#"{{"developerPayload":"{ours}","developerPayl\u006fad":"x"}}"#),
            Reason::DeveloperPayloadRepeated,
        ),
        (
            format!(r#"{{"developerPayload":"{ours}","DeveloperPayload":"x"}}"#),
            Reason::DeveloperPayloadRepeated,
        ),
        (
            format!(r#"{{"developerPayload":"{}"}}"#, "x".repeat(513)),
            Reason::DeveloperPayloadTooLong,
        ),
        (
            format!(r#"{{"developerPayload":"{ours}"}}x"#),
            Reason::BodyMalformed,
        ),
        (
            format!(r#"{{"developerPayload":"{ours}""#),
            Reason::BodyMalformed,
        ),
        (
            format!(r#"["developerPayload","{ours}"]"#),
            Reason::BodyMalformed,
        ),
        (
            format!("\u{feff}{{\"developerPayload\":\"{ours}\"}}"),
            Reason::BodyMalformed,
        ),
        (String::new(), Reason::BodyMalformed),
        (
            format!(r#"{{"developerPayload":"{ours}","x":{}"#, "[".repeat(200)),
            Reason::BodyTooDeep,
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(reason(body.clone()), Some(expected), "{body}");
    }
}

#[test]
fn a_wrong_payload_is_refused_before_the_rest_of_the_body() {
    let world = World::new();
    let guard = world.guard("developer_payload");
    let body = format!(
        r#"{{"developerPayload":"{}","rest":"{}"}}"#,
        random_text(),
        "x".repeat(10_000)
    );
    let decision = world.genuine().with_body(body);
    let decision = decision.judge_in_chunks(&guard, 100);
    assert_eq!(decision.reason(), Some(Reason::DeveloperPayloadWrong));
    assert_eq!(decision.body_read(), 100);
}

#[test]
fn a_right_payload_is_accepted_only_with_the_whole_body() {
    let world = World::new();
    let guard = world.guard("developer_payload");
    let whole = format!(r#"{{"developerPayload":"{}","rest":[1,2]}}"#, world.payload);
    for cut in 0..whole.len() {
        let decision = world.genuine().with_body(&whole.as_bytes()[..cut]);
        assert!(
            !decision.judge_in_chunks(&guard, 5).is_accepted(),
            "cut at {cut}"
        );
    }
}

#[test]
fn secrets_of_one_check_do_not_pass_the_other() {
    let world = World::new();
    let guard = world.guard("header_secret and developer_payload");
    let swapped = world
        .genuine()
        .without_header(SECRET_HEADER)
        .with_header(SECRET_HEADER, world.payload.clone());
    assert_eq!(
        swapped.judge(&guard).reason(),
        Some(Reason::HeaderSecretMisplaced)
    );
    let body = format!(r#"{{"developerPayload":"{}"}}"#, world.header_secret);
    assert_eq!(
        world.genuine().with_body(body).judge(&guard).reason(),
        Some(Reason::DeveloperPayloadMisplaced)
    );
}

#[test]
fn a_trace_lists_every_check_of_the_policy_and_no_secret() {
    let world = World::new();
    let guard = world.guard("client_certificate and (header_secret or developer_payload)");
    let mut request = world.genuine();
    request.leaf = None;
    let decision = request.judge(&guard);
    let outcomes: Vec<_> = decision.outcomes().collect();
    assert_eq!(
        outcomes,
        [
            (
                Check::ClientCertificate,
                Outcome::Fail(Reason::CertificateMissing)
            ),
            (Check::HeaderSecret, Outcome::Pass),
            (Check::DeveloperPayload, Outcome::Pending),
        ]
    );
    let trace = decision.trace().unwrap().to_string();
    assert!(trace.contains("certificate_missing"), "{trace}");
    for shown in [
        trace,
        format!("{decision:?} {guard:?} {:?}", request.inspect(&guard)),
    ] {
        assert!(!shown.contains(&world.header_secret) && !shown.contains(&world.payload));
    }
}

#[test]
fn the_header_of_another_ring_entry_matches_with_its_own_label() {
    let world = World::new();
    let second = random_text();
    let guard = Guard::builder()
        .header_secret(
            SECRET_HEADER.parse().unwrap(),
            SecretRing::builder()
                .secret("old", Secret::new(world.header_secret.as_str()).unwrap())
                .secret("new", Secret::new(second.as_str()).unwrap())
                .build()
                .unwrap(),
        )
        .developer_payload(ring("payload", &world.payload))
        .route(GuardedRoute::new(
            Route::parse("/copyleaks/{status}/{scan_id}", None).unwrap(),
            "header_secret".parse().unwrap(),
        ))
        .build()
        .unwrap();
    assert_eq!(world.genuine().judge(&guard).header_secret(), Some("old"));
    let request = world
        .genuine()
        .without_header(SECRET_HEADER)
        .with_header(SECRET_HEADER, second);
    assert_eq!(request.judge(&guard).header_secret(), Some("new"));
}
