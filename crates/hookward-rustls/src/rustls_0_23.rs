//! Everything that rustls 0.24 names differently: the verifier trait, the peer's certificates, the configuration.

use alloc::sync::Arc;
use alloc::vec::Vec;

use hookward_thumbprint::{Algorithms, Leaf, Mismatch};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ResolvesServerCert, ServerSessionMemoryCache};
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig,
    ServerConnection, SignatureScheme,
};

use crate::{LeafError, PossessionVerifier};

/// How many sessions a configuration keeps for resumption. Each holds the client's certificates, so up to 64 KiB.
const SESSIONS: usize = 256;

/// Builds a server configuration around `verifier`, for TLS 1.2 and TLS 1.3.
///
/// `certificates` finds the server's own certificate. `alpn` lists the application protocols, the preferred first.
///
/// With [`PossessionVerifier::observe`] sessions can be resumed, from a storage that belongs to this configuration
/// alone: two calls never share one. A resumed connection brings its leaf back. With [`PossessionVerifier::require`]
/// nothing can be resumed, since rustls asks no verifier then, and a certificate would stay admitted after it was taken
/// off the list. Early data (0-RTT), which can be replayed, is never accepted.
///
/// # Errors
///
/// If `provider` has no cipher suite for one of the two protocol versions, or no key exchange group.
pub fn server_config(
    provider: Arc<CryptoProvider>,
    verifier: PossessionVerifier,
    certificates: Arc<dyn ResolvesServerCert>,
    alpn: impl IntoIterator<Item = impl Into<Vec<u8>>>,
) -> Result<ServerConfig, Error> {
    let resumable = verifier.admits.is_none();
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(certificates);
    config.alpn_protocols = alpn.into_iter().map(Into::into).collect();
    config.max_early_data_size = 0;
    if resumable {
        config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
    } else {
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    Ok(config)
}

/// The certificate whose possession the client has proved, if it presented one.
///
/// Call it once, when the handshake is finished; `wanted` is passed to [`Leaf::parse`]. The proof may be older than the
/// connection: a resumed session has the leaf of the handshake that began it.
///
/// It is the first certificate that the client sent. Those behind it, which anyone can send, are not looked at.
///
/// # Errors
///
/// [`HandshakeNotFinished`](LeafError::HandshakeNotFinished): rustls may know a certificate before then, for instance
/// that of a session whose id was overheard. [`Certificate`](LeafError::Certificate): there is a certificate, and it
/// cannot be read.
pub fn leaf(connection: &ServerConnection, wanted: Algorithms) -> Result<Option<Leaf>, LeafError> {
    if connection.is_handshaking() {
        return Err(LeafError::HandshakeNotFinished);
    }
    match connection.peer_certificates() {
        Some([end_entity, ..]) => Ok(Some(Leaf::parse(end_entity, wanted)?)),
        Some([]) | None => Ok(None),
    }
}

impl ClientCertVerifier for PossessionVerifier {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        self.admits.is_some()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if let Some(admits) = &self.admits {
            let leaf = Leaf::parse(end_entity, admits.wanted())
                .map_err(|_| CertificateError::BadEncoding)?;
            admits.admit(&leaf, now).map_err(certificate_error)?;
        }
        // Says that the handshake may go on. Possession is proved by the signature, which rustls asks for next.
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.signatures)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.signatures)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.signatures.supported_schemes()
    }
}

/// The error that tells a client's operator what is wrong: rustls turns each into an alert of its own.
fn certificate_error(mismatch: Mismatch) -> CertificateError {
    match mismatch {
        Mismatch::NotYetValid {
            now: time,
            not_before,
            ..
        } => CertificateError::NotValidYetContext { time, not_before },
        Mismatch::Expired {
            now: time,
            not_after,
            ..
        } => CertificateError::ExpiredContext { time, not_after },
        _ => CertificateError::ApplicationVerificationFailure,
    }
}
