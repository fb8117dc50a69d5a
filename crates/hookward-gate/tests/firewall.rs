//! `hookward firewall`, the lists that come from files, and the header that is the firewall's alone.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use common::{HEADER_VARIABLE, Ran, Site};
use serde_json::Value;

/// A static header secret, and addresses from both sources.
fn site() -> Site {
    let site = Site::new();
    site.write(
        "hookward.toml",
        format!(
            "upstream = \"http://127.0.0.1:3000\"\n\
             [listen]\n\
             address = \"127.0.0.1:8443\"\n\
             [header_secret]\n\
             header = \"x-webhook-secret\"\n\
             secrets = [{{ label = \"first\", env = \"{HEADER_VARIABLE}\" }}]\n\
             [source_address]\n\
             allow = [\"192.0.2.0/24\"]\n\
             except = [\"192.0.2.7\"]\n\
             file = \"addresses.txt\"\n\
             [[route]]\n\
             path = \"/copyleaks/{{status}}/{{scan_id}}\"\n\
             policy = \"header_secret and source_address\"\n"
        ),
    );
    site.write(
        "addresses.txt",
        "# ours\n\n198.51.100.0/24\n2001:db8::1 # one\n",
    );
    site
}

/// Secrets of one scan alone, and what is added to the configuration.
fn per_scan(more: &str) -> Site {
    let site = Site::new();
    let key = site.run(["secret", "--kind", "derivation-key"]).stdout;
    site.write("key", key);
    site.write("firewall.secret", &site.payload);
    site.write(
        "hookward.toml",
        format!(
            "upstream = \"http://127.0.0.1:3000\"\n\
             [header_secret]\n\
             header = \"x-webhook-secret\"\n\
             audience = \"tests\"\n\
             derived = {{ keys = [{{ label = \"first\", file = \"key\" }}] }}\n\
             {more}\n\
             [[route]]\n\
             path = \"/copyleaks/{{status}}/{{scan_id}}\"\n\
             policy = \"header_secret\"\n"
        ),
    );
    site
}

const OWN: &str = "[firewall]\n\
                   header = \"x-firewall-secret\"\n\
                   secrets = [{ label = \"second\", file = \"firewall.secret\" }]";

fn succeeds(ran: &Ran) {
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn rules_go_to_a_file_that_only_its_owner_reads() {
    let site = site();
    fs::write(site.path("rules"), "old").unwrap();
    fs::set_permissions(site.path("rules"), fs::Permissions::from_mode(0o666)).unwrap();
    let ran = site.run(["firewall", "haproxy", "--output", "rules"]);
    succeeds(&ran);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("holds secrets"), "{ran:?}");
    let written = fs::read_to_string(site.path("rules")).unwrap();
    assert!(written.contains(&site.header_secret));
    let mode = fs::metadata(site.path("rules"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    // Nothing but the rules is left behind.
    let names = fs::read_dir(site.path("")).unwrap();
    assert!(
        names
            .flatten()
            .all(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
    );
}

#[test]
fn secrets_are_printed_only_when_that_is_asked_for() {
    let site = site();
    let ran = site.run(["firewall", "nginx"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    let ran = site.run(["firewall", "haproxy", "--print"]);
    succeeds(&ran);
    assert!(ran.stdout.contains(&site.header_secret), "{ran:?}");
    assert!(ran.stderr.contains("holds secrets"), "{ran:?}");
    let ran = site.run(["firewall", "nftables", "--print"]);
    succeeds(&ran);
    assert!(
        !ran.stdout.contains(&site.header_secret) && !ran.stderr.contains("secret"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("tcp dport 8443"), "{ran:?}");
    assert!(
        ran.stdout.contains("192.0.2.6/32") && !ran.stdout.contains("192.0.2.7"),
        "{ran:?}"
    );
}

#[test]
fn only_secrets_that_are_valid_now_are_written() {
    let site = site();
    let old = site.payload.clone();
    site.write("old", &old);
    let text = fs::read_to_string(site.path("hookward.toml")).unwrap();
    let entry = |bound: &str| {
        let more = format!("secrets = [{{ label = \"old\", file = \"old\", {bound} }}, ");
        text.replace("secrets = [", &more)
    };
    site.write("hookward.toml", entry("not_after = 2020-01-01T00:00:00Z"));
    let ran = site.run(["firewall", "haproxy", "--print"]);
    succeeds(&ran);
    assert!(
        !ran.stdout.contains(&old) && !ran.stderr.contains("again"),
        "{ran:?}"
    );
    site.write("hookward.toml", entry("not_before = 2120-01-01T00:00:00Z"));
    let ran = site.run(["firewall", "haproxy", "--print"]);
    succeeds(&ran);
    assert!(!ran.stdout.contains(&old), "{ran:?}");
    assert!(
        ran.stderr.contains("again at 2120-01-01T00:00:00Z"),
        "{ran:?}"
    );
    let alone = r#"secrets = [{ label = "old", file = "old", not_after = 2020-01-01T00:00:00Z }]"#;
    let start = text.find("secrets = [").unwrap();
    let end = start + text[start..].find('\n').unwrap();
    site.write(
        "hookward.toml",
        format!("{}{alone}{}", &text[..start], &text[end..]),
    );
    let ran = site.run(["firewall", "haproxy", "--print"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr
            .contains("no secret for x-webhook-secret is valid now"),
        "{ran:?}"
    );
}

#[test]
fn secrets_of_one_scan_are_none_for_a_firewall_and_check_says_what_is() {
    let site = per_scan("");
    let check = site.run(["check"]);
    succeeds(&check);
    assert!(
        check.stdout.contains("no firewall in front can match"),
        "{check:?}"
    );
    assert!(check.stdout.contains("[firewall]"), "{check:?}");
    let ran = site.run(["firewall", "modsecurity", "--print"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("[firewall]"), "{ran:?}");
}

#[test]
fn the_firewalls_own_header_is_submitted_and_matched_and_proves_nothing() {
    let site = per_scan(OWN);
    let check = site.run(["check"]);
    succeeds(&check);
    assert!(
        check.stdout.contains("knows webhooks by x-firewall-secret"),
        "{check:?}"
    );
    assert!(!check.stdout.contains("can match"), "{check:?}");

    let ran = site.run(["firewall", "haproxy", "--print"]);
    succeeds(&ran);
    assert!(
        ran.stdout.contains("req.fhdr_cnt(x-firewall-secret)"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains(&site.payload), "{ran:?}");

    let url = "https://hooks.example.com/copyleaks/{STATUS}/{scan_id}";
    let ran = site.run(["submission", "--scan-id", "scan-1", "--url", url]);
    succeeds(&ran);
    let fields: Value = serde_json::from_str(&ran.stdout).unwrap();
    let headers = fields["properties"]["webhooks"]["statusHeaders"]
        .as_array()
        .unwrap();
    let named = |name: &str| {
        let mut lines = headers.iter().filter(|line| line[0] == name);
        let value = lines.next().unwrap()[1].as_str().unwrap().to_owned();
        assert!(lines.next().is_none());
        value
    };
    assert_eq!(named("x-firewall-secret"), site.payload);
    let derived = named("x-webhook-secret");
    assert_ne!(derived, site.payload);

    for (header, value, code) in [
        ("x-webhook-secret", derived.as_str(), 0),
        ("x-webhook-secret", site.payload.as_str(), 1),
        ("x-firewall-secret", site.payload.as_str(), 1),
    ] {
        let request = serde_json::json!({
            "method": "POST",
            "path": "/copyleaks/completed/scan-1",
            "headers": [[header, value]],
        });
        let ran = site.run_with(
            ["explain", "--request", "-"],
            request.to_string().as_bytes(),
        );
        assert_eq!(ran.code, code, "{header}: {ran:?}");
    }
}

#[test]
fn the_firewalls_header_is_one_of_its_own() {
    let cases = [
        (
            OWN.replace("x-firewall-secret", "X-Webhook-Secret"),
            "another header than that of",
        ),
        (OWN.replace("x-firewall-secret", "host"), "firewall.header"),
        (
            "[firewall]\nheader = \"x-a\"".to_owned(),
            "firewall.secrets: missing",
        ),
        (format!("{OWN}\nderived = 1"), "firewall.derived"),
        (OWN.replace("firewall.secret\"", "nowhere\""), "cannot read"),
    ];
    for (section, expected) in cases {
        let ran = per_scan(&section).run(["check"]);
        assert_eq!(ran.code, 1, "{section}: {ran:?}");
        assert!(ran.stderr.contains(expected), "{section}: {ran:?}");
    }
}

#[test]
fn a_bad_entry_of_a_file_is_named_by_its_line() {
    let site = site();
    site.write(
        "addresses.txt",
        "198.51.100.0/24\n\n# 1\n198.51.100.1/24\nx\n",
    );
    let ran = site.run(["check"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr
            .contains("source_address.file: addresses.txt:4: `198.51.100.1/24`"),
        "{ran:?}"
    );
    site.write(
        "addresses.txt",
        "[\"198.51.100.0/24\",\n \"198.51.100.1/24\"]",
    );
    let ran = site.run(["check"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("addresses.txt:2: $[1]: "), "{ran:?}");
}

#[test]
fn an_address_is_explained_by_its_source_and_entry() {
    let site = site();
    let asked = |address| {
        let ran = site.run([
            "inspect",
            "address",
            "--config",
            "hookward.toml",
            address,
            "--json",
        ]);
        succeeds(&ran);
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    let answer = asked("192.0.2.1");
    assert_eq!(answer["admitted"], true);
    assert_eq!(
        answer["entry"]["source"],
        "source_address.allow[0] in hookward.toml"
    );
    let answer = asked("192.0.2.7");
    assert_eq!(answer["admitted"], false);
    assert_eq!(
        answer["exception"]["source"],
        "source_address.except[0] in hookward.toml"
    );
    assert_eq!(
        asked("::ffff:198.51.100.9")["entry"]["source"],
        "addresses.txt:3"
    );
    assert_eq!(asked("2001:db8::1")["entry"]["source"], "addresses.txt:4");
    assert_eq!(asked("203.0.113.1")["entry"], Value::Null);

    let ran = site.run([
        "inspect",
        "address",
        "--config",
        "hookward.toml",
        "--allow",
        "::/0",
        "::1",
    ]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let ran = per_scan("").run(["inspect", "address", "--config", "hookward.toml", "::1"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("no [source_address]"), "{ran:?}");
}

#[test]
fn a_route_that_takes_other_addresses_is_told_of() {
    let site = site();
    let text = fs::read_to_string(site.path("hookward.toml")).unwrap();
    site.write(
        "hookward.toml",
        text.replace("and source_address", "or source_address"),
    );
    let ran = site.run(["firewall", "nftables", "--print"]);
    succeeds(&ran);
    assert!(
        ran.stderr.contains("takes webhooks from other addresses"),
        "{ran:?}"
    );
    let ran = site.run(["firewall", "cloudflare", "--print"]);
    succeeds(&ran);
    assert!(!ran.stdout.contains("ip.src"), "{ran:?}");
}

#[test]
fn a_packet_filter_protects_a_port_that_there_is() {
    let site = site();
    let text = fs::read_to_string(site.path("hookward.toml")).unwrap();
    site.write(
        "hookward.toml",
        text.replace("127.0.0.1:8443", "127.0.0.1:0"),
    );
    let ran = site.run(["firewall", "nftables", "--print"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("--port"), "{ran:?}");
    let ran = site.run(["firewall", "nftables", "--print", "--port", "0"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    let ran = site.run(["firewall", "nftables", "--print", "--port", "8443"]);
    succeeds(&ran);
}

#[test]
fn check_says_who_removes_the_firewalls_header() {
    let site = per_scan(OWN);
    let text = fs::read_to_string(site.path("hookward.toml")).unwrap();
    let asked = "[forward_auth]\nform = \"nginx\"\nproxies = [\"127.0.0.1\"]\n";
    let without_upstream = text.split_once('\n').unwrap().1;
    for (text, expected) in [
        (text.clone(), "get and the gate removes\n"),
        (
            format!("{asked}{without_upstream}"),
            "get and the proxy that asks has to remove\n",
        ),
        (
            format!("{text}{asked}"),
            "get and the gate removes, and the proxy that asks has to\n",
        ),
    ] {
        site.write("hookward.toml", text);
        let ran = site.run(["check"]);
        succeeds(&ran);
        assert!(ran.stdout.contains(expected), "{ran:?}");
    }
}
