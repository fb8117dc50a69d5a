//! Messages whose length is told in two ways, as raw bytes through the whole server.

extern crate alloc;

mod common;

use common::{Gate, Options};

const TWO_LENGTHS: &[&str] = &[
    "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    "tRANSFER-eNCODING: chunked\r\nX: 1\r\ncONTENT-lENGTH: 4\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: nonsense\r\n",
    "Content-Length: 4\r\nContent-Length: 5\r\n",
];
const CHUNKS: &str = "4\r\nbody\r\n0\r\n\r\n";

#[tokio::test]
async fn two_lengths_are_refused_and_the_connection_closed() {
    let mut gate = Gate::start(Options::default()).await;
    for lines in TWO_LENGTHS {
        let mut client = gate.connect().await;
        let answer = client.ask(gate.head(lines) + CHUNKS).await;
        assert_eq!(answer.status, 400, "{lines}");
        assert!(answer.closes(), "{lines}");
        assert!(client.is_closed().await, "{lines}");
    }
    assert!(gate.upstream.saw_nothing());
}

#[tokio::test]
async fn two_lengths_are_refused_wherever_the_bytes_are_split() {
    let mut gate = Gate::start(Options::default()).await;
    let request = gate.head(TWO_LENGTHS[0]) + CHUNKS;
    for at in 1..request.len() {
        let mut client = gate.connect().await;
        let (first, second) = request.split_at(at);
        client.send(first).await;
        // The answer may come before the second part is written.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut client.io, second.as_bytes()).await;
        assert_eq!(client.answer().await.unwrap().status, 400, "{at}");
    }
    assert!(gate.upstream.saw_nothing());
}

#[tokio::test]
async fn two_lengths_are_refused_in_the_second_request_of_a_connection() {
    let mut gate = Gate::start(Options::default()).await;
    for (lines, body) in [
        ("Content-Length: 4\r\n", "body"),
        (
            "Transfer-Encoding: chunked\r\n",
            "2;a=\"b\"\r\nbo\r\n2\r\ndy\r\n0\r\nX: 1\r\n\r\n",
        ),
    ] {
        let mut client = gate.connect().await;
        let answer = client.ask(gate.head(lines) + body).await;
        assert_eq!(answer.status, 200);
        assert_eq!(gate.upstream.received().await.body, b"body");
        let answer = client.ask(gate.head(TWO_LENGTHS[1]) + CHUNKS).await;
        assert_eq!(answer.status, 400);
        assert!(client.is_closed().await);
    }
}

#[tokio::test]
async fn a_pipelined_request_with_two_lengths_never_reaches_the_application() {
    let gate = Gate::start(Options::default()).await;
    let mut client = gate.connect().await;
    let good = gate.head("Content-Length: 4\r\n") + "body";
    client
        .send(good + &gate.head(TWO_LENGTHS[0]) + CHUNKS)
        .await;
    let mut statuses = Vec::new();
    while let Some(answer) = client.answer().await {
        statuses.push(answer.status);
    }
    // The first may be refused for what came with it.
    assert_eq!(statuses.last(), Some(&400));
    assert!(statuses.len() <= 2);
}

#[tokio::test]
async fn pipelined_requests_of_one_length_each_pass() {
    let mut gate = Gate::start(Options::default()).await;
    let mut client = gate.connect().await;
    let counted = gate.head("Content-Length: 4\r\n") + "body";
    let chunked = gate.head("Transfer-Encoding: chunked\r\n") + CHUNKS;
    client.send(counted.clone() + &chunked + &counted).await;
    for _ in 0..3 {
        assert_eq!(client.answer().await.unwrap().status, 200);
        assert_eq!(gate.upstream.received().await.body, b"body");
    }
}

#[tokio::test]
async fn trailers_that_look_like_a_request_hide_nothing() {
    let gate = Gate::start(Options::default()).await;
    let mut client = gate.connect().await;
    // Read with bare line feeds, a request whose body hides the next one.
    let trailers = "0\r\nX: y\n\nPOST / HTTP/1.1\nContent-Length: 9999\n\n\r\n\r\n";
    let first = gate.head("Transfer-Encoding: chunked\r\n") + trailers;
    client
        .send(first + &gate.head(TWO_LENGTHS[0]) + CHUNKS)
        .await;
    let mut last = None;
    while let Some(answer) = client.answer().await {
        last = Some(answer.status);
    }
    assert_eq!(last, Some(400));
}
