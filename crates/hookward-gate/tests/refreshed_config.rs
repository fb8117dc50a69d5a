//! `[copyleaks]` and `[source_address.list]` in the configuration: every error, with its place.

mod common;

use common::Site;
use common::identity::Identity;

/// A configuration in which only the named parts are changed.
const GOOD: &str = r#"upstream = "http://127.0.0.1:3000"
[copyleaks]
authorities = "authority.pem"
interval = "1d"
[source_address]
except = ["192.0.2.7"]
[source_address.list]
url = "https://lists.example/addresses"
authorities = "authority.pem"
[[route]]
path = "/copyleaks/{status}/{scan_id}"
policy = "client_certificate and source_address"
[lint]
allow = ["certificate-alone"]
"#;

fn site() -> Site {
    let site = Site::new();
    site.write("authority.pem", Identity::new("lists.example").pem());
    site
}

fn check(site: &Site, config: &str) -> common::Ran {
    site.write("hookward.toml", config);
    site.run(["check"])
}

#[test]
fn a_good_configuration_is_summed_up_and_nothing_is_fetched_or_made() {
    let site = site();
    let ran = check(&site, GOOD);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for part in [
        "client_certificate: fetched from https://api.copyleaks.com/v2/security/client-certificates",
        "source_address: fetched from https://lists.example/addresses",
    ] {
        assert!(ran.stdout.contains(part), "{}", ran.stdout);
    }
    assert!(!site.path("hookward-state").exists(), "check makes nothing");
}

#[test]
fn each_error_names_file_place_key_and_what_was_expected() {
    let site = site();
    site.write("no.pem", "");
    // What is replaced, with what, and what is said of it.
    let interval = "interval = \"1d\"";
    let cases = [
        // where
        (
            interval,
            "url = \"http://lists.example/\"",
            ":4:7: error: copyleaks.url: the URL has to start with https://",
        ),
        (
            interval,
            "url = \"https://a:b@lists.example/\"",
            ":4:7: error: copyleaks.url: the URL holds a user name",
        ),
        (
            "url = \"https://lists.example/addresses\"\n",
            "",
            ":7:1: error: source_address.list.url: missing; expected where the list is",
        ),
        (
            interval,
            "ulr = \"https://lists.example/\"",
            ":4:1: error: copyleaks.ulr: unknown key; expected one of `url`",
        ),
        // whom to believe
        (
            "[copyleaks]\nauthorities = \"authority.pem\"",
            "[copyleaks]\nauthorities = \"missing.pem\"",
            ":3:15: error: copyleaks.authorities: cannot read missing.pem: No such file",
        ),
        (
            "[copyleaks]\nauthorities = \"authority.pem\"",
            "[copyleaks]\nauthorities = \"no.pem\"",
            ":3:15: error: copyleaks.authorities: expected a certificate in PEM, found none",
        ),
        (
            interval,
            "pin = \"sha256:12\"",
            ":4:7: error: copyleaks.pin: expected the SHA-256 of the server's public key",
        ),
        (
            interval,
            "proxy = \"http://a:b@proxy.example:3128\"",
            ":4:9: error: copyleaks.proxy: expected the URL of an HTTP proxy without name and password",
        ),
        // how often
        (
            interval,
            "interval = \"3d\"",
            ":4:12: error: copyleaks.interval: expected interval (72h) to be shorter than stale_after (48h)",
        ),
        (
            interval,
            "expired_after = \"1d\"",
            ":4:17: error: copyleaks.expired_after: expected stale_after (48h) to be shorter than expired_after (24h)",
        ),
        (
            interval,
            "interval = \"0s\"",
            ":4:12: error: copyleaks.interval: expected 1s to",
        ),
        (
            interval,
            "hint_burst = 0",
            ":4:14: error: copyleaks.hint_burst: expected 1 to 1000, found 0",
        ),
        (
            interval,
            "body_limit = \"1GiB\"",
            ":4:14: error: copyleaks.body_limit: expected 1 B to 1.0 MiB, found 1.0 GiB",
        ),
        (
            interval,
            "timeout = \"1h\"",
            ":4:11: error: copyleaks.timeout: expected 1s to 5m, found 1h",
        ),
        // credentials
        (
            interval,
            "token = { env = \"UNSET\" }",
            ":4:17: error: copyleaks.token.env: expected the environment variable UNSET to be set",
        ),
        (
            interval,
            "token = {}",
            ":4:9: error: copyleaks.token.env: missing; expected env, file or credential",
        ),
        (
            interval,
            "token = { env = \"TEST_HEADER\", file = \"t\" }",
            ":4:39: error: copyleaks.token.file: expected one of env, file and credential",
        ),
        (
            interval,
            "login = { key = { env = \"TEST_HEADER\" } }",
            ":4:9: error: copyleaks.login.email: missing; expected the address of the account",
        ),
        (
            interval,
            "login = { email = \"a@example.com\" }",
            ":4:9: error: copyleaks.login.key: missing; expected where the key of the account is",
        ),
        (
            interval,
            "token = { env = \"TEST_HEADER\" }\nlogin = {}",
            ":5:9: error: copyleaks.login: expected either token or login, not both",
        ),
        // beside what else there is
        (
            "[\"192.0.2.7\"]",
            "[\"192.0.2.300\"]",
            ":6:11: error: source_address.except[0]: expected",
        ),
        (
            "[copyleaks]\nauthorities = \"authority.pem\"\ninterval = \"1d\"",
            "[client_certificate]",
            ":2:1: error: client_certificate.thumbprints: missing; expected where the list is, such as \
             { file = \"thumbprints.json\" }, or a section [copyleaks]",
        ),
        (
            "[copyleaks]\nauthorities = \"authority.pem\"\ninterval = \"1d\"\n",
            "",
            "error: route[0].policy: expected a section [client_certificate]",
        ),
    ];
    for (from, to, expected) in cases {
        assert!(GOOD.contains(from), "{from}");
        let ran = check(&site, &GOOD.replacen(from, to, 1));
        assert_eq!(ran.code, 1, "{to}");
        assert!(ran.stderr.contains(expected), "{to}: {}", ran.stderr);
        let errors = ran.stderr.matches(": error: ").count();
        assert_eq!(errors, 1, "{to}: {}", ran.stderr);
    }
}

#[test]
fn a_file_of_thumbprints_takes_the_place_of_fetching() {
    let site = site();
    let identity = Identity::new("sender.example");
    site.write(
        "thumbprints.json",
        format!("[\"{}\"]", identity.thumbprint()),
    );
    let file = "[client_certificate]\nthumbprints = { file = \"thumbprints.json\" }\n[copyleaks]";
    let ran = check(&site, &GOOD.replace("[copyleaks]", file));
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr.contains(
            ":4:1: warning[unused-section]: copyleaks: not used, because client_certificate.thumbprints names a list"
        ),
        "{}",
        ran.stderr
    );
    let shown = site.run(["thumbprints", "--config", "hookward.toml"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    for part in ["thumbprints: fixed, 1 entries", &identity.thumbprint()] {
        assert!(shown.stdout.contains(part), "{}", shown.stdout);
    }
}

#[test]
fn credentials_in_the_wrong_place_are_not_repeated() {
    let site = site();
    let secret = &site.header_secret;
    for wrong in [
        format!("token = \"{secret}\""),
        format!("token = {{ env = \"{secret}-\" }}"),
        format!("token = {{ value = \"{secret}\" }}"),
        format!("login = \"{secret}\""),
        format!("login = {{ email = \"a@example.com\", key = \"{secret}\" }}"),
    ] {
        let ran = check(&site, &GOOD.replacen("interval = \"1d\"", &wrong, 1));
        assert_eq!(ran.code, 1);
        assert!(!ran.stderr.contains(secret), "{}", ran.stderr);
        assert!(ran.stderr.starts_with("hookward.toml:4:"), "{}", ran.stderr);
    }
}

#[test]
fn a_token_and_a_login_are_taken() {
    let site = site();
    for good in [
        "token = { env = \"TEST_HEADER\" }",
        "login = { email = \"a@example.com\", key = { env = \"TEST_HEADER\" } }",
        "proxy = \"http://proxy.example:3128\"",
        "pin = \"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"",
    ] {
        let ran = check(&site, &GOOD.replacen("interval = \"1d\"", good, 1));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{good}");
    }
}

#[test]
fn a_pin_is_taken_as_it_is_printed_and_as_it_is_documented() {
    let site = site();
    let digest = "47".repeat(32);
    for pin in [
        format!("sha256:{digest}"),
        format!("spki-sha256:{}", digest.to_uppercase()),
        // What `inspect certificate` prints as spki_sha256.
        digest.clone(),
        "sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned(),
    ] {
        let config = GOOD.replacen("interval = \"1d\"", &format!("pin = \"{pin}\""), 1);
        let ran = check(&site, &config);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{pin}");
    }
    for pin in [
        String::new(),
        "sha256:".to_owned(),
        format!("sha1:{digest}"),
        digest[2..].to_owned(),
    ] {
        let config = GOOD.replacen("interval = \"1d\"", &format!("pin = \"{pin}\""), 1);
        assert_eq!(check(&site, &config).code, 1, "{pin}");
    }
}

#[test]
fn a_gate_that_does_not_answer_where_it_was_said_to_be_is_an_error() {
    let site = site();
    site.write("hookward.toml", GOOD);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    let ran = site.run(["thumbprints", "--admin", &address]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.contains("cannot ask the gate at 127.0.0.1:"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_fetched_list_whose_dates_count_is_of_no_use_where_a_proxy_sends_thumbprints_alone() {
    let site = site();
    let listen = "[listen]\nprotocol = \"http\"\nproxies = [\"10.0.0.1\"]\nforwarded = { certificate = \
                  { form = \"sha256-hex\", header = \"a\" }, address = { form = \"x-forwarded-for\" } }\n[copyleaks]";
    let behind_a_proxy = GOOD.replace("[copyleaks]", listen);
    let refused = check(&site, &behind_a_proxy);
    assert_eq!(refused.code, 1);
    assert!(
        refused
            .stderr
            .contains("expected validity_dates = \"ignore\""),
        "{}",
        refused.stderr
    );
    let ignored = "[client_certificate]\nvalidity_dates = \"ignore\"\n[copyleaks]";
    let taken = check(&site, &behind_a_proxy.replace("[copyleaks]", ignored));
    assert_eq!((taken.code, taken.stderr.as_str()), (0, ""));
}
