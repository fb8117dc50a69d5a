//! A list that is fetched while the gate serves: from a real server, with real client certificates.

mod common;

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use common::Site;
use common::gate::Gate;
use common::identity::Identity;
use common::list_server::ListServer;
use common::sender::Sender;
use common::upstream::Upstream;
use rustix::process::Signal;
use rustls::pki_types::CertificateDer;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// Longer than anything here takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything but the gate: where it is started, what it fetches, and where it forwards to.
struct Scene {
    site: Site,
    lists: ListServer,
    server: CertificateDer<'static>,
    /// On the first list.
    sender: Identity,
    upstream: Upstream,
}

impl Scene {
    /// `settings` are those of `[copyleaks]`, besides where the list is.
    fn new(settings: &str) -> Self {
        let site = Site::new();
        let lists = ListServer::new(&site);
        let scene = Self {
            server: server(&site),
            sender: Identity::new("sender.example"),
            upstream: Upstream::new(),
            site,
            lists,
        };
        scene.configure(
            "client_certificate and developer_payload",
            &format!("[copyleaks]\n{}{settings}", scene.source()),
        );
        scene
    }

    /// Where the list is.
    fn source(&self) -> String {
        format!(
            "url = \"{}\"\nauthorities = \"lists.pem\"\n",
            self.lists.url
        )
    }

    fn configure(&self, policy: &str, sections: &str) {
        let config = format!(
            r#"upstream = "http://{}"
state = "state"
[listen]
address = "127.0.0.1:0"
tls = {{ certificate = "server.pem", key = "server.key" }}
[admin]
address = "127.0.0.1:0"
[log]
format = "json"
[limits]
retry_after = "1s"
[developer_payload]
secrets = [{{ label = "first", env = "TEST_PAYLOAD" }}]
{sections}
[[route]]
path = "/copyleaks/{{status}}/{{scan_id}}"
policy = "{policy}"
"#,
            self.upstream.address
        );
        self.site.write("hookward.toml", config);
    }

    async fn connect(&self, gate: &Gate, identity: &Identity) -> Sender {
        let body = format!(
            r#"{{"status":0,"developerPayload":"{}"}}"#,
            self.site.payload
        );
        Sender::connect(gate.address, &self.server, identity, body.as_bytes()).await
    }

    /// What `hookward thumbprints` says of a running gate, and how it ends.
    fn thumbprints(&self, gate: &Gate) -> (i32, Value) {
        let admin = gate.admin.to_string();
        let ran = self.site.run(["thumbprints", "--json", "--admin", &admin]);
        (ran.code, serde_json::from_str(&ran.stdout).unwrap())
    }
}

fn server(site: &Site) -> CertificateDer<'static> {
    let identity = Identity::new("localhost");
    site.write("server.pem", identity.pem());
    site.write("server.key", identity.key_pem());
    identity.certificate()
}

/// Waits until it is so.
fn eventually(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "it never is");
        std::thread::yield_now();
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// The status of `/readyz`.
async fn ready(gate: &Gate) -> u16 {
    use http_body_util::Empty;
    let stream = tokio::net::TcpStream::connect(gate.admin).await.unwrap();
    let stream = hyper_util::rt::TokioIo::new(stream);
    let (mut requests, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("/readyz").header("host", gate.admin.to_string());
    let request = request.body(Empty::<bytes::Bytes>::new());
    let answer = requests.send_request(request.unwrap()).await.unwrap();
    answer.status().as_u16()
}

#[test]
fn a_rotation_loses_no_webhook_whatever_strangers_send_meanwhile() {
    const BURST: usize = 3;

    let control = slowed_by_the_flood_alone();
    let scene = Scene::new(&format!(
        "hint_interval = \"1s\"\nhint_burst = {BURST}\nhint_refill = \"1h\"\n"
    ));
    let (known, next) = (
        Identity::new("known.example"),
        Identity::new("next.example"),
    );
    scene
        .lists
        .serve(&[scene.sender.thumbprint(), known.thumbprint()]);
    let gate = Gate::start(&scene.site);
    gate.wait_for("loaded");
    assert_eq!(scene.lists.fetches(), 1);

    runtime().block_on(async {
        let mut before = scene.connect(&gate, &scene.sender).await;
        assert_eq!(before.status().await, 200);
        let mut regular = scene.connect(&gate, &known).await;
        let (quiet, _) = latency(&mut regular, &AtomicBool::new(false), 50).await;
        // Old enough that the sender may know better than the list.
        eventually(|| scene.thumbprints(&gate).1["age_seconds"].as_u64() >= Some(2));

        scene.lists.serve(&[next.thumbprint(), known.thumbprint()]);
        let over = Arc::new(AtomicBool::new(false));
        let watched = tokio::spawn({
            let over = Arc::clone(&over);
            async move { latency(&mut regular, &over, usize::MAX).await }
        });
        let flooders = start_flood(&scene, &gate).await;

        let rotated = Instant::now();
        let mut after = scene.connect(&gate, &next).await;
        let mut tries = 0;
        loop {
            let answer = after.send().await;
            tries += 1;
            assert!(rotated.elapsed() < PATIENCE, "still not accepted");
            match answer.status().as_u16() {
                200 => break,
                503 => assert_eq!(answer.headers()["retry-after"], "1"),
                other => panic!("a webhook was lost: {other}"),
            }
        }
        let accepted = rotated.elapsed();
        assert!(tries > 1, "the list was old");
        // The connection is still there, and the certificate is not listed any more.
        assert_ne!(before.status().await, 200);

        let mut unavailable = 0;
        for flooder in flooders {
            unavailable += flooder.await.unwrap();
        }
        over.store(true, Ordering::Relaxed);
        let (busy, count) = watched.await.unwrap();
        println!("accepted {accepted:?} after the rotation, at try {tries}");
        println!(
            "known sender, mean: {quiet:?} before, {busy:?} over {count} webhooks during the flood, \
             {control:?} in a flood that causes no fetch"
        );
        println!(
            "flood: {FLOOD} requests, of which 503: {unavailable}; fetches: {}",
            scene.lists.fetches()
        );
        assert!(
            scene.lists.fetches() <= 1 + BURST,
            "{}",
            scene.lists.fetches()
        );
    });
    let (code, list) = scene.thumbprints(&gate);
    assert_eq!((code, &list["state"]), (0, &"fresh".into()));
    assert_eq!(
        list["last_change"]["added"],
        serde_json::json!([next.thumbprint()])
    );
    assert_eq!(
        list["last_change"]["removed"],
        serde_json::json!([scene.sender.thumbprint()])
    );
    assert!(!list.to_string().contains("hidden"), "{list}");
}

const FLOOD: usize = 10_000;
const FLOODERS: usize = 8;

/// Starts requests of strangers, each on a connection of its own.
async fn start_flood(scene: &Scene, gate: &Gate) -> Vec<JoinHandle<usize>> {
    let mut connections = Vec::new();
    for _ in 0..FLOODERS {
        let stranger = Identity::new("stranger.example");
        connections.push(scene.connect(gate, &stranger).await);
    }
    connections
        .into_iter()
        .map(|connection| tokio::spawn(flood(connection, FLOOD / FLOODERS)))
        .collect()
}

/// The mean time that a known sender's webhooks take in the same flood when the list is fresh, so
/// that strangers are refused and nothing is fetched: what the machine being busy comes to.
fn slowed_by_the_flood_alone() -> Duration {
    let scene = Scene::new("hint_interval = \"1h\"\n");
    scene.lists.serve(&[scene.sender.thumbprint()]);
    let gate = Gate::start(&scene.site);
    gate.wait_for("loaded");
    runtime().block_on(async {
        let mut regular = scene.connect(&gate, &scene.sender).await;
        let over = Arc::new(AtomicBool::new(false));
        let flooders = start_flood(&scene, &gate).await;
        let watched = tokio::spawn({
            let over = Arc::clone(&over);
            async move { latency(&mut regular, &over, usize::MAX).await }
        });
        for flooder in flooders {
            assert_eq!(flooder.await.unwrap(), 0);
        }
        over.store(true, Ordering::Relaxed);
        assert_eq!(scene.lists.fetches(), 1);
        watched.await.unwrap().0
    })
}

/// Sends until it is over, at most `most` webhooks. All have to be accepted. The mean time that each
/// took, and how many they were.
async fn latency(sender: &mut Sender, over: &AtomicBool, most: usize) -> (Duration, u32) {
    let start = Instant::now();
    let mut count = 0;
    while count < u32::try_from(most).unwrap_or(u32::MAX) && !over.load(Ordering::Relaxed) {
        assert_eq!(sender.status().await, 200, "a known sender was refused");
        count += 1;
    }
    (start.elapsed() / count.max(1), count)
}

/// Sends many at a time. How many were answered 503; all others 403.
async fn flood(mut sender: Sender, count: usize) -> usize {
    const AT_A_TIME: usize = 25;
    let mut unavailable = 0;
    for _ in 0..count / AT_A_TIME {
        let all = (0..AT_A_TIME).map(|_| {
            let mut sender = sender.clone();
            tokio::spawn(async move { sender.status().await })
        });
        for answer in all.collect::<Vec<_>>() {
            match answer.await.unwrap() {
                503 => unavailable += 1,
                403 => {}
                other => panic!("a stranger was answered {other}"),
            }
        }
    }
    let _ = sender.status().await;
    unavailable
}

#[test]
fn without_a_list_nothing_is_accepted_or_refused_and_the_first_list_ends_that() {
    let scene = Scene::new("interval = \"1h\"\nhint_interval = \"1s\"\n");
    let gate = Gate::start(&scene.site);
    let failed = gate.wait_for("the fetch failed");
    assert_eq!(
        (&failed["level"], &failed["list"]),
        (&"WARN".into(), &"thumbprints".into())
    );
    runtime().block_on(async {
        let mut sender = scene.connect(&gate, &scene.sender).await;
        let answer = sender.send().await;
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["retry-after"], "1");
        assert_eq!(gate.decision()["reason"], "thumbprints_not_loaded");
        assert_eq!(ready(&gate).await, 503);
        let (code, list) = scene.thumbprints(&gate);
        assert_eq!((code, &list["state"]), (1, &"absent".into()));
        assert!(!list.to_string().contains("hidden"), "{list}");
        assert!(
            list["last_error"]["message"]
                .as_str()
                .unwrap()
                .contains("500"),
            "{list}"
        );

        scene.lists.serve(&[scene.sender.thumbprint()]);
        gate.wait_for("loaded");
        assert_eq!(sender.status().await, 200);
        assert_eq!(ready(&gate).await, 200);
    });
}

#[test]
fn a_list_goes_stale_then_expires_and_recovers_by_itself() {
    let scene = Scene::new(
        "interval = \"1s\"\nstale_after = \"3s\"\nexpired_after = \"12s\"\nhint_interval = \"1s\"\n",
    );
    scene.lists.serve(&[scene.sender.thumbprint()]);
    let gate = Gate::start(&scene.site);
    gate.wait_for("loaded");
    let state = || scene.thumbprints(&gate).1["state"].clone();
    runtime().block_on(async {
        let mut sender = scene.connect(&gate, &scene.sender).await;
        assert_eq!(sender.status().await, 200);
        scene.lists.fail();

        let stale = gate.wait_for("stale: it has not been confirmed for long, and will expire");
        assert_eq!(stale["level"], "WARN");
        assert_eq!((sender.status().await, ready(&gate).await), (200, 200));
        assert_eq!(state(), "stale");

        let expired = gate.wait_for("expired: nothing is accepted by it until it is confirmed");
        assert_eq!(expired["level"], "ERROR");
        let answer = sender.send().await;
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["retry-after"], "1");
        assert_eq!(ready(&gate).await, 503);
        assert_eq!(state(), "expired");

        scene.lists.serve(&[scene.sender.thumbprint()]);
        gate.wait_for("fresh again");
        assert_eq!((sender.status().await, ready(&gate).await), (200, 200));
        assert_eq!(state(), "fresh");
    });
}

#[test]
fn a_gate_starts_from_its_snapshot() {
    let scene = Scene::new("");
    scene.lists.serve(&[scene.sender.thumbprint()]);
    let mut gate = Gate::start(&scene.site);
    gate.wait_for("loaded");
    eventually(|| scene.site.path("state/thumbprints.snapshot").exists());
    gate.signal(Signal::TERM);
    assert!(gate.wait_for_end().success());

    // With no gate running, the command reads what was kept.
    scene.site.write("hookward.toml", scene.with_closed_admin());
    let kept = scene.site.run(["thumbprints"]);
    assert_eq!((kept.code, kept.stderr.as_str()), (0, ""));
    for part in [
        "thumbprints: fresh, 1 entries",
        &scene.sender.thumbprint(),
        "no gate is running",
    ] {
        assert!(kept.stdout.contains(part), "{}", kept.stdout);
    }

    scene.lists.fail();
    scene.configure(
        "client_certificate and developer_payload",
        &format!("[copyleaks]\n{}", scene.source()),
    );
    let gate = Gate::start(&scene.site);
    assert_eq!(scene.lists.fetches(), 1, "the list is young");
    runtime().block_on(async {
        let mut sender = scene.connect(&gate, &scene.sender).await;
        assert_eq!(sender.status().await, 200);
    });
}

impl Scene {
    /// The configuration, with an admin address where nobody listens.
    fn with_closed_admin(&self) -> String {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let config = std::fs::read_to_string(self.site.path("hookward.toml")).unwrap();
        let open = "[admin]\naddress = \"127.0.0.1:0\"";
        assert!(config.contains(open));
        let closed = format!("[admin]\naddress = \"{}\"", closed.local_addr().unwrap());
        config.replace(open, &closed)
    }
}

#[test]
fn a_damaged_snapshot_is_set_aside_and_not_trusted() {
    let scene = Scene::new("hint_interval = \"1s\"\n");
    std::fs::create_dir(scene.site.path("state")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(scene.site.path("state"), mode).unwrap();
    scene.site.write(
        "state/thumbprints.snapshot",
        format!("[\"{}\"]", scene.sender.thumbprint()),
    );
    let gate = Gate::start(&scene.site);
    runtime().block_on(async {
        let mut sender = scene.connect(&gate, &scene.sender).await;
        assert_eq!(sender.status().await, 503);
    });
    assert!(
        scene
            .site
            .path("state/thumbprints.snapshot.damaged")
            .exists()
    );
}

#[test]
fn addresses_are_fetched_as_well_and_hold_beside_the_configured_ones() {
    let scene = Scene::new("");
    let sections = |allow: &str| {
        format!(
            "[source_address]\nallow = [{allow}]\n[source_address.list]\n{}hint_interval = \"1s\"\n",
            scene.source()
        )
    };
    for (allow, listed, status) in [
        ("", "127.0.0.0/8", 200),
        ("\"127.0.0.1\"", "192.0.2.0/24", 200),
        ("", "192.0.2.0/24", 403),
    ] {
        let _ = std::fs::remove_dir_all(scene.site.path("state"));
        scene.configure("source_address and developer_payload", &sections(allow));
        scene.lists.fail();
        let gate = Gate::start(&scene.site);
        runtime().block_on(async {
            let mut sender = scene.connect(&gate, &scene.sender).await;
            assert_eq!(sender.status().await, 503);
            assert_eq!(gate.decision()["reason"], "addresses_not_loaded");
            scene.lists.serve(&[listed.to_owned()]);
            gate.wait_for("loaded");
            assert_eq!(sender.status().await, status, "{allow} {listed}");
        });
    }
}

#[test]
fn the_endpoint_is_shown_the_token_and_nobody_else_is() {
    let scene = Scene::new("token = { env = \"TEST_HEADER\" }\n");
    scene.lists.serve(&[scene.sender.thumbprint()]);
    let gate = Gate::start(&scene.site);
    gate.wait_for("loaded");
    let head = scene.lists.last_head();
    assert_eq!(
        head["authorization"],
        format!("Bearer {}", scene.site.header_secret)
    );
    assert!(
        head["user-agent"]
            .to_str()
            .unwrap()
            .starts_with("hookward/")
    );
    let (_, list) = scene.thumbprints(&gate);
    assert!(!list.to_string().contains(&scene.site.header_secret));
}

#[test]
fn explain_judges_by_the_list_as_it_was_kept() {
    let scene = Scene::new("");
    let recording = serde_json::json!({
        "certificate": scene.sender.pem(),
        "method": "POST",
        "path": "/copyleaks/completed/scan-1",
        "body": format!(r#"{{"status":0,"developerPayload":"{}"}}"#, scene.site.payload),
    });
    scene.site.write("request.json", recording.to_string());
    let explain = || scene.site.run(["explain", "--request", "request.json"]);
    let absent = explain();
    assert_eq!(absent.code, 1);
    assert!(
        absent.stdout.contains("thumbprints_not_loaded"),
        "{}",
        absent.stdout
    );

    scene.lists.serve(&[scene.sender.thumbprint()]);
    let gate = Gate::start(&scene.site);
    gate.wait_for("loaded");
    eventually(|| scene.site.path("state/thumbprints.snapshot").exists());
    assert_eq!(explain().code, 0);
}
