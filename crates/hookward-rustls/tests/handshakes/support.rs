//! Certificates made on the spot, and a client and a server that talk through memory.

use alloc::sync::Arc;

use hookward_rustls::{PossessionVerifier, server_config};
use hookward_thumbprint::{Algorithm, Thumbprint, ThumbprintSet};
use rcgen::{CertificateParams, KeyPair};
use rustls::client::ResolvesClientCert;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, ConnectionCommon, Error, RootCertStore, ServerConfig,
    ServerConnection, SideData, SupportedProtocolVersion,
};

pub(crate) const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// A certificate with its private key.
pub(crate) struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: KeyPair,
}

impl Identity {
    /// A self-signed certificate for a new P-256 key.
    pub(crate) fn new(adjust: impl FnOnce(&mut CertificateParams)) -> Self {
        Self::with_key(KeyPair::generate().unwrap(), adjust)
    }

    pub(crate) fn with_key(key: KeyPair, adjust: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::new(["localhost".into()]).unwrap();
        adjust(&mut params);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { certificate, key }
    }

    pub(crate) fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of(Algorithm::Sha256, &self.certificate)
    }

    /// What presents this certificate and signs with its key.
    pub(crate) fn resolver(&self) -> Arc<SingleCertAndKey> {
        self.presenting(vec![self.certificate.clone()])
    }

    /// What presents any certificates, and signs with the key of this identity whether it belongs to them or not.
    pub(crate) fn presenting(&self, chain: Vec<CertificateDer<'static>>) -> Arc<SingleCertAndKey> {
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der()).into();
        let key = provider().key_provider.load_private_key(key).unwrap();
        Arc::new(CertifiedKey::new(chain, key).into())
    }
}

/// A new 2048-bit RSA key. ring makes none, so OpenSSL does.
#[cfg(feature = "tests-with-programs")]
pub(crate) fn rsa_key() -> KeyPair {
    let made = std::process::Command::new("openssl")
        .args([
            "genpkey",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
        ])
        .output()
        .expect("this test needs the openssl command");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    KeyPair::from_pem(&String::from_utf8(made.stdout).unwrap()).unwrap()
}

pub(crate) fn listing(identity: &Identity) -> ThumbprintSet {
    ThumbprintSet::new([identity.thumbprint()]).unwrap()
}

/// A server, and what its clients need to trust it.
pub(crate) struct Server {
    pub(crate) config: Arc<ServerConfig>,
    roots: RootCertStore,
}

impl Server {
    pub(crate) fn new(verifier: PossessionVerifier) -> Self {
        Self::with_identity(verifier, &Identity::new(|_| ()))
    }

    pub(crate) fn with_identity(verifier: PossessionVerifier, own: &Identity) -> Self {
        let config = server_config(provider(), verifier, own.resolver(), ["h2", "http/1.1"]);
        let mut roots = RootCertStore::empty();
        roots.add(own.certificate.clone()).unwrap();
        Self {
            config: Arc::new(config.unwrap()),
            roots,
        }
    }

    pub(crate) fn observing() -> Self {
        Self::new(PossessionVerifier::observe(&provider()))
    }

    pub(crate) fn requiring(listed: &Identity) -> Self {
        Self::new(PossessionVerifier::require(
            &provider(),
            Arc::new(listing(listed)),
        ))
    }

    /// A client of this server, for one protocol version. It resumes sessions where it can.
    pub(crate) fn client(
        &self,
        version: &'static SupportedProtocolVersion,
        identity: Option<Arc<dyn ResolvesClientCert>>,
    ) -> Arc<ClientConfig> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(self.roots.clone());
        let mut client = match identity {
            Some(identity) => builder.with_client_cert_resolver(identity),
            None => builder.with_no_client_auth(),
        };
        client.enable_early_data = true;
        client.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(client)
    }

    /// Connects, if the server lets the client.
    pub(crate) fn connect(&self, client: &Arc<ClientConfig>) -> Result<ServerConnection, Error> {
        let mut pair = Pair::new(client, &self.config);
        pair.shake_hands()?;
        Ok(pair.server)
    }
}

/// The two ends of one connection.
pub(crate) struct Pair {
    pub(crate) client: ClientConnection,
    pub(crate) server: ServerConnection,
}

impl Pair {
    pub(crate) fn new(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>) -> Self {
        let name = ServerName::try_from("localhost").unwrap();
        Self {
            client: ClientConnection::new(client.clone(), name).unwrap(),
            server: ServerConnection::new(server.clone()).unwrap(),
        }
    }

    /// Carries everything to and fro until both sides are silent.
    ///
    /// An error is the server's. The client must have none of its own.
    pub(crate) fn shake_hands(&mut self) -> Result<(), Error> {
        while self.client.wants_write() || self.server.wants_write() {
            carry(&mut self.client, &mut self.server)?;
            carry(&mut self.server, &mut self.client).unwrap();
        }
        assert!(!self.client.is_handshaking() && !self.server.is_handshaking());
        Ok(())
    }
}

/// Carries what one side has to say to the other, and has it read.
pub(crate) fn carry<A: SideData, B: SideData>(
    from: &mut ConnectionCommon<A>,
    to: &mut ConnectionCommon<B>,
) -> Result<(), Error> {
    let mut wire = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut wire).unwrap();
    }
    let mut unread = &wire[..];
    while !unread.is_empty() {
        to.read_tls(&mut unread).unwrap();
        to.process_new_packets()?;
    }
    Ok(())
}
