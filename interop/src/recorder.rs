//! A server that keeps the JSON it is sent.

use core::net::SocketAddr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::Value;

/// A request as it arrived.
pub(crate) struct Recorded {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Value,
}

pub(crate) struct Recorder {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<Recorded>>>,
}

impl Recorder {
    /// Listens on a port of its own, and answers everything with an empty object.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                thread::spawn(move || {
                    if let Err(error) = answer(stream, &kept) {
                        eprintln!("interop: a request to the recorder was cut off: {error}");
                    }
                });
            }
        });
        Ok(Self { address, requests })
    }

    /// What has arrived since the last call.
    pub(crate) fn take(&self) -> Vec<Recorded> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        core::mem::take(&mut requests)
    }
}

/// One request per connection: each answer closes it.
fn answer(stream: TcpStream, kept: &Mutex<Vec<Recorded>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut parts = line.split(' ');
    let (Some(method), Some(path)) = (parts.next(), parts.next()) else {
        return Ok(());
    };
    let (method, path) = (method.to_owned(), path.to_owned());
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body)?;
    kept.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(Recorded { method, path, body });
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\
                  content-length: 2\r\n\r\n{}";
    (&stream).write_all(answer.as_bytes())
}
