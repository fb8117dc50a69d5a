//! What a service manager and the logs of others want of the gate.

mod common;

use core::net::SocketAddr;
use core::time::Duration;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;

use common::Site;
use common::gate::Gate;
use common::upstream::Upstream;
use rustix::process::Signal;

/// A gate behind a proxy, which is the test. `listen` and `secret` say where to listen and where
/// the secret is.
fn configure(site: &Site, upstream: &Upstream, listen: &str, secret: &str) {
    let config = format!(
        r#"upstream = "http://{}"
[listen]
{listen}
protocol = "http"
proxies = ["127.0.0.1"]
[admin]
address = "127.0.0.1:0"
[log]
format = "json"
[header_secret]
header = "x-webhook-secret"
secrets = [{{ label = "first", {secret} }}]
[[route]]
path = "/copyleaks/{{status}}/{{scan_id}}"
policy = "header_secret"
"#,
        upstream.address
    );
    site.write("hookward.toml", config);
}

const ANYWHERE: &str = "address = \"127.0.0.1:0\"";
const VARIABLE: &str = "env = \"TEST_HEADER\"";

/// Sends a request on a connection of its own, and returns the head of the answer, in lower case.
fn exchange(address: SocketAddr, head: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("{head}host: localhost\r\nconnection: close, x-request-id\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    head.to_ascii_lowercase()
}

/// A webhook with a secret and these lines.
fn webhook(address: SocketAddr, secret: &str, lines: &str) -> String {
    let head = format!(
        "POST /copyleaks/completed/scan-1 HTTP/1.1\r\nx-webhook-secret: {secret}\r\ncontent-length: 0\r\n{lines}"
    );
    exchange(address, &head)
}

fn status(answer: &str) -> &str {
    &answer["http/1.1 ".len()..][..3]
}

fn request_id(answer: &str) -> &str {
    let mut lines = answer
        .lines()
        .filter_map(|line| line.strip_prefix("x-request-id: "));
    let id = lines.next().unwrap();
    assert_eq!(lines.next(), None);
    id
}

#[test]
fn systemd_is_told_what_the_gate_is_about_to_do() {
    let (site, upstream) = (Site::new(), Upstream::new());
    configure(&site, &upstream, ANYWHERE, VARIABLE);
    let socket = UnixDatagram::bind(site.path("notify")).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let wait_for = |state: &str| {
        let mut buffer = [0; 4096];
        loop {
            let length = socket.recv(&mut buffer).unwrap();
            let told = core::str::from_utf8(&buffer[..length]).unwrap();
            if told.lines().any(|line| line == state) {
                return told.to_owned();
            }
        }
    };
    let mut command = site.hookward(["serve"]);
    command
        .env("NOTIFY_SOCKET", site.path("notify"))
        .env("WATCHDOG_USEC", "100000");
    let mut gate = Gate::start_by(command);
    assert!(wait_for("READY=1").contains("STATUS=configuration 1 in force since 20"));
    wait_for("WATCHDOG=1");

    gate.signal(Signal::HUP);
    assert!(wait_for("RELOADING=1").contains("MONOTONIC_USEC="));
    assert!(wait_for("READY=1").contains("STATUS=configuration 2"));
    site.write("hookward.toml", "upstream = 1");
    gate.signal(Signal::HUP);
    wait_for("RELOADING=1");
    assert!(wait_for("READY=1").contains("configuration 2 in force"));

    gate.signal(Signal::TERM);
    wait_for("STOPPING=1");
    assert!(gate.wait_for_end().success());
}

#[test]
fn every_request_has_its_line_in_the_log_of_a_gate_that_ended() {
    let (site, upstream) = (Site::new(), Upstream::new());
    configure(&site, &upstream, ANYWHERE, VARIABLE);
    let mut gate = Gate::start(&site);
    let sent = 300;
    // As many at a time as there are threads, and the signal comes upon the last answer.
    std::thread::scope(|scope| {
        for first in 0..3 {
            let (gate, site) = (&gate, &site);
            scope.spawn(move || {
                for number in (first..sent).step_by(3) {
                    let id = format!("x-request-id: request-{number}\r\n");
                    let answer = webhook(gate.address, &site.header_secret, &id);
                    assert_eq!(status(&answer), "200");
                }
            });
        }
    });
    gate.signal(Signal::TERM);
    assert!(gate.wait_for_end().success());
    let lines = gate.last_lines();
    let mut logged: Vec<_> = (lines.iter())
        .filter(|line| line["message"] == "webhook")
        .map(|line| line["request_id"].as_str().unwrap().to_owned())
        .collect();
    logged.sort_unstable();
    let mut expected: Vec<_> = (0..sent).map(|n| format!("request-{n}")).collect();
    expected.sort_unstable();
    assert_eq!(logged, expected);
    assert!(lines.iter().any(|line| line["message"] == "stopped"));
}

#[test]
fn a_gate_that_is_about_to_end_is_not_ready_and_finishes_what_it_has() {
    let (release, held) = channel();
    let (site, upstream) = (Site::new(), Upstream::held(held));
    configure(&site, &upstream, ANYWHERE, VARIABLE);
    let mut gate = Gate::start(&site);
    let ready = || exchange(gate.admin, "GET /readyz HTTP/1.1\r\n");
    assert_eq!(status(&ready()), "200");

    let (address, secret) = (gate.address, site.header_secret.clone());
    let sent = std::thread::spawn(move || webhook(address, &secret, ""));
    upstream.wait();
    gate.signal(Signal::TERM);
    gate.wait_for("stopping: requests in progress are finished");
    while status(&ready()) == "200" {
        std::thread::yield_now();
    }
    assert_eq!(
        status(&exchange(gate.admin, "GET /healthz HTTP/1.1\r\n")),
        "200"
    );
    release.send(()).unwrap();
    assert_eq!(status(&sent.join().unwrap()), "200");
    assert!(gate.wait_for_end().success());
}

/// The gate with a socket as its third file descriptor, as systemd starts it. The shell only
/// puts it there.
fn activated(site: &Site, socket: impl Into<OwnedFd>, names: &str) -> Command {
    let gate = site.hookward([]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "exec \"$0\" serve 3<&0 0</dev/null"])
        .arg(gate.get_program())
        .current_dir(gate.get_current_dir().unwrap())
        .stdin(Stdio::from(socket.into()))
        .env("LISTEN_FDS", "1")
        .env("LISTEN_FDNAMES", names);
    for (name, value) in gate.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

#[test]
fn a_socket_that_systemd_has_opened_is_listened_on_and_kept() {
    let (site, upstream) = (Site::new(), Upstream::new());
    configure(&site, &upstream, "address = \"systemd:webhooks\"", VARIABLE);
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let gate = Gate::start_by(activated(&site, socket.try_clone().unwrap(), "webhooks"));
    assert_eq!(gate.address, address);
    assert_eq!(status(&webhook(address, &site.header_secret, "")), "200");

    // Away from it, and back.
    for listen in [ANYWHERE, "address = \"systemd:webhooks\""] {
        configure(&site, &upstream, listen, VARIABLE);
        gate.signal(Signal::HUP);
        let line = gate.wait_for("reloaded");
        let now = line["address"].as_str().unwrap().parse().unwrap();
        assert_eq!(status(&webhook(now, &site.header_secret, "")), "200");
        assert_eq!(now == address, listen != ANYWHERE);
    }
    drop(gate);

    let ran = activated(&site, socket, "other").output().unwrap();
    let text = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(
        text.contains("cannot listen on systemd:webhooks: systemd has opened other"),
        "{text}"
    );
}

#[test]
fn a_unix_socket_that_systemd_has_opened_is_listened_on() {
    let (site, upstream) = (Site::new(), Upstream::new());
    let config = |listen: &str| {
        configure(&site, &upstream, listen, VARIABLE);
        let text = fs::read_to_string(site.path("hookward.toml")).unwrap();
        let text = text.replace("proxies = [\"127.0.0.1\"]\n", "");
        site.write("hookward.toml", text);
    };
    config("unix = \"systemd:webhooks\"");
    let path = site.path("gate.sock");
    let socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let gate = Gate::start_by(activated(&site, socket, "webhooks"));
    assert_eq!(gate.listening["address"], "systemd:webhooks");
    let mut stream = std::os::unix::net::UnixStream::connect(path).unwrap();
    let request = format!(
        "POST /copyleaks/completed/scan-1 HTTP/1.1\r\nhost: a\r\nx-webhook-secret: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        site.header_secret
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(status(&answer), "200");
}

#[test]
fn a_credential_of_systemd_is_a_secret_like_any_other() {
    let (site, upstream) = (Site::new(), Upstream::new());
    configure(&site, &upstream, ANYWHERE, "credential = \"header\"");
    let ran = site.run(["check"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("$CREDENTIALS_DIRECTORY is not set"),
        "{}",
        ran.stderr
    );

    fs::create_dir(site.path("credentials")).unwrap();
    let check = || {
        let mut command = site.hookward(["check"]);
        command.env("CREDENTIALS_DIRECTORY", site.path("credentials"));
        command.output().unwrap()
    };
    assert_eq!(check().status.code(), Some(1));
    site.write("credentials/header", &site.header_secret);
    assert!(check().status.success());
    let mut command = site.hookward(["serve"]);
    command.env("CREDENTIALS_DIRECTORY", site.path("credentials"));
    let gate = Gate::start_by(command);
    assert_eq!(
        status(&webhook(gate.address, &site.header_secret, "")),
        "200"
    );
    let rotated = common::secret();
    site.write("credentials/header", &rotated);
    gate.wait_for("reloaded");
    assert_eq!(status(&webhook(gate.address, &rotated, "")), "200");

    for (secret, expected) in [
        ("credential = \"../header\"", "without slashes"),
        (
            "credential = \"header\", env = \"TEST_HEADER\"",
            "not several",
        ),
    ] {
        configure(&site, &upstream, ANYWHERE, secret);
        let told = String::from_utf8(check().stderr).unwrap();
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn a_request_has_one_id_in_the_log_at_the_application_and_in_the_answer() {
    let (site, upstream) = (Site::new(), Upstream::new());
    configure(&site, &upstream, ANYWHERE, VARIABLE);
    let gate = Gate::start(&site);
    let secret = &site.header_secret;
    for (lines, given) in [
        (
            "x-request-id: 6ba7-0\r\nx_request_id: 7\r\n",
            Some("6ba7-0"),
        ),
        ("x-request-id: a\" verdict=\"accept\r\n", None),
        ("x-request-id: one\r\nx-request-id: two\r\n", None),
        ("", None),
    ] {
        let answer = webhook(gate.address, secret, lines);
        let id = request_id(&answer);
        match given {
            Some(given) => assert_eq!(id, given),
            None => assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())),
        }
        assert_eq!(gate.decision()["request_id"], id);
        let arrived = upstream.arrived().pop().unwrap();
        assert_eq!(arrived.header("x-request-id"), Some(id), "{arrived:?}");
        assert_eq!(arrived.header("x_request_id"), None, "{arrived:?}");
    }
    // A refusal has one as well.
    let answer = webhook(gate.address, "wrong", "x-request-id: 8\r\n");
    assert_eq!((status(&answer), request_id(&answer)), ("403", "8"));
    assert_eq!(gate.decision()["request_id"], "8");

    let text = fs::read_to_string(site.path("hookward.toml")).unwrap();
    site.write(
        "hookward.toml",
        text.replace("x-webhook-secret", "X-Request-Id"),
    );
    let ran = site.run(["check"]);
    assert!(
        ran.stderr.contains("what stands in this one is logged"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_answer_to_a_proxy_has_the_id_of_the_request_that_it_asks_about() {
    let (site, upstream) = (Site::new(), Upstream::new());
    configure(&site, &upstream, ANYWHERE, VARIABLE);
    let text = fs::read_to_string(site.path("hookward.toml")).unwrap();
    let (_, rest) = text.split_once("[admin]").unwrap();
    let asked = "[forward_auth]\nform = \"nginx\"\naddress = \"127.0.0.1:0\"\nproxies = [\"127.0.0.1\"]\n[admin]";
    site.write("hookward.toml", format!("{asked}{rest}"));
    let gate = Gate::start(&site);
    let address = gate.listening["forward_auth"].as_str().unwrap();
    let head = format!(
        "GET / HTTP/1.1\r\nx-original-method: POST\r\nx-original-uri: /copyleaks/completed/scan-1\r\nx-webhook-secret: {}\r\nx-request-id: 9\r\n",
        site.header_secret
    );
    let answer = exchange(address.parse().unwrap(), &head);
    assert_eq!((status(&answer), request_id(&answer)), ("200", "9"));
    assert_eq!(gate.decision()["request_id"], "9");
}
