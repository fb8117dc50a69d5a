//! When bodies are read, how much of them, and that what is handed on is what was checked.

extern crate alloc;

mod common;

use alloc::sync::Arc;
use core::net::IpAddr;
use core::pin::Pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;

use common::client::Client;
use common::upstream::Behaviour;
use common::{Gate, Options, PATH, SHORT, post, random};
use hookward_hyper::{Accept, BodyTimes};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// The policy that needs the body.
const PAYLOAD: &str = "developer_payload";

/// Connections in memory, whose incoming bytes are counted.
struct Counted(mpsc::Receiver<DuplexStream>, Arc<AtomicUsize>);

struct CountedIo(DuplexStream, Arc<AtomicUsize>);

impl Accept for Counted {
    type Io = CountedIo;

    async fn accept(&mut self) -> io::Result<(CountedIo, Option<IpAddr>)> {
        match self.0.recv().await {
            Some(stream) => Ok((CountedIo(stream, Arc::clone(&self.1)), None)),
            None => core::future::pending().await,
        }
    }
}

impl AsyncRead for CountedIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.0).poll_read(cx, buf);
        self.1
            .fetch_add(buf.filled().len() - before, Ordering::SeqCst);
        polled
    }
}

impl AsyncWrite for CountedIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// A gate with one connection in memory, and the count of the bytes that it has read.
async fn counted(options: Options) -> (Gate, Client<DuplexStream>, Arc<AtomicUsize>) {
    let (sender, receiver) = mpsc::channel(1);
    let count = Arc::new(AtomicUsize::new(0));
    let listener = Counted(receiver, Arc::clone(&count));
    let address = "127.0.0.1:1".parse().unwrap();
    let gate = Gate::start_on(listener, address, options).await;
    let (ours, theirs) = duplex(16 << 10);
    sender.send(theirs).await.unwrap();
    (gate, Client::new(ours), count)
}

#[tokio::test]
async fn a_request_refused_at_its_head_is_refused_before_its_body_is_read() {
    let (mut gate, mut client, count) = counted(Options::default()).await;
    let head = format!("POST {PATH} HTTP/1.1\r\nHost: gate\r\nContent-Length: 1000\r\n\r\n");
    // There is no body to read yet, and the answer comes all the same.
    let answer = client.ask(&head).await;
    assert_eq!(answer.status, 403);
    assert!(answer.closes());
    assert_eq!(count.load(Ordering::SeqCst), head.len());
    assert!(gate.upstream.saw_nothing());
}

#[tokio::test]
async fn a_body_of_100_mb_is_refused_without_being_read_whole() {
    for (lines, status) in [
        // Declared: refused at the head. Not declared: refused once it is over the limit.
        ("Content-Length: 104857600\r\n", 413),
        ("Transfer-Encoding: chunked\r\n", 413),
    ] {
        let (gate, client, count) = counted(Options {
            policy: PAYLOAD,
            ..Options::default()
        })
        .await;
        let (io_read, mut io_write) = tokio::io::split(client.io);
        let head = gate.head(lines);
        let chunked = lines.starts_with("Transfer");
        let flood = tokio::spawn(async move {
            io_write.write_all(head.as_bytes()).await?;
            let mut first = &b"{\"a\":\""[..];
            let mut sent = 0;
            while sent < 100 << 20 {
                let data = [first, &[b'x'; 8192]].concat();
                first = b"";
                if chunked {
                    io_write
                        .write_all(format!("{:x}\r\n", data.len()).as_bytes())
                        .await?;
                }
                io_write.write_all(&data).await?;
                if chunked {
                    io_write.write_all(b"\r\n").await?;
                }
                sent += data.len();
            }
            io::Result::Ok(())
        });
        let mut reader = Client::new(tokio::io::join(io_read, tokio::io::sink()));
        assert_eq!(reader.answer().await.unwrap().status, status);
        // The sender cannot go on.
        assert!(flood.await.unwrap().is_err());
        assert!(
            count.load(Ordering::SeqCst) < 2 << 20,
            "{}",
            count.load(Ordering::SeqCst)
        );
        assert_eq!(gate.budget.free(), gate.budget.total());
    }
}

#[tokio::test]
async fn a_body_that_the_policy_needs_is_handed_on_byte_by_byte_the_same() {
    let mut gate = Gate::start(Options {
        policy: PAYLOAD,
        ..Options::default()
    })
    .await;
    // Blanks, escapes, an order of keys and numbers that no serialiser would write like this.
    let secret = &gate.payload_secret;
    let body = format!(
        "\r\n{{ \"z\" : 1.0e+00 ,\t\"\\u0061\":\"\\/é\\ud800\",\"developerPayload\" :\"{secret}\", \"b\":[ ]\n}} "
    );
    let mut client = gate.connect().await;
    assert_eq!(client.ask(post(&body)).await.status, 200);
    let received = gate.upstream.received().await;
    assert_eq!(received.body, body.as_bytes());
    assert_eq!(
        received.header("content-length"),
        Some(body.len().to_string().as_str())
    );
    assert_eq!(received.header("transfer-encoding"), None);
    assert_eq!(
        received.header("hookward-developer-payload"),
        Some("payload-1")
    );

    // In chunks of every size from one on.
    let mut request =
        format!("POST {PATH} HTTP/1.1\r\nHost: gate\r\nTransfer-Encoding: chunked\r\n\r\n")
            .into_bytes();
    let (mut rest, mut size) = (body.as_bytes(), 1);
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        request.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
        (rest, size) = (after, size + 1);
    }
    request.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(client.ask(request).await.status, 200);
    assert_eq!(gate.upstream.received().await.body, body.as_bytes());
}

#[tokio::test]
async fn a_body_that_the_policy_needs_reaches_the_application_only_when_it_passed() {
    let mut gate = Gate::start(Options {
        policy: PAYLOAD,
        ..Options::default()
    })
    .await;
    let secret = gate.payload_secret.clone();
    for (body, status) in [
        (format!(r#"{{"developerPayload":"{}"}}"#, random()), 403),
        (
            format!(r#"{{"developerPayload":"{secret}","developerPayload":"{secret}"}}"#),
            403,
        ),
        (format!(r#"{{"DeveloperPayload":"{secret}"}}"#), 403),
        (format!(r#"{{"a":{{"developerPayload":"{secret}"}}}}"#), 403),
        ("{}".to_owned(), 403),
        // It passes, and then the document turns out to be broken.
        (format!(r#"{{"developerPayload":"{secret}"}}{{"#), 400),
        (format!(r#"{{"developerPayload":"{secret}","a":}}"#), 400),
        (String::new(), 400),
    ] {
        let answer = gate.connect().await.ask(post(&body)).await;
        assert_eq!(answer.status, status, "{body}");
        assert_eq!(answer.body, "");
    }
    assert!(gate.upstream.saw_nothing());
    assert_eq!(gate.budget.free(), gate.budget.total());
}

#[tokio::test]
async fn a_body_that_the_policy_does_not_need_streams() {
    let mut gate = Gate::start(Options {
        budget: 0,
        ..Options::default()
    })
    .await;
    let mut client = gate.connect().await;
    client
        .send(gate.head("Content-Length: 8\r\n") + "half")
        .await;
    // The application has the head while half of the body is still to come.
    gate.upstream.head().await;
    assert_eq!(client.ask("half").await.status, 200);
    assert_eq!(gate.upstream.received().await.body, b"halfhalf");
}

#[tokio::test]
async fn an_exhausted_budget_is_a_503_and_comes_back() {
    let mut gate = Gate::start(Options {
        policy: PAYLOAD,
        budget: 4600,
        behaviour: Behaviour::Answer("HTTP/1.1 204 No Content\r\n\r\n"),
        ..Options::default()
    })
    .await;
    let padding = " ".repeat(1000);
    let mut client = gate.connect().await;
    let answer = client.ask(post(&(gate.body() + &padding))).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), Some("30"));
    assert!(gate.upstream.saw_nothing());
    assert_eq!(
        gate.connect().await.ask(post(&gate.body())).await.status,
        204
    );
    assert_eq!(gate.budget.free(), 4600);
}

#[tokio::test]
async fn a_slow_body_is_a_408() {
    for times in [
        BodyTimes {
            idle: SHORT,
            total: Duration::from_secs(30),
        },
        BodyTimes {
            idle: Duration::from_secs(30),
            total: SHORT,
        },
    ] {
        let mut gate = Gate::start(Options {
            policy: PAYLOAD,
            times,
            ..Options::default()
        })
        .await;
        let mut client = gate.connect().await;
        let request = post(&gate.body());
        let answer = client.ask(&request[..request.len() - 1]).await;
        assert_eq!(answer.status, 408);
        assert!(answer.closes());
        assert!(gate.upstream.saw_nothing());
    }
}

#[tokio::test]
async fn a_body_that_is_cut_short_reaches_nobody() {
    let mut gate = Gate::start(Options {
        policy: PAYLOAD,
        ..Options::default()
    })
    .await;
    let request = format!(
        "POST {PATH} HTTP/1.1\r\nHost: gate\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n",
        gate.body().len(),
        gate.body()
    );
    let mut client = gate.connect().await;
    client.send(request).await;
    client.io.shutdown().await.unwrap();
    // Either an answer that refuses, or none.
    assert!(
        client
            .answer()
            .await
            .is_none_or(|answer| answer.status == 400)
    );
    assert!(gate.upstream.saw_nothing());
}

#[tokio::test]
async fn an_encoded_body_is_a_415() {
    let mut gate = Gate::start(Options::default()).await;
    let head = gate.head("Content-Encoding: gzip\r\nContent-Length: 4\r\n");
    assert_eq!(gate.connect().await.ask(head).await.status, 415);
    assert!(gate.upstream.saw_nothing());
}

#[tokio::test]
async fn a_real_listener_can_be_named_as_well() {
    let listener = TcpListener::bind("[::1]:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut gate = Gate::start_on(listener, address, Options::default()).await;
    gate.connect()
        .await
        .ask(gate.head("Content-Length: 0\r\n"))
        .await;
    assert_eq!(
        gate.upstream.received().await.header("x-forwarded-for"),
        Some("::1")
    );
}
