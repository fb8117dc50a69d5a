//! `hookward serve` as proxies ask it about requests that they hold.

mod common;

use std::fs;
use std::net::TcpStream;

use base64ct::{Base64, Encoding};
use common::Site;
use common::gate::Gate;
use common::proxied::{PATH, certificate, exchange, site, status};

/// A proxy's question about a request.
fn ask(gate: &Gate, method: &str, uri: &str, more: &[(&str, &str)]) -> String {
    let address = gate.listening["forward_auth"].as_str().unwrap();
    let mut headers = vec![("x-original-method", method), ("x-original-uri", uri)];
    headers.extend(more);
    exchange(
        TcpStream::connect(address).unwrap(),
        "",
        "GET",
        "/auth",
        &headers,
    )
}

const FORWARD_AUTH: &str = r#"[forward_auth]
form = "nginx"
address = "127.0.0.1:0"
proxies = ["127.0.0.1"]
[forward_auth.forwarded]
certificate = { form = "der-base64", header = "x-client-cert" }
address = { form = "x-forwarded-for" }
"#;

#[test]
fn a_proxy_that_asks_is_told_what_the_guard_knows() {
    let sender = certificate();
    let gate_site = site(FORWARD_AUTH, &sender);
    let gate = Gate::start(&gate_site);
    let header = Base64::encode_string(&sender);
    let genuine = [
        ("x-client-cert", header.as_str()),
        ("x-forwarded-for", "::ffff:203.0.113.9"),
    ];
    let answer = ask(&gate, "POST", &format!("{PATH}?a=b"), &genuine);
    assert_eq!(status(&answer), 200, "{answer}");
    assert!(
        answer.contains("\r\nhookward-event: completed\r\n"),
        "{answer}"
    );
    assert!(
        answer.contains("\r\nhookward-scan-id: scan-1\r\n"),
        "{answer}"
    );
    assert!(
        gate.listening["address"].is_null(),
        "only questions are taken"
    );
}

#[test]
fn an_admin_address_that_is_switched_off_is_not_there() {
    let site = site(FORWARD_AUTH, &certificate());
    let config = fs::read_to_string(site.path("hookward.toml")).unwrap();
    let off = "[admin]\nenabled = false";
    let config = config.replace("[admin]\naddress = \"127.0.0.1:0\"", off);
    assert!(config.contains(off), "{config}");
    site.write("hookward.toml", config);
    let gate = Gate::start(&site);
    assert!(gate.listening["admin"].is_null(), "{}", gate.listening);
}

#[test]
fn a_question_that_cannot_be_read_has_an_id_and_is_counted() {
    let site = site(FORWARD_AUTH, &certificate());
    let gate = Gate::start(&site);
    let answer = ask(
        &gate,
        "POST",
        "elsewhere",
        &[("x-request-id", "question-1")],
    );
    assert_eq!(status(&answer), 403, "{answer}");
    assert!(
        answer.contains("\r\nx-request-id: question-1\r\n"),
        "{answer}"
    );
    let line = gate.wait_for("the proxy's question cannot be read");
    assert_eq!(line["request_id"], "question-1", "{line}");
    let metrics = gate.ask("/metrics").stdout;
    let counted = "hookward_unreadable_questions_total 1";
    assert!(metrics.lines().any(|line| line == counted), "{metrics}");
}

#[test]
fn a_question_about_a_forgery_is_answered_in_the_proxys_words() {
    let sender = certificate();
    let site = site(FORWARD_AUTH, &sender);
    let gate = Gate::start(&site);
    let header = Base64::encode_string(&sender);
    let genuine = [
        ("x-client-cert", header.as_str()),
        ("x-forwarded-for", "203.0.113.9"),
    ];
    for (method, uri) in [
        // nginx knows neither 405 nor 404 nor 400.
        ("GET", PATH),
        ("POST", "/elsewhere"),
        ("POST", "/copyleaks/x/../completed/scan-1"),
        ("POST", "/copyleaks/completed/%2e%2e"),
        ("POST", "//copyleaks/completed/scan-1"),
        ("POST", "copyleaks/completed/scan-1"),
        ("PO ST", PATH),
    ] {
        assert_eq!(
            status(&ask(&gate, method, uri, &genuine)),
            403,
            "{method} {uri}"
        );
    }
    for forged in [
        &[("x-forwarded-for", "203.0.113.9")][..],
        &[genuine[0], genuine[1], ("x-original-uri", "/elsewhere")],
        &[genuine[0], genuine[1], ("x_original_uri", PATH)],
        &[genuine[0], ("x-forwarded-for", "203.0.113.9, 198.51.100.1")],
    ] {
        assert_eq!(status(&ask(&gate, "POST", PATH, forged)), 403, "{forged:?}");
    }
}

#[test]
fn a_policy_that_needs_a_body_is_refused_where_none_comes() {
    let site = Site::new();
    let config = |form: &str, policy: &str| {
        format!(
            "[forward_auth]\nform = \"{form}\"\nproxies = [\"10.0.0.1\"]\n\
             forwarded = {{ address = {{ form = \"forwarded\" }} }}\n\
             [developer_payload]\nsecrets = [{{ label = \"a\", env = \"TEST_PAYLOAD\" }}]\n\
             [source_address]\nallow = [\"192.0.2.0/24\"]\n\
             [[route]]\npath = \"/{{status}}/{{scan_id}}\"\npolicy = \"{policy}\"\n"
        )
    };
    let check = |form, policy| {
        site.write("hookward.toml", config(form, policy));
        site.run(["check"])
    };
    let refused = check("nginx", "developer_payload and source_address");
    assert!(refused.stderr.contains("nginx sends none"), "{refused:?}");
    assert_eq!(
        check("nginx", "developer_payload or source_address").code,
        0
    );
    let allowed = check("envoy", "developer_payload");
    assert!(allowed.stdout.contains("with_request_body"), "{allowed:?}");
}
