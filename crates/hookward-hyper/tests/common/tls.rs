//! Certificates made on the spot, and TLS clients that present them.

use alloc::sync::Arc;
use core::net::SocketAddr;

use hookward_hyper::SharedTls;
use hookward_hyper::hookward::{Algorithm, Lists, Snapshot, Thumbprint, ThumbprintSet};
use hookward_rustls::{PossessionVerifier, server_config};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::client::Client;

/// A certificate and its key.
pub struct Identity {
    pub certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    pub fn new(name: &str) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new([name.into()]).unwrap();
        Self {
            certificate: params.self_signed(&key).unwrap().der().clone(),
            key: key.into(),
        }
    }

    pub fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of(Algorithm::Sha256, &self.certificate)
    }
}

/// A server with a certificate of its own.
pub struct TlsServer {
    pub shared: SharedTls,
    roots: RootCertStore,
}

impl TlsServer {
    pub fn new() -> Self {
        let identity = Identity::new("localhost");
        let provider = Arc::new(default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(identity.certificate.clone()).unwrap();
        let own = CertifiedKey::from_der(vec![identity.certificate], identity.key, &provider);
        let verifier = PossessionVerifier::observe(&provider);
        let certificates = Arc::new(SingleCertAndKey::from(own.unwrap()));
        let config = server_config(provider, verifier, certificates, ["h2", "http/1.1"]).unwrap();
        Self {
            shared: SharedTls::new(config),
            roots,
        }
    }

    /// A client that keeps sessions for as long as it lives.
    pub fn client(
        &self,
        identity: Option<&Identity>,
        versions: &[&'static SupportedProtocolVersion],
        alpn: &str,
    ) -> TlsClient {
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(self.roots.clone());
        let mut config = match identity {
            Some(identity) => config
                .with_client_auth_cert(vec![identity.certificate.clone()], identity.key.clone_key())
                .unwrap(),
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![alpn.into()];
        TlsClient(TlsConnector::from(Arc::new(config)))
    }
}

pub struct TlsClient(TlsConnector);

impl TlsClient {
    pub async fn open(&self, address: SocketAddr) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = "localhost".try_into().unwrap();
        self.0.connect(name, stream).await.unwrap()
    }

    pub async fn connect(&self, address: SocketAddr) -> Client<TlsStream<TcpStream>> {
        Client::new(self.open(address).await)
    }
}

/// A list of these certificates that never expires.
pub fn listing(identities: &[&Identity]) -> Lists {
    Lists {
        thumbprints: Some(Snapshot::fixed(set(identities))),
        addresses: None,
    }
}

pub fn set(identities: &[&Identity]) -> ThumbprintSet {
    ThumbprintSet::new(identities.iter().map(|identity| identity.thumbprint())).unwrap()
}
