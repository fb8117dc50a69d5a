//! An application that keeps the heads of the requests that reach it.

use core::net::SocketAddr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The names, in lower case, and values of one request.
pub(crate) type Head = Vec<(String, String)>;

pub(crate) struct Application {
    pub(crate) address: SocketAddr,
    arrived: Arc<Mutex<Vec<Head>>>,
}

impl Application {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&arrived);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                thread::spawn(move || serve(stream, &kept));
            }
        });
        Ok(Self { address, arrived })
    }

    /// What has arrived since this was last asked.
    pub(crate) fn take(&self) -> Vec<Head> {
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        core::mem::take(&mut *arrived)
    }
}

/// Answers one request, whose body has a length.
fn serve(mut stream: TcpStream, kept: &Mutex<Vec<Head>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        if name == "content-length" {
            length = value.parse().ok()?;
        }
        head.push((name, value));
    }
    reader.take(length).read_to_end(&mut Vec::new()).ok()?;
    kept.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(head);
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    stream.write_all(answer.as_bytes()).ok()
}
