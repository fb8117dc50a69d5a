//! An application that keeps what it gets.

use core::net::SocketAddr;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;

/// What it answers.
pub(crate) const ANSWER: &str = "thank you";

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Arrived {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(n, _)| n == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} occurs more than once");
        value
    }
}

pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Upstream {
    /// Answers at once.
    pub(crate) fn new() -> Self {
        Self::at(([127, 0, 0, 1], 0).into())
    }

    /// The same, at this address.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self::start(address, None)
    }

    /// Answers each request when something is sent to the other end of `release`.
    pub(crate) fn held(release: Receiver<()>) -> Self {
        Self::start(([127, 0, 0, 1], 0).into(), Some(release))
    }

    fn start(address: SocketAddr, release: Option<Receiver<()>>) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let release = Arc::new(Mutex::new(release));
        let kept = Arc::clone(&arrived);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, release) = (Arc::clone(&kept), Arc::clone(&release));
                thread::spawn(move || serve(stream.unwrap(), &kept, &release));
            }
        });
        Self { address, arrived }
    }

    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    /// The only request that arrived.
    pub(crate) fn only(&self) -> Arrived {
        let mut arrived = self.arrived();
        assert_eq!(arrived.len(), 1, "{arrived:?}");
        arrived.remove(0)
    }

    /// Waits until a request has arrived.
    pub(crate) fn wait(&self) {
        let (done, waited) = channel();
        let arrived = Arc::clone(&self.arrived);
        thread::spawn(move || {
            while arrived.lock().unwrap().is_empty() {
                thread::yield_now();
            }
            let _ = done.send(());
        });
        waited
            .recv_timeout(core::time::Duration::from_secs(20))
            .expect("a request arrives at the upstream");
    }
}

fn serve(stream: TcpStream, kept: &Mutex<Vec<Arrived>>, release: &Mutex<Option<Receiver<()>>>) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        kept.lock().unwrap().push(request);
        if let Some(release) = release.lock().unwrap().as_ref() {
            release.recv().unwrap();
        }
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nx-upstream: here\r\n\r\n{ANSWER}",
            ANSWER.len()
        );
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// `None` when the connection ends, or in the middle of a request.
fn read_request(reader: &mut impl BufRead) -> Option<Arrived> {
    let line = read_line(reader)?;
    let mut headers = Vec::new();
    loop {
        let header = read_line(reader)?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Arrived {
        line,
        headers,
        body: Vec::new(),
    };
    if let Some(length) = request.header("content-length") {
        request.body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut request.body).ok()?;
    } else if request.header("transfer-encoding") == Some("chunked") {
        loop {
            let length = usize::from_str_radix(&read_line(reader)?, 16).unwrap();
            let start = request.body.len();
            request.body.resize(start + length, 0);
            reader.read_exact(&mut request.body[start..]).ok()?;
            assert_eq!(read_line(reader)?, "");
            if length == 0 {
                break;
            }
        }
    }
    Some(request)
}

fn read_line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    match reader.read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim_end().to_owned()),
    }
}
