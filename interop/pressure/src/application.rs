//! The application: it reads each request, and says that all is well.

use core::net::SocketAddr;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{Message, read_message};

/// What an answer is as long as that is asked for as a large one, in bytes: more than sockets buffer.
const LARGE: usize = 16 << 20;

/// The scan whose webhook is answered at length.
pub(crate) const LARGE_SCAN: &str = "large";

pub(crate) async fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let large: Arc<[u8]> = vec![b'x'; LARGE].into();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&large)));
        }
    });
    Ok(address)
}

async fn serve(mut stream: TcpStream, large: Arc<[u8]>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut read = Vec::new();
    loop {
        let Message { head, body } = read_message(&mut stream, &mut read).await?;
        if body > 0 {
            read.drain(..body);
        }
        let is_large = head
            .lines()
            .next()
            .is_some_and(|line| line.contains(LARGE_SCAN));
        let body: &[u8] = if is_large { &large } else { b"ok" };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        // A client that asks for a large answer does not read it.
        if is_large {
            let _ = stream.read_u8().await;
            return Ok(());
        }
    }
}
