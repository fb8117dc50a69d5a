//! The application behind all contenders: it reads each request whole and answers at once.

use core::net::SocketAddr;
use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok";

/// More header lines than any contender sends.
const LINES: usize = 64;

/// Starts the application on this runtime, and says where it is.
pub(crate) async fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    Ok(address)
}

/// Serves one connection until it ends or says what is no request with a length.
async fn serve(mut stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut buffer = vec![0; 64 << 10];
    let mut filled = 0;
    loop {
        if let Some(whole) = request_length(&buffer[..filled])?
            && filled >= whole
        {
            buffer.copy_within(whole..filled, 0);
            filled -= whole;
            stream.write_all(ANSWER).await.ok()?;
            continue;
        }
        match stream.read(&mut buffer[filled..]).await.ok()? {
            0 => return None,
            count => filled += count,
        }
    }
}

/// How long the request is, once its head is there.
fn request_length(bytes: &[u8]) -> Option<Option<usize>> {
    let mut lines = [httparse::EMPTY_HEADER; LINES];
    let mut request = httparse::Request::new(&mut lines);
    let httparse::Status::Complete(head) = request.parse(bytes).ok()? else {
        return Some(None);
    };
    let line = request
        .headers
        .iter()
        .find(|line| line.name.eq_ignore_ascii_case("content-length"))?;
    let body: usize = str::from_utf8(line.value).ok()?.parse().ok()?;
    Some(Some(head + body))
}
