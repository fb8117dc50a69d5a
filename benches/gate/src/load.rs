//! The sender: requests over TLS 1.3 with a client certificate, one at a time on each connection.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
use rustls::crypto::ring::kx_group::{SECP256R1, X25519};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::TLS13;
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::identity::Sender;

/// How long connections are at work before anything counts.
const WARM_UP: Duration = Duration::from_millis(200);

/// More header lines than any contender answers.
const LINES: usize = 64;

/// Where requests go, and what they are.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) requests: Arc<[Vec<u8>]>,
}

/// What happened in one round: the latency of each request, and how long that took in all.
pub(crate) struct Round {
    pub(crate) latencies: Vec<Duration>,
    pub(crate) elapsed: Duration,
}

/// The TLS of a client: the same for every contender, and no more work than it has to be.
pub(crate) fn connector(sender: &Sender) -> io::Result<TlsConnector> {
    let provider = CryptoProvider {
        cipher_suites: vec![TLS13_AES_128_GCM_SHA256],
        // webhook does not know the first; all others take it
        kx_groups: vec![X25519, SECP256R1],
        ..ring::default_provider()
    };
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&TLS13])
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer))
        .with_client_auth_cert(vec![sender.certificate.clone()], sender.private_key())
        .map_err(io::Error::other)?;
    // every handshake is a whole one
    config.resumption = Resumption::disabled();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// One connection, and what was read from it beyond the last answer.
pub(crate) struct Connection {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(connector: &TlsConnector, address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from("hooks.example").map_err(io::Error::other)?;
        Ok(Self {
            stream: connector.connect(name, stream).await?,
            buffer: Vec::with_capacity(4 << 10),
        })
    }

    /// Sends a request and reads the answer, which has to be a 200.
    async fn exchange(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some((status, length)) = answer(&self.buffer)?
                && self.buffer.len() >= length
            {
                if status == 200 {
                    return Ok(());
                }
                let answer = self.buffer.escape_ascii();
                let message = format!("a genuine request was answered {status}: {answer}");
                return Err(io::Error::other(message));
            }
        }
    }

    async fn close(mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }
}

/// The status of an answer and the length of it all, once its head is there.
fn answer(bytes: &[u8]) -> io::Result<Option<(u16, usize)>> {
    let mut lines = [httparse::EMPTY_HEADER; LINES];
    let mut response = httparse::Response::new(&mut lines);
    let parsed = response.parse(bytes).map_err(io::Error::other)?;
    let httparse::Status::Complete(head) = parsed else {
        return Ok(None);
    };
    let body = response
        .headers
        .iter()
        .find(|line| line.name.eq_ignore_ascii_case("content-length"))
        .and_then(|line| str::from_utf8(line.value).ok()?.parse::<usize>().ok())
        .ok_or_else(|| io::Error::other("an answer without a length"))?;
    Ok(Some((response.code.unwrap_or_default(), head + body)))
}

/// Keeps `connections` busy with one request after the other.
pub(crate) async fn keep_alive(
    connector: &TlsConnector,
    target: &Target,
    connections: usize,
    time: Duration,
) -> io::Result<Round> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(connector, target.address).await?);
    }
    let start = Instant::now() + WARM_UP;
    let mut tasks = JoinSet::new();
    for (number, mut connection) in open.into_iter().enumerate() {
        let requests = Arc::clone(&target.requests);
        tasks.spawn(async move {
            let mut latencies = Vec::with_capacity(1 << 13);
            let skipped = number * requests.len() / connections;
            for request in requests.iter().cycle().skip(skipped) {
                let sent = Instant::now();
                if sent >= start + time {
                    break;
                }
                connection.exchange(request).await?;
                if sent >= start {
                    latencies.push(sent.elapsed());
                }
            }
            connection.close().await?;
            Ok(latencies)
        });
    }
    gather(tasks, start).await
}

/// Opens one connection after the other, `at_a_time` of them, each for one request.
pub(crate) async fn new_connections(
    connector: &TlsConnector,
    target: &Target,
    at_a_time: usize,
    time: Duration,
) -> io::Result<Round> {
    let start = Instant::now() + WARM_UP;
    let mut tasks = JoinSet::new();
    for number in 0..at_a_time {
        let (connector, target) = (connector.clone(), target.clone());
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            let skipped = number * target.requests.len() / at_a_time;
            for request in target.requests.iter().cycle().skip(skipped) {
                let begun = Instant::now();
                if begun >= start + time {
                    break;
                }
                let mut connection = Connection::open(&connector, target.address).await?;
                // the first answer is what shows that the certificate was looked at
                connection.exchange(request).await?;
                if begun >= start {
                    latencies.push(begun.elapsed());
                }
                connection.close().await?;
            }
            Ok(latencies)
        });
    }
    gather(tasks, start).await
}

async fn gather(
    mut tasks: JoinSet<io::Result<Vec<Duration>>>,
    start: Instant,
) -> io::Result<Round> {
    let mut latencies = Vec::new();
    while let Some(task) = tasks.join_next().await {
        latencies.extend(task.map_err(io::Error::other)??);
    }
    Ok(Round {
        latencies,
        elapsed: start.elapsed(),
    })
}

/// Opens so many connections, each for one request, and keeps them.
pub(crate) async fn hold(
    connector: &TlsConnector,
    target: &Target,
    connections: usize,
) -> io::Result<Vec<Connection>> {
    let mut held = Vec::with_capacity(connections);
    for request in target.requests.iter().cycle().take(connections) {
        let mut connection = Connection::open(connector, target.address).await?;
        connection.exchange(request).await?;
        held.push(connection);
    }
    Ok(held)
}

/// Believes any server and checks nothing: here the sender's time is not what is measured.
#[derive(Debug)]
struct AnyServer;

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}
