//! The warnings of `hookward check`: each has an example that fires, and one that does not.

mod common;

use common::{Ran, Site};

/// A configuration that nothing is said of.
const QUIET: &str = r#"upstream = "http://127.0.0.1:3000"
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

/// What stands for the policy in the examples.
const POLICY: &str =
    "client_certificate and developer_payload and (header_secret or source_address)";

fn site() -> Site {
    let site = Site::new();
    site.write("sha256.json", format!("[\"{}\"]", "ab".repeat(32)));
    site.write("sha1.json", format!("[\"{}\"]", "ab".repeat(20)));
    site.write("thumbprints.json", format!("[\"{}\"]", "ab".repeat(32)));
    for (kind, name) in [
        ("derivation-key", "derivation.key"),
        ("seal-key", "seal.key"),
    ] {
        site.write(name, site.run(["secret", "--kind", kind]).stdout);
    }
    site
}

fn check(site: &Site, config: &str) -> Ran {
    site.write("hookward.toml", config);
    site.run(["check"])
}

/// The quiet configuration with this in place of its policy.
fn policy(policy: &str) -> String {
    QUIET.replace(POLICY, policy)
}

/// The quiet configuration with one thing replaced.
fn with(from: &str, to: &str) -> String {
    assert!(QUIET.contains(from), "{from}");
    QUIET.replacen(from, to, 1)
}

/// Secrets of each scan for both checks that have secrets.
fn per_scan(policy_text: &str) -> String {
    let derived =
        "audience = \"a\"\nderived = { keys = [{ label = \"d\", file = \"derivation.key\" }] }";
    policy(policy_text)
        .replace(
            "secrets = [{ label = \"a\", env = \"TEST_PAYLOAD\" }]",
            derived,
        )
        .replace(
            "secrets = [{ label = \"b\", env = \"TEST_HEADER\" }]",
            derived,
        )
}

/// The quiet configuration behind a proxy that asks without bodies.
fn asked(form: &str, policy_text: &str) -> String {
    let forward_auth = format!(
        "[forward_auth]\nform = \"{form}\"\naddress = \"127.0.0.1:0\"\nproxies = [\"127.0.0.1\"]\n\
         forwarded = {{ certificate = {{ form = \"der-base64\", header = \"x-cert\" }}, \
         address = {{ form = \"x-forwarded-for\" }} }}\n"
    );
    policy(policy_text)
        .replace("upstream = \"http://127.0.0.1:3000\"\n", "")
        .replace("[listen]\naddress = \"127.0.0.1:0\"\n", &forward_auth)
}

/// The quiet configuration with an end of its header secret.
fn ends(at: &str) -> String {
    let from = "env = \"TEST_HEADER\"";
    with(from, &format!("{from}, not_after = {at}"))
}

/// The quiet configuration with a key that seals payloads until then.
fn seal_key_ends(at: &str) -> String {
    let key = format!("{{ label = \"a\", file = \"seal.key\", not_after = {at} }}");
    with(
        "secrets = [{ label = \"a\", env = \"TEST_PAYLOAD\" }]",
        &format!("audience = \"a\"\nsealed = {{ keys = [{key}] }}"),
    )
}

fn in_days(days: i64) -> String {
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    later.to_string()
}

struct Example {
    rule: &'static str,
    fires: String,
    /// What is pointed at.
    at: &'static str,
    /// A part of what is said.
    says: &'static str,
    not: String,
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn examples() -> Vec<Example> {
    let second_route = |path: &str| {
        format!("{QUIET}[[route]]\npath = \"{path}\"\npolicy = \"client_certificate\"\n")
    };
    let forwards =
        |config: &str| config.replace("[header_secret]\n", "[header_secret]\nforward = true\n");
    let limits = |limits: &str| with("[listen]\n", &format!("[limits]\n{limits}\n[listen]\n"));
    vec![
        Example {
            rule: "address-alone",
            fires: policy("source_address or client_certificate"),
            at: "source_address",
            says: "the policy accepts by the address alone",
            not: policy("source_address and client_certificate"),
        },
        Example {
            rule: "address-alone",
            fires: policy("1 of (client_certificate, source_address)"),
            at: "source_address",
            says: "the policy accepts by the address alone",
            not: policy("2 of (client_certificate, header_secret, source_address)"),
        },
        Example {
            rule: "address-alone",
            fires: policy("client_certificate\"\ntrial = \"source_address"),
            at: "source_address",
            says: "the trial accepts by the address alone",
            not: policy("client_certificate\"\ntrial = \"client_certificate"),
        },
        Example {
            rule: "certificate-alone",
            fires: policy("client_certificate and source_address"),
            at: "client_certificate",
            says: "the policy accepts whatever Copyleaks sends",
            not: policy("client_certificate and header_secret"),
        },
        Example {
            rule: "certificate-alone",
            fires: policy("header_secret or client_certificate"),
            at: "client_certificate",
            says: "the policy accepts whatever Copyleaks sends",
            // The address is alone there.
            not: policy("source_address or (client_certificate and header_secret)"),
        },
        Example {
            rule: "weak-alternative",
            fires: policy("client_certificate or (source_address and header_secret)"),
            at: "source_address and header_secret",
            says: "is enough here and proves less than client_certificate, which is pointless",
            // Weaker than the certificate, which has to be there as well.
            not: policy("client_certificate and (source_address or header_secret)"),
        },
        Example {
            rule: "weak-alternative",
            fires: per_scan("developer_payload or client_certificate"),
            at: "developer_payload",
            says: "developer_payload is enough here and proves less than client_certificate",
            // Neither proves more than the other.
            not: per_scan("developer_payload or header_secret"),
        },
        Example {
            rule: "never-matters",
            fires: policy("client_certificate and (header_secret or source_address)").replace(
                "env = \"TEST_HEADER\" }",
                "env = \"TEST_HEADER\", not_after = 2020-01-01T00:00:00Z }",
            ),
            at: "header_secret",
            says: "header_secret can never matter, because it never passes: every secret of [header_secret] has ended",
            not: policy("client_certificate and (header_secret or source_address)").replace(
                "env = \"TEST_HEADER\" }",
                "env = \"TEST_HEADER\", not_after = 2120-01-01T00:00:00Z }",
            ),
        },
        Example {
            rule: "never-matters",
            fires: asked(
                "nginx",
                "client_certificate or (developer_payload and header_secret)",
            ),
            at: "developer_payload and header_secret",
            says: "because it never passes: the proxy sends no body",
            not: asked("nginx", "client_certificate or header_secret"),
        },
        Example {
            rule: "never-matters",
            fires: with("[\"192.0.2.0/24\"]", "[\"0.0.0.0/0\", \"::/0\"]"),
            at: "header_secret or source_address",
            says: "always passes: [source_address] admits every address",
            not: with("[\"192.0.2.0/24\"]", "[\"0.0.0.0/1\", \"::/1\"]"),
        },
        Example {
            rule: "secret-ended",
            fires: ends("2020-01-01T00:00:00Z"),
            at: "\"TEST_HEADER\"",
            says: "b ended at 2020-01-01T00:00:00Z, and no other is valid now",
            not: ends("2120-01-01T00:00:00Z"),
        },
        Example {
            rule: "secret-ends",
            fires: ends(&in_days(6)),
            at: "\"TEST_HEADER\"",
            says: "and no other is valid after it",
            not: ends(&in_days(8)),
        },
        Example {
            rule: "secret-ends",
            // It seals for two weeks.
            fires: seal_key_ends(&in_days(20)),
            at: "\"seal.key\"",
            says: "would outlive it, and no other is valid then",
            not: seal_key_ends(&in_days(22)),
        },
        Example {
            rule: "accepts-nobody",
            fires: policy("client_certificate and header_secret").replace(
                "env = \"TEST_HEADER\" }",
                "env = \"TEST_HEADER\", not_after = 2020-01-01T00:00:00Z }",
            ),
            at: "client_certificate and header_secret",
            says: "no request can meet the policy: every secret of [header_secret] has ended",
            not: policy("client_certificate and header_secret"),
        },
        Example {
            rule: "accepts-everybody",
            fires: policy("source_address").replace("192.0.2.0/24", "0.0.0.0/0\", \"::/0"),
            at: "source_address",
            says: "every request meets the policy: [source_address] admits every address",
            not: policy("source_address"),
        },
        Example {
            rule: "needless-count",
            fires: policy("client_certificate and 1 of (header_secret, developer_payload)"),
            at: "1 of (header_secret, developer_payload)",
            says: "says the same as `or`",
            not: policy("2 of (client_certificate, header_secret, developer_payload)"),
        },
        Example {
            rule: "no-head-check",
            fires: policy("header_secret or developer_payload"),
            at: "developer_payload",
            says: "nothing in the head of a request refuses a stranger",
            not: policy("header_secret and developer_payload"),
        },
        Example {
            rule: "static-secret",
            fires: policy("source_address and header_secret"),
            at: "header_secret",
            says: "by secrets that are the same for every scan",
            not: policy("client_certificate and header_secret"),
        },
        Example {
            rule: "static-secret",
            // A key beside it does not help while the old secret is still taken.
            fires: policy("header_secret and developer_payload").replace(
                "[developer_payload]\n",
                "[developer_payload]\naudience = \"a\"\nsealed = { keys = [{ label = \"k\", file = \"seal.key\" }] }\n",
            ),
            at: "header_secret",
            says: "by secrets that are the same for every scan",
            not: per_scan("header_secret and developer_payload"),
        },
        Example {
            rule: "shared-secret",
            fires: with("env = \"TEST_HEADER\"", "env = \"TEST_PAYLOAD\""),
            at: "{ label = \"a\", env = \"TEST_PAYLOAD\" }",
            says: "[header_secret] has this secret as well",
            not: QUIET.to_owned(),
        },
        Example {
            rule: "sha1-only",
            fires: with("thumbprints.json", "sha1.json"),
            at: "\"sha1.json\"",
            says: "every thumbprint of the list is a SHA-1",
            not: with("thumbprints.json", "sha256.json"),
        },
        Example {
            rule: "sha1-only",
            fires: asked("nginx", "client_certificate")
                .replace("der-base64", "sha1-hex")
                .replace("[client_certificate]\n", "[client_certificate]\nvalidity_dates = \"ignore\"\n"),
            at: "\"sha1-hex\"",
            says: "the proxy forwards the SHA-1 of the certificate and no more",
            not: asked("nginx", "client_certificate"),
        },
        Example {
            rule: "open-network",
            fires: with("[\"192.0.2.0/24\"]", "[\"192.0.2.0/24\", \"::ffff:0.0.0.0/96\"]"),
            at: "\"::ffff:0.0.0.0/96\"",
            says: "the network has every address of its kind",
            not: with("[\"192.0.2.0/24\"]", "[\"192.0.2.0/24\", \"128.0.0.0/1\"]"),
        },
        Example {
            rule: "plain-http-list",
            fires: with(
                "[client_certificate]\nthumbprints = { file = \"thumbprints.json\" }",
                "[copyleaks]\nallow_plain_http = true\nurl = \"http://127.0.0.1:1/list\"",
            ),
            at: "\"http://127.0.0.1:1/list\"",
            says: "anybody on the way can read and change what is fetched",
            not: with(
                "[client_certificate]\nthumbprints = { file = \"thumbprints.json\" }",
                "[copyleaks]\nallow_plain_http = true\nurl = \"https://127.0.0.1:1/list\"",
            ),
        },
        Example {
            rule: "routes-differ-in-case",
            fires: second_route("/Copyleaks/{status}/{scan_id}"),
            at: "\"/Copyleaks/{status}/{scan_id}\"",
            says: "differs from /copyleaks/{status}/{scan_id} in upper and lower case alone",
            not: second_route("/other/{status}/{scan_id}"),
        },
        Example {
            rule: "limits-contradict",
            fires: limits("body_idle_timeout = \"40s\""),
            at: "\"40s\"",
            says: "body_idle_timeout (40s) reaches beyond body_timeout (30s)",
            not: limits("body_idle_timeout = \"20s\""),
        },
        Example {
            rule: "limits-contradict",
            fires: limits("request_timeout = \"20s\""),
            at: "\"20s\"",
            says: "body_timeout (30s) reaches beyond request_timeout (20s)",
            not: limits("request_timeout = \"20s\"\nbody_timeout = \"20s\""),
        },
        Example {
            rule: "limits-contradict",
            fires: limits("upstream_connect_timeout = \"60s\""),
            at: "\"60s\"",
            says: "upstream_connect_timeout (1m) reaches beyond request_timeout (1m)",
            not: limits("upstream_connect_timeout = \"10s\""),
        },
        Example {
            rule: "limits-contradict",
            fires: limits("shutdown_timeout = \"10s\""),
            at: "\"10s\"",
            says: "request_timeout (1m) reaches beyond shutdown_timeout (10s)",
            not: limits("shutdown_timeout = \"90s\""),
        },
        Example {
            rule: "limits-contradict",
            fires: format!("{QUIET}body_limit = \"128MiB\"\n"),
            at: "\"128MiB\"",
            says: "but only 16.1 MiB are kept",
            // It streams.
            not: policy("client_certificate and (header_secret or source_address)")
                + "body_limit = \"128MiB\"\n[[route]]\npath = \"/new/{scan_id}\"\n\
                   event = \"newResult\"\npolicy = \"client_certificate and developer_payload\"\n",
        },
        Example {
            rule: "unused-section",
            fires: policy("client_certificate and developer_payload and header_secret"),
            at: "[source_address]",
            says: "no policy uses this section",
            not: policy("client_certificate and developer_payload and header_secret\"\ntrial = \"client_certificate and source_address"),
        },
        Example {
            rule: "unused-setting",
            fires: with("[developer_payload]\n", "[developer_payload]\naudience = \"a\"\n"),
            at: "\"a\"",
            says: "not used: only derived and sealed secrets are bound to an audience",
            not: per_scan(POLICY),
        },
        Example {
            rule: "unused-setting",
            fires: forwards(&asked("envoy", POLICY)),
            at: "true",
            says: "not used: the proxy that asks forwards, and this is up to it",
            not: forwards(QUIET),
        },
    ]
}

#[test]
fn nothing_is_said_of_a_configuration_that_is_strong() {
    let ran = check(&site(), QUIET);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn each_warning_fires_where_it_should_and_nowhere_else() {
    let site = site();
    let mut wrong = String::new();
    for Example {
        rule,
        fires,
        at,
        says,
        not,
    } in examples()
    {
        let ran = check(&site, &fires);
        let named = format!("warning[{rule}]: ");
        let lines: Vec<_> = ran.stderr.lines().collect();
        let found = lines.iter().enumerate().any(|(index, line)| {
            line.contains(&named) && line.contains(says) && points_at(&lines[index..], at)
        });
        if ran.code != 0 || !found {
            wrong += &format!(
                "{rule} at {at}: {says}\nfound {} {}\n",
                ran.code, ran.stderr
            );
        }
        let ran = check(&site, &not);
        // The rest of the configuration may have other weaknesses.
        if ran.code != 0 || ran.stderr.contains(&named) && ran.stderr.contains(says) {
            wrong += &format!("not {rule}\nfound {} {}\n", ran.code, ran.stderr);
        }
    }
    assert_eq!(wrong, "");
}

/// The README has every warning: a test of the command itself sees to that.
#[test]
fn each_warning_of_the_readme_has_an_example() {
    let readme = include_str!("../README.md");
    let (_, section) = readme.split_once("\n## Warnings\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let names: Vec<_> = rows.map(|row| row.split('`').next().unwrap()).collect();
    let examples = examples();
    for name in &names {
        // It needs files, and has a test below.
        let elsewhere = *name == "readable-secret";
        let shown = examples.iter().any(|example| example.rule == *name);
        assert!(shown || elsewhere, "{name} has no example");
    }
    assert!(names.len() > 10, "{names:?}");
}

/// Whether the carets under the line stand under just this.
fn points_at(lines: &[&str], at: &str) -> bool {
    let [headline, shown, carets, remedy, ..] = lines else {
        return false;
    };
    let (Some(start), Some(end)) = (carets.find('^'), carets.rfind('^')) else {
        return false;
    };
    let place: Vec<_> = headline.split(':').take(3).collect();
    // Two blanks stand before the line, and columns count from one.
    place[2].parse() == Ok(start - 1)
        && shown.get(start..=end) == Some(at)
        && remedy.starts_with("  what to do: ")
}

#[test]
fn a_key_that_everybody_can_read_is_a_weakness() {
    use std::os::unix::fs::PermissionsExt;
    let site = site();
    site.certificate("server", "localhost");
    let tls = "[listen]\ntls = { certificate = \"server.pem\", key = \"server.key\" }\n";
    let config = with("[listen]\n", tls);
    assert_eq!(check(&site, &config).stderr, "");
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(site.path("server.key"), mode).unwrap();
    let ran = check(&site, &config);
    assert_eq!(
        ran.stderr,
        "hookward.toml:3:43: warning[readable-secret]: listen.tls.key: every user of this machine \
         can read the key\n  \
         tls = { certificate = \"server.pem\", key = \"server.key\" }\n  \
         \u{20}                                         ^^^^^^^^^^^^\n  \
         what to do: Take the right away: chmod o-r.\n"
    );
}

#[test]
fn warnings_can_be_denied_and_each_of_them_allowed() {
    let site = site();
    let weak = policy("developer_payload and client_certificate and header_secret");
    let ran = check(&site, &weak);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("is in order"), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("warning[unused-section]"),
        "{}",
        ran.stderr
    );

    let denied = site.run(["check", "--deny", "warnings"]);
    assert_eq!((denied.code, denied.stdout.as_str()), (1, ""));
    assert!(
        denied
            .stderr
            .ends_with("hookward.toml: errors: 0, warnings: 1\n"),
        "{}",
        denied.stderr
    );

    let allowed = weak.replace("[listen]", "[lint]\nallow = [\"unused-section\"]\n[listen]");
    site.write("hookward.toml", &allowed);
    let ran = site.run(["check", "--deny", "warnings"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));

    let unknown = allowed.replace("unused-section", "unused");
    let ran = check(&site, &unknown);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.starts_with(
            "hookward.toml:3:10: error: lint.allow[0]: expected the name of a warning: address-alone, "
        ),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_place_in_an_escaped_text_is_the_whole_text() {
    let site = site();
    let config = policy("source_address or client\\u005fcertificate");
    let ran = check(&site, &config);
    let lines: Vec<_> = ran.stderr.lines().collect();
    let found = lines
        .iter()
        .position(|line| line.contains("[address-alone]"));
    assert!(
        points_at(
            &lines[found.unwrap()..],
            "\"source_address or client\\u005fcertificate\""
        ),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_gate_that_serves_and_a_request_that_is_explained_are_not_linted() {
    let site = site();
    site.write(
        "hookward.toml",
        policy("source_address or client_certificate"),
    );
    let request = br#"{"method":"POST","path":"/copyleaks/completed/scan-1"}"#;
    let ran = site.run_with(["explain", "--request", "-"], request);
    assert!(!ran.stderr.contains("address-alone"), "{}", ran.stderr);
}
