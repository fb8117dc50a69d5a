use alloc::sync::Arc;

use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};

use crate::Admit;

/// A rustls `ClientCertVerifier` that proves possession of the leaf's private key.
///
/// In both modes it asks every client for a certificate, names no authorities when it asks (given names, a .NET client
/// whose certificate is from none of them sends no certificate), and verifies the signature over the handshake with the
/// provider's algorithms: presenting somebody else's certificate fails the handshake. The leaf may be self-signed,
/// expired, or a certificate authority's. rustls itself refuses, while it verifies the signature, certificates of
/// X.509 version 1 and those with a critical extension that it does not know.
///
/// Use it with [`server_config`](crate::server_config). In a configuration made otherwise, resumed sessions bring back
/// the leaf without any verifier being called, [`require`](Self::require) included.
#[derive(Debug)]
pub struct PossessionVerifier {
    pub(crate) signatures: WebPkiSupportedAlgorithms,
    /// Who may connect; anybody, if there is nobody to ask.
    pub(crate) admits: Option<Arc<dyn Admit>>,
}

impl PossessionVerifier {
    /// Lets every client through that proves possession of its certificate, and every client without a certificate.
    ///
    /// No date is checked. [`leaf`](crate::leaf) hands the certificate on to a policy that judges each request.
    pub fn observe(provider: &CryptoProvider) -> Self {
        Self {
            signatures: provider.signature_verification_algorithms,
            admits: None,
        }
    }

    /// Lets only those clients through that prove possession of a certificate which `admits` admits.
    ///
    /// A client without a certificate is refused. Only the leaf is judged: a listed certificate elsewhere in the chain
    /// admits nobody.
    ///
    /// A connection is judged once, when it begins. Match its leaf on every request as well if it must not outlive a
    /// change of the list.
    pub fn require(provider: &CryptoProvider, admits: Arc<dyn Admit>) -> Self {
        Self {
            signatures: provider.signature_verification_algorithms,
            admits: Some(admits),
        }
    }
}
