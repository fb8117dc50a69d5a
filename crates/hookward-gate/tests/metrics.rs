//! What the gate counts, as Prometheus reads it.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use common::gate::Gate;
use common::upstream::Upstream;
use common::{Site, needs, program};

const PATH: &str = "/copyleaks/completed/scan-1";

fn site(upstream: &str, more: &str) -> Site {
    let site = Site::new();
    for (name, host) in [
        ("server", "localhost"),
        ("sender", "a.example"),
        ("stranger", "b.example"),
    ] {
        site.openssl_certificate(name, host);
    }
    site.list(&["sender"]);
    let config = format!(
        r#"upstream = "http://{upstream}"
[listen]
address = "127.0.0.1:0"
tls = {{ certificate = "server.pem", key = "server.key" }}
[admin]
address = "127.0.0.1:0"
[log]
format = "json"
[client_certificate]
thumbprints = {{ file = "thumbprints.json" }}
[developer_payload]
secrets = [{{ label = "first", env = "TEST_PAYLOAD", not_after = 2100-01-01T00:00:00Z }}]
[[route]]
path = "/copyleaks/{{status}}/{{scan_id}}"
policy = "client_certificate and developer_payload"
trial = "developer_payload"
{more}
"#
    );
    site.write("hookward.toml", config);
    site
}

fn body(payload: &str) -> Vec<u8> {
    format!(r#"{{"status":0,"developerPayload":"{payload}"}}"#).into()
}

fn certificate(site: &Site, name: &str) -> [String; 4] {
    let file = |end: &str| site.path(&format!("{name}.{end}")).display().to_string();
    ["--cert".into(), file("pem"), "--key".into(), file("key")]
}

fn send(gate: &Gate, site: &Site, sender: &str, path: &str, body: &[u8]) -> u16 {
    let certificate = certificate(site, sender);
    let args: Vec<_> = certificate.iter().map(String::as_str).collect();
    let status = gate.send(site, &args, path, body).status;
    gate.decision();
    status
}

fn metrics(gate: &Gate) -> String {
    let ran = gate.ask("/metrics");
    let text = ran.stdout.strip_suffix("200");
    text.expect("the metrics are answered with 200").to_owned()
}

/// Pipes `input` through promtool, which says nothing of what is in order.
fn promtool(args: &[&str], input: &str) {
    let mut child = program("promtool")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| needs("promtool", &error));
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}{input}");
}

#[test]
fn everything_is_counted_and_promtool_finds_no_fault() {
    let upstream = Upstream::new();
    let site = site(&upstream.address.to_string(), "");
    let gate = Gate::start(&site);
    let (genuine, forged) = (body(&site.payload), body("something else entirely"));
    assert_eq!(send(&gate, &site, "sender", PATH, &genuine), 200);
    assert_eq!(send(&gate, &site, "sender", PATH, &forged), 403);
    assert_eq!(send(&gate, &site, "stranger", PATH, &genuine), 403);
    assert_eq!(send(&gate, &site, "sender", "/copyleaks", &genuine), 404);

    let text = metrics(&gate);
    promtool(&["check", "metrics"], &text);
    let route = r#"route="/copyleaks/{status}/{scan_id}""#;
    let judged = genuine.len() + forged.len();
    for line in [
        format!(r#"hookward_decisions_total{{{route},verdict="accept",reason=""}} 1"#),
        format!(
            r#"hookward_decisions_total{{{route},verdict="refuse",reason="developer_payload_wrong"}} 1"#
        ),
        format!(
            r#"hookward_decisions_total{{{route},verdict="refuse",reason="certificate_not_listed"}} 1"#
        ),
        r#"hookward_decisions_total{route="",verdict="refuse",reason="route_unknown"} 1"#.into(),
        r#"hookward_check_outcomes_total{check="client_certificate",outcome="pass",reason=""} 2"#
            .into(),
        r#"hookward_check_outcomes_total{check="developer_payload",outcome="pending",reason=""} 1"#
            .into(),
        r#"hookward_secret_matches_total{check="developer_payload",secret="first"} 1"#.into(),
        r#"hookward_secret_ends_timestamp_seconds{check="developer_payload",secret="first"} 4102444800"#
            .into(),
        format!(r#"hookward_trials_total{{{route},verdict="accept",trial="accept"}} 1"#),
        format!(r#"hookward_trials_total{{{route},verdict="refuse",trial="unknown"}} 1"#),
        format!(r#"hookward_judged_body_bytes_total{{{route}}} {judged}"#),
        format!("hookward_forwarded_body_bytes_total {}", genuine.len()),
        r#"hookward_stage_duration_seconds_count{stage="head"} 4"#.into(),
        r#"hookward_stage_duration_seconds_count{stage="body"} 2"#.into(),
        r#"hookward_stage_duration_seconds_count{stage="upstream"} 1"#.into(),
        r#"hookward_stage_duration_seconds_count{stage="total"} 4"#.into(),
        r#"hookward_upstream_answers_total{class="2xx"} 1"#.into(),
        r#"hookward_upstream_failures_total{kind="unreachable"} 0"#.into(),
        "hookward_requests_in_progress 0".into(),
        r#"hookward_list_state{list="thumbprints",state="fixed"} 1"#.into(),
        r#"hookward_list_entries{list="thumbprints"} 1"#.into(),
        "hookward_buffered_bytes 0".into(),
        "hookward_buffer_budget_bytes 67108864".into(),
        r#"hookward_connections_total{listener="webhooks"} 4"#.into(),
        r#"hookward_handshakes_total{listener="webhooks"} 4"#.into(),
        r#"hookward_connections_cut_total{listener="webhooks",cause="gave_way"} 0"#.into(),
        r#"hookward_reloads_total{outcome="refused"} 0"#.into(),
        "hookward_last_reload_refused 0".into(),
        format!(
            r#"hookward_build_info{{version="{}"}} 1"#,
            env!("CARGO_PKG_VERSION")
        ),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    for secret in [&site.payload, "something else", "scan-1", "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret}\n{text}");
    }
}

#[test]
fn an_upstream_that_is_down_is_counted_and_the_next_try_succeeds() {
    // A port on which nobody listens, and later somebody does.
    let later = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = later.local_addr().unwrap();
    drop(later);
    let site = site(&address.to_string(), "");
    let gate = Gate::start(&site);
    let genuine = body(&site.payload);
    assert_eq!(send(&gate, &site, "sender", PATH, &genuine), 502);
    let down = r#"hookward_upstream_failures_total{kind="unreachable"} 1"#;
    assert!(metrics(&gate).lines().any(|line| line == down));
    let upstream = Upstream::at(address);
    assert_eq!(send(&gate, &site, "sender", PATH, &genuine), 200);
    assert_eq!(upstream.only().body, genuine);
}

#[test]
fn the_admin_address_answers_to_its_own_names_alone() {
    let upstream = Upstream::new();
    let site = site(&upstream.address.to_string(), "");
    let config = fs::read_to_string(site.path("hookward.toml")).unwrap();
    let config = config.replace("[log]", "hosts = [\"gate.internal\"]\n[log]");
    site.write("hookward.toml", config);
    let gate = Gate::start(&site);
    for path in ["/healthz", "/readyz", "/lists", "/refusals", "/metrics"] {
        for (host, status) in [
            ("gate.internal:1", "200"),
            ("localhost", "200"),
            ("rebound.example", "421"),
        ] {
            let ran = gate.ask_as(host, path);
            assert!(ran.stdout.ends_with(status), "{host}{path}: {ran:?}");
        }
    }
}

#[test]
fn the_example_rules_are_in_order_and_name_metrics_that_exist() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/prometheus");
    let rules = rules.join("hookward.rules.yml");
    promtool(&["check", "rules", rules.to_str().unwrap()], "");

    let upstream = Upstream::new();
    let site = site(&upstream.address.to_string(), "");
    let gate = Gate::start(&site);
    let genuine = body(&site.payload);
    assert_eq!(send(&gate, &site, "sender", PATH, &genuine), 200);
    let text = metrics(&gate);
    let exist: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    let rules = fs::read_to_string(rules).unwrap();
    let named: BTreeSet<_> = rules
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("hookward_"))
        .collect();
    assert!(named.len() > 8, "{named:?}");
    let missing: Vec<_> = named.difference(&exist).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
