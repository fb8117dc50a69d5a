//! The accept loop: limits, time-outs, errors and the end.

extern crate alloc;

mod common;

use core::net::IpAddr;
use core::time::Duration;
use std::io;

use common::tls::{Identity, TlsServer, listing};
use common::upstream::Behaviour;
use common::{Gate, Options, SHORT};
use hookward_hyper::{Accept, ServerLimits};
use rustls::version::TLS13;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const EMPTY: &str = "Content-Length: 0\r\n";

fn limits(change: impl FnOnce(&mut ServerLimits)) -> ServerLimits {
    let mut limits = ServerLimits::default();
    change(&mut limits);
    limits
}

/// A listener that has run out of files a few times.
struct Exhausted(TcpListener, u32);

impl Accept for Exhausted {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, Option<IpAddr>)> {
        if let Some(left) = self.1.checked_sub(1) {
            self.1 = left;
            return Err(io::Error::from_raw_os_error(24));
        }
        Accept::accept(&mut self.0).await
    }
}

#[tokio::test]
async fn errors_of_the_listener_end_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gate = Gate::start_on(Exhausted(listener, 2), address, Options::default()).await;
    assert_eq!(gate.connect().await.ask(gate.head(EMPTY)).await.status, 200);
}

#[tokio::test]
async fn a_failed_handshake_is_counted_and_harms_nobody() {
    let tls = TlsServer::new();
    let sender = Identity::new("sender.example");
    let gate = Gate::start(Options {
        policy: "client_certificate",
        tls: Some(tls.shared.clone()),
        lists: listing(&[&sender]),
        ..Options::default()
    })
    .await;
    let mut client = gate.connect().await;
    client.send("POST / HTTP/1.1\r\n\r\n").await;
    let mut alert = Vec::new();
    let _ = client.io.read_to_end(&mut alert).await;
    let client = tls.client(Some(&sender), &[&TLS13], "http/1.1");
    let mut client = client.connect(gate.address).await;
    assert_eq!(client.ask(common::post("")).await.status, 200);
    assert_eq!(gate.server.counts().handshakes_failed_total(), 1);
    assert_eq!(gate.server.counts().accepted_total(), 2);
}

#[tokio::test]
async fn a_handshake_that_takes_too_long_is_given_up() {
    let tls = TlsServer::new();
    let gate = Gate::start(Options {
        tls: Some(tls.shared.clone()),
        limits: limits(|limits| limits.handshake = SHORT),
        ..Options::default()
    })
    .await;
    assert!(gate.connect().await.is_closed().await);
    assert_eq!(gate.server.counts().handshakes_failed_total(), 1);
}

#[tokio::test]
async fn a_head_that_takes_too_long_closes_the_connection() {
    let gate = Gate::start(Options {
        limits: limits(|limits| limits.head = SHORT),
        ..Options::default()
    })
    .await;
    for start in ["", "POST / HTTP/1.1\r\nHost: gate\r\n"] {
        let mut client = gate.connect().await;
        client.send(start).await;
        assert!(client.is_closed().await);
    }
    assert_eq!(gate.server.counts().heads_timed_out_total(), 2);
}

#[tokio::test]
async fn http_1_1_has_to_name_a_host() {
    let gate = Gate::start(Options::default()).await;
    let named = gate.head(EMPTY);
    let unnamed = named.replace("Host: gate\r\n", "");
    let empty = named.replace("Host: gate", "Host:");
    let absolute = unnamed.replace("POST /", "POST http://gate/");
    let older = unnamed.replace("HTTP/1.1", "HTTP/1.0");
    for (head, status) in [
        (named, 200),
        (empty, 200),
        (older, 200),
        (unnamed, 400),
        (absolute, 400),
    ] {
        let answer = gate.connect().await.ask(&head).await;
        assert_eq!(answer.status, status, "{head}");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_a_431() {
    let mut gate = Gate::start(Options {
        limits: limits(|limits| {
            limits.head_bytes = 8 << 10;
            limits.head_fields = 10;
        }),
        ..Options::default()
    })
    .await;
    let long = format!("X: {}\r\n", "x".repeat(10 << 10));
    for lines in [long, "X: 1\r\n".repeat(20)] {
        let mut client = gate.connect().await;
        client.send(gate.head(&lines)).await;
        let answer = client.answer().await.unwrap();
        assert_eq!(answer.status, 431);
    }
    assert!(gate.upstream.saw_nothing());
    // Once every connection has ended, all are counted.
    gate.stop.take().unwrap().send(()).unwrap();
    gate.task.await.unwrap();
    assert_eq!(gate.server.counts().heads_too_large_total(), 2);
}

#[tokio::test]
async fn an_http2_head_that_is_too_large_is_refused() {
    let tls = TlsServer::new();
    let mut gate = Gate::start(Options {
        tls: Some(tls.shared.clone()),
        limits: limits(|limits| limits.head_bytes = 4 << 10),
        ..Options::default()
    })
    .await;
    let io = tls.client(None, &[&TLS13], "h2").open(gate.address).await;
    let (mut requests, connection) = h2::client::handshake(io).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::post("https://gate/copyleaks/completed/scan-1")
        .header(common::SECRET_HEADER, &gate.header_secret)
        .header("x", "x".repeat(8 << 10))
        .body(())
        .unwrap();
    let (response, _) = requests.send_request(request, true).unwrap();
    assert_eq!(response.await.unwrap().status(), 431);
    assert!(gate.upstream.saw_nothing());
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let tls = TlsServer::new();
    for alpn in ["http/1.1", "h2"] {
        let gate = Gate::start(Options {
            tls: Some(tls.shared.clone()),
            limits: limits(|limits| limits.idle = SHORT),
            ..Options::default()
        })
        .await;
        let mut io = tls.client(None, &[&TLS13], alpn).open(gate.address).await;
        // In HTTP/2 there are frames to read before the end.
        let mut rest = Vec::new();
        let _ = io.read_to_end(&mut rest).await;
    }
}

#[tokio::test]
async fn more_connections_than_allowed_wait() {
    let gate = Gate::start(Options {
        limits: limits(|limits| limits.connections = 1),
        ..Options::default()
    })
    .await;
    let mut first = gate.connect().await;
    assert_eq!(first.ask(gate.head(EMPTY)).await.status, 200);
    let mut second = gate.connect().await;
    second.send(gate.head(EMPTY)).await;
    // The first is served while the second waits.
    assert_eq!(first.ask(gate.head(EMPTY)).await.status, 200);
    assert_eq!(gate.server.counts().accepted_total(), 1);
    drop(first);
    assert_eq!(second.answer().await.unwrap().status, 200);
}

#[tokio::test]
async fn stopping_finishes_what_is_in_progress() {
    let mut gate = Gate::start(Options::default()).await;
    let mut idle = gate.connect().await;
    assert_eq!(idle.ask(gate.head(EMPTY)).await.status, 200);
    let mut busy = gate.connect().await;
    busy.send(gate.head("Content-Length: 4\r\n")).await;
    gate.upstream.head().await;
    gate.upstream.head().await;
    gate.stop.take().unwrap().send(()).unwrap();
    assert!(idle.is_closed().await);
    let answer = busy.ask("body").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
    assert!(busy.is_closed().await);
    drop((idle, busy));
    gate.task.await.unwrap();
    assert!(TcpStream::connect(gate.address).await.is_err());
}

#[tokio::test]
async fn stopping_finishes_what_is_in_progress_over_http2() {
    let (mut gate, mut requests, connection) = Gate::start_with_http2().await;
    let request = http::Request::post(format!("https://gate{}", common::PATH))
        .header(common::SECRET_HEADER, &gate.header_secret)
        .body(())
        .unwrap();
    let (response, mut body) = requests.send_request(request, false).unwrap();
    body.send_data(vec![b'a'; 50_000].into(), false).unwrap();
    gate.upstream.head().await;
    gate.stop.take().unwrap().send(()).unwrap();
    body.send_data(vec![b'a'; 100_000].into(), true).unwrap();
    assert_eq!(response.await.unwrap().status(), 200);
    assert_eq!(gate.upstream.received().await.body.len(), 150_000);
    drop((requests, body));
    connection.await.unwrap().unwrap();
    gate.task.await.unwrap();
}

#[tokio::test]
async fn stopping_cuts_off_what_does_not_end_and_the_upstream_request_with_it() {
    let mut gate = Gate::start(Options {
        limits: limits(|limits| limits.shutdown = SHORT),
        behaviour: Behaviour::Silence,
        ..Options::default()
    })
    .await;
    let mut client = gate.connect().await;
    client
        .send(gate.head("Transfer-Encoding: chunked\r\n") + "4\r\npart\r\n")
        .await;
    gate.upstream.head().await;
    gate.stop.take().unwrap().send(()).unwrap();
    gate.task.await.unwrap();
    assert!(!gate.upstream.received().await.whole);
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn a_sender_that_sends_on_still_reads_its_refusal() {
    let gate = Gate::start(Options::default()).await;
    let client = gate.connect().await;
    let (mut read, mut write) = client.io.into_split();
    let head =
        "POST /copyleaks/completed/scan-1 HTTP/1.1\r\nHost: gate\r\nContent-Length: 100000\r\n\r\n";
    write.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    read.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 403");
    // The answer is there, and the connection takes what is still under way.
    write.write_all(&vec![b'x'; 100_000]).await.unwrap();
    drop(write);
    let mut rest = Vec::new();
    read.read_to_end(&mut rest).await.unwrap();
}

#[tokio::test]
async fn a_new_tls_configuration_is_for_new_connections() {
    let (tls, other) = (TlsServer::new(), TlsServer::new());
    let gate = Gate::start(Options {
        tls: Some(tls.shared.clone()),
        ..Options::default()
    })
    .await;
    let mut old = tls
        .client(None, &[&TLS13], "http/1.1")
        .connect(gate.address)
        .await;
    assert_eq!(old.ask(gate.head(EMPTY)).await.status, 200);
    tls.shared.store(other.shared.load());
    let mut new = other
        .client(None, &[&TLS13], "http/1.1")
        .connect(gate.address)
        .await;
    for client in [&mut old, &mut new] {
        assert_eq!(client.ask(gate.head(EMPTY)).await.status, 200);
    }
}

#[tokio::test]
async fn a_request_in_progress_is_not_idle() {
    let gate = Gate::start(Options {
        behaviour: Behaviour::Silence,
        forwarder: |builder, _| builder.deadline(Duration::from_millis(100)),
        limits: limits(|limits| limits.idle = SHORT),
        ..Options::default()
    })
    .await;
    // Longer in progress than an idle connection may be, and answered all the same.
    assert_eq!(gate.connect().await.ask(gate.head(EMPTY)).await.status, 504);
}

#[tokio::test]
async fn http2_requests_are_answered_however_much_was_sent_on_their_connection() {
    let (gate, requests, _) = Gate::start_with_http2().await;
    let mut requests = requests.ready().await.unwrap();
    // Each time that a good part of the window of the connection was used up, it has to be renewed.
    for size in core::iter::repeat_n(4000, 40).chain([10_000, 16_000, 40_000, 60_000, 200_000]) {
        let request = http::Request::post(format!("https://gate{}", common::PATH))
            .header(common::SECRET_HEADER, &gate.header_secret)
            .body(())
            .unwrap();
        let (response, mut body) = requests.send_request(request, false).unwrap();
        body.send_data(vec![b'a'; size].into(), true).unwrap();
        let response = tokio::time::timeout(Duration::from_secs(10), response).await;
        assert_eq!(response.expect("an answer").unwrap().status(), 200);
        requests = requests.ready().await.unwrap();
    }
}

#[tokio::test]
async fn requests_that_are_sent_at_once_are_answered_one_after_the_other() {
    let gate = Gate::start(Options::default()).await;
    let length = gate.head("Content-Length: 4\r\n") + "body";
    let chunked = gate.head("Transfer-Encoding: chunked\r\n") + "4\r\nbody\r\n0\r\n\r\n";
    let empty = gate.head(EMPTY);
    let refused = "POST /elsewhere HTTP/1.1\r\nHost: gate\r\n\r\n".to_owned();
    let large = gate.head("Content-Length: 300000\r\n") + &"a".repeat(300_000);
    let requests = [&length, &chunked, &empty, &refused, &large];
    // Each comes before and after each.
    let order = (0..25).flat_map(|n| [requests[n / 5], requests[n % 5]]);
    let order: Vec<_> = order.collect();
    let client = gate.connect().await;
    let (read, mut write) = tokio::io::split(client.io);
    let sent = order
        .iter()
        .map(|request| request.as_str())
        .collect::<String>();
    tokio::spawn(async move { write.write_all(sent.as_bytes()).await });
    let mut answers = common::client::Client::new(tokio::io::join(read, tokio::io::sink()));
    for request in order {
        let answer = tokio::time::timeout(Duration::from_secs(10), answers.answer());
        let status = if *request == refused { 404 } else { 200 };
        assert_eq!(answer.await.expect("an answer").unwrap().status, status);
    }
}
