//! Forged requests, as many as there is time for.

use core::fmt;
use core::net::IpAddr;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::client::{connect, read_message, secure, status};
use crate::site::{LAX, STRICT, Site, random};

/// Connections that send one request after the other, and such that are new for each request.
const STEADY: u8 = 16;
const NEW: u8 = 4;

pub(crate) struct Flood {
    tasks: JoinSet<()>,
    answered: Arc<[AtomicU64; 6]>,
}

/// How many were answered, by the class of the status.
pub(crate) struct Forged([u64; 6]);

impl Flood {
    pub(crate) fn start(site: &Arc<Site>) -> Self {
        let answered: Arc<[AtomicU64; 6]> = Arc::default();
        let mut tasks = JoinSet::new();
        for number in 0..STEADY + NEW {
            let (site, answered) = (Arc::clone(site), Arc::clone(&answered));
            let requests = if number < STEADY { 1000 } else { 1 };
            let source = IpAddr::from([127, 0, 2, number + 1]);
            tasks.spawn(async move {
                loop {
                    if send(&site, source, requests, &answered).await.is_err() {
                        sleep(Duration::from_millis(10)).await;
                    }
                }
            });
        }
        Self { tasks, answered }
    }

    pub(crate) fn stop(mut self) -> Forged {
        self.tasks.abort_all();
        let mut counts = [0; 6];
        for (count, answered) in counts.iter_mut().zip(self.answered.iter()) {
            *count = answered.load(Ordering::Relaxed);
        }
        Forged(counts)
    }
}

/// Sends requests over one connection, in turns to a route where the head decides, and to one where
/// the body has to be read.
async fn send(
    site: &Site,
    from: IpAddr,
    requests: usize,
    answered: &[AtomicU64; 6],
) -> io::Result<()> {
    let stream = connect(site.gate, from).await?;
    let mut stream = secure(stream, &site.stranger).await?;
    let mut read = Vec::new();
    for number in 0..requests {
        let body = format!("{{\"developerPayload\":\"{}\"}}", random()?);
        // A refusal with an unread body closes the connection.
        let (path, body) = match number % 2 {
            0 => (STRICT, ""),
            _ => (LAX, body.as_str()),
        };
        let request = format!(
            "POST {path}/scan-1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await?;
        let head = read_message(&mut stream, &mut read).await?.head;
        let class = usize::from(status(&head).unwrap_or(0) / 100);
        if let Some(count) = answered.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

impl fmt::Display for Forged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([_, _, accepted, _, refused, unavailable]) = self;
        write!(
            f,
            "forged requests: {accepted} accepted, {refused} refused, {unavailable} answered 503"
        )
    }
}
