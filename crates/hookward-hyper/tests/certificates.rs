//! Certificates and lists, per request, over real TLS.

extern crate alloc;

mod common;

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};

use common::client::Client;
use common::tls::{Identity, TlsServer, listing, set};
use common::{Gate, Options, PATH, at};
use hookward_hyper::Clock;
use hookward_hyper::hookward::{Lists, Snapshot};
use rustls::HandshakeKind;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncRead, AsyncWrite};

const POLICY: &str = "client_certificate";

fn request() -> String {
    // Without a body, so that a refusal keeps the connection.
    common::post("")
}

async fn status<I: AsyncRead + AsyncWrite + Unpin>(client: &mut Client<I>) -> u16 {
    client.ask(request()).await.status
}

async fn gate(tls: &TlsServer, lists: Lists) -> Gate {
    Gate::start(Options {
        policy: POLICY,
        tls: Some(tls.shared.clone()),
        lists,
        ..Options::default()
    })
    .await
}

#[tokio::test]
async fn a_listed_certificate_passes_and_no_other_does() {
    let tls = TlsServer::new();
    let (sender, stranger) = (
        Identity::new("sender.example"),
        Identity::new("sender.example"),
    );
    for version in [&TLS12, &TLS13] {
        let mut gate = gate(&tls, listing(&[&sender])).await;
        let connect = async |identity| {
            let client = tls.client(identity, &[version], "http/1.1");
            client.connect(gate.address).await
        };
        assert_eq!(status(&mut connect(None).await).await, 403);
        assert_eq!(status(&mut connect(Some(&stranger)).await).await, 403);
        assert!(gate.upstream.saw_nothing());
        let connect = async |identity| {
            let client = tls.client(identity, &[version], "http/1.1");
            client.connect(gate.address).await
        };
        assert_eq!(status(&mut connect(Some(&sender)).await).await, 200);
        assert_eq!(
            gate.upstream.received().await.header("x-forwarded-proto"),
            Some("https")
        );
    }
}

#[tokio::test]
async fn removing_a_thumbprint_refuses_the_next_request_of_an_open_connection() {
    let tls = TlsServer::new();
    let (sender, other) = (
        Identity::new("sender.example"),
        Identity::new("other.example"),
    );
    let gate = gate(&tls, listing(&[&sender])).await;
    let client = tls.client(Some(&sender), &[&TLS13], "http/1.1");
    let mut client = client.connect(gate.address).await;
    assert_eq!(status(&mut client).await, 200);
    gate.lists.store(listing(&[&other]));
    assert_eq!(status(&mut client).await, 403);
    gate.lists.store(listing(&[&sender, &other]));
    assert_eq!(status(&mut client).await, 200);
}

#[tokio::test]
async fn removing_a_thumbprint_refuses_the_next_request_of_an_open_http2_connection() {
    let tls = TlsServer::new();
    let (sender, other) = (
        Identity::new("sender.example"),
        Identity::new("other.example"),
    );
    let gate = gate(&tls, listing(&[&sender])).await;
    let io = tls
        .client(Some(&sender), &[&TLS13], "h2")
        .open(gate.address)
        .await;
    let (mut requests, connection) = h2::client::handshake(io).await.unwrap();
    tokio::spawn(connection);
    let mut ask = async || {
        let request = http::Request::post(format!("https://gate{PATH}"))
            .body(())
            .unwrap();
        let (response, _) = requests.send_request(request, true).unwrap();
        response.await.unwrap().status().as_u16()
    };
    assert_eq!(ask().await, 200);
    gate.lists.store(listing(&[&other]));
    assert_eq!(ask().await, 403);
}

#[tokio::test]
async fn removing_a_thumbprint_refuses_a_resumed_session() {
    for version in [&TLS12, &TLS13] {
        let tls = TlsServer::new();
        let (sender, other) = (
            Identity::new("sender.example"),
            Identity::new("other.example"),
        );
        let gate = gate(&tls, listing(&[&sender])).await;
        let client = tls.client(Some(&sender), &[version], "http/1.1");
        let mut first = client.connect(gate.address).await;
        assert_eq!(status(&mut first).await, 200);

        let kind = |client: &Client<tokio_rustls::client::TlsStream<_>>| {
            client.io.get_ref().1.handshake_kind()
        };
        let mut resumed = client.connect(gate.address).await;
        assert_eq!(status(&mut resumed).await, 200);
        assert_eq!(kind(&resumed), Some(HandshakeKind::Resumed));

        gate.lists.store(listing(&[&other]));
        let mut resumed = client.connect(gate.address).await;
        assert_eq!(status(&mut resumed).await, 403);
        assert_eq!(kind(&resumed), Some(HandshakeKind::Resumed));
    }
}

#[tokio::test]
async fn a_list_expires_with_nothing_running() {
    let tls = TlsServer::new();
    let sender = Identity::new("sender.example");
    // A time at which a certificate made by rcgen is valid.
    const START: u64 = 1_800_000_000;
    let now = Arc::new(AtomicU64::new(START));
    let clock = Arc::clone(&now);
    let gate = Gate::start(Options {
        policy: POLICY,
        tls: Some(tls.shared.clone()),
        lists: Lists {
            thumbprints: Some(Snapshot::dated(set(&[&sender]), at(START), at(START + 100))),
            addresses: None,
        },
        clock: Clock::new(move || at(clock.load(Ordering::SeqCst))),
        ..Options::default()
    })
    .await;
    let client = tls.client(Some(&sender), &[&TLS13], "http/1.1");
    let mut client = client.connect(gate.address).await;
    assert_eq!(status(&mut client).await, 200);
    now.store(START + 99, Ordering::SeqCst);
    assert_eq!(status(&mut client).await, 200);
    // From its end on, and before its date.
    for time in [START + 100, START - 1] {
        now.store(time, Ordering::SeqCst);
        let answer = client.ask(request()).await;
        assert_eq!(answer.status, 503);
        assert_eq!(answer.header("retry-after"), Some("30"));
    }
}

#[tokio::test]
async fn without_a_list_nothing_passes() {
    let tls = TlsServer::new();
    let sender = Identity::new("sender.example");
    let mut gate = gate(&tls, Lists::default()).await;
    let client = tls.client(Some(&sender), &[&TLS13], "http/1.1");
    assert_eq!(status(&mut client.connect(gate.address).await).await, 503);
    assert!(gate.upstream.saw_nothing());
}
