//! Forms that cannot be made.

use super::sender::headers;
use super::{ARMED, HOST, Setting, status_url};

/// The configuration, changed.
fn with(from: &str, to: &str) -> String {
    assert!(ARMED.contains(from), "{from}");
    ARMED.replace(from, to)
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

/// Also one that the form has no place for, or whose time has not come.
#[test]
fn a_secret_in_the_url_is_refused_and_not_shown() {
    let setting = Setting::new(
        r#"
[developer_payload]
secrets = [
    { label = "a", env = "TEST_PAYLOAD" },
    { label = "b", env = "TEST_HEADER", not_before = 9000-01-01T00:00:00Z },
]
[header_secret]
header = "x-webhook-secret"
audience = "production"
derived = { keys = [{ label = "may", file = "derivation.key" }] }
[firewall]
header = "x-firewall-secret"
secrets = [{ label = "f", file = "firewall.txt" }]
[[route]]
path = "/copyleaks/{status}/{scan_id}"
policy = "developer_payload"
[[route]]
path = "/deleted/{scan_id}"
event = "deleteCompleted"
policy = "header_secret"
"#,
    );
    let firewall = setting.site.run(["secret"]).stdout;
    setting.site.write("firewall.txt", &firewall);
    let deletion = format!("{HOST}/deleted/{{scan_id}}");
    let form = setting.form(&["deletion", "--url", &deletion]);
    let derived = headers(&form["headers"])
        .into_iter()
        .find_map(|(name, value)| (name == "x-webhook-secret").then_some(value))
        .unwrap();
    for secret in [
        setting.site.payload.as_str(),
        &setting.site.header_secret,
        firewall.trim_end(),
        &derived,
    ] {
        for (form, url) in [("submission", status_url()), ("deletion", deletion.clone())] {
            let first = u32::from(secret.chars().next().unwrap());
            for secret_in_url in [secret.to_owned(), format!("%{first:02x}{}", &secret[1..])] {
                let url = format!("{url}?token={secret_in_url}");
                let ran = setting
                    .site
                    .run([form, "--scan-id", "scan-1", "--url", &url]);
                assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{form}");
                assert_eq!(
                    ran.stderr,
                    "hookward: --url: the URL holds a secret: URLs end up in logs\n"
                );
            }
        }
    }
}

/// Whichever scan it is for, and whatever it was sealed with.
#[test]
fn a_token_or_its_key_in_the_url_is_refused_and_not_shown() {
    let setting = Setting::new(ARMED);
    let url = status_url();
    let form = setting.form_of("hookward.toml", "scan-2", &["submission", "--url", &url]);
    let token = form["properties"]["developerPayload"].as_str().unwrap();
    let key = std::fs::read_to_string(setting.site.path("seal.key")).unwrap();
    for secret in [token, &token.replace("v4", "%76%34"), key.trim_end()] {
        let url = format!("{url}?token={secret}");
        let args = ["submission", "--scan-id", "scan-1", "--url", &url];
        let ran = setting.site.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert_eq!(
            ran.stderr,
            "hookward: --url: the URL holds a secret: URLs end up in logs\n"
        );
    }
}

#[test]
fn a_scan_id_may_begin_with_a_hyphen() {
    let setting = Setting::new(ARMED);
    let args = ["submission", "--url", &status_url()];
    let form = setting.form_of("hookward.toml", "-ab", &args);
    assert_eq!(
        form["properties"]["webhooks"]["status"],
        format!("{HOST}/copyleaks/{{STATUS}}/-ab")
    );
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
    let (said, expires_at) = ran.stderr.trim_end().rsplit_once(", ").unwrap();
    assert!(
        said.contains("no key is valid from 2") && said.ends_with("Z until the token would expire"),
        "{}",
        ran.stderr
    );
    assert!(expires_at.ends_with('Z'), "{}", ran.stderr);

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
