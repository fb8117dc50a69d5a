//! A configuration that changes while the gate serves.

mod common;

use core::net::SocketAddr;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::mpsc::channel;

use common::Site;
use common::gate::Gate;
use common::identity::Identity;
use common::list_server::ListServer;
use common::upstream::Upstream;
use rustix::process::Signal;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const REFUSED: &str = "not reloaded: everything stays as it was";

/// Everything but the gate.
struct Scene {
    site: Site,
    server: CertificateDer<'static>,
    sender: Identity,
    upstream: Upstream,
}

/// What the configuration says that these tests change.
#[derive(Clone, Copy)]
struct Settings<'s> {
    address: &'s str,
    policy: &'s str,
    payload: &'s str,
    more: &'s str,
}

const FIRST: Settings<'_> = Settings {
    address: "127.0.0.1:0",
    policy: "client_certificate and developer_payload",
    payload: "payload",
    more: "",
};

impl Scene {
    fn new(upstream: Upstream) -> Self {
        let site = Site::new();
        let scene = Self {
            server: certificate(&site),
            sender: Identity::new("sender.example"),
            upstream,
            site,
        };
        scene.list(&[&scene.sender]);
        scene.site.write("payload", &scene.site.payload);
        scene.site.write("other", common::secret());
        scene.configure(FIRST);
        scene
    }

    fn configure(&self, settings: Settings<'_>) {
        let Settings {
            address,
            policy,
            payload,
            more,
        } = settings;
        let config = format!(
            r#"upstream = "http://{}"
state = "state"
[listen]
address = "{address}"
tls = {{ certificate = "server.pem", key = "server.key" }}
[admin]
address = "127.0.0.1:0"
[log]
format = "json"
[client_certificate]
thumbprints = {{ file = "thumbprints.json" }}
[developer_payload]
secrets = [{{ label = "first", file = "{payload}" }}]
{more}
[[route]]
path = "/copyleaks/{{status}}/{{scan_id}}"
policy = "{policy}"
"#,
            self.upstream.address
        );
        self.site.write("hookward.toml", config);
    }

    fn list(&self, senders: &[&Identity]) {
        let thumbprints: Vec<_> = senders.iter().map(|sender| sender.thumbprint()).collect();
        let list = serde_json::to_vec(&thumbprints).unwrap();
        self.site.write("thumbprints.json", list);
    }

    fn body(&self) -> String {
        format!(
            r#"{{"status":0,"developerPayload":"{}"}}"#,
            self.site.payload
        )
    }

    fn connect(&self, address: SocketAddr) -> Connection {
        Connection::open(address, &self.server, &self.sender)
    }

    /// A webhook on a connection of its own.
    fn send(&self, address: SocketAddr) -> u16 {
        self.connect(address).send(&self.body())
    }
}

/// Makes the server a certificate.
fn certificate(site: &Site) -> CertificateDer<'static> {
    let identity = Identity::new("localhost");
    site.write("server.pem", identity.pem());
    site.write("server.key", identity.key_pem());
    identity.certificate()
}

fn reload(gate: &Gate) -> serde_json::Value {
    gate.signal(Signal::HUP);
    gate.wait_for("reloaded")
}

/// A connection that stays open, with one request after the other.
struct Connection(StreamOwned<ClientConnection, TcpStream>);

impl Connection {
    fn open(address: SocketAddr, server: &CertificateDer<'static>, sender: &Identity) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(server.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![sender.certificate()], sender.key())
            .unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        connection.complete_io(&mut stream).unwrap();
        Self(StreamOwned::new(connection, stream))
    }

    fn write(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).unwrap();
        self.0.flush().unwrap();
    }

    fn write_head(&mut self, length: usize) {
        self.write(&format!(
            "POST /copyleaks/completed/scan-1 HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n"
        ));
    }

    /// The status of the next answer.
    fn answer(&mut self) -> u16 {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            self.0.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let length = head
            .split_once("content-length: ")
            .map_or("0", |(_, rest)| rest.split_once("\r\n").unwrap().0);
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).unwrap();
        head["http/1.1 ".len()..][..3].parse().unwrap()
    }

    fn send(&mut self, body: &str) -> u16 {
        self.write_head(body.len());
        self.write(body);
        self.answer()
    }
}

#[test]
fn a_configuration_with_a_mistake_anywhere_changes_nothing_and_the_log_says_where() {
    let scene = Scene::new(Upstream::new());
    let gate = Gate::start(&scene.site);
    let mut kept = scene.connect(gate.address);
    assert_eq!(kept.send(&scene.body()), 200);

    let thumbprints = scene.site.path("thumbprints.json");
    let good = fs::read(&thumbprints).unwrap();
    let broken_files = ["thumbprints.json", "server.pem", "server.key", "payload"];
    for name in broken_files {
        let path = scene.site.path(name);
        let good = fs::read(&path).unwrap();
        scene.site.write(name, "");
        gate.signal(Signal::HUP);
        let line = gate.wait_for(REFUSED);
        let error = line["error"].as_str().unwrap();
        assert_eq!(line["level"], "ERROR");
        assert!(error.starts_with("hookward.toml:"), "{name}: {error}");
        assert_eq!(kept.send(&scene.body()), 200, "{name}");
        assert_eq!(scene.send(gate.address), 200, "{name}");
        scene.site.write(name, good);
    }
    // What is in order is not put in force either, where something else is not.
    scene.list(&[&Identity::new("stranger.example")]);
    scene.configure(Settings {
        policy: "developer_payload and",
        ..FIRST
    });
    gate.signal(Signal::HUP);
    let line = gate.wait_for(REFUSED);
    let error = line["error"].as_str().unwrap();
    assert!(error.contains("route[0].policy"), "{error}");
    assert_eq!(kept.send(&scene.body()), 200);

    scene.site.write("thumbprints.json", good);
    scene.configure(Settings {
        policy: "developer_payload",
        ..FIRST
    });
    assert_eq!(reload(&gate)["generation"], 2);
    assert_eq!(kept.send(&scene.body()), 200);
}

#[test]
fn an_address_that_is_taken_changes_nothing() {
    let scene = Scene::new(Upstream::new());
    let gate = Gate::start(&scene.site);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    scene.configure(Settings {
        address: &address,
        policy: "source_address",
        more: "[source_address]\nallow = [\"192.0.2.1\"]",
        ..FIRST
    });
    gate.signal(Signal::HUP);
    let line = gate.wait_for(REFUSED);
    assert!(line["error"].as_str().unwrap().contains(&address), "{line}");
    assert_eq!(scene.send(gate.address), 200);
}

#[test]
fn a_file_that_changes_is_noticed_without_a_signal_and_connections_stay() {
    let scene = Scene::new(Upstream::new());
    let gate = Gate::start(&scene.site);
    let mut kept = scene.connect(gate.address);
    assert_eq!(kept.send(&scene.body()), 200);

    // As editors and configuration management do it.
    let stranger = Identity::new("stranger.example");
    let list = serde_json::to_vec(&[stranger.thumbprint()]).unwrap();
    scene.site.write("next", list);
    let path = |name: &str| scene.site.path(name);
    fs::rename(path("next"), path("thumbprints.json")).unwrap();
    assert_eq!(gate.wait_for("reloaded")["cause"], "a file has changed");
    // A refusal before the body was read ends the connection.
    assert_eq!(kept.send(&scene.body()), 403);

    // A file that was missing when it was first named.
    fs::remove_file(path("other")).unwrap();
    scene.configure(Settings {
        policy: "developer_payload",
        payload: "other",
        ..FIRST
    });
    gate.wait_for(REFUSED);
    scene.site.write("other", &scene.site.payload);
    gate.wait_for("reloaded");
    assert_eq!(scene.send(gate.address), 200);
}

#[test]
fn without_the_watch_a_signal_is_waited_for() {
    let scene = Scene::new(Upstream::new());
    scene.configure(Settings {
        more: "[reload]\nwatch = false",
        ..FIRST
    });
    let gate = Gate::start(&scene.site);
    scene.list(&[&Identity::new("stranger.example")]);
    assert_eq!(reload(&gate)["cause"], "SIGHUP");
    assert_eq!(scene.send(gate.address), 403);
}

#[test]
fn a_request_in_progress_is_judged_as_it_began() {
    let scene = Scene::new(Upstream::new());
    let gate = Gate::start(&scene.site);
    let body = scene.body();
    let (first, second) = body.split_at(body.len() / 2);
    let mut slow = scene.connect(gate.address);
    slow.write_head(body.len());
    slow.write(first);
    // The gate has begun to judge what came before this answer.
    assert_eq!(scene.send(gate.address), 200);

    scene.configure(Settings {
        payload: "other",
        ..FIRST
    });
    reload(&gate);
    assert_eq!(scene.send(gate.address), 403);
    slow.write(second);
    assert_eq!(slow.answer(), 200);
    assert_eq!(slow.send(&body), 403);
}

#[test]
fn a_listener_that_moves_finishes_what_it_has() {
    let (release, held) = channel();
    let scene = Scene::new(Upstream::held(held));
    let gate = Gate::start(&scene.site);
    let mut kept = scene.connect(gate.address);
    kept.write_head(scene.body().len());
    kept.write(&scene.body());
    scene.upstream.wait();

    // A policy that would refuse the request, were it judged now.
    scene.configure(Settings {
        address: "127.0.0.2:0",
        payload: "other",
        ..FIRST
    });
    let line = reload(&gate);
    let moved: SocketAddr = line["address"].as_str().unwrap().parse().unwrap();
    assert_eq!(moved.ip().to_string(), "127.0.0.2");
    assert_eq!(scene.send(moved), 403);
    while TcpStream::connect(gate.address).is_ok() {
        std::thread::yield_now();
    }
    release.send(()).unwrap();
    assert_eq!(kept.answer(), 200);
}

#[test]
fn a_listener_whose_limits_change_is_handed_over_with_its_queue() {
    let (release, held) = channel();
    let scene = Scene::new(Upstream::held(held));
    let gate = Gate::start(&scene.site);
    let mut kept = scene.connect(gate.address);
    kept.write_head(scene.body().len());
    kept.write(&scene.body());
    scene.upstream.wait();
    scene.configure(Settings {
        more: "[limits]\nconnections = 7",
        ..FIRST
    });
    assert_eq!(reload(&gate)["address"], gate.address.to_string());
    for _ in 0..2 {
        release.send(()).unwrap();
    }
    assert_eq!(kept.answer(), 200);
    assert_eq!(scene.send(gate.address), 200);
}

#[test]
fn what_is_asked_on_a_connection_that_is_being_ended_is_judged_by_what_is_in_force() {
    let scene = Scene::new(Upstream::new());
    let gate = Gate::start(&scene.site);
    let begin = |address| {
        let mut connection = scene.connect(address);
        connection.write("POST /copyleaks/completed/scan-1 HTTP/1.1\r\nhost: loc");
        connection
    };
    let end = |connection: &mut Connection| {
        let body = scene.body();
        connection.write(&format!("alhost\r\ncontent-length: {}\r\n\r\n", body.len()));
        connection.write(&body);
        connection.answer()
    };
    let (mut first, mut second) = (begin(gate.address), begin(gate.address));
    // What was written before these were answered has been read: a connection without a byte would end at once.
    for _ in 0..8 {
        assert_eq!(scene.send(gate.address), 200);
    }
    let more = "[limits]\nconnections = 7";
    scene.configure(Settings { more, ..FIRST });
    reload(&gate);
    assert_eq!(end(&mut first), 200);

    let moved = Settings {
        address: "127.0.0.2:0",
        payload: "other",
        more,
        ..FIRST
    };
    scene.configure(moved);
    let line = reload(&gate);
    assert_eq!(end(&mut second), 403);
    assert_eq!(
        scene.send(line["address"].as_str().unwrap().parse().unwrap()),
        403
    );
}

#[test]
fn the_servers_certificate_changes_for_new_connections_alone() {
    let mut scene = Scene::new(Upstream::new());
    let gate = Gate::start(&scene.site);
    let mut kept = scene.connect(gate.address);
    for _ in 0..3 {
        scene.server = certificate(&scene.site);
        reload(&gate);
        // Nothing but the newest certificate is believed here.
        assert_eq!(scene.send(gate.address), 200);
        assert_eq!(kept.send(&scene.body()), 200);
    }
}

#[test]
fn a_list_that_is_fetched_survives_whatever_else_changes() {
    let scene = Scene::new(Upstream::new());
    let lists = ListServer::new(&scene.site);
    lists.serve(&[scene.sender.thumbprint()]);
    let configure = |settings: Settings<'_>, refreshing: &str| {
        scene.configure(settings);
        let config = format!(
            "[copyleaks]\nurl = \"{}\"\nauthorities = \"lists.pem\"\n{refreshing}\n[developer_payload]",
            lists.url
        );
        let text = fs::read_to_string(scene.site.path("hookward.toml")).unwrap();
        let (before, rest) = text.split_once("[client_certificate]").unwrap();
        let (_, after) = rest.split_once("[developer_payload]").unwrap();
        let text = [before, &config, after].concat();
        scene.site.write("hookward.toml", text);
    };
    configure(FIRST, "");
    let gate = Gate::start(&scene.site);
    while scene.send(gate.address) == 503 {
        std::thread::yield_now();
    }
    let fetches = lists.fetches();
    let sent_after_reload = || {
        let line = reload(&gate);
        scene.send(line["address"].as_str().unwrap().parse().unwrap())
    };

    let elsewhere = Settings {
        address: "127.0.0.2:0",
        ..FIRST
    };
    for settings in [FIRST, elsewhere] {
        configure(settings, "");
        assert_eq!(sent_after_reload(), 200);
    }
    // It begins anew with what was kept on disk, and that is recent enough.
    configure(elsewhere, "interval = \"20h\"");
    assert_eq!(sent_after_reload(), 200);
    assert_eq!(lists.fetches(), fetches);
}

#[test]
fn what_takes_effect_at_the_next_start_is_said() {
    let scene = Scene::new(Upstream::new());
    let gate = Gate::start(&scene.site);
    let text = fs::read_to_string(scene.site.path("hookward.toml")).unwrap();
    let text = text.replace("format = \"json\"", "format = \"text\"");
    scene.site.write("hookward.toml", text);
    gate.signal(Signal::HUP);
    gate.wait_for("[log] has changed: that takes effect at the next start");
    gate.wait_for("reloaded");
}
