//! Requests, byte by byte, and the status of their answers.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::Outcome;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request of HTTP/1.1.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    /// Whole lines.
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Sends it on a connection of its own, and returns the status of the answer.
    pub(crate) fn send(&self, to: SocketAddr) -> Outcome<u16> {
        let mut bytes = format!(
            "{} {} HTTP/1.1\r\nhost: hooks.example.com\r\n",
            self.method, self.path
        );
        for header in &self.headers {
            bytes += &format!("{header}\r\n");
        }
        bytes += &format!(
            "content-length: {}\r\nconnection: close\r\n\r\n",
            self.body.len()
        );
        exchange(to, &[bytes.as_bytes(), &self.body].concat())
    }
}

/// Asks a server behind the PROXY protocol, as this client, and returns the status of the answer.
pub(crate) fn ask_as(client: IpAddr, to: SocketAddr) -> Outcome<u16> {
    let (family, server) = match client {
        IpAddr::V4(_) => ("TCP4", "192.0.2.1"),
        IpAddr::V6(_) => ("TCP6", "2001:db8::1"),
    };
    let bytes = format!(
        "PROXY {family} {client} {server} 40000 443\r\n\
         GET / HTTP/1.1\r\nhost: hooks.example.com\r\nconnection: close\r\n\r\n"
    );
    exchange(to, bytes.as_bytes())
}

fn exchange(to: SocketAddr, bytes: &[u8]) -> Outcome<u16> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // A firewall may answer and close before it has read everything.
    let written = stream.write_all(bytes);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let status = answer
        .strip_prefix(b"HTTP/1.1 ")
        .and_then(|rest| core::str::from_utf8(rest.get(..3)?).ok()?.parse().ok());
    match status {
        Some(status) => Ok(status),
        None => {
            written?;
            read?;
            Err(format!("no answer of HTTP/1.1, but {} bytes", answer.len()).into())
        }
    }
}
