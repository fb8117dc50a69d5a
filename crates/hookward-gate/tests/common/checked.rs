//! A configuration that is in order, and what `hookward check` says once something in it is not.

use super::Site;

/// A configuration in which only the named parts are changed.
pub(crate) const GOOD: &str = r#"upstream = "http://127.0.0.1:3000"
[listen]
address = "127.0.0.1:0"
[client_certificate]
thumbprints = { file = "thumbprints.json" }
[developer_payload]
secrets = [{ label = "a", env = "TEST_PAYLOAD" }]
[header_secret]
header = "x-webhook-secret"
secrets = [{ label = "b", env = "TEST_HEADER" }]
[source_address]
allow = ["192.0.2.0/24"]
[[route]]
path = "/copyleaks/{status}/{scan_id}"
policy = "client_certificate and developer_payload and (header_secret or source_address)"
"#;

/// The SHA-256 of nothing: in the right form, and of no certificate.
const LIST: &str = r#"["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]"#;

/// A directory for it.
pub(crate) fn site() -> Site {
    let site = Site::new();
    site.write("thumbprints.json", LIST);
    site
}

/// Replaces `from` in the good configuration, and returns what `check` reports.
pub(crate) fn report(site: &Site, from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    report_on(site, &GOOD.replacen(from, to, 1))
}

/// What `check` reports of a configuration that is not in order.
pub(crate) fn report_on(site: &Site, config: &str) -> String {
    site.write("hookward.toml", config);
    let ran = site.run(["check"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{config}");
    ran.stderr
}
