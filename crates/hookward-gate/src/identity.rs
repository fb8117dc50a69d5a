//! The server's own certificate and key: from files, or self-signed and kept.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use thiserror::Error;

use crate::file::{self, FileError};
use crate::state::StateDirectory;

/// A chain with its key is far smaller.
pub(crate) const FILE_LIMIT: u64 = 1 << 20;

/// Certificate and key in one file, so that there is never one without the other.
const SELF_SIGNED: &str = "self-signed.pem";

/// How many years a certificate that we make is valid.
const YEARS: i16 = 10;

/// Why there is no certificate to serve with.
#[derive(Debug, Error)]
pub(crate) enum IdentityError {
    /// A file was not read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file was not written.
    #[error("cannot write {path}: {source}")]
    Write { path: String, source: io::Error },
    /// What should be certificates is no PEM.
    #[error("expected certificates in PEM: {0}")]
    Chain(#[source] pem::Error),
    /// What should be a key is no PEM.
    #[error("expected a private key in PEM: {0}")]
    Key(#[source] pem::Error),
    /// The file of certificates has none.
    #[error("expected a certificate in PEM, found none")]
    NoCertificate,
    /// The certificate or key is not what it has to be, or they do not belong together.
    #[error("expected a certificate with its key: {0}")]
    Rejected(#[from] rustls::Error),
    /// The certificate that was kept is for other names.
    #[error(
        "the certificate kept in {path} is not for {name}; delete the file to have a new one made"
    )]
    OtherNames { path: String, name: String },
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
}

/// Reads a chain of certificates and the key of the first from PEM.
pub(crate) fn from_pem(
    chain: &[u8],
    key: &[u8],
    provider: &CryptoProvider,
) -> Result<CertifiedKey, IdentityError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(IdentityError::Chain)?;
    if chain.is_empty() {
        return Err(IdentityError::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(IdentityError::Key)?;
    Ok(CertifiedKey::from_der(chain, key, provider)?)
}

/// The self-signed certificate that was kept, if there is one, and if it is for `names`.
pub(crate) fn find_self_signed(
    state: &StateDirectory,
    names: &[ServerName<'static>],
    provider: &CryptoProvider,
) -> Result<Option<CertifiedKey>, IdentityError> {
    let path = state.file(SELF_SIGNED);
    let contents = match file::read(&path, FILE_LIMIT) {
        Err(FileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Ok(None);
        }
        read => read?,
    };
    let kept = from_pem(&contents.bytes, &contents.bytes, provider)?;
    let parsed = ParsedCertificate::try_from(kept.end_entity_cert()?)?;
    for name in names {
        if verify_server_name(&parsed, name).is_err() {
            return Err(IdentityError::OtherNames {
                path: path.display().to_string(),
                name: name.to_str().into_owned(),
            });
        }
    }
    Ok(Some(kept))
}

/// The self-signed certificate that was kept, or a new one that is kept from now on.
pub(crate) fn keep_self_signed(
    state: &StateDirectory,
    names: &[ServerName<'static>],
    provider: &CryptoProvider,
) -> Result<CertifiedKey, IdentityError> {
    if let Some(kept) = find_self_signed(state, names, provider)? {
        return Ok(kept);
    }
    let path = state.file(SELF_SIGNED);
    let made = make(names)?;
    match write_new(&path, made.as_bytes()) {
        Ok(()) => {}
        // Another gate with the same state directory was faster: its certificate is the one.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(source) => {
            return Err(IdentityError::Write {
                path: path.display().to_string(),
                source,
            });
        }
    }
    find_self_signed(state, names, provider)?.ok_or(IdentityError::NoCertificate)
}

/// A certificate and its key, in PEM.
fn make(names: &[ServerName<'static>]) -> Result<String, IdentityError> {
    let names: Vec<String> = names
        .iter()
        .map(|name| name.to_str().into_owned())
        .collect();
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "hookward");
    let today = jiff::Timestamp::now()
        .to_zoned_datetime(jiff::tz::TimeZone::UTC)
        .date();
    // A clock that is a little behind must not find the certificate to be of the future. The day
    // is none that some months lack.
    let date = today.yesterday().unwrap_or(today);
    let at = |year: i16| {
        let (month, day) = (
            date.month().unsigned_abs(),
            date.day().unsigned_abs().min(28),
        );
        date_time_ymd(year.into(), month, day)
    };
    params.not_before = at(date.year());
    params.not_after = at(date.year() + YEARS);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(format!("{}{}", certificate.pem(), key.serialize_pem()))
}

/// Writes a file for us alone that nobody has written before. It is there whole or not at all.
fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut unique = [0; 8];
    getrandom::fill(&mut unique).map_err(io::Error::other)?;
    let unfinished = path.with_extension(format!("{:016x}.tmp", u64::from_ne_bytes(unique)));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)
        .and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        })
        // Unlike renaming, linking fails if the name is taken.
        .and_then(|()| fs::hard_link(&unfinished, path));
    let removed = fs::remove_file(&unfinished);
    written.and(removed)
}
