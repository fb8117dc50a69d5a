//! What is refused before any check, and in which order.

mod common;

use common::World;
use hookward::{Framing, Reason};

fn reason(change: impl FnOnce(&mut common::Request)) -> Option<Reason> {
    let world = World::new();
    let guard = world.guard("client_certificate");
    let mut request = world.genuine();
    change(&mut request);
    let decision = request.judge(&guard);
    assert_eq!(decision.body_read(), 0);
    decision.reason()
}

#[test]
fn a_genuine_form_passes() {
    assert_eq!(reason(|_| {}), None);
    assert_eq!(
        reason(|request| request.authority = Some("HOOKS.example")),
        None
    );
    assert_eq!(
        reason(|request| request.path = "/copyleaks/CreditsChecked/a-b".into()),
        None
    );
}

#[test]
fn paths_that_programs_read_differently_are_refused() {
    for path in [
        "/copyleaks/../copyleaks/completed/scan-1",
        "/copyleaks/./completed/scan-1",
        "/copyleaks/%2e%2E/completed/scan-1",
        "/copyleaks//completed/scan-1",
        "/copyleaks/completed/scan-1/",
        "/copyleaks/completed%2fscan-1",
        "/copyleaks/completed/scan%5c1",
        "/copyleaks/completed/scan%2500",
        "/copyleaks/completed/scan%001",
        "/copyleaks\\completed\\scan-1",
        "/copyleaks/completed/scan-1%",
        "copyleaks/completed/scan-1",
        "*",
        "",
    ] {
        assert_eq!(
            reason(|request| request.path = path.into()),
            Some(Reason::PathMalformed),
            "{path}"
        );
    }
}

#[test]
fn paths_outside_the_routes_are_unknown() {
    for path in [
        "/",
        "/copyleaks",
        "/copyleaks/completed",
        "/copyleaks/completed/scan-1/x",
        "/copyleaks/finished/scan-1",
        "/Copyleaks/completed/scan-1",
        "/copyleaks/completed/SCAN-1",
        "/copyleaks/completed/ab",
        "/copyleaks/completed/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        assert_eq!(
            reason(|request| request.path = path.into()),
            Some(Reason::RouteUnknown),
            "{path}"
        );
    }
}

#[test]
fn other_methods_are_not_allowed() {
    for method in [
        "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "post", "POST ",
    ] {
        assert_eq!(
            reason(|request| request.method = method),
            Some(Reason::MethodNotAllowed),
            "{method}"
        );
    }
    assert_eq!(
        reason(|request| request.method = "CONNECT"),
        Some(Reason::MethodUnsupported)
    );
}

#[test]
fn encoded_bodies_are_unsupported() {
    for coding in ["gzip", "br", "identity, gzip", ""] {
        assert_eq!(
            reason(|request| request
                .headers
                .push(("Content-Encoding".into(), coding.into()))),
            Some(Reason::ContentCodingUnsupported),
            "{coding}"
        );
    }
    assert_eq!(
        reason(|request| request
            .headers
            .push(("content-encoding".into(), "Identity".into()))),
        None
    );
}

#[test]
fn a_declared_length_past_the_limit_is_refused_at_the_head() {
    let limit = hookward::GuardedRoute::DEFAULT_BODY_LIMIT;
    for (length, expected) in [(limit, None), (limit + 1, Some(Reason::BodyTooLarge))] {
        assert_eq!(
            reason(|request| {
                request.headers.retain(|(name, _)| name != "Content-Length");
                request
                    .headers
                    .push(("Content-Length".into(), length.to_string().into()));
            }),
            expected
        );
    }
}

#[test]
fn an_undeclared_length_past_the_limit_is_refused_midway() {
    let world = World::new();
    let guard = world
        .builder()
        .route(
            hookward::GuardedRoute::new(
                hookward::Route::parse("/copyleaks/{status}/{scan_id}", None).unwrap(),
                "developer_payload".parse().unwrap(),
            )
            .with_body_limit(100),
        )
        .build()
        .unwrap();
    let body = format!(
        r#"{{"x":"{}","developerPayload":"{}"}}"#,
        "x".repeat(200),
        world.payload
    );
    let request = world.genuine().with_body(body);
    let decision = request.judge_in_chunks(&guard, 50);
    assert_eq!(decision.reason(), Some(Reason::BodyTooLarge));
    assert_eq!(decision.body_read(), 150);
}

#[test]
fn a_body_that_is_not_judged_is_held_to_the_limit_by_whoever_sees_it() {
    let world = World::new();
    let guard = world.guard("client_certificate");
    let limit = hookward::GuardedRoute::DEFAULT_BODY_LIMIT;
    for (length, expected) in [(limit, None), (limit + 1, Some(Reason::BodyTooLarge))] {
        let decision = world.genuine().judge(&guard).with_body_length(length);
        assert_eq!(decision.reason(), expected);
    }
    let mut refused = world.genuine();
    refused.path = "/elsewhere".into();
    let decision = refused.judge(&guard).with_body_length(limit + 1);
    assert_eq!(decision.reason(), Some(Reason::RouteUnknown));
}

#[test]
fn ambiguous_requests_are_refused() {
    assert_eq!(
        reason(|request| request.framing = Framing::Ambiguous),
        Some(Reason::FramingAmbiguous)
    );
    assert_eq!(
        reason(|request| request
            .headers
            .push(("Transfer-Encoding".into(), "chunked".into()))),
        Some(Reason::FramingAmbiguous)
    );
    assert_eq!(
        reason(|request| request
            .headers
            .push(("Host".into(), "hooks.example".into()))),
        Some(Reason::HostAmbiguous)
    );
    assert_eq!(
        reason(|request| request.authority = Some("other.example")),
        Some(Reason::HostAmbiguous)
    );
    assert_eq!(
        reason(|request| request.headers.push(("upgrade".into(), "h2c".into()))),
        Some(Reason::UpgradeRefused)
    );
    for alias in [
        "hookward_event",
        "Hookward.Scan-Id",
        "x_webhook_secret",
        "x-webhook.secret",
    ] {
        assert_eq!(
            reason(|request| request.headers.push((alias.into(), "x".into()))),
            Some(Reason::HeaderAliased),
            "{alias}"
        );
    }
}
