//! `hookward explain`: the verdict on a recorded request.

mod common;

use common::{Ran, Site};
use serde_json::{Value, json};

const CONFIG: &str = r#"
[client_certificate]
thumbprints = { file = "thumbprints.json", expires_after = "1h" }
[developer_payload]
secrets = [{ label = "a", env = "TEST_PAYLOAD" }]
[source_address]
allow = ["192.0.2.0/24"]
[[route]]
path = "/copyleaks/{status}/{scan_id}"
policy = "client_certificate and developer_payload and source_address"
"#;

fn site() -> Site {
    let site = Site::new();
    site.certificate("sender", "sender.example");
    site.certificate("stranger", "stranger.example");
    site.list(&["sender"]);
    site.write("hookward.toml", CONFIG);
    site
}

fn genuine(site: &Site) -> Value {
    json!({
        "peer": "192.0.2.7",
        "certificate": std::fs::read_to_string(site.path("sender.pem")).unwrap(),
        "method": "POST",
        "path": "/copyleaks/completed/scan-1?x=y",
        "headers": [["content-type", "application/json"]],
        "body": format!(r#"{{"developerPayload":"{}"}}"#, site.payload),
    })
}

fn explain(site: &Site, request: &Value, args: &[&str]) -> Ran {
    let all = ["explain", "--request", "-"].iter().chain(args).copied();
    site.run_with(all, request.to_string().as_bytes())
}

fn answer(site: &Site, request: &Value) -> (i32, Value) {
    let ran = explain(site, request, &["--json"]);
    let answer = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    (ran.code, answer)
}

#[test]
fn a_genuine_request_is_accepted_and_says_what_matched() {
    let site = site();
    let (code, answer) = answer(&site, &genuine(&site));
    assert_eq!(code, 0);
    assert_eq!(answer["verdict"], "accept");
    assert_eq!(answer["status"], Value::Null);
    assert_eq!(answer["reason"], Value::Null);
    assert_eq!(answer["route"], "/copyleaks/{status}/{scan_id}");
    assert_eq!(
        (&answer["event"], &answer["scan_id"]),
        (&json!("completed"), &json!("scan-1"))
    );
    assert_eq!(answer["developer_payload"], "a");
    let thumbprint = site.thumbprint("sender");
    assert_eq!(answer["thumbprint"], thumbprint);
    let outcomes: Vec<_> = answer["trace"]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| {
            (
                check["check"].as_str().unwrap(),
                check["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        outcomes,
        [
            ("client_certificate", "pass"),
            ("developer_payload", "pass"),
            ("source_address", "pass")
        ]
    );
    let people = explain(&site, &genuine(&site), &[]);
    assert_eq!(people.code, 0);
    assert!(people.stdout.starts_with("accepted\n"), "{}", people.stdout);
    assert!(
        !people.stdout.contains(&site.payload),
        "secrets are not shown"
    );
}

#[test]
fn each_forged_request_is_refused_with_its_reason() {
    let site = site();
    let stranger = std::fs::read_to_string(site.path("stranger.pem")).unwrap();
    let wrong = format!(r#"{{"developerPayload":"{}"}}"#, common::secret());
    for (field, value, status, reason) in [
        ("certificate", Value::Null, 403, "certificate_missing"),
        (
            "certificate",
            json!(stranger),
            403,
            "certificate_not_listed",
        ),
        ("certificate", json!("MAA="), 403, "certificate_unreadable"),
        ("peer", Value::Null, 403, "address_unknown"),
        ("peer", json!("198.51.100.1"), 403, "address_not_listed"),
        ("method", json!("GET"), 405, "method_not_allowed"),
        (
            "path",
            json!("/copyleaks/completed/../completed/scan-1"),
            400,
            "path_malformed",
        ),
        ("path", json!("/other"), 404, "route_unknown"),
        ("body", json!(wrong), 403, "developer_payload_wrong"),
        ("body", json!("{}"), 403, "developer_payload_missing"),
        (
            "body",
            json!(r#"{"developerPayload":null}"#),
            403,
            "developer_payload_not_string",
        ),
        ("body", json!("{"), 400, "body_malformed"),
        (
            "headers",
            json!({"content-encoding": "gzip"}),
            415,
            "content_coding_unsupported",
        ),
        (
            "headers",
            json!([["host", "a"], ["host", "b"]]),
            400,
            "host_ambiguous",
        ),
    ] {
        let mut request = genuine(&site);
        request[field] = value;
        let (code, answer) = answer(&site, &request);
        assert_eq!(code, 1, "{reason}");
        assert_eq!(answer["verdict"], "refuse", "{reason}");
        assert_eq!(
            (&answer["status"], &answer["reason"]["name"]),
            (&json!(status), &json!(reason))
        );
        for text in ["meaning", "likely_cause", "remedy"] {
            assert!(
                answer["reason"][text].as_str().unwrap().ends_with('.'),
                "{answer}"
            );
        }
        let people = explain(&site, &request, &[]).stdout;
        assert!(
            people.starts_with(&format!("refused: {reason} ({status})\n")),
            "{people}"
        );
        assert!(people.contains("what to do:"), "{people}");
    }
}

#[test]
fn a_body_that_nobody_judges_is_held_to_its_limit_as_by_the_gate() {
    let site = site();
    let route = r#"
[[route]]
path = "/upload/{scan_id}"
event = "exportUpload"
policy = "client_certificate"
body_limit = "1KiB"
"#;
    site.write("hookward.toml", format!("{CONFIG}{route}"));
    let mut request = genuine(&site);
    request["path"] = json!("/upload/scan-1");
    for (length, expected) in [
        (1024, (0, Value::Null)),
        (1025, (1, json!("body_too_large"))),
    ] {
        request["body"] = json!("x".repeat(length));
        let (code, answer) = answer(&site, &request);
        assert_eq!((code, answer["reason"]["name"].clone()), expected);
    }
}

#[test]
fn a_trial_is_explained_beside_the_policy() {
    let site = site();
    let trial = CONFIG.replace(
        "policy = \"client_certificate and developer_payload and source_address\"",
        "policy = \"client_certificate\"\ntrial = \"client_certificate and developer_payload\"",
    );
    site.write("hookward.toml", trial + "# source_address is not used\n");
    let mut request = genuine(&site);
    let (code, agreed) = answer(&site, &request);
    assert_eq!((code, &agreed["trial"]["verdict"]), (0, &json!("accept")));
    assert_eq!(agreed["trial"]["disagrees"], false);

    request["body"] = json!("{}");
    let (code, answer) = answer(&site, &request);
    assert_eq!((code, &answer["verdict"]), (0, &json!("accept")));
    let trial = &answer["trial"];
    assert_eq!(trial["verdict"], "refuse");
    assert_eq!(trial["reason"]["name"], "developer_payload_missing");
    assert_eq!(trial["disagrees"], true);
    assert_eq!(trial["trace"]["decisive"], "developer_payload");
    // What the trial looked at is no part of what was decided.
    assert_eq!(answer["body_bytes"], 0);
    let people = explain(&site, &request, &[]).stdout;
    let expected = "trial: refuse, developer_payload_missing: The body has no top-level developerPayload.\n  \
                    The policy decided otherwise.\nrefuse: client_certificate and developer_payload\n";
    assert!(
        people.starts_with("accepted\n") && people.contains(expected),
        "{people}"
    );

    request["certificate"] = Value::Null;
    let people = explain(&site, &request, &[]).stdout;
    assert!(
        people.contains("\ntrial: refuse, certificate_missing: "),
        "{people}"
    );
}

#[test]
fn it_can_judge_as_of_another_time() {
    let site = site();
    for (now, reason) in [
        // The certificate is valid from 2024 to 2090.
        ("2020-01-01T00:00:00Z", "certificate_not_yet_valid"),
        ("2120-01-01T00:00:00+02:00", "certificate_expired"),
    ] {
        let ran = explain(&site, &genuine(&site), &["--json", "--now", now]);
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(answer["reason"]["name"], reason, "{now}");
    }
    assert_eq!(
        explain(&site, &genuine(&site), &["--now", "yesterday"]).code,
        2
    );
    assert_eq!(
        explain(&site, &genuine(&site), &["--now", "1969-01-01T00:00:00Z"]).code,
        2
    );
}

#[test]
fn a_recording_in_a_file_is_read_as_well() {
    let site = site();
    site.write("request.json", genuine(&site).to_string());
    assert_eq!(site.run(["explain", "--request", "request.json"]).code, 0);
}

#[test]
fn what_cannot_be_used_ends_with_2() {
    let site = site();
    for request in [
        json!([]),
        json!({"method": "POST"}),
        json!({"method": "POST", "path": "/", "unknown": 1}),
        json!({"method": "POST", "path": "/", "certificate": "not base64"}),
        json!({"method": "POST", "path": "/", "peer": "192.0.2.7:443"}),
        json!({"method": "POST", "path": "/", "body": "", "body_base64": ""}),
    ] {
        let ran = explain(&site, &request, &["--json"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{request}");
        assert!(
            ran.stderr
                .starts_with("-: the recorded request cannot be used: "),
            "{}",
            ran.stderr
        );
    }
    let missing = site.run(["explain", "--request", "no.json"]);
    assert_eq!(missing.code, 2);
    assert!(
        missing.stderr.starts_with("cannot read no.json: "),
        "{}",
        missing.stderr
    );

    site.write("thumbprints.json", "[]");
    let broken = explain(&site, &genuine(&site), &[]);
    assert_eq!(broken.code, 2);
    assert!(
        broken.stderr.starts_with("hookward.toml:3:24: error: "),
        "{}",
        broken.stderr
    );
}
