//! Genuine webhooks, as they come in.

use core::fmt;
use core::net::IpAddr;
use core::time::Duration;
use std::io;
use std::time::Instant;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::client::{connect, read_message, secure, status};
use crate::site::{STRICT, Site};

/// How many are sent over one connection.
const PER_CONNECTION: usize = 4;

/// What Copyleaks gives a webhook.
const PATIENCE: Duration = Duration::from_secs(70);

const SENDER: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(127, 0, 3, 1));

/// How long a usual body is, in bytes.
const BODY: usize = 6 << 10;

/// What became of them.
#[derive(Debug, Default)]
pub(crate) struct Genuine {
    succeeded: Vec<Duration>,
    failed: Vec<String>,
}

impl Genuine {
    /// Sends one after the other for so long. Nothing is sent twice.
    pub(crate) async fn send(site: &Site, time: Duration) -> Self {
        let end = Instant::now() + time;
        let mut sent = Self::default();
        while Instant::now() < end {
            let mut connection = None;
            for _ in 0..PER_CONNECTION {
                let start = Instant::now();
                match timeout(PATIENCE, send(site, &mut connection)).await {
                    Ok(Ok(200)) => sent.succeeded.push(start.elapsed()),
                    Ok(Ok(status)) => sent.failed.push(status.to_string()),
                    Ok(Err(error)) => sent.failed.push(error.to_string()),
                    Err(_) => sent.failed.push("no answer in time".to_owned()),
                }
            }
        }
        sent.succeeded.sort_unstable();
        sent
    }

    pub(crate) fn is_flawless(&self) -> bool {
        self.failed.is_empty() && !self.succeeded.is_empty()
    }

    fn percentile(&self, percent: usize) -> Duration {
        let index = self.succeeded.len() * percent / 100;
        let last = self.succeeded.last().copied().unwrap_or_default();
        self.succeeded.get(index).copied().unwrap_or(last)
    }
}

/// The status that one was answered with. A new connection is part of it.
async fn send(site: &Site, connection: &mut Option<TlsStream<TcpStream>>) -> io::Result<u16> {
    let mut stream = match connection.take() {
        Some(stream) => stream,
        None => secure(connect(site.gate, SENDER).await?, &site.sender).await?,
    };
    let padding = "x".repeat(BODY);
    let body = format!(
        "{{\"status\":0,\"text\":\"{padding}\",\"developerPayload\":\"{}\"}}",
        site.payload
    );
    let head = format!(
        "POST {STRICT}/scan-1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await?;
    stream.flush().await?;
    let head = read_message(&mut stream, &mut Vec::new()).await?.head;
    *connection = Some(stream);
    status(&head).ok_or_else(|| io::Error::other("no status"))
}

impl fmt::Display for Genuine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |time: Duration| time.as_millis();
        write!(
            f,
            "{} genuine webhooks accepted, {} not; half within {} ms, 99 % within {} ms, all within {} ms",
            self.succeeded.len(),
            self.failed.len(),
            milliseconds(self.percentile(50)),
            milliseconds(self.percentile(99)),
            milliseconds(self.percentile(100)),
        )?;
        match self.failed.first() {
            Some(error) => write!(f, "; the first that was not: {error}"),
            None => Ok(()),
        }
    }
}
