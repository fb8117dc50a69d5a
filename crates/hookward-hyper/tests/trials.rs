//! A trial watches, and neither the sender nor the application notices.

extern crate alloc;

mod common;

use alloc::sync::Arc;
use core::convert::Infallible;

use common::{Gate, Options, PATH, guard_with_trial, post, random};
use hookward_hyper::hookward::{Reason, Trial, TrialVerdict, Verified};
use hookward_hyper::{GuardLayer, GuardedBody, Observer, Record, SharedLists};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower::{Layer, ServiceExt, service_fn};

type Body = Full<bytes::Bytes>;

/// What an observer was told, in order.
#[derive(Debug, PartialEq)]
enum Told {
    Decided,
    Tried {
        verdict: TrialVerdict,
        disagrees: bool,
    },
}

struct Telling(UnboundedSender<Told>);

impl Observer for Telling {
    fn decided(&self, _: &Record<'_>) {
        let _ = self.0.send(Told::Decided);
    }

    fn tried(&self, trial: &Trial<'_>) {
        let _ = self.0.send(Told::Tried {
            verdict: trial.verdict(),
            disagrees: trial.disagrees(),
        });
    }
}

fn observer() -> (Arc<dyn Observer>, UnboundedReceiver<Told>) {
    let (sender, receiver) = unbounded_channel();
    (Arc::new(Telling(sender)), receiver)
}

/// A gate that keeps no body, with the payload on trial.
async fn gate() -> (Gate, UnboundedReceiver<Told>) {
    let (observer, told) = observer();
    let gate = Gate::start(Options {
        trial: Some("developer_payload"),
        budget: 0,
        observer,
        ..Options::default()
    })
    .await;
    (gate, told)
}

async fn tried(told: &mut UnboundedReceiver<Told>, verdict: TrialVerdict, disagrees: bool) {
    assert_eq!(told.recv().await, Some(Told::Decided));
    assert_eq!(told.recv().await, Some(Told::Tried { verdict, disagrees }));
}

#[tokio::test]
async fn a_body_on_trial_streams_to_the_application_and_is_judged_at_its_end() {
    let (mut gate, mut told) = gate().await;
    let body = gate.body();
    let (first, second) = body.split_at(30);
    let mut client = gate.connect().await;
    client
        .send(gate.head(&format!("Content-Length: {}\r\n", body.len())) + first)
        .await;
    // The application has the head while half of the body is still to come.
    gate.upstream.head().await;
    assert_eq!(client.ask(second).await.status, 200);
    assert_eq!(gate.upstream.received().await.body, body.as_bytes());
    tried(&mut told, TrialVerdict::Accept, false).await;

    // The same in chunks: only the end says that there is no more.
    let request = format!(
        "{}{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        gate.head("Transfer-Encoding: chunked\r\n"),
        first.len(),
        second.len(),
    );
    assert_eq!(client.ask(request).await.status, 200);
    assert_eq!(gate.upstream.received().await.body, body.as_bytes());
    tried(&mut told, TrialVerdict::Accept, false).await;
}

#[tokio::test]
async fn what_only_the_trial_would_refuse_is_accepted_as_ever() {
    let (mut gate, mut told) = gate().await;
    let wrong = format!(r#"{{"developerPayload":"{}"}}"#, random());
    for (body, reason) in [
        (wrong.as_str(), Reason::DeveloperPayloadWrong),
        ("{}", Reason::DeveloperPayloadMissing),
        ("no JSON", Reason::BodyMalformed),
        ("", Reason::BodyMalformed),
    ] {
        let head = gate.head(&format!("Content-Length: {}\r\n", body.len()));
        assert_eq!(gate.connect().await.ask(head + body).await.status, 200);
        assert_eq!(gate.upstream.received().await.body, body.as_bytes());
        tried(&mut told, TrialVerdict::Refuse(reason), true).await;
    }
}

#[tokio::test]
async fn a_trial_that_saw_no_whole_body_says_that_it_does_not_know() {
    let (gate, mut told) = gate().await;
    // Refused at the head.
    assert_eq!(
        gate.connect().await.ask(post(&gate.body())).await.status,
        403
    );
    tried(&mut told, TrialVerdict::Unknown, false).await;

    // Cut off.
    let mut client = gate.connect().await;
    client
        .send(gate.head("Content-Length: 100\r\n") + "{}")
        .await;
    client.io.shutdown().await.unwrap();
    client.answer().await;
    tried(&mut told, TrialVerdict::Unknown, false).await;
}

#[tokio::test]
async fn an_application_that_does_not_read_the_body_leaves_the_trial_unsettled() {
    let (header, payload) = (random(), random());
    let guard = guard_with_trial(
        "header_secret",
        Some("developer_payload"),
        1000,
        &header,
        &payload,
    );
    let (observer, mut told) = observer();
    let layer = GuardLayer::new(guard, SharedLists::default()).with_observer(observer);
    let request = || {
        Request::post(PATH)
            .header(common::SECRET_HEADER, &header)
            .body(Body::from(format!(r#"{{"developerPayload":"{payload}"}}"#)))
            .unwrap()
    };
    let ignore = service_fn(async |_: Verified<Request<GuardedBody<Body>>>| {
        Ok::<_, Infallible>(Response::new(Body::default()))
    });
    let answer = layer.layer(ignore).oneshot(request()).await.unwrap();
    assert_eq!(answer.status(), 200);
    tried(&mut told, TrialVerdict::Unknown, false).await;

    let read = service_fn(async |verified: Verified<Request<GuardedBody<Body>>>| {
        let body = verified.into_inner().into_body().collect().await.unwrap();
        Ok::<_, Infallible>(Response::new(Body::from(body.to_bytes())))
    });
    layer.layer(read).oneshot(request()).await.unwrap();
    tried(&mut told, TrialVerdict::Accept, false).await;
}
