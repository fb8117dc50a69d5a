//! Clients that only stay, that take everything, or that break the rules of HTTP/2 to exhaust us.

extern crate alloc;

mod common;

use common::tls::{Identity, TlsServer, listing};
use common::upstream::Behaviour;
use common::{Gate, Options, SECRET_HEADER, SHORT, post};
use hookward_forwarded::TrustedProxies;
use hookward_hyper::ServerLimits;
use hookward_hyper::hookward::Allowlist;
use rustls::version::TLS13;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const EMPTY: &str = "Content-Length: 0\r\n";

fn limits(change: impl FnOnce(&mut ServerLimits)) -> ServerLimits {
    let mut limits = ServerLimits::default();
    change(&mut limits);
    limits
}

fn one_per_source() -> ServerLimits {
    limits(|limits| limits.connections_per_source = 1)
}

fn loopback() -> TrustedProxies {
    TrustedProxies::networks(Allowlist::builder().text("127.0.0.1").build().unwrap())
}

#[tokio::test]
async fn one_source_has_so_many_connections_and_others_are_served() {
    let gate = Gate::start(Options {
        limits: one_per_source(),
        ..Options::default()
    })
    .await;
    let mut first = gate.connect().await;
    assert_eq!(first.ask(gate.head(EMPTY)).await.status, 200);
    assert!(gate.connect().await.is_closed().await);
    let mut other = gate.connect_from("127.0.0.2").await;
    assert_eq!(other.ask(gate.head(EMPTY)).await.status, 200);
    assert_eq!(first.ask(gate.head(EMPTY)).await.status, 200);
    assert_eq!(gate.server.counts().too_many_of_source_total(), 1);
    assert_eq!(gate.server.counts().accepted_total(), 2);
}

#[tokio::test]
async fn behind_proxy_protocol_it_is_the_client_that_has_so_many() {
    let gate = Gate::start(Options {
        limits: one_per_source(),
        server: |server| server.behind_proxy_protocol(loopback()),
        ..Options::default()
    })
    .await;
    let mut open = Vec::new();
    for (client, served) in [
        ("203.0.113.9", true),
        ("203.0.113.9", false),
        ("203.0.113.10", true),
    ] {
        let mut connection = gate.connect().await;
        let header = format!("PROXY TCP4 {client} 127.0.0.1 1 2\r\n");
        connection.send(header + &gate.head(EMPTY)).await;
        let status = connection.answer().await.map(|answer| answer.status);
        assert_eq!(status, served.then_some(200), "{client}");
        open.push(connection);
    }
}

#[tokio::test]
async fn a_proxy_beside_clients_has_any_number_of_connections() {
    let gate = Gate::start(Options {
        limits: one_per_source(),
        server: |server| server.beside(loopback()),
        ..Options::default()
    })
    .await;
    let (mut first, mut second) = (gate.connect().await, gate.connect().await);
    assert_eq!(first.ask(gate.head(EMPTY)).await.status, 200);
    assert_eq!(second.ask(gate.head(EMPTY)).await.status, 200);
    let mut client = gate.connect_from("127.0.0.2").await;
    assert_eq!(client.ask(gate.head(EMPTY)).await.status, 200);
    assert!(gate.connect_from("127.0.0.2").await.is_closed().await);
}

#[tokio::test]
async fn connections_that_only_stay_give_way_to_others() {
    let gate = Gate::start(Options {
        limits: limits(|limits| limits.connections = 2),
        ..Options::default()
    })
    .await;
    let mut proven = gate.connect().await;
    assert_eq!(proven.ask(gate.head(EMPTY)).await.status, 200);
    let mut forger = gate.connect().await;
    let forged = forger.ask("POST /copyleaks/completed/scan-1 HTTP/1.1\r\nHost: gate\r\n\r\n");
    assert_eq!(forged.await.status, 403);
    let mut newcomer = gate.connect().await;
    assert_eq!(newcomer.ask(gate.head(EMPTY)).await.status, 200);
    assert!(forger.is_closed().await);
    assert_eq!(proven.ask(gate.head(EMPTY)).await.status, 200);
    assert_eq!(gate.server.counts().gave_way_total(), 1);
    assert_eq!(gate.server.counts().open(), 2);
}

#[tokio::test]
async fn handshakes_that_stall_keep_nobody_out() {
    let tls = TlsServer::new();
    let sender = Identity::new("sender.example");
    let gate = Gate::start(Options {
        policy: "client_certificate",
        tls: Some(tls.shared.clone()),
        lists: listing(&[&sender]),
        limits: limits(|limits| limits.handshakes = 1),
        ..Options::default()
    })
    .await;
    // Who says nothing is not in the way, and who stops after the hello is not for long.
    let silent = gate.connect().await;
    let mut stalled = gate.connect().await;
    stalled.send(hello()).await;
    // The gate has begun the handshake: this is its side of it.
    let mut answer = [0; 1];
    stalled.io.read_exact(&mut answer).await.unwrap();
    let client = tls.client(Some(&sender), &[&TLS13], "http/1.1");
    let mut client = client.connect(gate.address).await;
    assert_eq!(client.ask(post("")).await.status, 200);
    assert_eq!(gate.server.counts().gave_way_total(), 1);
    assert_eq!(gate.server.counts().handshakes_total(), 1);
    drop((silent, stalled));
}

/// What a TLS client says first.
fn hello() -> Vec<u8> {
    let provider = alloc::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let mut client = rustls::ClientConnection::new(config.into(), name).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    hello
}

#[tokio::test]
async fn one_source_cannot_take_the_whole_budget() {
    let mut gate = Gate::start(Options {
        policy: "developer_payload",
        budget: 40 << 10,
        shares: Some((10 << 10, 15 << 10)),
        ..Options::default()
    })
    .await;
    let whole = post(&gate.body());
    let (start, rest) = whole.split_at(whole.len() - 10);
    let mut held = Vec::new();
    // Each takes a little more than 4 KiB: the fourth of one source is too much.
    for _ in 0..3 {
        let mut client = gate.connect().await;
        client.send(start).await;
        held.push(client);
    }
    while gate.budget.free() > (40 << 10) - 3 * (4 << 10) {
        tokio::task::yield_now().await;
    }
    let refused = gate.connect().await.ask(post(&gate.body())).await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("retry-after"), Some("30"));
    let mut other = gate.connect_from("127.0.0.2").await;
    assert_eq!(other.ask(post(&gate.body())).await.status, 200);
    for mut client in held {
        assert_eq!(client.ask(rest).await.status, 200);
    }
    // A connection has a share of its own, which is smaller.
    let large = " ".repeat(10 << 10) + &gate.body();
    let mut client = gate.connect_from("127.0.0.3").await;
    assert_eq!(client.ask(post(&large)).await.status, 503);
    gate.stop.take().unwrap().send(()).unwrap();
    drop((client, other));
    gate.task.await.unwrap();
    assert_eq!(gate.budget.free(), gate.budget.total());
}

/// An answer with a body that no socket buffers whole.
fn large_answer() -> &'static str {
    let length = 32 << 20;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    (head + &"x".repeat(length)).leak()
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answer_is_cut_off() {
    let mut gate = Gate::start(Options {
        behaviour: Behaviour::Answer(large_answer()),
        limits: limits(|limits| limits.stalled_write = SHORT),
        ..Options::default()
    })
    .await;
    let mut client = gate.connect().await;
    client.send(gate.head(EMPTY)).await;
    gate.upstream.head().await;
    gate.stop.take().unwrap().send(()).unwrap();
    gate.task.await.unwrap();
    assert_eq!(gate.server.counts().answers_stalled_total(), 1);
}

#[tokio::test]
async fn an_http2_client_that_does_not_take_its_answer_is_cut_off() {
    let tls = TlsServer::new();
    let gate = Gate::start(Options {
        tls: Some(tls.shared.clone()),
        behaviour: Behaviour::Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        limits: limits(|limits| limits.stalled_write = SHORT),
        ..Options::default()
    })
    .await;
    let io = tls.client(None, &[&TLS13], "h2").open(gate.address).await;
    let (mut requests, connection) = h2::client::Builder::new()
        .initial_window_size(0)
        .handshake::<_, bytes::Bytes>(io)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::post("https://gate/copyleaks/completed/scan-1")
        .header(SECRET_HEADER, &gate.header_secret)
        .body(())
        .unwrap();
    let (response, _) = requests.send_request(request, true).unwrap();
    let response = response.await.unwrap();
    assert_eq!(response.status(), 200);
    // It answers pings, and opens no window.
    let _ = connection.await.unwrap();
    drop(response);
    assert_eq!(gate.server.counts().answers_stalled_total(), 1);
}

#[tokio::test]
async fn an_http2_connection_without_a_first_request_is_closed_like_one_of_http1() {
    let tls = TlsServer::new();
    let gate = Gate::start(Options {
        tls: Some(tls.shared.clone()),
        limits: limits(|limits| limits.head = SHORT),
        ..Options::default()
    })
    .await;
    let mut io = tls.client(None, &[&TLS13], "h2").open(gate.address).await;
    io.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat())
        .await
        .unwrap();
    // The head of a request begins, and does not end.
    io.write_all(&frame(HEADERS, END_STREAM, 1, &[POST]))
        .await
        .unwrap();
    let mut rest = Vec::new();
    let _ = io.read_to_end(&mut rest).await;
    assert_eq!(gate.server.counts().open(), 0);
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// https://www.rfc-editor.org/rfc/rfc9113#section-6
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ENHANCE_YOUR_CALM: u8 = 11;
// https://www.rfc-editor.org/rfc/rfc7541#appendix-A: `:method: POST`, `:scheme: https`, `:path: /`.
const POST: u8 = 0x83;
const HEAD: [u8; 3] = [POST, 0x87, 0x84];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

/// Sends these frames, and gives the error code of the GOAWAY that ends the connection.
async fn end_of(frames: Vec<u8>) -> u8 {
    let tls = TlsServer::new();
    let mut gate = Gate::start(Options {
        tls: Some(tls.shared.clone()),
        ..Options::default()
    })
    .await;
    let io = tls.client(None, &[&TLS13], "h2").open(gate.address).await;
    let (mut read, mut write) = tokio::io::split(io);
    let start = [PREFACE, &frame(SETTINGS, 0, 0, &[]), &frames].concat();
    // It may be over before all of it is sent.
    let sending = tokio::spawn(async move {
        let _ = write.write_all(&start).await;
        let _ = write.flush().await;
        write
    });
    let code = loop {
        let mut head = [0; 9];
        read.read_exact(&mut head).await.expect("a GOAWAY");
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        read.read_exact(&mut payload).await.unwrap();
        if head[3] == GOAWAY {
            break payload[7];
        }
    };
    drop((read, sending.await.unwrap()));
    assert!(gate.upstream.saw_nothing());
    code
}

#[tokio::test]
async fn a_flood_of_resets_ends_the_connection() {
    let streams = (0..500).map(|index| 2 * index + 1);
    let frames = streams.flat_map(|stream| {
        let head = frame(HEADERS, END_HEADERS, stream, &HEAD);
        [head, frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat()
    });
    assert_eq!(end_of(frames.collect()).await, ENHANCE_YOUR_CALM);
}

#[tokio::test]
async fn a_head_without_end_ends_the_connection() {
    let mut frames = frame(HEADERS, END_STREAM, 1, &HEAD);
    // A literal header line of 1,000 bytes in each: `x: aaa…`, not indexed.
    let mut line = vec![0, 1, b'x', 0x7f, 0xe9, 0x06];
    line.extend([b'a'; 1000]);
    for _ in 0..1000 {
        frames.extend(frame(CONTINUATION, 0, 1, &line));
    }
    assert_eq!(end_of(frames).await, ENHANCE_YOUR_CALM);
}

#[tokio::test]
async fn a_flood_of_empty_continuations_ends_the_connection() {
    let mut frames = frame(HEADERS, END_STREAM, 1, &HEAD);
    for _ in 0..10_000 {
        frames.extend(frame(CONTINUATION, 0, 1, &[]));
    }
    assert_eq!(end_of(frames).await, ENHANCE_YOUR_CALM);
}
