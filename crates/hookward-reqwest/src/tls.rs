//! Whom a connection is made to.

use alloc::sync::Arc;

use hookward_thumbprint::{Algorithms, Leaf, SpkiPin};
use rustls::client::Resumption;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme,
};
use thiserror::Error;

/// Which authorities are believed.
#[derive(Clone, Debug)]
pub(crate) enum Authorities {
    /// Those of the platform, read anew for each configuration.
    Platform,
    /// These alone.
    Only(Arc<RootCertStore>),
    /// None: there will be no TLS.
    None,
}

pub(crate) fn client_config(
    authorities: Authorities,
    pin: Option<SpkiPin>,
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?;
    let mut config = match verifier(authorities, provider)? {
        None => builder.with_root_certificates(RootCertStore::empty()),
        Some(verifier) => builder
            .dangerous()
            .with_custom_certificate_verifier(match pin {
                Some(pin) => Arc::new(Pinned { verifier, pin }),
                None => verifier,
            }),
    }
    .with_no_client_auth();
    // A resumed session calls no verifier. There is one connection a day: each is verified in full.
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn verifier(
    authorities: Authorities,
    provider: Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ServerCertVerifier>>, Error> {
    Ok(match authorities {
        Authorities::Platform => Some(Arc::new(rustls_platform_verifier::Verifier::new(provider)?)),
        Authorities::Only(roots) => Some(
            WebPkiServerVerifier::builder_with_provider(roots, provider)
                .build()
                .map_err(|error| Error::Other(OtherError(Arc::new(error))))?,
        ),
        Authorities::None => None,
    })
}

/// Verifies as usual, and then that the server has the key that was pinned.
#[derive(Debug)]
struct Pinned {
    verifier: Arc<dyn ServerCertVerifier>,
    pin: SpkiPin,
}

#[derive(Debug, Error)]
#[error("the server's key is {found}, not the pinned {expected}")]
struct PinMismatch {
    found: SpkiPin,
    expected: SpkiPin,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.verifier.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )?;
        let found = Leaf::parse(end_entity, Algorithms::NONE)
            .map_err(|_| CertificateError::BadEncoding)?
            .spki_pin();
        if found != self.pin {
            let mismatch = PinMismatch {
                found,
                expected: self.pin,
            };
            return Err(Error::Other(OtherError(Arc::new(mismatch))));
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
