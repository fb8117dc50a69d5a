//! A sender that holds a client certificate, and others that do not.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, DigitallySignedStruct, HandshakeKind, SignatureScheme, SupportedProtocolVersion,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What a sender shows of itself in the TLS handshake.
pub(crate) struct Client {
    config: Arc<ClientConfig>,
}

/// What came back for a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// How much of the request was written before the answer was read, in bytes.
    pub(crate) written: usize,
}

/// A connection of HTTP/1.1 over TLS.
pub(crate) struct Connection(TlsStream<TcpStream>);

impl Client {
    /// A client that presents these certificates, the leaf first, and signs with this key. The key need
    /// not be the certificate's: that is for the gate to notice.
    pub(crate) fn new(
        provider: &Arc<CryptoProvider>,
        identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
        version: &'static SupportedProtocolVersion,
        protocol: Option<&str>,
    ) -> Result<Self, rustls::Error> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(provider))
            .with_protocol_versions(&[version])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyServer(Arc::clone(provider))));
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let key = provider.key_provider.load_private_key(key)?;
                let presented = Arc::new(CertifiedKey::new(chain, key));
                builder.with_client_cert_resolver(Arc::new(Presents(presented)))
            }
        };
        config.alpn_protocols = protocol.into_iter().map(|name| name.into()).collect();
        Ok(Self {
            config: Arc::new(config),
        })
    }

    /// Connects from `source`.
    pub(crate) async fn connect(&self, gate: SocketAddr, source: IpAddr) -> io::Result<Connection> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(source, 0))?;
        let stream = socket.connect(gate).await?;
        let connector = TlsConnector::from(Arc::clone(&self.config));
        let name = ServerName::from(gate.ip());
        Ok(Connection(connector.connect(name, stream).await?))
    }
}

impl Connection {
    /// Whether the session of an earlier connection was resumed.
    pub(crate) fn is_resumed(&self) -> bool {
        self.0.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    pub(crate) fn into_stream(self) -> TlsStream<TcpStream> {
        self.0
    }

    /// Sends a request and reads the answer. Stops sending when the answer comes before the end.
    pub(crate) async fn send(&mut self, request: &[u8]) -> io::Result<Answer> {
        tokio::time::timeout(Duration::from_secs(20), self.exchange(request)).await?
    }

    async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        let (mut reading, mut writing) = tokio::io::split(&mut self.0);
        let mut written = 0;
        let mut answer = Vec::new();
        let mut chunk = [0; 4096];
        let mut broken = false;
        loop {
            let rest = &request[written..];
            tokio::select! {
                biased;
                read = reading.read(&mut chunk) => {
                    let count = match read {
                        Ok(0) | Err(_) if status(&answer).is_some() => 0,
                        read => read?,
                    };
                    answer.extend_from_slice(&chunk[..count]);
                    if let Some((status, true)) = status(&answer) {
                        return Ok(Answer { status, written });
                    }
                    if count == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                // A gate that refuses closes its side; what it answered can still be read.
                sent = writing.write(&rest[..rest.len().min(16 << 10)]), if !rest.is_empty() && !broken => {
                    match sent {
                        Ok(count) => written += count,
                        Err(_) => broken = true,
                    }
                    if written == request.len() {
                        writing.flush().await?;
                    }
                }
            }
        }
    }
}

/// The status of an answer, as far as it was read, and whether the answer is whole.
fn status(answer: &[u8]) -> Option<(u16, bool)> {
    let text = core::str::from_utf8(answer).ok()?;
    let status = text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    Some((status, body.len() >= length.unwrap_or(0)))
}

/// Presents a certificate whatever the server asks for, as a forger would.
#[derive(Debug)]
struct Presents(Arc<CertifiedKey>);

impl ResolvesClientCert for Presents {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Takes any server: the demo is about whether the gate knows the sender.
#[derive(Debug)]
pub(crate) struct AnyServer(Arc<CryptoProvider>);

impl AnyServer {
    pub(crate) const fn new(provider: Arc<CryptoProvider>) -> Self {
        Self(provider)
    }
}

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
