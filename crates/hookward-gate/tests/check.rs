//! `hookward check`: every error, with its place, its key and what was expected.

mod common;

use common::Site;
use common::checked::{GOOD, report, report_on, site};

#[test]
fn a_good_configuration_is_summed_up() {
    let site = site();
    site.write("hookward.toml", GOOD);
    let ran = site.run(["check"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for part in [
        "hookward.toml is in order",
        "client_certificate: 1 thumbprints",
        "/copyleaks/{status}/{scan_id}: client_certificate and developer_payload and",
    ] {
        assert!(ran.stdout.contains(part), "{}", ran.stdout);
    }
    assert!(!site.path("hookward-state").exists(), "check makes nothing");
}

#[test]
fn each_error_names_file_place_key_and_what_was_expected() {
    let site = site();
    // What is replaced, with what, and what is said of it.
    let cases = [
        // form
        (
            "upstream = \"http://127.0.0.1:3000\"\n",
            "",
            ":1:1: error: upstream: missing; expected where",
        ),
        (
            "upstream =",
            "upstraem =",
            ":1:1: error: upstraem: unknown key; expected one of `upstream`",
        ),
        (
            "\"http://127.0.0.1:3000\"",
            "5",
            ":1:12: error: upstream: expected a string",
        ),
        (
            "\"http://127.0.0.1:3000\"",
            "",
            ":1:12: error: string values must be quoted",
        ),
        (
            "http://",
            "https://",
            ":1:12: error: upstream: expected the scheme http",
        ),
        (
            "127.0.0.1:0",
            "localhost",
            ":3:11: error: listen.address: expected an address with its port",
        ),
        // limits
        (
            "[listen]\n",
            "[limits]\nbody = 5\n[listen]\n",
            ":3:8: error: limits.body: expected a size such as",
        ),
        (
            "[listen]\n",
            "[limits]\nbody_timeout = \"soon\"\n[listen]\n",
            ":3:16: error: limits.body_timeout: expected a length of time such as",
        ),
        (
            "[listen]\n",
            "[limits]\nrequest_timeout = \"70s\"\n[listen]\n",
            ":3:19: error: limits.request_timeout: expected 1s to 1m 9s, found 1m 10s",
        ),
        (
            "[listen]\n",
            "[limits]\ndepth = 129\n[listen]\n",
            ":3:9: error: limits.depth: expected 1 to 128, found 129",
        ),
        (
            "[listen]\n",
            "[limits]\nconnections = 0\n[listen]\n",
            ":3:15: error: limits.connections: expected 1 to",
        ),
        (
            "[listen]\n",
            "[limits]\nconnections = -1\n[listen]\n",
            ":3:15: error: limits.connections: expected a whole number",
        ),
        (
            "[listen]\n",
            "[limits]\nconnections_per_source = 0\n[listen]\n",
            ":3:26: error: limits.connections_per_source: expected 1 to",
        ),
        (
            "[listen]\n",
            "[limits]\nbuffered_bytes_per_source = \"1KiB\"\n[listen]\n",
            ":3:29: error: limits.buffered_bytes_per_source: expected 64.0 KiB to",
        ),
        // admin
        (
            "[listen]\n",
            "[admin]\nhosts = [\"gate.internal:9901\"]\n[listen]\n",
            ":3:10: error: admin.hosts[0]: expected a host name without a port",
        ),
        (
            "[listen]\n",
            "[admin]\naddress = \"9901\"\nhosts = \"a\"\n[listen]\n",
            ":3:11: error: admin.address: expected an address with its port",
        ),
        // log
        (
            "[listen]\n",
            "[log]\nformat = \"xml\"\n[listen]\n",
            ":3:10: error: log.format: expected `text` or `json`",
        ),
        (
            "[listen]\n",
            "[log]\nformat = 1\n[listen]\n",
            ":3:10: error: log.format: expected a string",
        ),
        (
            "[listen]\n",
            "[log]\nfilter = \"a=b=c\"\n[listen]\n",
            ":3:10: error: log.filter: expected a level",
        ),
        (
            "[listen]\n",
            "[log]\nfilter = \"hookward=info, warning\"\n[listen]\n",
            ":3:10: error: log.filter: expected a level",
        ),
        // TLS
        (
            "[listen]\n",
            "[listen]\ntls = { certificate = \"no.pem\", key = \"no.key\" }\n",
            ":3:23: error: listen.tls.certificate: cannot read no.pem: No such file",
        ),
        (
            "[listen]\n",
            "[listen]\ntls = { certificate = \"thumbprints.json\" }\n",
            ":3:7: error: listen.tls.key: missing; expected the path of a PEM file",
        ),
        (
            "[listen]\n",
            "[listen]\ntls = { certificate = \"thumbprints.json\", key = \"thumbprints.json\" }\n",
            ":3:23: error: listen.tls.certificate: expected a certificate in PEM, found none",
        ),
        (
            "[listen]\n",
            "[listen]\nserver_names = [\"a b\"]\n",
            ":3:17: error: listen.server_names[0]: expected a host name",
        ),
        // client certificate
        (
            "thumbprints = { file = \"thumbprints.json\" }\n",
            "",
            ":4:1: error: client_certificate.thumbprints: missing; expected where the list is",
        ),
        (
            "thumbprints.json",
            "no.json",
            ":5:24: error: client_certificate.thumbprints.file: cannot read no.json: No such file",
        ),
        (
            "{ file = \"thumbprints.json\" }",
            "{ file = \"thumbprints.json\", expires_after = \"0s\" }",
            ":5:60: error: client_certificate.thumbprints.expires_after: expected 1s to",
        ),
        (
            "{ file = \"thumbprints.json\" }",
            "{}",
            ":5:15: error: client_certificate.thumbprints.file: missing; expected the path",
        ),
        // secrets
        (
            "TEST_PAYLOAD",
            "TEST_UNSET",
            ":7:33: error: developer_payload.secrets[0].env: expected the environment variable TEST_UNSET to be set",
        ),
        (
            "env = \"TEST_PAYLOAD\"",
            "file = \"no.secret\"",
            ":7:34: error: developer_payload.secrets[0].file: cannot read no.secret: No such file",
        ),
        (
            "env = \"TEST_PAYLOAD\"",
            "env = \"TEST_PAYLOAD\", file = \"x\"",
            ":7:56: error: developer_payload.secrets[0].file: expected one of env, file and credential",
        ),
        (
            ", env = \"TEST_PAYLOAD\"",
            "",
            ":7:12: error: developer_payload.secrets[0].env: missing; expected env, file or credential",
        ),
        (
            "label = \"a\", env = \"TEST_PAYLOAD\"",
            "env = \"TEST_PAYLOAD\"",
            ":7:12: error: developer_payload.secrets[0].label: missing",
        ),
        (
            "label = \"a\"",
            "label = \"\"",
            ":7:12: error: developer_payload.secrets[0]: the label of entry 0 is empty",
        ),
        (
            "secrets = [{ label = \"a\", env = \"TEST_PAYLOAD\" }]",
            "secrets = []",
            ":7:11: error: developer_payload.secrets: expected at least one entry",
        ),
        (
            "secrets = [{ label = \"a\", env = \"TEST_PAYLOAD\" }]\n",
            "",
            ":6:1: error: developer_payload.secrets: missing; expected a list",
        ),
        (
            "env = \"TEST_PAYLOAD\" }",
            "env = \"TEST_PAYLOAD\", not_after = 2026-12-01 }",
            ":7:61: error: developer_payload.secrets[0].not_after: expected a date and time with its offset",
        ),
        (
            "x-webhook-secret",
            "x_webhook_secret",
            ":9:10: error: header_secret.header: a header name is made of letters, digits and hyphens",
        ),
        (
            "header = \"x-webhook-secret\"\n",
            "",
            ":8:1: error: header_secret.header: missing; expected the name of the header",
        ),
        // addresses
        (
            "\"192.0.2.0/24\"",
            "\"192.0.2.0/24\", \"10.1.1.5/8\"",
            ":12:26: error: source_address.allow[1]: `10.1.1.5/8` sets bits beyond its prefix; write 10.0.0.0/8",
        ),
        (
            "[\"192.0.2.0/24\"]",
            "[]",
            ":12:9: error: source_address.allow: an allowlist needs at least one entry",
        ),
        (
            "allow = [\"192.0.2.0/24\"]\n",
            "",
            ":11:1: error: source_address.allow: missing; expected a list of networks",
        ),
        // routes
        (
            "path = \"/copyleaks/{status}/{scan_id}\"\n",
            "",
            ":13:1: error: route[0].path: missing; expected a path",
        ),
        (
            "path =",
            "event = \"complete\"\npath =",
            ":14:9: error: route[0].event: expected completed, error",
        ),
        (
            "/copyleaks/{status}/{scan_id}",
            "/copyleaks/{scan_id}",
            ":14:8: error: route[0].path: ",
        ),
        (
            "policy =",
            "polcy =",
            ":15:1: error: route[0].polcy: unknown key; expected one of `path`",
        ),
        (
            "client_certificate and developer_payload and (header_secret",
            "client_certificate and magic and (header_secret",
            ":15:34: error: route[0].policy: unknown check `magic`, at byte 23; expected client_certificate, developer_payload",
        ),
        (
            "client_certificate and developer_payload and (",
            "client_certificate or developer_payload and (",
            ":15:51: error: route[0].policy: `and` and `or` may be mixed only with parentheses",
        ),
        (
            "[source_address]\nallow = [\"192.0.2.0/24\"]\n",
            "",
            ":13:10: error: route[0].policy: expected a section [source_address], because the policy has source_address",
        ),
        (
            "[client_certificate]\nthumbprints = { file = \"thumbprints.json\" }\n",
            "",
            ":13:10: error: route[0].policy: expected a section [client_certificate] or [copyleaks]",
        ),
        (
            "path = \"/copyleaks/{status}/{scan_id}\"",
            "path = \"/uploads/{scan_id}\"\nevent = \"exportUpload\"",
            ":16:10: error: route[0].policy: expected a policy without developer_payload, because exportUpload webhooks carry none",
        ),
    ];
    let mut wrong = String::new();
    for (from, to, expected) in cases {
        let report = report(&site, from, to);
        let expected = format!("hookward.toml{expected}");
        if !report.lines().any(|line| line.starts_with(&expected)) {
            wrong += &format!("{to}\nexpected {expected}\nfound    {report}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_error_is_reported_not_only_the_first() {
    let site = site();
    let report = report_on(
        &site,
        r#"upstream = 5
nonsense = true
[limits]
depth = 0
body = "big"
[header_secret]
header = "x_a"
secrets = [{ label = "a" }, { env = "TEST_UNSET" }, 7]
[[route]]
policy = "header_secret"
[[route]]
path = "/a/{status}"
policy = "header_secret or nothing"
"#,
    );
    let keys: Vec<_> = report
        .lines()
        .filter_map(|line| line.split_once(": error: ")?.1.split(": ").next())
        .collect();
    assert_eq!(
        keys,
        [
            "upstream",
            "nonsense",
            "limits.depth",
            "limits.body",
            "header_secret.header",
            "header_secret.secrets[0].env",
            "header_secret.secrets[1].label",
            "header_secret.secrets[1].env",
            "header_secret.secrets[2]",
            "route[0].path",
            "route[1].policy",
        ],
        "{report}"
    );
    assert!(
        report.ends_with("hookward.toml: errors: 11, warnings: 0\n"),
        "{report}"
    );
}

#[test]
fn a_caret_stands_under_what_is_wrong_with_a_policy() {
    let site = site();
    let report = report(&site, "developer_payload and (", "developer_payload & (");
    let lines: Vec<_> = report.lines().collect();
    let (source, caret) = (lines[1], lines[2]);
    assert_eq!(
        source.chars().nth(caret.find('^').unwrap()),
        Some('&'),
        "{report}"
    );
}

#[test]
fn a_list_that_is_empty_broken_or_unwanted_is_refused() {
    let site = site();
    site.write("hookward.toml", GOOD);
    for list in ["", "[]", "{\"thumbprints\":[]}", "[\"zz\"]", "<html>"] {
        site.write("thumbprints.json", list);
        let ran = site.run(["check"]);
        assert_eq!(ran.code, 1, "{list}");
        let expected =
            "hookward.toml:5:24: error: client_certificate.thumbprints.file: thumbprints.json: ";
        assert!(ran.stderr.starts_with(expected), "{list}: {}", ran.stderr);
    }
    site.write(
        "thumbprints.json",
        "[\"da39a3ee5e6b4b0d3255bfef95601890afd80709\"]",
    );
    assert_eq!(site.run(["check"]).code, 0);
    let refused = report(
        &site,
        "[client_certificate]\n",
        "[client_certificate]\nsha1 = \"refuse\"\n",
    );
    assert!(
        refused.contains("thumbprint 0 is SHA-1, which this set refuses"),
        "{refused}"
    );
}

#[test]
fn routes_that_match_the_same_paths_are_refused() {
    let site = site();
    let second = "[[route]]\npath = \"/copyleaks/error/{scan_id}\"\nevent = \"error\"\npolicy = \"source_address\"\n";
    let report = report_on(&site, &format!("{GOOD}{second}"));
    let expected = "hookward.toml:17:8: error: route[1].path: expected a path that no other route matches, but /copyleaks/{status}/{scan_id} does";
    assert!(report.starts_with(expected), "{report}");
}

#[test]
fn a_trial_is_held_to_what_a_policy_is_held_to() {
    let site = site();
    let trial = |trial: &str| format!("{GOOD}trial = {trial}\n");
    site.write(
        "hookward.toml",
        trial("\"client_certificate and header_secret\""),
    );
    let ran = site.run(["check"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(
        ran.stdout
            .contains("\n      trial: client_certificate and header_secret"),
        "{}",
        ran.stdout
    );

    for (config, expected) in [
        (
            trial("5"),
            ":16:9: error: route[0].trial: expected a string",
        ),
        (
            trial("\"header_secret or\""),
            ":16:26: error: route[0].trial: expected a check, a count or `(`",
        ),
        (trial("\"token\""), ":16:10: error: route[0].trial: "),
        (
            trial("\"source_address\"")
                .replace("[source_address]\nallow = [\"192.0.2.0/24\"]\n", "")
                .replace(
                    " and (header_secret or source_address)",
                    " and header_secret",
                ),
            ":14:9: error: route[0].trial: expected a section [source_address], because the trial has source_address",
        ),
        (
            trial("\"developer_payload\"")
                .replace("{status}", "up")
                .replace("[[route]]", "[[route]]\nevent = \"exportUpload\"")
                .replace("and developer_payload and", "and"),
            ":17:9: error: route[0].trial: expected a trial without developer_payload, because exportUpload webhooks carry none",
        ),
    ] {
        let report = report_on(&site, &config);
        let expected = format!("hookward.toml{expected}");
        assert!(report.starts_with(&expected), "{expected}\n{report}");
    }
}

#[test]
fn a_section_that_no_policy_uses_is_a_warning() {
    let site = site();
    site.write(
        "hookward.toml",
        GOOD.replace(" and (header_secret or source_address)", ""),
    );
    let ran = site.run(["check"]);
    assert_eq!(ran.code, 0);
    let expected = "\
hookward.toml:8:1: warning[unused-section]: header_secret: no policy uses this section
  [header_secret]
  ^^^^^^^^^^^^^^^
  what to do: Leave the section out, or use the check.
hookward.toml:11:1: warning[unused-section]: source_address: no policy uses this section
  [source_address]
  ^^^^^^^^^^^^^^^^
  what to do: Leave the section out, or use the check.
";
    assert_eq!(ran.stderr, expected);
}

#[test]
fn names_for_a_certificate_that_is_not_made_are_a_warning() {
    let site = site();
    site.certificate("server", "localhost");
    let listen = "[listen]\nserver_names = [\"a.example\"]\n\
                  tls = { certificate = \"server.pem\", key = \"server.key\" }\n";
    site.write("hookward.toml", GOOD.replace("[listen]\n", listen));
    let ran = site.run(["check"]);
    assert_eq!(ran.code, 0);
    let expected = "hookward.toml:3:17: warning[unused-setting]: listen.server_names[0]: not used, \
                    because there is a certificate in tls\n";
    assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let site = site();
    site.certificate("server", "localhost");
    site.certificate("other", "localhost");
    let listen = "[listen]\ntls = { certificate = \"server.pem\", key = \"other.key\" }\n";
    let report = report(&site, "[listen]\n", listen);
    let expected =
        "hookward.toml:3:23: error: listen.tls.certificate: expected a certificate with its key: ";
    assert!(report.starts_with(expected), "{report}");
}

#[test]
fn without_a_configuration_it_says_where_it_looked() {
    let site = site();
    let ran = site.run(["check"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("no configuration: "), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("--config or HOOKWARD_CONFIG"),
        "{}",
        ran.stderr
    );

    let named = site.run(["check", "--config", "elsewhere.toml"]);
    assert_eq!(named.code, 1);
    assert!(
        named
            .stderr
            .starts_with("elsewhere.toml:1:1: error: cannot read elsewhere.toml: No such file")
    );
}

#[test]
fn a_file_in_another_encoding_is_refused_where_that_begins() {
    let site = Site::new();
    std::fs::write(site.path("hookward.toml"), b"# one\n# caf\xe9\n").unwrap();
    let ran = site.run(["check"]);
    assert_eq!(ran.code, 1);
    let expected = "hookward.toml:2:6: error: expected UTF-8, found another encoding\n";
    assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
}

#[test]
fn a_route_in_single_brackets_says_what_is_missing() {
    let site = site();
    site.write("hookward.toml", "[route]\npath = \"/a\"\n");
    let ran = site.run(["check"]);
    let expected =
        "hookward.toml:1:1: error: route: expected [[route]], in two pairs of brackets\n";
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
}

#[test]
fn a_mistake_in_forward_auth_leads_to_no_other() {
    let site = site();
    let listens = "upstream = \"http://127.0.0.1:3000\"\n[listen]\naddress = \"127.0.0.1:0\"\n";
    let asked = "[forward_auth]\nform = \"apache\"\nproxies = [\"127.0.0.1\"]\n";
    site.write("hookward.toml", GOOD.replace(listens, asked));
    let ran = site.run(["check"]);
    let found = "hookward.toml:2:8: error: forward_auth.form: expected one of nginx,";
    assert!(ran.stderr.starts_with(found), "{}", ran.stderr);
    assert!(ran.stderr.contains("errors: 1, "), "{}", ran.stderr);
}

#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let site = Site::new();
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mkfifoat(rustix::fs::CWD, site.path("hookward.toml"), mode).unwrap();
    let ran = site.run(["check"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("is not a regular file"),
        "{}",
        ran.stderr
    );
}
