//! A sender of webhooks with a client certificate, over HTTP/2.

use core::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::identity::Identity;

/// One connection, which stays open.
#[derive(Clone)]
pub(crate) struct Sender {
    requests: SendRequest<Full<Bytes>>,
    body: Bytes,
}

impl Sender {
    /// Connects with the client certificate, to a gate that has `server` for a certificate. `body` is
    /// sent each time.
    pub(crate) async fn connect(
        gate: SocketAddr,
        server: &CertificateDer<'static>,
        identity: &Identity,
        body: &[u8],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(server.clone()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![identity.certificate()], identity.key())
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let stream = TcpStream::connect(gate).await.unwrap();
        // Otherwise what is measured is how long the system waits for more to send.
        stream.set_nodelay(true).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let stream = connector.connect(name, stream).await.unwrap();
        let (requests, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        Self {
            requests,
            body: Bytes::copy_from_slice(body),
        }
    }

    /// Sends a webhook.
    pub(crate) async fn send(&mut self) -> Response<Incoming> {
        let request = Request::post("https://localhost/copyleaks/completed/scan-1")
            .header("content-type", "application/json")
            .body(Full::from(self.body.clone()))
            .unwrap();
        self.requests.ready().await.unwrap();
        self.requests.send_request(request).await.unwrap()
    }

    /// Sends a webhook, and only wants to know the status.
    pub(crate) async fn status(&mut self) -> u16 {
        self.send().await.status().as_u16()
    }
}
