//! Connections that are held open throughout, with one request after the other.

use core::fmt;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::site::{HOST, PATH, Site};

/// The time between two requests of a connection.
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) struct Held {
    stop: Arc<AtomicBool>,
    connections: Vec<JoinHandle<(usize, io::Result<()>)>>,
}

/// What became of them.
pub(crate) struct Outcome {
    connections: usize,
    requests: usize,
    /// Those that broke, or got another answer than 200.
    failed: Vec<String>,
}

type Connection = StreamOwned<ClientConnection, TcpStream>;

impl Held {
    pub(crate) fn open(count: usize, site: &Site, gate: SocketAddr) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let body = site.body();
        let request: Arc<str> = format!(
            "POST {PATH} HTTP/1.1\r\nhost: {HOST}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into();
        let connections = (0..count).map(|_| {
            let mut connection = connect(site, gate)?;
            let (stop, request) = (Arc::clone(&stop), Arc::clone(&request));
            Ok(thread::spawn(move || {
                let mut requests = 0;
                while !stop.load(Ordering::Relaxed) {
                    if let Err(error) = exchange(&mut connection, &request) {
                        return (requests, Err(error));
                    }
                    requests += 1;
                    thread::sleep(PAUSE);
                }
                (requests, Ok(()))
            }))
        });
        Ok(Self {
            connections: connections.collect::<io::Result<_>>()?,
            stop,
        })
    }

    pub(crate) fn finish(self) -> Outcome {
        self.stop.store(true, Ordering::Relaxed);
        let mut outcome = Outcome {
            connections: self.connections.len(),
            requests: 0,
            failed: Vec::new(),
        };
        for connection in self.connections {
            match connection.join() {
                Ok((requests, result)) => {
                    outcome.requests += requests;
                    outcome
                        .failed
                        .extend(result.err().map(|error| error.to_string()));
                }
                Err(_) => outcome.failed.push("its thread panicked".to_owned()),
            }
        }
        outcome
    }
}

/// The certificate that a new connection is shown.
pub(crate) fn server_certificate(
    site: &Site,
    gate: SocketAddr,
) -> io::Result<CertificateDer<'static>> {
    let connection = connect(site, gate)?;
    let chain = connection.conn.peer_certificates().unwrap_or_default();
    let leaf = chain.first().cloned();
    leaf.ok_or_else(|| io::Error::other("the server shows no certificate"))
}

fn connect(site: &Site, gate: SocketAddr) -> io::Result<Connection> {
    let mut roots = RootCertStore::empty();
    roots
        .add(site.authority().clone())
        .map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_file(site.path("sender.key")).map_err(io::Error::other)?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![site.sender_certificate().clone()], key)
        .map_err(io::Error::other)?;
    let name = ServerName::try_from(HOST).map_err(io::Error::other)?;
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let mut stream = TcpStream::connect(gate)?;
    stream.set_nodelay(true)?;
    connection.complete_io(&mut stream)?;
    Ok(StreamOwned::new(connection, stream))
}

/// Sends a webhook, and fails unless the answer is 200 and the connection goes on.
fn exchange(connection: &mut Connection, request: &str) -> io::Result<()> {
    connection.write_all(request.as_bytes())?;
    connection.flush()?;
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\nok") {
        connection.read_exact(&mut byte)?;
        answer.push(byte[0]);
        if answer.ends_with(b"\r\n\r\n") && !answer.starts_with(b"HTTP/1.1 200 ") {
            let text = String::from_utf8_lossy(&answer).into_owned();
            return Err(io::Error::other(text));
        }
    }
    Ok(())
}

impl Outcome {
    pub(crate) fn is_clean(&self) -> bool {
        self.requests > 0 && self.failed.is_empty()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "held open: {} connections, {} requests answered with 200, connections lost: {}",
            self.connections,
            self.requests,
            self.failed.len()
        )?;
        self.failed
            .iter()
            .try_for_each(|error| write!(f, "\n  {error}"))
    }
}
