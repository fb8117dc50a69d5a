//! Whom the probe takes for the server.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::cli::ProbeArgs;
use crate::demo::AnyServer;
use crate::file;

/// A bundle of every public authority is smaller.
const AUTHORITIES_LIMIT: u64 = 4 << 20;

/// TLS with the authorities of the platform, or with those that are named, or with anybody.
pub(super) fn client_config(
    args: &ProbeArgs,
    provider: &Arc<CryptoProvider>,
) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut config = if args.accept_any_certificate {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyServer::new(Arc::clone(provider))))
            .with_no_client_auth()
    } else if let Some(path) = &args.authorities {
        let roots = authorities(path).map_err(|error| format!("--authorities: {error}"))?;
        builder.with_root_certificates(roots).with_no_client_auth()
    } else {
        let verifier = rustls_platform_verifier::Verifier::new(Arc::clone(provider))
            .map_err(|error| format!("the authorities of the platform: {error}"))?;
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth()
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn authorities(path: &Path) -> Result<RootCertStore, String> {
    let contents = file::read(path, AUTHORITIES_LIMIT).map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&contents.bytes) {
        let certificate =
            certificate.map_err(|error| format!("expected certificates in PEM: {error}"))?;
        roots
            .add(certificate)
            .map_err(|error| format!("expected certificates of authorities: {error}"))?;
    }
    if roots.is_empty() {
        return Err("expected a certificate in PEM, found none".to_owned());
    }
    Ok(roots)
}
