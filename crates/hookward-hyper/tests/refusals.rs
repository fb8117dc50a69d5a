//! A refusal tells the sender nothing but its status.

extern crate alloc;

mod common;

use std::collections::{BTreeMap, BTreeSet};

use alloc::sync::Arc;
use common::{Gate, Options, PATH, SECRET_HEADER, post, random};
use hookward_hyper::hookward::{Decision, Reason};
use hookward_hyper::{Observer, Record};
use std::sync::Mutex;

/// The reasons, in the order of the requests.
#[derive(Default)]
struct Reasons(Mutex<Vec<Reason>>);

impl Observer for Reasons {
    fn decided(&self, record: &Record<'_>) {
        let reason = Decision::reason(record.decision).expect("a refusal");
        self.0.lock().unwrap().push(reason);
    }
}

/// Requests that are refused for as many reasons as can be had, by policy.
fn forgeries() -> Vec<(&'static str, Vec<String>)> {
    let head = |lines: &str| format!("POST {PATH} HTTP/1.1\r\nHost: gate\r\n{lines}\r\n");
    let to =
        |path: &str| format!("POST {path} HTTP/1.1\r\nHost: gate\r\nContent-Length: 0\r\n\r\n");
    let secret = random();
    let payload = |value: &str| post(&format!(r#"{{"developerPayload":{value}}}"#));
    vec![
        (
            "header_secret",
            vec![
                head("Content-Length: 0\r\n"),
                head(&format!(
                    "{SECRET_HEADER}: {secret}\r\nContent-Length: 0\r\n"
                )),
                head(&format!(
                    "{SECRET_HEADER}: {secret}\r\n{SECRET_HEADER}: {secret}\r\nContent-Length: 0\r\n"
                )),
                to("/copyleaks/completed/../completed/scan-1"),
                to("/copyleaks//scan-1"),
                to("/elsewhere"),
                to("/copyleaks/finished/scan-1"),
                head("X_Webhook_Secret: a\r\nContent-Length: 0\r\n"),
                head("Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n"),
                head("Content-Encoding: gzip\r\nContent-Length: 0\r\n"),
                head("Content-Length: 104857600\r\n"),
            ],
        ),
        (
            "developer_payload",
            vec![
                payload("null"),
                payload("\"\""),
                payload(&format!("\"{secret}\"")),
                payload(&format!("\"{}\"", "x".repeat(600))),
                payload(&format!("\"{secret}\",\"developerPayload\":\"{secret}\"")),
                post("{}"),
                post("no JSON"),
                post(&"[".repeat(200)),
                post(&format!("{}{}", "{\"a\":".repeat(200), "}".repeat(200))),
                // The budget of these gates is small.
                post(&format!("{{\"a\":\"{}\"}}", "x".repeat(20_000))),
            ],
        ),
        ("client_certificate", vec![head("Content-Length: 0\r\n")]),
        ("source_address", vec![head("Content-Length: 0\r\n")]),
    ]
}

#[tokio::test]
async fn all_refusals_of_one_status_are_the_same_byte_by_byte() {
    let mut answers: BTreeMap<u16, BTreeSet<String>> = BTreeMap::new();
    let mut reasons: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
    for (policy, requests) in forgeries() {
        let told = Arc::new(Reasons::default());
        let gate = Gate::start(Options {
            policy,
            budget: 16 << 10,
            observer: Arc::clone(&told) as Arc<dyn Observer>,
            ..Options::default()
        })
        .await;
        for request in requests {
            let answer = gate.connect().await.ask(&request).await;
            let reason = told.0.lock().unwrap().pop().expect(&request);
            assert_eq!(answer.status, reason.answer().status(), "{request}");
            assert_eq!(answer.body, "", "{request}");
            // Whether the rest of the body is read, the sender notices anyway.
            let told_apart = ["date: ", "connection: close"];
            let lines = answer.head.lines().filter(|line| {
                let line = line.to_ascii_lowercase();
                !told_apart.iter().any(|start| line.starts_with(start))
            });
            let shown: Vec<_> = lines.collect();
            answers
                .entry(answer.status)
                .or_default()
                .insert(shown.join("\n"));
            reasons
                .entry(answer.status)
                .or_default()
                .insert(reason.name());
        }
    }
    for (status, answers) in &answers {
        assert_eq!(answers.len(), 1, "{status}: {answers:?}");
    }
    // Enough of them to mean something.
    assert!(reasons[&403].len() >= 10, "{reasons:?}");
    assert!(reasons[&400].len() >= 5, "{reasons:?}");
    assert!(reasons[&503].len() >= 2, "{reasons:?}");
}
