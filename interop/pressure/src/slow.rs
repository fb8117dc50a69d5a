//! Clients that only stay.

use core::net::IpAddr;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::sleep;

use crate::application::LARGE_SCAN;
use crate::client::{connect, secure};
use crate::site::{LAX, STRICT, Site};

/// Where a client is slow.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slowness {
    /// It says nothing.
    Silent,
    /// It says hello, and nothing more.
    Handshake,
    /// It sends a byte of its head now and then.
    Head,
    /// It sends a part of a body that has to be kept, and then a byte now and then.
    Body,
    /// It has a listed certificate, and does not read its answer.
    Answer,
}

/// Between two bytes.
const PAUSE: Duration = Duration::from_secs(1);

/// Before a client that was cut off comes back.
const ABSENCE: Duration = Duration::from_millis(500);

/// What is sent of a body at once, in bytes.
const PART: usize = 64 << 10;

impl Slowness {
    pub(crate) const ALL: [Self; 5] = [
        Self::Silent,
        Self::Handshake,
        Self::Head,
        Self::Body,
        Self::Answer,
    ];

    /// Comes back for as long as it is polled. Counts the connections.
    pub(crate) async fn stay(self, site: &Arc<Site>, from: IpAddr, opened: &AtomicU64) {
        loop {
            // It ends by being cut off, one way or the other.
            let _ = self.once(site, from, opened).await;
            sleep(ABSENCE).await;
        }
    }

    async fn once(self, site: &Arc<Site>, from: IpAddr, opened: &AtomicU64) -> io::Result<()> {
        let mut stream = connect(site.gate, from).await?;
        opened.fetch_add(1, Ordering::Relaxed);
        match self {
            Self::Silent => {
                stream.read_u8().await?;
            }
            Self::Handshake => {
                stream.write_all(&hello(site)?).await?;
                let mut answer = [0; 4096];
                while stream.read(&mut answer).await? > 0 {}
            }
            Self::Head => {
                let mut stream = secure(stream, &site.stranger).await?;
                let head = format!("POST {STRICT}/scan-1 HTTP/1.1\r\nHost: localhost\r\nx: ");
                stream.write_all(head.as_bytes()).await?;
                trickle(&mut stream).await?;
            }
            Self::Body => {
                let mut stream = secure(stream, &site.stranger).await?;
                let head = format!(
                    "POST {LAX}/scan-1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{{\"x\":\"",
                    1 << 20
                );
                stream.write_all(head.as_bytes()).await?;
                stream.write_all(&[b'x'; PART]).await?;
                trickle(&mut stream).await?;
            }
            Self::Answer => {
                let mut stream = secure(stream, &site.sender).await?;
                let body = format!("{{\"developerPayload\":\"{}\"}}", site.payload);
                let head = format!(
                    "POST {STRICT}/{LARGE_SCAN} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes()).await?;
                stream.write_all(body.as_bytes()).await?;
                stream.flush().await?;
                // Nothing is read, so that nothing tells that it was cut off.
                sleep(30 * PAUSE).await;
            }
        }
        Ok(())
    }
}

async fn trickle(stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    loop {
        stream.write_all(b"x").await?;
        stream.flush().await?;
        sleep(PAUSE).await;
    }
}

/// What a client says first.
fn hello(site: &Site) -> io::Result<Vec<u8>> {
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    let config = Arc::clone(&site.stranger);
    let mut client = ClientConnection::new(config, name).map_err(io::Error::other)?;
    let mut hello = Vec::new();
    client.write_tls(&mut hello)?;
    Ok(hello)
}
