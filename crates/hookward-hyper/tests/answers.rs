//! What the application answers, or does not, and the connections to it.

extern crate alloc;

mod common;

use core::sync::atomic::Ordering;

use common::upstream::Behaviour;
use common::{Gate, Options, SHORT};

const BODY: &str = "Content-Length: 4\r\n";

#[tokio::test]
async fn the_upstream_request_is_never_retried() {
    let mut gate = Gate::start(Options {
        behaviour: Behaviour::HangUp,
        ..Options::default()
    })
    .await;
    let answer = gate.connect().await.ask(gate.head(BODY) + "body").await;
    assert_eq!(answer.status, 502);
    assert!(gate.upstream.received().await.whole);
    assert_eq!(gate.upstream.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_upstream_2xx_before_the_whole_body_is_a_502() {
    let mut gate = Gate::start(Options {
        behaviour: Behaviour::AnswerAtHead("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        ..Options::default()
    })
    .await;
    let mut client = gate.connect().await;
    let answer = client
        .ask(gate.head("Content-Length: 9\r\n") + "part")
        .await;
    assert_eq!(answer.status, 502);
    assert_eq!(answer.body, "");
    assert!(answer.closes());
    assert!(!gate.upstream.received().await.whole);
}

#[tokio::test]
async fn an_early_refusal_of_the_upstream_is_passed_on() {
    let gate = Gate::start(Options {
        behaviour: Behaviour::AnswerAtHead("HTTP/1.1 422 No\r\nContent-Length: 2\r\n\r\nno"),
        ..Options::default()
    })
    .await;
    let answer = gate
        .connect()
        .await
        .ask(gate.head("Content-Length: 9\r\n") + "part")
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (422, "no"));
    assert!(answer.closes());
}

#[tokio::test]
async fn an_upstream_that_is_too_slow_is_a_504() {
    let mut gate = Gate::start(Options {
        behaviour: Behaviour::Silence,
        forwarder: |builder, _| builder.deadline(SHORT),
        ..Options::default()
    })
    .await;
    let answer = gate.connect().await.ask(gate.head(BODY) + "body").await;
    assert_eq!(answer.status, 504);
    assert!(gate.upstream.received().await.whole);
}

#[tokio::test]
async fn an_upstream_that_stops_in_the_middle_of_its_answer_breaks_the_answer_off() {
    let gate = Gate::start(Options {
        behaviour: Behaviour::Answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"),
        forwarder: |builder, _| builder.deadline(SHORT),
        ..Options::default()
    })
    .await;
    let mut client = gate.connect().await;
    client.send(gate.head(BODY) + "body").await;
    assert!(client.answer().await.is_none());
}

#[tokio::test]
async fn an_upstream_that_cannot_be_reached_is_a_502() {
    // Nobody listens on a port that was free a moment ago.
    let gate = Gate::start(Options {
        forwarder: |_, guard| {
            let free = std::net::TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap();
            hookward_hyper::Forwarder::builder(format!("http://{free}").parse().unwrap(), guard)
        },
        ..Options::default()
    })
    .await;
    let answer = gate.connect().await.ask(gate.head(BODY) + "body").await;
    assert_eq!(answer.status, 502);
}

#[tokio::test]
async fn informational_answers_are_ignored_and_hop_by_hop_headers_of_the_answer_removed() {
    let gate = Gate::start(Options {
        behaviour: Behaviour::Answer(
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nConnection: x-hop, keep-alive\r\n\
             X-Hop: 1\r\nKeep-Alive: timeout=5\r\nX-Answer: 1\r\nContent-Length: 2\r\n\r\nok",
        ),
        ..Options::default()
    })
    .await;
    let answer = gate.connect().await.ask(gate.head(BODY) + "body").await;
    assert_eq!((answer.status, answer.body.as_str()), (201, "ok"));
    assert_eq!(answer.header("x-answer"), Some("1"));
    assert_eq!(answer.header("x-hop"), None);
    assert_eq!(answer.header("keep-alive"), None);
}

#[tokio::test]
async fn an_upstream_that_switches_protocols_is_a_502() {
    let gate = Gate::start(Options {
        behaviour: Behaviour::Answer(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        ),
        ..Options::default()
    })
    .await;
    let answer = gate.connect().await.ask(gate.head(BODY) + "body").await;
    assert_eq!(answer.status, 502);
}

#[tokio::test]
async fn connections_to_the_upstream_are_used_again() {
    let gate = Gate::start(Options::default()).await;
    let mut client = gate.connect().await;
    for _ in 0..3 {
        assert_eq!(client.ask(gate.head(BODY) + "body").await.body, "ok");
    }
    assert_eq!(gate.upstream.connections.load(Ordering::SeqCst), 1);
}

/// Every request is answered with its own answer, and over a connection of its own.
async fn assert_never_used_again(behaviour: Behaviour) {
    let gate = Gate::start(Options {
        behaviour,
        ..Options::default()
    })
    .await;
    let mut client = gate.connect().await;
    for count in 1..=3 {
        assert_eq!(client.ask(gate.head(BODY) + "body").await.body, "ok");
        assert_eq!(gate.upstream.connections.load(Ordering::SeqCst), count);
    }
}

#[tokio::test]
async fn a_connection_that_the_upstream_has_closed_meanwhile_is_not_used_again() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    assert_never_used_again(Behaviour::AnswerAndClose(answer)).await;
}

#[tokio::test]
async fn what_the_upstream_says_unasked_answers_no_later_request() {
    let answers = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong";
    assert_never_used_again(Behaviour::Answer(answers)).await;
}

#[tokio::test]
async fn an_answer_larger_than_any_buffer_is_passed_on_whole() {
    const SIZE: usize = 1 << 20;
    let body = "a".repeat(SIZE);
    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n{body}");
    let gate = Gate::start(Options {
        behaviour: Behaviour::Answer(text.leak()),
        ..Options::default()
    })
    .await;
    let mut client = gate.connect().await;
    for _ in 0..2 {
        let answer = client.ask(gate.head(BODY) + "body").await;
        assert_eq!((answer.status, answer.body.len()), (200, SIZE));
    }
    assert_eq!(gate.upstream.connections.load(Ordering::SeqCst), 1);
}
