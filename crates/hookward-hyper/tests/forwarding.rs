//! What lies between the gate and the application: a test for each sentence of the design.

extern crate alloc;

mod common;

use core::time::Duration;

use common::tls::{Identity, TlsServer, listing};
use common::{Gate, Options, SECRET_HEADER, SHORT};
use hookward_hyper::{BodyTimes, SecretHeader};
use rustls::version::TLS13;
use tokio::io::AsyncWriteExt;

const BODY: &str = "Content-Length: 4\r\n";

#[tokio::test]
async fn the_path_and_query_are_forwarded_as_they_were_judged() {
    let mut gate = Gate::start(Options::default()).await;
    let target = "/copyleaks/completed/scan~1%2d%7e?a=%2F..%00&b=//";
    let mut client = gate.connect().await;
    let answer = client.ask(gate.head_to(target, BODY) + "body").await;
    assert_eq!(answer.status, 200);
    let received = gate.upstream.received().await;
    assert_eq!(received.target(), target);
    assert_eq!(received.body, b"body");
}

#[tokio::test]
async fn paths_that_others_read_differently_are_refused() {
    let mut gate = Gate::start(Options::default()).await;
    for path in [
        "/copyleaks/./completed/scan-1",
        "/copyleaks/completed/x/../scan-1",
        "/copyleaks/completed/%2e%2E/scan-1",
        "/copyleaks//completed/scan-1",
        "//copyleaks/completed/scan-1",
        "/copyleaks/completed%2Fscan-1",
        "/copyleaks/completed/scan%5C1",
        "/copyleaks/completed/scan%251",
        "/copyleaks/completed/scan%001",
    ] {
        let mut client = gate.connect().await;
        let answer = client.ask(gate.head_to(path, BODY) + "body").await;
        assert_eq!(answer.status, 400, "{path}");
        assert_eq!(answer.body, "");
    }
    assert!(gate.upstream.saw_nothing());
}

#[tokio::test]
async fn connect_is_refused() {
    let mut gate = Gate::start(Options::default()).await;
    let mut client = gate.connect().await;
    let answer = client
        .ask("CONNECT gate:443 HTTP/1.1\r\nHost: gate:443\r\n\r\n")
        .await;
    assert_eq!(answer.status, 400);
    assert!(client.is_closed().await);
    assert!(gate.upstream.saw_nothing());
}

#[tokio::test]
async fn upgrades_are_refused() {
    let mut gate = Gate::start(Options::default()).await;
    let mut client = gate.connect().await;
    let lines = "Connection: upgrade\r\nUpgrade: websocket\r\n";
    assert_eq!(client.ask(gate.head(lines)).await.status, 400);
    assert!(gate.upstream.saw_nothing());
}

#[tokio::test]
async fn a_host_that_differs_from_the_authority_is_refused() {
    let mut gate = Gate::start(Options::default()).await;
    let target = format!("http://other{}", common::PATH);
    let answer = gate
        .connect()
        .await
        .ask(gate.head_to(&target, BODY) + "body")
        .await;
    assert_eq!(answer.status, 400);
    assert!(gate.upstream.saw_nothing());
    let target = format!("http://gate{}", common::PATH);
    let answer = gate
        .connect()
        .await
        .ask(gate.head_to(&target, BODY) + "body")
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(gate.upstream.received().await.header("host"), Some("gate"));
}

#[tokio::test]
async fn aliases_of_our_header_names_are_refused() {
    let mut gate = Gate::start(Options::default()).await;
    for line in [
        "Hookward_Event: x\r\n",
        "hookward.scan-id: x\r\n",
        "X_Webhook_Secret: x\r\n",
    ] {
        let answer = gate.connect().await.ask(gate.head(line)).await;
        assert_eq!(answer.status, 400, "{line}");
    }
    assert!(gate.upstream.saw_nothing());
}

#[tokio::test]
async fn hop_by_hop_headers_are_removed_before_ours_are_set() {
    let mut gate = Gate::start(Options::default()).await;
    let lines = "Connection: hookward-event, X-Hop, x-forwarded-for , keep-alive, host, content-length\r\n\
        Connection: hookward-scan-id\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nTE: trailers\r\n\
        Trailer: x\r\nProxy-Authorization: x\r\nHookward-Event: forged\r\nHookward-Scan-Id: forged\r\n\
        Hookward-Whatever: forged\r\nX-End-To-End: 1\r\nContent-Length: 4\r\n";
    let answer = gate.connect().await.ask(gate.head(lines) + "body").await;
    assert_eq!(answer.status, 200);
    let received = gate.upstream.received().await;
    assert_eq!(received.header("hookward-event"), Some("completed"));
    assert_eq!(received.header("hookward-scan-id"), Some("scan-1"));
    assert_eq!(received.header("hookward-header-secret"), Some("header-1"));
    assert_eq!(received.header("hookward-developer-payload"), None);
    assert_eq!(received.header("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(received.header("x-end-to-end"), Some("1"));
    assert_eq!(received.header("host"), Some("gate"));
    for gone in [
        "connection",
        "x-hop",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "proxy-authorization",
        "hookward-whatever",
    ] {
        assert_eq!(received.header(gone), None, "{gone}");
    }
    assert_eq!(received.body, b"body");
}

#[tokio::test]
async fn what_a_client_says_of_where_it_comes_from_is_replaced() {
    let mut gate = Gate::start(Options::default()).await;
    let lines = "X-Forwarded-For: 192.0.2.1\r\nX_Forwarded_For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n\
        X-Forwarded-Host: other\r\nForwarded: for=192.0.2.1\r\nX-Real-IP: 192.0.2.1\r\nContent-Length: 0\r\n";
    gate.connect().await.ask(gate.head(lines)).await;
    let received = gate.upstream.received().await;
    assert_eq!(received.header("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(received.header("x-forwarded-proto"), Some("http"));
    assert_eq!(received.header("x-forwarded-host"), Some("gate"));
    for gone in ["x_forwarded_for", "forwarded", "x-real-ip"] {
        assert_eq!(received.header(gone), None, "{gone}");
    }
}

#[tokio::test]
async fn the_application_is_told_one_length() {
    let mut gate = Gate::start(Options::default()).await;
    let lines = "Content_Length: 3\r\nContent.Length: 3\r\nTransfer_Encoding: chunked\r\nContent-Length: 4\r\n";
    gate.connect().await.ask(gate.head(lines) + "body").await;
    let received = gate.upstream.received().await;
    assert_eq!(received.header("content-length"), Some("4"));
    for gone in ["content_length", "content.length", "transfer_encoding"] {
        assert_eq!(received.header(gone), None, "{gone}");
    }
    assert_eq!(received.body, b"body");
}

#[tokio::test]
async fn trailers_are_dropped() {
    let mut gate = Gate::start(Options::default()).await;
    let lines = "Transfer-Encoding: chunked\r\nTrailer: hookward-event\r\n";
    let request = gate.head(lines) + "4\r\nbody\r\n0\r\nHookward-Event: forged\r\n\r\n";
    assert_eq!(gate.connect().await.ask(request).await.status, 200);
    // The upstream fails the test if there are trailers.
    let received = gate.upstream.received().await;
    assert_eq!(
        (received.body.as_slice(), received.whole),
        (&b"body"[..], true)
    );
}

#[tokio::test]
async fn trailers_of_http2_are_dropped() {
    let (mut gate, mut requests, _) = Gate::start_with_http2().await;
    let request = http::Request::post(format!("https://gate{}", common::PATH))
        .header(SECRET_HEADER, &gate.header_secret)
        .body(())
        .unwrap();
    let (response, mut body) = requests.send_request(request, false).unwrap();
    body.send_data("body".into(), false).unwrap();
    let mut trailers = http::HeaderMap::new();
    trailers.insert("hookward-event", http::HeaderValue::from_static("forged"));
    body.send_trailers(trailers).unwrap();
    assert_eq!(response.await.unwrap().status(), 200);
    let received = gate.upstream.received().await;
    assert_eq!(
        (received.body.as_slice(), received.whole),
        (&b"body"[..], true)
    );
}

#[tokio::test]
async fn an_http2_body_of_no_bytes_may_end_after_its_head() {
    let (gate, mut requests, _) = Gate::start_with_http2().await;
    let request = || {
        http::Request::post(format!("https://gate{}", common::PATH))
            .header(SECRET_HEADER, &gate.header_secret)
    };
    for request in [request().header("content-length", 0), request()] {
        let request = request.body(()).unwrap();
        let (response, mut body) = requests.send_request(request, false).unwrap();
        body.send_data("".into(), true).unwrap();
        assert_eq!(response.await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn expect_is_dropped_and_100_is_sent_when_the_body_is_about_to_be_read() {
    let mut gate = Gate::start(Options::default()).await;
    let mut client = gate.connect().await;
    let lines = "Expect: 100-continue\r\nContent-Length: 4\r\n";
    assert_eq!(client.ask(gate.head(lines)).await.status, 100);
    assert_eq!(client.ask("body").await.status, 200);
    let received = gate.upstream.received().await;
    assert_eq!(received.header("expect"), None);
    assert_eq!(received.body, b"body");
}

#[tokio::test]
async fn no_100_is_sent_when_the_head_is_refused() {
    let mut gate = Gate::start(Options::default()).await;
    let mut client = gate.connect().await;
    let head = "POST /copyleaks/completed/scan-1 HTTP/1.1\r\nHost: gate\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    assert_eq!(client.ask(head).await.status, 403);
    assert!(client.is_closed().await);
    assert!(gate.upstream.saw_nothing());
}

#[tokio::test]
async fn the_secret_header_is_not_passed_on() {
    let mut gate = Gate::start(Options::default()).await;
    gate.connect()
        .await
        .ask(gate.head("Content-Length: 0\r\n"))
        .await;
    assert_eq!(gate.upstream.received().await.header(SECRET_HEADER), None);
}

#[tokio::test]
async fn other_headers_are_kept_from_the_application_when_asked_for() {
    let mut gate = Gate::start(Options {
        forwarder: |builder, _| builder.remove_header("x-firewall-secret".parse().unwrap()),
        ..Options::default()
    })
    .await;
    let headers =
        "Content-Length: 0\r\nX-Firewall-Secret: a\r\nX-Firewall-Secret: b\r\nX-Other: c\r\n";
    gate.connect().await.ask(gate.head(headers)).await;
    let received = gate.upstream.received().await;
    assert_eq!(received.header("x-firewall-secret"), None);
    assert_eq!(received.header(SECRET_HEADER), None);
    assert_eq!(received.header("x-other"), Some("c"));
}

#[tokio::test]
async fn the_secret_header_is_passed_on_when_asked_for() {
    let mut gate = Gate::start(Options {
        forwarder: |builder, guard| builder.secret_header(guard, SecretHeader::Keep),
        ..Options::default()
    })
    .await;
    gate.connect()
        .await
        .ask(gate.head("Content-Length: 0\r\n"))
        .await;
    let received = gate.upstream.received().await;
    assert_eq!(
        received.header(SECRET_HEADER),
        Some(gate.header_secret.as_str())
    );
}

#[tokio::test]
async fn a_sender_that_aborts_aborts_the_upstream_request() {
    let mut gate = Gate::start(Options::default()).await;
    for (lines, part, end) in [
        ("Content-Length: 9\r\n", "part", ""),
        ("Transfer-Encoding: chunked\r\n", "4\r\npart\r\n", ""),
        ("Transfer-Encoding: chunked\r\n", "4\r\npart\r\n", "0\r\n"),
        (
            "Transfer-Encoding: chunked\r\n",
            "4\r\npart\r\n",
            "no size\r\n\r\n",
        ),
    ] {
        let mut client = gate.connect().await;
        client.send(gate.head(lines) + part).await;
        gate.upstream.head().await;
        client.send(end).await;
        client.io.shutdown().await.unwrap();
        let received = gate.upstream.received().await;
        assert!(!received.whole, "{lines}{part}{end}");
    }
}

#[tokio::test]
async fn an_http2_sender_that_resets_its_stream_aborts_the_upstream_request() {
    for reason in [h2::Reason::CANCEL, h2::Reason::NO_ERROR] {
        let tls = TlsServer::new();
        let sender = Identity::new("sender.example");
        let mut gate = Gate::start(Options {
            policy: "client_certificate",
            tls: Some(tls.shared.clone()),
            lists: listing(&[&sender]),
            ..Options::default()
        })
        .await;
        let io = tls
            .client(Some(&sender), &[&TLS13], "h2")
            .open(gate.address)
            .await;
        let (mut requests, connection) = h2::client::handshake(io).await.unwrap();
        tokio::spawn(connection);
        let request = http::Request::post(format!("https://gate{}", common::PATH))
            .body(())
            .unwrap();
        let (_response, mut body) = requests.send_request(request, false).unwrap();
        body.send_data("part".into(), false).unwrap();
        gate.upstream.head().await;
        body.send_reset(reason);
        assert!(!gate.upstream.received().await.whole, "{reason:?}");
    }
}

#[tokio::test]
async fn a_sender_that_exceeds_its_limit_midway_aborts_the_upstream_request() {
    let mut gate = Gate::start(Options {
        body_limit: 10,
        ..Options::default()
    })
    .await;
    let mut client = gate.connect().await;
    client
        .send(gate.head("Transfer-Encoding: chunked\r\n") + "6\r\nabcdef\r\n")
        .await;
    gate.upstream.head().await;
    let answer = client.ask("6\r\nabcdef\r\n0\r\n\r\n").await;
    assert_eq!(answer.status, 413);
    assert!(answer.closes());
    assert!(!gate.upstream.received().await.whole);
}

#[tokio::test]
async fn a_sender_that_is_too_slow_midway_is_answered_408_and_the_upstream_request_is_aborted() {
    let mut gate = Gate::start(Options {
        times: BodyTimes {
            idle: SHORT,
            total: Duration::from_secs(30),
        },
        ..Options::default()
    })
    .await;
    let mut client = gate.connect().await;
    let answer = client
        .ask(gate.head("Content-Length: 9\r\n") + "part")
        .await;
    assert_eq!(answer.status, 408);
    assert!(answer.closes());
    assert!(!gate.upstream.received().await.whole);
}

#[tokio::test]
async fn refusing_with_an_unread_body_closes_the_connection() {
    let gate = Gate::start(Options::default()).await;
    let mut client = gate.connect().await;
    let head =
        "POST /copyleaks/completed/scan-1 HTTP/1.1\r\nHost: gate\r\nContent-Length: 4\r\n\r\n";
    let answer = client.ask(head).await;
    assert_eq!(answer.status, 403);
    assert!(answer.closes());
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn refusing_without_a_body_keeps_the_connection() {
    let gate = Gate::start(Options::default()).await;
    let mut client = gate.connect().await;
    let head =
        "POST /copyleaks/completed/scan-1 HTTP/1.1\r\nHost: gate\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(client.ask(head).await.status, 403);
    assert_eq!(client.ask(gate.head(BODY) + "body").await.status, 200);
}

#[tokio::test]
async fn refusing_with_an_unread_body_resets_the_stream_in_http2() {
    let (mut gate, mut requests, _) = Gate::start_with_http2().await;
    let request = || http::Request::post(format!("https://gate{}", common::PATH));
    let (response, mut body) = requests
        .send_request(request().body(()).unwrap(), false)
        .unwrap();
    let response = response.await.unwrap();
    assert_eq!(response.status(), 403);
    assert!(!response.headers().contains_key("connection"));
    assert_eq!(
        core::future::poll_fn(|cx| body.poll_reset(cx))
            .await
            .unwrap(),
        h2::Reason::NO_ERROR
    );
    // The connection goes on.
    let genuine = request()
        .header(SECRET_HEADER, &gate.header_secret)
        .body(())
        .unwrap();
    let (response, _) = requests.send_request(genuine, true).unwrap();
    assert_eq!(response.await.unwrap().status(), 200);
    let received = gate.upstream.received().await;
    assert_eq!(received.header("host"), Some("gate"));
    assert_eq!(received.header("x-forwarded-proto"), Some("https"));
}
