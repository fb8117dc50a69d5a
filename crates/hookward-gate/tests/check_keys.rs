//! `hookward check` on secrets of each scan: keys, audiences, lifetimes, and routes that cannot use
//! them.

mod common;

use common::Site;

const GOOD: &str = r#"upstream = "http://127.0.0.1:3000"
[developer_payload]
audience = "production"
secrets = [{ label = "s", env = "TEST_PAYLOAD" }]
derived = { keys = [{ label = "d", file = "derivation.key" }] }
sealed = { keys = [{ label = "k", file = "seal.key" }], lifetime = "14d", clock_skew = "1m" }
[header_secret]
header = "x-webhook-secret"
audience = "production"
derived = { keys = [{ label = "d", file = "derivation.key", not_after = 2126-12-01T00:00:00Z }] }
[[route]]
path = "/copyleaks/{status}/{scan_id}"
policy = "developer_payload and header_secret"
"#;

fn site() -> Site {
    let site = Site::new();
    for kind in ["derivation-key", "seal-key"] {
        let ran = site.run(["secret", "--kind", kind]);
        site.write(&kind.replace("-key", ".key"), ran.stdout);
    }
    site
}

fn report(site: &Site, from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    site.write("hookward.toml", GOOD.replacen(from, to, 1));
    let ran = site.run(["check"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{to}");
    ran.stderr
}

#[test]
fn every_kind_side_by_side_is_in_order() {
    let site = site();
    site.write("hookward.toml", GOOD);
    let ran = site.run(["check"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn each_error_names_file_place_key_and_what_was_expected() {
    let site = site();
    site.write("hex.key", "00".repeat(8));
    site.write("text.key", "no key at all");
    let long_audience = format!("audience = \"{}\"\nsecrets", "é".repeat(87));
    let cases = [
        (
            "audience = \"production\"\nsecrets",
            "secrets",
            ":2:1: error: developer_payload.audience: missing; expected a name for who receives",
        ),
        (
            "audience = \"production\"\nsecrets",
            "audience = \"\"\nsecrets",
            ":3:12: error: developer_payload.audience: expected a name that is not empty",
        ),
        (
            "audience = \"production\"\nsecrets",
            &long_audience,
            ":3:12: error: developer_payload.audience: no payload can be sealed for an audience of 174 bytes in JSON, only for 173",
        ),
        (
            "keys = [{ label = \"d\", file = \"derivation.key\" }]",
            "",
            ":5:11: error: developer_payload.derived.keys: missing; expected a list such as",
        ),
        (
            "[{ label = \"d\", file = \"derivation.key\" }]",
            "[]",
            ":5:20: error: developer_payload.derived.keys: expected at least one entry",
        ),
        (
            "[{ label = \"d\", file = \"derivation.key\" }]",
            "[{ label = \"d\", file = \"text.key\" }]",
            ":5:43: error: developer_payload.derived.keys[0].file: expected a key in base64, as `hookward secret --kind derivation-key`",
        ),
        (
            "[{ label = \"d\", file = \"derivation.key\" }]",
            "[{ label = \"d\", file = \"hex.key\" }]",
            ":5:43: error: developer_payload.derived.keys[0].file: a secret of 12 bytes is shorter than 32",
        ),
        (
            "[{ label = \"d\", file = \"derivation.key\" }]",
            "[{ label = \"d\", file = \"derivation.key\" }, { label = \"e\", file = \"derivation.key\" }]",
            ":5:63: error: developer_payload.derived.keys[1]: entry 1 has the secret of entry 0",
        ),
        (
            "file = \"seal.key\"",
            "file = \"derivation.key\"",
            ":6:42: error: developer_payload.sealed.keys[0].file: expected a key in PASERK form, as `hookward secret --kind seal-key`",
        ),
        (
            "file = \"seal.key\"",
            "file = \"absent.key\"",
            ":6:42: error: developer_payload.sealed.keys[0].file: cannot read",
        ),
        (
            "\"14d\"",
            "\"30s\"",
            ":6:68: error: developer_payload.sealed.lifetime: expected 1m to ",
        ),
        (
            "\"14d\"",
            "14",
            ":6:68: error: developer_payload.sealed.lifetime: expected a length of time",
        ),
        (
            "\"1m\"",
            "\"10m\"",
            ":6:88: error: developer_payload.sealed.clock_skew: expected 0s to 5m, found 10m",
        ),
        (
            "derived = { keys",
            "derived = { key",
            ":5:13: error: developer_payload.derived.key: unknown key; expected `keys`",
        ),
        (
            "secrets = [{ label = \"s\", env = \"TEST_PAYLOAD\" }]\nderived = { keys = [{ label = \"d\", file = \"derivation.key\" }] }\nsealed = { keys = [{ label = \"k\", file = \"seal.key\" }], lifetime = \"14d\", clock_skew = \"1m\" }\n",
            "",
            ":2:1: error: developer_payload.secrets: missing; expected a list such as",
        ),
        (
            "\"/copyleaks/{status}/{scan_id}\"",
            "\"/copyleaks/{status}\"",
            ":12:8: error: route[0].path: expected a path with {scan_id}, because the policy has header_secret, whose secrets are derived or sealed",
        ),
        (
            "\"/copyleaks/{status}/{scan_id}\"\n",
            "\"/deleted/{scan_id}\"\nevent = \"deleteCompleted\"\n",
            ":14:10: error: route[0].policy: expected a policy without developer_payload, because deleteCompleted webhooks carry none: their body is empty, and what can prove them is client_certificate, header_secret and source_address",
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

/// Only what is sealed names its audience.
#[test]
fn an_audience_may_be_as_long_as_what_is_sealed_has_room_for() {
    let site = site();
    let audience = |len| format!("audience = \"{}\"\n", "a".repeat(len));
    let sealed = "sealed = { keys = [{ label = \"k\", file = \"seal.key\" }], lifetime = \"14d\", clock_skew = \"1m\" }\n";
    let longest = GOOD.replace("audience = \"production\"\n", &audience(173));
    let derived = GOOD
        .replace("audience = \"production\"\n", &audience(1000))
        .replace(sealed, "");
    for config in [&longest, &derived] {
        site.write("hookward.toml", config);
        let ran = site.run(["check"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    }
}

/// Secrets of each scan beside one for every scan: the latter can be told without an id.
#[test]
fn a_route_without_scan_id_can_use_what_is_the_same_for_every_scan() {
    let site = site();
    site.write(
        "hookward.toml",
        GOOD.replace("{status}/{scan_id}", "{status}")
            .replace(" and header_secret", "")
            .replace("[header_secret]\nheader = \"x-webhook-secret\"\naudience = \"production\"\nderived = { keys = [{ label = \"d\", file = \"derivation.key\", not_after = 2126-12-01T00:00:00Z }] }\n", ""),
    );
    let ran = site.run(["check"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn an_audience_that_binds_nothing_is_a_warning() {
    let site = site();
    let config = "upstream = \"http://127.0.0.1:3000\"\n[developer_payload]\naudience = \"production\"\nsecrets = [{ label = \"s\", env = \"TEST_PAYLOAD\" }]\n[[route]]\npath = \"/c/{status}\"\npolicy = \"developer_payload\"\n";
    site.write("hookward.toml", config);
    let ran = site.run(["check"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains(":3:12: warning[unused-setting]: developer_payload.audience: not used"),
        "{}",
        ran.stderr
    );
}

#[test]
fn keys_in_the_wrong_place_are_not_repeated() {
    let site = site();
    let key = std::fs::read_to_string(site.path("seal.key")).unwrap();
    let key = key.trim_end();
    for wrong in [
        format!("sealed = \"{key}\""),
        format!("sealed = {{ keys = \"{key}\" }}"),
        format!("sealed = {{ keys = [\"{key}\"] }}"),
        format!("sealed = {{ key = \"{key}\" }}"),
        format!("sealed = {{ keys = [{{ label = \"k\", env = \"{key}\" }}] }}"),
        format!("sealed = {{ lifetime = \"{key}\" }}"),
    ] {
        let line = "sealed = { keys = [{ label = \"k\", file = \"seal.key\" }], lifetime = \"14d\", clock_skew = \"1m\" }";
        let report = report(&site, line, &wrong);
        assert!(!report.contains(key), "{report}");
        assert!(report.contains("hookward.toml:6:"), "{report}");
    }
}

#[test]
fn every_kind_of_secret_can_be_printed() {
    let site = Site::new();
    for (kind, prefix, len) in [
        ("static", "", 43),
        ("derivation-key", "", 44),
        ("seal-key", "k4.local.", 52),
    ] {
        let print = || site.run(["secret", "--kind", kind]).stdout;
        let (one, other) = (print(), print());
        assert_ne!(one, other);
        assert!(
            one.starts_with(prefix) && one.trim_end().len() == len,
            "{kind}"
        );
    }
}
