//! Connections to the gate, and messages of HTTP/1.1.

use core::net::{IpAddr, SocketAddr};
use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A message whose body, of this many bytes, is at the start of what was read.
pub(crate) struct Message {
    pub(crate) head: String,
    pub(crate) body: usize,
}

/// Connects from another address of this machine.
pub(crate) async fn connect(gate: SocketAddr, from: IpAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    // Otherwise ports run out: the peer's address tells connections apart.
    socket.set_reuseaddr(true)?;
    socket.bind((from, 0).into())?;
    let stream = socket.connect(gate).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

pub(crate) async fn secure(
    stream: TcpStream,
    config: &Arc<ClientConfig>,
) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    TlsConnector::from(Arc::clone(config))
        .connect(name, stream)
        .await
}

/// Reads a head, and a body of declared length. What comes after stays in `read` behind the body.
pub(crate) async fn read_message(
    io: &mut (impl AsyncRead + Unpin),
    read: &mut Vec<u8>,
) -> io::Result<Message> {
    let end = loop {
        if let Some(at) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        more(io, read).await?;
    };
    let head: Vec<u8> = read.drain(..end).collect();
    let head = String::from_utf8(head).map_err(io::Error::other)?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>())
    });
    let body = length.transpose().map_err(io::Error::other)?.unwrap_or(0);
    while read.len() < body {
        more(io, read).await?;
    }
    Ok(Message { head, body })
}

async fn more(io: &mut (impl AsyncRead + Unpin), read: &mut Vec<u8>) -> io::Result<()> {
    match io.read_buf(read).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

/// The status of an answer.
pub(crate) fn status(head: &str) -> Option<u16> {
    head.get(9..12)?.parse().ok()
}
