//! `hookward serve` behind proxies, which are played here: what is believed of them, and of whom else.

mod common;

use core::net::SocketAddr;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

use base64ct::{Base64, Encoding};
use common::Site;
use common::gate::Gate;
use common::proxied::{PATH, certificate, exchange, site, status};
use common::upstream::Upstream;
use serde_json::{Value, json};

/// `[listen]` without TLS for proxies at these networks, with both headers.
fn listen(upstream: SocketAddr, address: &str, proxies: &str) -> String {
    format!(
        r#"upstream = "http://{upstream}"
[listen]
{address}
proxies = {proxies}
[listen.forwarded]
certificate = {{ form = "der-base64", header = "x-client-cert" }}
address = {{ form = "x-forwarded-for" }}
"#
    )
}

const TCP: &str = "address = \"127.0.0.1:0\"\nprotocol = \"http\"";

fn post(gate: &Gate, headers: &[(&str, &str)]) -> u16 {
    let stream = TcpStream::connect(gate.address).unwrap();
    let mut all = vec![("content-length", "0")];
    all.extend(headers);
    status(&exchange(stream, "", "POST", PATH, &all))
}

#[test]
fn a_listed_proxy_says_who_the_client_is_and_the_application_does_not_see_how() {
    let (upstream, sender) = (Upstream::new(), certificate());
    let site = site(&listen(upstream.address, TCP, r#"["127.0.0.1"]"#), &sender);
    let gate = Gate::start(&site);
    let header = Base64::encode_string(&sender);
    let headers = [
        ("X-Client-Cert", header.as_str()),
        ("X-Forwarded-For", "10.0.0.1, 203.0.113.9"),
    ];
    assert_eq!(post(&gate, &headers), 200);
    let arrived = upstream.only();
    assert_eq!(arrived.header("x-client-cert"), None);
    assert_eq!(arrived.header("x-forwarded-for"), Some("203.0.113.9"));
    let line = gate.decision();
    assert_eq!(line["client_address"], "203.0.113.9");
    assert!(line["forwarded"].is_null(), "{line}");
}

#[test]
fn on_request_the_log_says_how_the_client_was_found() {
    let (upstream, sender) = (Upstream::new(), certificate());
    let site = site(&listen(upstream.address, TCP, r#"["127.0.0.1"]"#), &sender);
    let config = std::fs::read_to_string(site.path("hookward.toml")).unwrap();
    let traced = "format = \"json\"\nfilter = \"info,hookward::trace=debug\"";
    site.write("hookward.toml", config.replace("format = \"json\"", traced));
    let gate = Gate::start(&site);
    assert_eq!(post(&gate, &[("x-forwarded-for", "203.0.113.9")]), 403);
    let line = gate.decision();
    let forwarded = line["forwarded"].as_str().unwrap();
    assert!(
        forwarded.contains("203.0.113.9") && !forwarded.contains('\n'),
        "{line}"
    );
    assert_eq!(
        line["checks"],
        "client_certificate: fail (certificate_missing), source_address: pass"
    );
}

#[test]
fn what_a_listed_proxy_passes_on_from_an_attacker_does_not_help() {
    let (upstream, sender, stranger) = (Upstream::new(), certificate(), certificate());
    let site = site(&listen(upstream.address, TCP, r#"["127.0.0.1"]"#), &sender);
    let gate = Gate::start(&site);
    let (listed, other) = (
        Base64::encode_string(&sender),
        Base64::encode_string(&stranger),
    );
    let (listed, other) = (listed.as_str(), other.as_str());
    let address = ("x-forwarded-for", "203.0.113.9");
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[address], "certificate_missing"),
        (
            &[("x-client-cert", other), address],
            "certificate_not_listed",
        ),
        (
            &[("x-client-cert", listed), ("x-client-cert", other), address],
            "certificate_unreadable",
        ),
        (
            &[
                ("x-client-cert", listed),
                ("x-client-cert", listed),
                address,
            ],
            "certificate_unreadable",
        ),
        (&[("x-client-cert", "%"), address], "certificate_unreadable"),
        (&[("x_client_cert", listed), address], "header_aliased"),
        (
            &[
                ("x-client-cert", listed),
                ("x_forwarded_for", "203.0.113.9"),
            ],
            "header_aliased",
        ),
        (&[("x-client-cert", listed)], "address_unknown"),
        (
            &[
                ("x-client-cert", listed),
                ("x-forwarded-for", "203.0.113.9, unknown"),
            ],
            "address_unknown",
        ),
        (
            &[
                ("x-client-cert", listed),
                ("x-forwarded-for", "203.0.113.9, 198.51.100.1"),
            ],
            "address_not_listed",
        ),
        (
            &[("x-client-cert", listed), ("forwarded", "for=203.0.113.9")],
            "address_unknown",
        ),
    ];
    for (headers, reason) in cases {
        let got = post(&gate, headers);
        let line = gate.decision();
        assert_eq!(line["reason"], *reason, "{headers:?}");
        assert!((400..500).contains(&got), "{got} {headers:?}");
    }
    assert!(upstream.arrived().is_empty());
}

#[test]
fn connections_of_anybody_else_are_closed_unread() {
    let (upstream, sender) = (Upstream::new(), certificate());
    let site = site(&listen(upstream.address, TCP, r#"["192.0.2.1"]"#), &sender);
    let gate = Gate::start(&site);
    let stream = TcpStream::connect(gate.address).unwrap();
    assert_eq!(exchange(stream, "", "POST", PATH, &[]), "");
}

#[test]
fn a_unix_socket_is_for_the_proxy_on_this_machine() {
    let (upstream, sender) = (Upstream::new(), certificate());
    let site = site(
        &listen(
            upstream.address,
            "unix = \"gate.sock\"",
            r#"["10.0.0.0/8"]"#,
        ),
        &sender,
    );
    let gate = Gate::start(&site);
    assert_eq!(gate.listening["address"], "gate.sock");
    let header = Base64::encode_string(&sender);
    let headers = [
        ("content-length", "0"),
        ("x-client-cert", &header),
        ("x-forwarded-for", "203.0.113.9, 10.0.0.1"),
    ];
    let stream = UnixStream::connect(site.path("gate.sock")).unwrap();
    assert_eq!(status(&exchange(stream, "", "POST", PATH, &headers)), 200);
    assert_eq!(gate.decision()["client_address"], "203.0.113.9");
}

#[test]
fn a_proxy_protocol_header_is_demanded_and_believed() {
    let (upstream, sender) = (Upstream::new(), certificate());
    let listen = format!(
        "upstream = \"http://{}\"\n[listen]\n{TCP}\nproxies = [\"127.0.0.1\"]\nproxy_protocol = \"require\"\n\
         forwarded = {{ certificate = {{ form = \"der-base64\", header = \"x-client-cert\" }} }}",
        upstream.address
    );
    let site = site(&listen, &sender);
    let gate = Gate::start(&site);
    let connect = || TcpStream::connect(gate.address).unwrap();
    // The header is the client's own: the source is no proxy, so its certificate header is not read.
    let header = Base64::encode_string(&sender);
    let headers = [("content-length", "0"), ("x-client-cert", header.as_str())];
    let proxied = "PROXY TCP4 203.0.113.9 127.0.0.1 4711 80\r\n";
    assert_eq!(
        status(&exchange(connect(), proxied, "POST", PATH, &headers)),
        403
    );
    let line = gate.decision();
    assert_eq!(
        (&line["client_address"], &line["reason"]),
        (&"203.0.113.9".into(), &"certificate_missing".into())
    );

    assert_eq!(exchange(connect(), "", "POST", PATH, &headers), "");
    let unknown = "PROXY UNKNOWN\r\n";
    assert_eq!(
        status(&exchange(connect(), unknown, "POST", PATH, &headers)),
        403
    );
    assert!(gate.decision()["client_address"].is_null());
}

#[test]
fn inspect_reads_a_certificate_in_the_form_of_a_proxy() {
    let (site, sender) = (Site::new(), certificate());
    let inspect = |form: &str, text: &str| {
        site.run_with(["inspect", "certificate", "--form", form], text.as_bytes())
    };
    let header = Base64::encode_string(&sender);
    let seen = inspect("der-base64", &format!("{header}\n"));
    assert_eq!(seen.code, 0, "{seen:?}");
    assert!(seen.stdout.contains("sha256:"), "{seen:?}");
    let twice = inspect("der-base64", &format!("{header}\n{header}\n"));
    assert!(twice.stderr.contains("more than once"), "{twice:?}");
    assert_eq!(inspect("rfc9440", &header).code, 1);
    assert_eq!(inspect("guess", &header).code, 2);
}

#[test]
fn inspect_derives_an_address_as_a_listener_would() {
    let site = Site::new();
    let inspect = |args: &[&str], header: &str| {
        let all = ["inspect", "address", "--proxies", "10.0.0.0/8"];
        site.run_with(all.iter().chain(args).copied(), header.as_bytes())
    };
    let form = ["--form", "x-forwarded-for", "10.0.0.1"];
    let seen = inspect(&form, "198.51.100.7\n203.0.113.9, 10.2.3.4\n");
    assert_eq!(
        (seen.code, seen.stdout.as_str()),
        (
            0,
            "peer 10.0.0.1: a trusted proxy\n\
             entry 0 from the right, 10.2.3.4: a proxy\n\
             entry 1 from the right, 203.0.113.9: the client\n"
        )
    );
    let allowed = ["--json", "--form", "forwarded", "--allow", "203.0.113.0/24"];
    let peer = ["::ffff:10.0.0.1"];
    let seen = inspect(&[&allowed[..], &peer].concat(), "for=203.0.113.9\n");
    let seen: Value = serde_json::from_str(&seen.stdout).unwrap();
    assert_eq!(
        (&seen["address"], &seen["admitted"], &seen["derivation"][0]),
        (
            &json!("203.0.113.9"),
            &json!(true),
            &json!("peer 10.0.0.1: a trusted proxy")
        )
    );
    let stranger = inspect(&["--form", "x-forwarded-for", "192.0.2.1"], "203.0.113.9\n");
    assert!(stranger.stdout.contains("192.0.2.1: not a trusted proxy"));
    let hops = [&["--hops", "2"], &form[..]].concat();
    for (args, header, expected) in [
        (
            &form[..],
            "203.0.113.9, unknown\n",
            "entry 0 from the right is `unknown`",
        ),
        (&form, "", "sent no client address"),
        (&hops, "203.0.113.9\n", "2 proxies are configured"),
    ] {
        let refused = inspect(args, header);
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
        assert!(refused.stderr.contains(expected), "{refused:?}");
    }
    assert_eq!(inspect(&["10.0.0.1"], "").code, 2);
    assert_eq!(inspect(&["--form", "guess", "10.0.0.1"], "").code, 2);
}

/// What `check` says of these listeners, with a policy that asks for certificate and address.
fn check(listeners: &str) -> String {
    let site = site(listeners, &certificate());
    let ran = site.run(["check"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    ran.stderr
}

#[test]
fn listeners_that_could_be_fooled_or_never_accept_are_refused() {
    let upstream = "upstream = \"http://127.0.0.1:3000\"\n";
    let http = |more: &str| format!("{upstream}[listen]\nprotocol = \"http\"\n{more}");
    for (listeners, expected) in [
        (http(""), "listen.proxies: missing"),
        (http("proxies = [\"10.0.0.1/8\"]"), "listen.proxies[0]"),
        (
            http("proxies = [\"10.0.0.1\"]"),
            "listen.forwarded.certificate: missing",
        ),
        (
            http("proxies = [\"10.0.0.1\"]"),
            "listen.forwarded.address: missing",
        ),
        (
            http("tls = {}\nproxies = [\"10.0.0.1\"]"),
            "listen.tls: expected protocol = \"https\"",
        ),
        (
            http(
                "proxies = [\"10.0.0.1\"]\nforwarded = { certificate = { form = \"x\", header = \"a\" } }",
            ),
            "expected pem-percent-encoded",
        ),
        (
            http(
                "proxies = [\"10.0.0.1\"]\nforwarded = { certificate = { form = \"der-base64\" } }",
            ),
            "forwarded.certificate.header: missing",
        ),
        (
            http(
                "proxies = [\"10.0.0.1\"]\nforwarded = { certificate = { form = \"der-base64\", header = \"a_b\" } }",
            ),
            "byte 1 is not",
        ),
        (
            http(
                "proxies = [\"10.0.0.1\"]\nforwarded = { certificate = { form = \"sha256-hex\", header = \"a\" } }",
            ),
            "expected validity_dates = \"ignore\"",
        ),
        (
            http(
                "proxies = [\"10.0.0.1\"]\nforwarded = { certificate = { form = \"proxy-protocol\" } }",
            ),
            "expected proxy_protocol = \"require\"",
        ),
        (
            http(
                "proxies = [\"10.0.0.1\"]\nforwarded = { address = { form = \"single:x-real-ip\", hops = 1 } }",
            ),
            "hop count",
        ),
        (
            format!(
                "{upstream}[listen]\nproxies = [\"10.0.0.1\"]\nforwarded = {{ certificate = {{ form = \"xfcc\" }} }}"
            ),
            "the certificate of the handshake is the only one",
        ),
        (
            format!("{upstream}[listen]\nproxy_protocol = \"require\""),
            "listen.proxies: missing",
        ),
        (
            format!("{upstream}[listen]\naddress = \"127.0.0.1:1\"\nunix = \"a\""),
            "either address or unix",
        ),
        (
            "[forward_auth]\nform = \"squid\"\nproxies = [\"10.0.0.1\"]".to_owned(),
            "expected one of nginx, traefik",
        ),
        (
            "[forward_auth]\nform = \"nginx\"".to_owned(),
            "forward_auth.proxies: missing",
        ),
    ] {
        let report = check(&listeners);
        assert!(report.contains(expected), "{expected}:\n{report}");
    }
}

#[test]
fn explain_shows_how_the_client_was_found() {
    let sender = certificate();
    let site = site(
        &listen(([127, 0, 0, 1], 1).into(), TCP, r#"["10.0.0.0/8"]"#),
        &sender,
    );
    let request = |peer: &str| {
        serde_json::json!({
            "peer": peer, "method": "POST", "path": PATH,
            "headers": [["X-Client-Cert", Base64::encode_string(&sender)], ["X-Forwarded-For", "203.0.113.9, 10.0.0.2"]],
        })
        .to_string()
    };
    let explain =
        |peer: &str| site.run_with(["explain", "--request", "-"], request(peer).as_bytes());
    let accepted = explain("10.0.0.1");
    assert_eq!(accepted.code, 0, "{accepted:?}");
    for part in [
        "forwarded certificate: a certificate of",
        "peer 10.0.0.1: a trusted proxy",
        "entry 0 from the right, 10.0.0.2: a proxy",
        "entry 1 from the right, 203.0.113.9: the client",
    ] {
        assert!(
            accepted.stdout.contains(part),
            "{part}: {}",
            accepted.stdout
        );
    }
    let refused = explain("203.0.113.9");
    assert_eq!(refused.code, 1);
    assert!(
        refused.stdout.contains("not looked at"),
        "{}",
        refused.stdout
    );
}
