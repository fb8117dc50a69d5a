//! What goes wrong with a real server is told apart, costs nothing that was good, and passes.

mod common;

use core::time::Duration;
use std::time::Instant;

use common::{Answer, Server, run};
use hookward_reqwest::hookward_refresh::State;
use hookward_reqwest::{Driver, Endpoint};
use hookward_thumbprint::{Algorithms, Leaf, SpkiPin};

/// With a good list in force, `fault` is met, told as `expected`, and overcome.
async fn survives(fault: Answer, expected: &str) {
    let server = Server::plain(|_| Answer::ok("1\n2")).await;
    let mut running = run(server.driver());
    running.loaded(&[1, 2]).await;
    server.set(fault);
    running.handle.hint();
    let message = running.failed().await;
    assert!(message.contains(expected), "{message}");
    let status = running.handle.status();
    assert_eq!(status.state, State::Fresh);
    assert_eq!(common::numbers(&status), [1, 2]);
    server.set(Answer::ok("2\n3"));
    running.loaded(&[2, 3]).await;
}

#[tokio::test]
async fn error_statuses() {
    survives(Answer::status(500), "the server answered 500").await;
    survives(Answer::status(404), "the server answered 404").await;
    survives(Answer::status(204), "the server answered 204").await;
    survives(Answer::status(206), "the server answered 206").await;
    survives(Answer::status(304), "304 to an unconditional request").await;
}

#[tokio::test]
async fn wrong_content() {
    survives(
        Answer::ok("<html>sorry</html>"),
        "the document cannot be read",
    )
    .await;
    survives(Answer::ok(""), "the document is empty").await;
}

#[tokio::test]
async fn a_body_that_is_cut_off() {
    let head = "HTTP/1.1 200 OK\r\n";
    for rest in [
        "content-length: 100\r\n\r\n1\n2",
        "transfer-encoding: chunked\r\n\r\n3\r\n1\n2\r\n",
        "content-le",
    ] {
        let fault = Answer::Raw(format!("{head}{rest}").into());
        survives(fault, "the response was cut off").await;
    }
    survives(Answer::Raw(Vec::new()), "the response was cut off").await;
}

#[tokio::test]
async fn a_body_that_is_too_long_whether_or_not_it_says_so() {
    let max = common::quick().max_body;
    survives(Answer::ok("1\n".repeat(max)), "the body is too long").await;
    let mut endless = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    endless.extend("1\n".repeat(max).into_bytes());
    survives(Answer::Stuck(endless), "the body is too long").await;
    let declared = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n1",
        1_u64 << 40
    );
    survives(Answer::Stuck(declared.into()), "the body is too long").await;
}

#[tokio::test]
async fn a_compressed_body_is_not_expanded() {
    let server =
        Server::plain(|_| Answer::ok([0x1f, 0x8b, 8]).with("content-encoding", "gzip")).await;
    let mut running = run(server.driver());
    assert!(running.failed().await.contains("cannot be read"));
    assert_eq!(server.seen()[0].header("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn a_slow_body() {
    let server = Server::plain(|_| Answer::ok("1")).await;
    let endpoint = server.endpoint().total_timeout(Duration::from_millis(300));
    let mut running = run(Driver::builder(endpoint.build().unwrap()).config(common::quick()));
    running.loaded(&[1]).await;
    server.set(Answer::Stuck(
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n1\n".into(),
    ));
    running.handle.hint();
    let message = running.failed().await;
    assert!(message.contains("took too long"), "{message}");
    server.set(Answer::ok("1\n2"));
    running.loaded(&[1, 2]).await;
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let server = Server::plain(move |_| {
        sender.send(Instant::now()).unwrap();
        Answer::status(429).with("retry-after", "1")
    })
    .await;
    let mut running = run(server.driver());
    assert!(running.failed().await.contains("429"));
    server.set(Answer::ok("1"));
    running.handle.hint();
    running.loaded(&[1]).await;
    assert_eq!(server.seen().len(), 2);
    // How late it comes is up to the machine that this runs on; early it must not be.
    assert!(receiver.recv().unwrap().elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn redirects_stay_on_the_origin_and_end() {
    let elsewhere = Server::plain(|_| Answer::ok("666")).await;
    for location in [
        elsewhere.url.clone(),
        "https://localhost/".to_owned(),
        "//other.example/".to_owned(),
        // For ever.
        "/list".to_owned(),
    ] {
        survives(
            Answer::status(302).with("location", location),
            "the server redirects elsewhere",
        )
        .await;
    }
    assert!(elsewhere.seen().is_empty());
    for location in ["file:///etc/passwd", "http://[", ""] {
        let fault = Answer::status(302).with("location", location);
        survives(fault, "the server").await;
    }
}

#[tokio::test]
async fn a_few_redirects_on_the_origin_are_followed() {
    let server = Server::plain(|seen| match seen.uri.path() {
        "/list" => Answer::status(307).with("location", "/1"),
        "/1" => Answer::status(301).with("location", "2"),
        "/2" => Answer::status(308).with("location", "/3"),
        _ => Answer::ok("1"),
    })
    .await;
    run(server.driver()).loaded(&[1]).await;
    assert_eq!(server.seen().len(), 1 + Endpoint::MAX_REDIRECTS);

    let server = Server::plain(|seen| match seen.uri.path() {
        "/list" => Answer::status(307).with("location", "/1"),
        "/1" => Answer::status(301).with("location", "/2"),
        "/2" => Answer::status(308).with("location", "/3"),
        "/3" => Answer::status(308).with("location", "/4"),
        _ => Answer::ok("1"),
    })
    .await;
    let message = run(server.driver()).failed().await;
    assert!(message.contains("too many times"), "{message}");
}

#[tokio::test]
async fn https_does_not_redirect_to_http() {
    let elsewhere = Server::plain(|_| Answer::ok("666")).await;
    let location = elsewhere.url.clone();
    let server = Server::tls("localhost", move |_| {
        Answer::status(302).with("location", &location)
    })
    .await;
    let message = run(server.driver()).failed().await;
    assert!(message.contains("to another origin"), "{message}");
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    let server = Server::tls("other.example", |_| Answer::ok("1")).await;
    let message = run(server.driver()).failed().await;
    assert!(message.contains("cannot be reached"), "{message}");
    assert!(message.contains("not valid for name"), "{message}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority() {
    let server = Server::tls("localhost", |_| Answer::ok("1")).await;
    let other = Server::tls("localhost", |_| Answer::ok("1")).await;
    let endpoint = server
        .endpoint()
        .roots(other.roots.clone())
        .build()
        .unwrap();
    let message = run(Driver::builder(endpoint).config(common::quick()))
        .failed()
        .await;
    assert!(message.contains("invalid peer certificate"), "{message}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_pin_is_checked_besides_the_path() {
    let server = Server::tls("localhost", |_| Answer::ok("1")).await;
    let leaf = Leaf::parse(server.certificate.as_ref().unwrap(), Algorithms::NONE).unwrap();
    let pinned = |pin, endpoint: hookward_reqwest::EndpointBuilder| {
        run(Driver::builder(endpoint.pin(pin).build().unwrap()).config(common::quick()))
    };
    pinned(leaf.spki_pin(), server.endpoint())
        .loaded(&[1])
        .await;

    let message = pinned(SpkiPin::of(b"another key"), server.endpoint())
        .failed()
        .await;
    assert!(message.contains("not the pinned spki-sha256:"), "{message}");

    // The right key does not make up for the wrong name.
    let misnamed = Server::tls("other.example", |_| Answer::ok("1")).await;
    let leaf = Leaf::parse(misnamed.certificate.as_ref().unwrap(), Algorithms::NONE).unwrap();
    let message = pinned(leaf.spki_pin(), misnamed.endpoint()).failed().await;
    assert!(message.contains("not valid for name"), "{message}");
    assert!(misnamed.seen().is_empty());
}

#[tokio::test]
async fn nobody_there() {
    let server = Server::plain(|_| Answer::ok("1")).await;
    let driver = server.driver();
    drop(server);
    let message = run(driver).failed().await;
    assert!(message.contains("cannot be reached"), "{message}");
}
