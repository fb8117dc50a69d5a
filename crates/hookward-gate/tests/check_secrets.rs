//! What `hookward check` says of secrets, and what it keeps to itself.

mod common;

use common::checked::{GOOD, report, report_on, site};

#[test]
fn secrets_in_the_wrong_place_are_not_repeated() {
    let site = site();
    let secret = common::secret();
    for wrong in [
        format!("secrets = [\"{secret}\"]"),
        format!("secrets = \"{secret}\""),
        format!("secrets = [{{ label = \"a\", env = \"{secret}-\" }}]"),
        format!("secrets = [{{ label = \"a\", secret = \"{secret}\" }}]"),
        format!("secrets = [{{ label = \"a\", env = \"{secret}\" ]"),
    ] {
        let report = report(
            &site,
            "secrets = [{ label = \"a\", env = \"TEST_PAYLOAD\" }]",
            &wrong,
        );
        assert!(!report.contains(&secret), "{report}");
        assert!(report.starts_with("hookward.toml:7:"), "{report}");
    }
    for wrong in [
        format!("header_secret = [\"{secret}\"]"),
        format!("header_secret = {{ header = \"x-secret\", secrets = \"{secret}\" }}"),
    ] {
        let report = report_on(&site, &wrong);
        assert!(!report.contains(&secret), "{report}");
        assert!(report.contains("warning[unused-section]"), "{report}");
    }
}

#[test]
fn empty_and_short_secrets_are_refused() {
    let site = site();
    site.write("hookward.toml", GOOD);
    for (value, expected) in [
        ("", "which is empty"),
        ("short", "a secret of 5 bytes is shorter than 16"),
    ] {
        let output = site
            .hookward(["check"])
            .env(common::PAYLOAD_VARIABLE, value)
            .output()
            .unwrap();
        let report = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(
            report.contains("developer_payload.secrets[0].env: "),
            "{report}"
        );
        assert!(report.contains(expected), "{report}");
    }
}

#[test]
fn secrets_come_from_files_without_their_line_end() {
    use std::os::unix::fs::PermissionsExt;
    let site = site();
    site.write("a.secret", format!("{}\r\n", common::secret()));
    let config = GOOD.replace("env = \"TEST_PAYLOAD\"", "file = \"a.secret\"");
    site.write("hookward.toml", &config);
    let ran = site.run(["check"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));

    let open = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(site.path("a.secret"), mode).unwrap();
        site.run(["check"])
    };
    let readable = open(0o644);
    assert_eq!(readable.code, 0);
    assert!(readable.stderr.contains(
        ":7:34: warning[readable-secret]: developer_payload.secrets[0].file: every user"
    ));
    let writable = open(0o606);
    assert_eq!(writable.code, 1);
    assert!(
        writable
            .stderr
            .contains(":7:34: error: developer_payload.secrets[0].file: a.secret can be changed")
    );
}
