//! `hookward serve`, with the certificates of OpenSSL and the requests of curl.

mod common;

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use common::gate::Gate;
use common::upstream::{ANSWER, Upstream};
use common::{Site, needs, program};
use rustix::process::Signal;
use serde_json::json;

const PATH: &str = "/copyleaks/completed/scan-1";

/// A gate's directory: a server, a sender that is listed, and a stranger that is not.
fn site(upstream: SocketAddr) -> Site {
    let site = Site::new();
    for (name, host) in [
        ("server", "localhost"),
        ("sender", "a.example"),
        ("stranger", "b.example"),
    ] {
        site.openssl_certificate(name, host);
    }
    site.list(&["sender"]);
    configure(
        &site,
        upstream,
        "client_certificate and developer_payload",
        "",
    );
    site
}

fn configure(site: &Site, upstream: SocketAddr, policy: &str, more: &str) {
    let config = format!(
        r#"upstream = "http://{upstream}"
[listen]
address = "127.0.0.1:0"
tls = {{ certificate = "server.pem", key = "server.key" }}
[admin]
address = "127.0.0.1:0"
[log]
format = "json"
[client_certificate]
thumbprints = {{ file = "thumbprints.json" }}
[developer_payload]
secrets = [{{ label = "first", env = "TEST_PAYLOAD" }}]
{more}
[[route]]
path = "/copyleaks/{{status}}/{{scan_id}}"
policy = "{policy}"
"#
    );
    site.write("hookward.toml", config);
}

fn body(payload: &str) -> Vec<u8> {
    format!(
        r#"{{"status":0,"scannedDocument":{{"scanId":"scan-1"}},"developerPayload":"{payload}"}}"#
    )
    .into()
}

/// curl's arguments for a client certificate.
fn certificate(site: &Site, name: &str) -> [String; 4] {
    let file = |end: &str| {
        site.path(&format!("{name}.{end}"))
            .to_str()
            .unwrap()
            .to_owned()
    };
    ["--cert".into(), file("pem"), "--key".into(), file("key")]
}

fn as_strs(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

#[test]
fn a_genuine_webhook_gets_the_upstreams_answer_over_both_versions_of_http_and_tls() {
    for version in [["--http1.1", "--tlsv1.3"], ["--http2", "--tls-max"]] {
        let upstream = Upstream::new();
        let site = site(upstream.address);
        let gate = Gate::start(&site);
        let sender = certificate(&site, "sender");
        let mut args = as_strs(&sender);
        args.extend(version);
        if version[1] == "--tls-max" {
            args.push("1.2");
        }
        args.extend([
            "--header",
            "hookward-event: forged",
            "--header",
            "x-forwarded-for: 192.0.2.1",
        ]);
        let body = body(&site.payload);
        let sent = gate.send(&site, &args, PATH, &body);
        assert_eq!(
            (sent.status, sent.answer.as_str()),
            (200, ANSWER),
            "{version:?}"
        );

        let arrived = upstream.only();
        assert_eq!(arrived.line, format!("POST {PATH} HTTP/1.1"));
        assert_eq!(arrived.body, body);
        assert_eq!(arrived.header("hookward-event"), Some("completed"));
        assert_eq!(arrived.header("hookward-scan-id"), Some("scan-1"));
        assert_eq!(arrived.header("hookward-developer-payload"), Some("first"));
        assert_eq!(arrived.header("x-forwarded-for"), Some("127.0.0.1"));

        let line = gate.decision();
        assert_eq!(line["verdict"], "accept");
        assert_eq!(line["status"], 200);
        assert_eq!(line["route"], "/copyleaks/{status}/{scan_id}");
        assert_eq!(line["event"], "completed");
        assert_eq!(line["scan_id"], "scan-1");
        assert_eq!(line["developer_payload"], "first");
        assert_eq!(line["client_address"], "127.0.0.1");
        assert_eq!(line["body_bytes"], body.len());
        assert!(line["duration_ms"].as_f64().unwrap() > 0.0);
        assert!(!line.to_string().contains(&site.payload));
        assert!(line["checks"].is_null(), "{line}");
    }
}

#[test]
fn a_trial_is_logged_with_each_decision_and_changes_no_answer() {
    let upstream = Upstream::new();
    let site = site(upstream.address);
    let policy = "client_certificate\"\ntrial = \"client_certificate and developer_payload";
    configure(&site, upstream.address, policy, "");
    let gate = Gate::start(&site);
    let sender = certificate(&site, "sender");
    let right = body(&site.payload);
    for (args, body, status, trial, reason, disagrees) in [
        (&sender[..], right.as_slice(), 200, "accept", None, false),
        (
            &sender,
            b"{\"developerPayload\":null}",
            200,
            "refuse",
            Some("developer_payload_not_string"),
            true,
        ),
        (
            &[],
            &right,
            403,
            "refuse",
            Some("certificate_missing"),
            false,
        ),
    ] {
        let sent = gate.send(&site, &as_strs(args), PATH, body);
        assert_eq!(sent.status, status);
        let line = gate.decision();
        assert_eq!(line["status"], status, "{line}");
        assert_eq!(line["trial"], trial, "{line}");
        assert_eq!(line["trial_reason"], json!(reason), "{line}");
        assert_eq!(line["trial_disagrees"], disagrees, "{line}");
        if status == 200 {
            assert_eq!(line["body_bytes"], 0, "{line}");
            assert_eq!(upstream.arrived().last().unwrap().body, body);
        }
    }
}

#[test]
fn on_request_the_line_of_a_decision_has_its_trace() {
    let upstream = Upstream::new();
    let site = site(upstream.address);
    let policy = "client_certificate\"\ntrial = \"client_certificate and developer_payload";
    configure(&site, upstream.address, policy, "");
    let config = std::fs::read_to_string(site.path("hookward.toml")).unwrap();
    let filter = "format = \"json\"\nfilter = \"info,hookward::trace=debug\"";
    site.write("hookward.toml", config.replace("format = \"json\"", filter));
    let gate = Gate::start(&site);
    let sender = certificate(&site, "sender");
    gate.send(&site, &as_strs(&sender), PATH, &body(&site.payload));
    let line = gate.decision();
    assert_eq!(line["policy"], "client_certificate", "{line}");
    assert_eq!(line["decided_by"], "client_certificate", "{line}");
    assert_eq!(line["checks"], "client_certificate: pass", "{line}");
    let checks = "client_certificate: pass, developer_payload: pass";
    assert_eq!(line["trial_checks"], checks, "{line}");
    for stage in ["head_ms", "body_ms", "upstream_ms"] {
        assert!(line[stage].is_f64(), "{stage} {line}");
    }

    gate.send(&site, &[], PATH, b"{}");
    let line = gate.decision();
    let missing = "client_certificate: fail (certificate_missing)";
    assert_eq!(line["checks"], missing, "{line}");
    assert_eq!(
        line["trial_checks"],
        format!("{missing}, developer_payload: not needed"),
        "{line}"
    );
    assert!(line["upstream_ms"].is_null(), "{line}");
}

#[test]
fn forged_webhooks_are_refused_and_the_upstream_sees_nothing() {
    let upstream = Upstream::new();
    let site = site(upstream.address);
    let gate = Gate::start(&site);
    let (sender, stranger) = (certificate(&site, "sender"), certificate(&site, "stranger"));
    let genuine = body(&site.payload);
    for (args, path, body, status, reason) in [
        (&[][..], PATH, genuine.clone(), 403, "certificate_missing"),
        (
            &stranger,
            PATH,
            genuine.clone(),
            403,
            "certificate_not_listed",
        ),
        (
            &sender,
            PATH,
            body(&common::secret()),
            403,
            "developer_payload_wrong",
        ),
        (
            &sender,
            PATH,
            b"{}".to_vec(),
            403,
            "developer_payload_missing",
        ),
        (&sender, PATH, b"{".to_vec(), 400, "body_malformed"),
        (
            &sender,
            "/copyleaks/completed",
            genuine.clone(),
            404,
            "route_unknown",
        ),
        (
            &sender,
            "/copyleaks/completed/%2e%2e",
            genuine,
            400,
            "path_malformed",
        ),
    ] {
        let mut args = as_strs(args);
        args.push("--path-as-is");
        let sent = gate.send(&site, &args, path, &body);
        assert_eq!(
            (sent.status, sent.answer.as_str()),
            (status, ""),
            "{reason}"
        );
        let line = gate.decision();
        assert_eq!(line["verdict"], "refuse");
        assert_eq!(
            (&line["status"], &line["reason"]),
            (&json!(status), &json!(reason))
        );
    }
    assert!(upstream.arrived().is_empty());
}

#[test]
fn large_bodies_are_refused_without_being_read_whole() {
    let upstream = Upstream::new();
    let site = site(upstream.address);
    let gate = Gate::start(&site);
    let large = vec![b' '; 100 << 20];
    let sender = certificate(&site, "sender");
    let chunked = ["--http1.1", "--request", "POST", "--upload-file", "-"];
    // What the head decides is refused before a byte of the body is read.
    let (unread, up_to_the_limit) = (0..1, 16 << 20..17 << 20);
    for (certificate, args, status, reason, read) in [
        (
            &sender[..],
            &["--http1.1"][..],
            413,
            "body_too_large",
            &unread,
        ),
        (&sender, &["--http2"], 413, "body_too_large", &unread),
        (&sender, &chunked, 413, "body_too_large", &up_to_the_limit),
        (&[], &["--http1.1"], 413, "body_too_large", &unread),
        (&[], &chunked, 403, "certificate_missing", &unread),
    ] {
        let args = [&as_strs(certificate), args].concat();
        let sent = gate.send(&site, &args, PATH, &large);
        let line = gate.decision();
        assert_eq!(line["status"], status, "{args:?}");
        assert_eq!(line["reason"], reason, "{args:?}");
        let bytes = line["body_bytes"].as_u64().unwrap();
        assert!(read.contains(&bytes), "{args:?}: {bytes} bytes");
        assert!(sent.uploaded < large.len() as u64, "{args:?}: {sent:?}");
        // In the midst of sending, curl may see that an HTTP/1.1 connection is closed before it
        // sees the answer. It has no status then.
        let lost = !args.contains(&"--http2") && sent.status == 0;
        assert!(sent.status == status || lost, "{args:?}: {sent:?}");
    }
    assert!(upstream.arrived().is_empty());
}

#[test]
fn on_sighup_the_list_is_reread_and_swapped_whole_or_not_at_all() {
    let upstream = Upstream::new();
    let site = site(upstream.address);
    let gate = Gate::start(&site);
    let (sender, stranger) = (certificate(&site, "sender"), certificate(&site, "stranger"));
    let genuine = body(&site.payload);
    let status = |args: &[String]| gate.send(&site, &as_strs(args), PATH, &genuine).status;
    assert_eq!((status(&sender), status(&stranger)), (200, 403));

    site.list(&["stranger"]);
    gate.signal(Signal::HUP);
    let line = gate.wait_for("the thumbprints have changed");
    gate.wait_for("reloaded");
    assert_eq!((&line["added"], &line["removed"]), (&json!(1), &json!(1)));
    assert_eq!((status(&sender), status(&stranger)), (403, 200));

    for broken in ["", "[]", "[\"zz\"]"] {
        site.write("thumbprints.json", broken);
        gate.signal(Signal::HUP);
        let line = gate.wait_for("not reloaded: everything stays as it was");
        assert_eq!(line["level"], "ERROR");
        assert!(
            line["error"].as_str().unwrap().contains("thumbprints.json"),
            "{line}"
        );
    }
    assert_eq!((status(&sender), status(&stranger)), (403, 200));
}

/// `openssl s_client`, on one connection.
struct OpenConnection {
    child: std::process::Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
}

impl OpenConnection {
    fn start(gate: &Gate, args: &[String]) -> Self {
        let mut child = program("openssl")
            .args([
                "s_client",
                "-nocommands",
                "-ign_eof",
                "-connect",
                &gate.address.to_string(),
            ])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| needs("openssl", &error));
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            stdin: child.stdin.take().unwrap(),
            child,
            lines,
        }
    }

    /// Sends a webhook, and returns the status line.
    fn send(&mut self, body: &[u8]) -> String {
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.stdin
            .write_all(&[head.as_bytes(), body].concat())
            .unwrap();
        self.stdin.flush().unwrap();
        self.wait_for("HTTP/1.1 ")
    }

    fn wait_for(&self, part: &str) -> String {
        loop {
            let line = self
                .lines
                .recv_timeout(Duration::from_secs(20))
                .unwrap_or_else(|error| panic!("no line with {part}: {error}"));
            if let Some(at) = line.find(part) {
                return line[at..].trim_end().to_owned();
            }
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_removed_thumbprint_ends_open_connections_and_resumed_sessions() {
    let upstream = Upstream::new();
    let site = site(upstream.address);
    configure(&site, upstream.address, "client_certificate", "");
    let gate = Gate::start(&site);
    let genuine = body(&site.payload);

    for version in ["-tls1_3", "-tls1_2"] {
        site.list(&["sender"]);
        gate.signal(Signal::HUP);
        gate.wait_for("reloaded");
        let path = |name: &str| site.path(name).to_str().unwrap().to_owned();
        let option = |name: &str, file: &str| [name.to_owned(), path(file)];
        let connect = |options: &[[String; 2]]| {
            OpenConnection::start(&gate, &[&[version.to_owned()], &*options.concat()].concat())
        };

        let mut kept = connect(&[
            option("-cert", "sender.pem"),
            option("-key", "sender.key"),
            option("-sess_out", "first.session"),
        ]);
        assert_eq!(kept.send(&genuine), "HTTP/1.1 200 OK", "{version}");
        // The session alone, without the certificate: the server remembers it. In TLS 1.3 a
        // ticket is good for once, and the next one is kept; in TLS 1.2 there is no next one.
        let mut resumed = connect(&[
            option("-sess_in", "first.session"),
            option("-sess_out", "next.session"),
        ]);
        let next = match version {
            "-tls1_3" => "next.session",
            _ => "first.session",
        };
        resumed.wait_for("Reused, ");
        assert_eq!(resumed.send(&genuine), "HTTP/1.1 200 OK", "{version}");

        site.list(&["stranger"]);
        gate.signal(Signal::HUP);
        gate.wait_for("reloaded");
        assert_eq!(kept.send(&genuine), "HTTP/1.1 403 Forbidden", "{version}");
        assert_eq!(
            resumed.send(&genuine),
            "HTTP/1.1 403 Forbidden",
            "{version}"
        );
        let mut again = connect(&[option("-sess_in", next)]);
        again.wait_for("Reused, ");
        assert_eq!(again.send(&genuine), "HTTP/1.1 403 Forbidden", "{version}");
    }
    assert_eq!(upstream.arrived().len(), 4);
}

#[test]
fn a_list_that_nobody_rereads_expires() {
    let upstream = Upstream::new();
    let site = site(upstream.address);
    let config = std::fs::read_to_string(site.path("hookward.toml")).unwrap();
    let file = "{ file = \"thumbprints.json\" }";
    let expiring = "{ file = \"thumbprints.json\", expires_after = \"1s\" }";
    site.write("hookward.toml", config.replace(file, expiring));
    let gate = Gate::start(&site);
    let sender = certificate(&site, "sender");
    let genuine = body(&site.payload);
    // The list is a second old soon, whatever this machine is busy with.
    loop {
        let ready = gate.ask("/readyz").stdout;
        if ready == "not ready\nthumbprints_expired\n503" {
            break;
        }
        assert_eq!(ready, "ready\n200");
        thread::yield_now();
    }
    let mut args = as_strs(&sender);
    args.push("--include");
    let sent = gate.send(&site, &args, PATH, &genuine);
    assert_eq!(sent.status, 503);
    assert!(
        sent.answer.to_ascii_lowercase().contains("retry-after: 30"),
        "{}",
        sent.answer
    );
    assert!(upstream.arrived().is_empty());
}

#[test]
fn the_admin_address_answers_for_itself() {
    let upstream = Upstream::new();
    let site = site(upstream.address);
    let gate = Gate::start(&site);
    assert_eq!(gate.ask("/healthz").stdout, "ok\n200");
    assert_eq!(gate.ask("/readyz").stdout, "ready\n200");
    assert_eq!(gate.ask("/").stdout, "not found\n404");
}

#[test]
fn on_sigterm_requests_in_progress_are_finished() {
    for signal in [Signal::TERM, Signal::INT] {
        let (release, released) = channel();
        let upstream = Upstream::held(released);
        let site = site(upstream.address);
        let mut gate = Gate::start(&site);
        let sender = certificate(&site, "sender");
        thread::scope(|scope| {
            let sent =
                scope.spawn(|| gate.send(&site, &as_strs(&sender), PATH, &body(&site.payload)));
            upstream.wait();
            gate.signal(signal);
            gate.wait_for("stopping: requests in progress are finished");
            release.send(()).unwrap();
            let sent = sent.join().unwrap();
            assert_eq!((sent.status, sent.answer.as_str()), (200, ANSWER));
        });
        assert!(gate.wait_for_end().success());
    }
}

#[test]
fn a_self_signed_certificate_is_made_for_us_alone_and_kept() {
    use std::os::unix::fs::MetadataExt;
    let upstream = Upstream::new();
    let site = site(upstream.address);
    let config = std::fs::read_to_string(site.path("hookward.toml")).unwrap();
    let tls = "tls = { certificate = \"server.pem\", key = \"server.key\" }";
    let names = "server_names = [\"localhost\"]";
    site.write("hookward.toml", config.replace(tls, names));
    let kept = site.path("hookward-state/self-signed.pem");
    let sender = certificate(&site, "sender");
    let mut first = None;
    for _ in 0..2 {
        let gate = Gate::start(&site);
        let certificate = std::fs::read(&kept).unwrap();
        assert_eq!(std::fs::metadata(&kept).unwrap().mode() & 0o777, 0o600);
        assert_eq!(*first.get_or_insert(certificate.clone()), certificate);
        // curl trusts what was kept, and nothing else.
        site.write("server.pem", &certificate);
        assert_eq!(
            gate.send(&site, &as_strs(&sender), PATH, &body(&site.payload))
                .status,
            200
        );
    }
    let files = std::fs::read_dir(site.path("hookward-state"))
        .unwrap()
        .count();
    assert_eq!(files, 1, "nothing is left behind");

    let other = config.replace(tls, "server_names = [\"hooks.example\"]");
    site.write("hookward.toml", other);
    let refused = site.run(["check"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused
            .stderr
            .contains("is not for hooks.example; delete the file"),
        "{}",
        refused.stderr
    );
}

#[test]
fn the_secret_header_stays_at_the_gate_unless_it_is_to_go_on() {
    for (forward, passed_on) in [("false", false), ("true", true)] {
        let upstream = Upstream::new();
        let site = site(upstream.address);
        let section = format!(
            "[header_secret]\nheader = \"x-webhook-secret\"\nforward = {forward}\n\
             secrets = [{{ label = \"waf\", env = \"TEST_HEADER\" }}]"
        );
        configure(
            &site,
            upstream.address,
            "client_certificate and header_secret",
            &section,
        );
        let gate = Gate::start(&site);
        let header = format!("x-webhook-secret: {}", site.header_secret);
        let sender = certificate(&site, "sender");
        let mut args = as_strs(&sender);
        args.extend(["--header", &header]);
        assert_eq!(gate.send(&site, &args, PATH, b"not even JSON").status, 200);
        let arrived = upstream.only();
        assert_eq!(arrived.header("x-webhook-secret").is_some(), passed_on);
        assert_eq!(arrived.header("hookward-header-secret"), Some("waf"));

        args.extend(["--header", &header]);
        assert_eq!(gate.send(&site, &args, PATH, b"").status, 403);
    }
}
