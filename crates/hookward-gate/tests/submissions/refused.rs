//! Webhooks that were armed for something else, and forms that cannot be made.

use core::time::Duration;

use hookward::seal::{Claims, SealKey, SealRing};
use hookward::{Purpose, Ring, UnixTime};
use hookward_secret::Binding;
use serde_json::json;

use super::common::gate::Gate;
use super::sender::Webhook;
use super::{ARMED, HOST, Setting, status_url};

/// The configuration, changed.
fn with(from: &str, to: &str) -> String {
    assert!(ARMED.contains(from), "{from}");
    ARMED.replace(from, to)
}

#[test]
fn what_was_armed_for_something_else_is_refused_with_its_own_reason() {
    let setting = Setting::new(ARMED);
    for (file, config) in [
        ("audience.toml", with("\"production\"", "\"staging\"")),
        (
            "removed.toml",
            with("\"seal.key\"", "\"old-seal.key\"")
                .replace("\"derivation.key\"", "\"old-derivation.key\""),
        ),
    ] {
        setting.configure(file, &config);
    }
    let submit = |config: &str, scan_id: &str| {
        let form = setting.form_of(config, scan_id, &["submission", "--url", &status_url()]);
        Webhook::of_status(&form, "completed")
    };
    let genuine = submit("hookward.toml", "scan-1");
    let gate = Gate::start(&setting.site);
    setting.passes(&gate, &genuine);

    let (scan, audience, removed) = (
        submit("hookward.toml", "scan-2"),
        submit("audience.toml", "scan-1"),
        submit("removed.toml", "scan-1"),
    );
    let payload = |of: &Webhook| Webhook {
        body: of.body.clone(),
        ..genuine.clone()
    };
    let header = |of: &Webhook| Webhook {
        headers: of.headers.clone(),
        ..genuine.clone()
    };
    // The secret of the header is derived here, and of the payload sealed: neither is the other's.
    let secret = &genuine.headers[0].1;
    let header_in_payload = Webhook {
        body: json!({ "developerPayload": secret }).to_string(),
        ..genuine.clone()
    };
    let payload_of = |webhook: &Webhook| {
        let body: serde_json::Value = serde_json::from_str(&webhook.body).unwrap();
        body["developerPayload"].as_str().unwrap().to_owned()
    };
    let mut payload_in_header = genuine.clone();
    payload_in_header.headers[0].1 = payload_of(&genuine);
    for (webhook, reason) in [
        (payload(&scan), "payload_token_not_authentic"),
        (payload(&audience), "payload_token_not_authentic"),
        (payload(&removed), "payload_token_key_unknown"),
        (header_in_payload, "developer_payload_misplaced"),
        (header(&scan), "header_secret_wrong"),
        (header(&audience), "header_secret_wrong"),
        (header(&removed), "header_secret_wrong"),
        (payload_in_header, "header_secret_misplaced"),
        (
            Webhook {
                headers: Vec::new(),
                ..genuine.clone()
            },
            "header_secret_missing",
        ),
        (
            Webhook::new(&format!("https://h{}", genuine.path), &json!(null)),
            "header_secret_missing",
        ),
    ] {
        assert_eq!(setting.refused(&gate, &webhook), reason, "{webhook:?}");
    }
}

#[test]
fn one_kind_for_both_places_is_still_two_secrets() {
    let kinds = |kind: &str, file: &str| {
        let keys = format!("{kind} = {{ keys = [{{ label = \"a\", file = \"{file}\" }}] }}");
        format!(
            r#"
[developer_payload]
audience = "production"
{keys}
[header_secret]
header = "x-webhook-secret"
audience = "production"
{keys}
[[route]]
path = "/copyleaks/{{status}}/{{scan_id}}"
policy = "developer_payload and header_secret"
"#
        )
    };
    for (kind, file) in [("derived", "derivation.key"), ("sealed", "seal.key")] {
        let setting = Setting::new(&kinds(kind, file));
        let form = setting.form(&["submission", "--url", &status_url()]);
        let gate = Gate::start(&setting.site);
        let genuine = Webhook::of_status(&form, "completed");
        setting.passes(&gate, &genuine);
        let body = json!({ "developerPayload": genuine.headers[0].1 }).to_string();
        let copied = Webhook { body, ..genuine };
        let reason = setting.refused(&gate, &copied);
        assert_eq!(reason, "developer_payload_misplaced");
    }
}

#[test]
fn a_token_is_refused_once_it_has_expired() {
    let setting = Setting::new(ARMED);
    let form = setting.form(&["submission", "--url", &status_url()]);
    let genuine = Webhook::of_status(&form, "completed");
    let gate = Gate::start(&setting.site);
    setting.passes(&gate, &genuine);

    // Sealed two days ago for one, with the same key.
    let key = std::fs::read_to_string(setting.site.path("seal.key")).unwrap();
    let key = SealKey::from_paserk(key.trim_end()).unwrap();
    let ring = SealRing::new(Ring::builder().entry("june", key).build().unwrap());
    let day = 24 * 60 * 60_u64;
    let ago = |days| {
        UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs() - days * day))
    };
    let binding = Binding {
        purpose: Purpose::DeveloperPayload,
        audience: "production",
        scan_id: "scan-1",
    };
    let token = ring
        .seal(&binding, &Claims::new(ago(2), ago(1)).unwrap())
        .unwrap();
    let body = json!({ "developerPayload": token.expose() }).to_string();
    let expired = Webhook { body, ..genuine };
    assert_eq!(setting.refused(&gate, &expired), "payload_token_expired");
}

#[test]
fn forms_that_cannot_be_made_say_why_and_exit_with_1() {
    let setting = Setting::new(ARMED);
    let long = "a".repeat(37);
    let url = status_url();
    for (scan_id, args, expected) in [
        (
            "Scan-1",
            vec!["submission", "--url", &url],
            "--scan-id: a scan id has no character such as the one at byte 0",
        ),
        (
            "ab",
            vec!["submission", "--url", &url],
            "--scan-id: a scan id has 3 to 36 characters, not 2",
        ),
        (
            &long,
            vec!["submission", "--url", &url],
            "--scan-id: a scan id has 3 to 36 characters, not 37",
        ),
        (
            "google",
            vec!["submission", "--url", &url],
            "--scan-id: Copyleaks does not take this scan id",
        ),
        (
            "a^b",
            vec!["submission", "--url", &url],
            "--scan-id: Copyleaks does not take this scan id",
        ),
        (
            "google",
            vec!["export", "--url", "https://h.example/export/{scan_id}"],
            "--scan-id: Copyleaks does not take",
        ),
        (
            "scan-1",
            vec!["submission", "--url", "http://h.example/{STATUS}"],
            "--url: a URL for webhooks begins with https://",
        ),
        (
            "scan-1",
            vec!["submission", "--url", "https://u:p@h.example/{STATUS}"],
            "--url: a URL for webhooks has no user name",
        ),
        (
            "scan-1",
            vec![
                "submission",
                "--url",
                "https://h.example/copyleaks/completed/{scan_id}",
            ],
            "needs the token {STATUS}",
        ),
        (
            "scan-1",
            vec![
                "submission",
                "--url",
                "https://h.example/elsewhere/{STATUS}/{scan_id}",
            ],
            "--url: no route of the configuration takes completed webhooks at this path",
        ),
        (
            "scan-1",
            vec![
                "submission",
                "--url",
                &url,
                "--new-result-url",
                "https://h.example/export/{scan_id}",
            ],
            "--new-result-url: no route of the configuration takes newResult webhooks at this path",
        ),
        (
            "scan-1",
            vec![
                "submission",
                "--url",
                "https://h.example/copyleaks/{STATUS}/scan-2",
            ],
            "--url: where the route has {scan_id}, the URL has scan-2, which is another scan",
        ),
        (
            "scan-1",
            vec![
                "export",
                "--url",
                "https://h.example/export/{scan_id}",
                "--max-retries",
                "13",
            ],
            "1 to 12 times, not 13",
        ),
        (
            "scan-1",
            vec![
                "export",
                "--url",
                "https://h.example/export/{scan_id}",
                "--result",
                "r1",
            ],
            "--result: expected the id of a result",
        ),
        (
            "scan-1",
            vec!["deletion", "--url", "https://h.example/image/{scan_id}"],
            "takes deleteCompleted webhooks",
        ),
        (
            "scan-1",
            vec!["ai-video", "--url", "https://h.example/image/{scan_id}"],
            "takes aiVideo webhooks",
        ),
    ] {
        let args = args.into_iter().chain(["--scan-id", scan_id]);
        let ran = setting.site.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{expected}");
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    }
}

#[test]
fn a_secret_in_the_url_is_refused_and_not_shown() {
    let setting = Setting::new(
        r#"
[developer_payload]
secrets = [{ label = "a", env = "TEST_PAYLOAD" }]
[[route]]
path = "/copyleaks/{status}/{scan_id}"
policy = "developer_payload"
"#,
    );
    let secret = &setting.site.payload;
    let url = format!("{HOST}/copyleaks/{{STATUS}}/{{scan_id}}?token={secret}");
    let ran = setting
        .site
        .run(["submission", "--scan-id", "scan-1", "--url", &url]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.contains("the URL holds a secret"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains(secret.as_str()), "{}", ran.stderr);
}

#[test]
fn keys_whose_time_is_over_issue_nothing() {
    let setting = Setting::new(&with(
        "file = \"seal.key\"",
        "file = \"seal.key\", not_after = 2020-01-01T00:00:00Z",
    ));
    let ran = setting
        .site
        .run(["submission", "--scan-id", "scan-1", "--url", &status_url()]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("no key is valid"), "{}", ran.stderr);

    let setting = Setting::new(&with(
        "file = \"derivation.key\"",
        "file = \"derivation.key\", not_before = 9000-01-01T00:00:00Z",
    ));
    let ran = setting
        .site
        .run(["submission", "--scan-id", "scan-1", "--url", &status_url()]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.contains("no header secret is valid now"),
        "{}",
        ran.stderr
    );
}
