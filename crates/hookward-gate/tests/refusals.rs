//! `hookward refusals`, and what `hookward explain` makes of one.

mod common;

use common::gate::Gate;
use common::upstream::Upstream;
use common::{Ran, Site};
use serde_json::Value;

const PATH: &str = "/copyleaks/completed/scan-1";

fn site(upstream: &Upstream) -> Site {
    let site = Site::new();
    for (name, host) in [
        ("server", "localhost"),
        ("sender", "a.example"),
        ("stranger", "b.example"),
    ] {
        site.openssl_certificate(name, host);
    }
    site.list(&["sender"]);
    let config = format!(
        r#"upstream = "http://{}"
[listen]
address = "127.0.0.1:0"
tls = {{ certificate = "server.pem", key = "server.key" }}
[admin]
address = "127.0.0.1:0"
[log]
format = "json"
[client_certificate]
thumbprints = {{ file = "thumbprints.json" }}
[header_secret]
header = "x-webhook-secret"
secrets = [{{ label = "first", env = "TEST_HEADER" }}]
[[route]]
path = "/copyleaks/{{status}}/{{scan_id}}"
policy = "client_certificate and header_secret"
"#,
        upstream.address
    );
    site.write("hookward.toml", config);
    site
}

fn send(gate: &Gate, site: &Site, sender: &str, path: &str, secret: &str) -> u16 {
    let file = |end: &str| site.path(&format!("{sender}.{end}")).display().to_string();
    let header = format!("x-webhook-secret: {secret}");
    let (pem, key) = (file("pem"), file("key"));
    let args = ["--cert", &pem, "--key", &key, "--header", &header];
    let status = gate.send(site, &args, path, b"{}").status;
    gate.decision();
    status
}

fn refusals(gate: &Gate, site: &Site, more: &[&str]) -> Ran {
    let admin = gate.admin.to_string();
    let mut args = vec!["refusals", "--admin", &admin];
    args.extend(more);
    site.run(args)
}

fn explain(site: &Site, refusal: &str) -> Ran {
    let args = ["explain", "--refusal", "-", "--json"];
    site.run_with(args, refusal.as_bytes())
}

#[test]
fn the_last_refusals_are_shown_and_judged_again() {
    let upstream = Upstream::new();
    let site = site(&upstream);
    let gate = Gate::start(&site);
    let none = refusals(&gate, &site, &[]);
    assert_eq!(none.code, 0, "{none:?}");
    assert!(none.stdout.starts_with("nothing was refused"));

    let secret = site.header_secret.clone();
    assert_eq!(send(&gate, &site, "stranger", PATH, &secret), 403);
    assert_eq!(
        send(&gate, &site, "sender", PATH, "guessed-by-somebody"),
        403
    );
    let path = "/copyleaks/%1b%5b2J";
    assert_eq!(send(&gate, &site, "sender", path, &secret), 400);
    assert_eq!(send(&gate, &site, "sender", PATH, &secret), 200);

    let shown = refusals(&gate, &site, &[]);
    assert_eq!(shown.code, 0, "{shown:?}");
    for part in [
        "#1 ",
        "certificate_not_listed (403)",
        "client_certificate: fail, certificate_not_listed",
        "header_secret: pass",
        "header_secret_wrong (403)",
        "scan-1",
        "127.0.0.1",
        &site.thumbprint("stranger"),
        "path_malformed (400)",
    ] {
        assert!(shown.stdout.contains(part), "{part}\n{}", shown.stdout);
    }
    let lines = refusals(&gate, &site, &["--json"]).stdout;
    for hidden in [&secret, "guessed", "%1b", "\u{1b}"] {
        assert!(!shown.stdout.contains(hidden) && !lines.contains(hidden));
    }
    let lines: Vec<_> = lines.lines().collect();
    let [stranger, guessed, malformed] = lines.as_slice() else {
        panic!("{lines:?}");
    };

    // As the list is, and once the stranger is on it.
    let still = explain(&site, stranger);
    assert_eq!(still.code, 1, "{still:?}");
    site.list(&["sender", "stranger"]);
    let now = explain(&site, stranger);
    assert_eq!(now.code, 0, "{now:?}");
    let now: Value = serde_json::from_str(&now.stdout).unwrap();
    assert_eq!(now["now"]["verdict"], "accept");
    assert_eq!(now["now"]["judged_again"][0], "client_certificate");
    assert_eq!(now["reason"]["name"], "certificate_not_listed");
    for refusal in [guessed, malformed] {
        assert_eq!(explain(&site, refusal).code, 1);
    }
    let text = site.run_with(["explain", "--refusal", "-"], guessed.as_bytes());
    assert!(text.stdout.contains("would still be refused"), "{text:?}");
}

#[test]
fn what_cannot_be_asked_or_read_is_said() {
    let site = site(&Upstream::new());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap().to_string();
    drop(nobody);
    let ran = site.run(["refusals", "--admin", &address]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("cannot ask the gate"));
    for broken in ["", "{}", "[]", r#"{"number":1}"#] {
        let ran = explain(&site, broken);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("hookward refusals --json"), "{ran:?}");
    }
    site.write("broken.toml", "");
    let ran = site.run(["refusals", "--config", "broken.toml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("name its admin address"), "{ran:?}");
    let ran = site.run(["explain", "--refusal", "a", "--request", "b"]);
    assert_eq!(ran.code, 2);
}
