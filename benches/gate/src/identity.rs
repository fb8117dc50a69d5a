//! Certificates, keys and secrets, made for one run.

use std::fs;
use std::io;
use std::path::Path;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Whoever sends the webhooks.
pub(crate) struct Sender {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivatePkcs8KeyDer<'static>,
    pub(crate) header_secret: String,
    pub(crate) payload_secret: String,
}

impl Sender {
    pub(crate) fn make() -> io::Result<Self> {
        let (certificate, key) = certificate("sender.example")?;
        Ok(Self {
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
            header_secret: secret()?,
            payload_secret: secret()?,
        })
    }

    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key().into()
    }
}

/// Writes `server.crt` and `server.key`, which all contenders serve with.
pub(crate) fn write_server(folder: &Path) -> io::Result<()> {
    let (certificate, key) = certificate("hooks.example")?;
    fs::write(folder.join("server.crt"), certificate.pem())?;
    fs::write(folder.join("server.key"), key.serialize_pem())
}

/// A self-signed certificate with a key on P-256.
fn certificate(host: &str) -> io::Result<(rcgen::Certificate, KeyPair)> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let params = CertificateParams::new([host.to_owned()]).map_err(io::Error::other)?;
    let certificate = params.self_signed(&key).map_err(io::Error::other)?;
    Ok((certificate, key))
}

/// 128 bits in hexadecimal.
fn secret() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
