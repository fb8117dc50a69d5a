//! What the demo is made of: keys, certificates and secrets of the moment, and the gate's defaults.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::fs;
use std::io;
use std::path::Path;

use hookward::{Algorithm, Thumbprint};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::secret;

/// Where the sender's genuine calls come from.
pub(crate) const GENUINE_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Another address of the same machine.
pub(crate) const OTHER_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// The header that the sender was asked to attach.
pub(crate) const SECRET_HEADER: &str = "x-webhook-secret";

/// The largest body that the demo's gate takes, in bytes.
pub(crate) const BODY_LIMIT: usize = 1 << 20;

/// A certificate and its key.
pub(crate) struct Identity {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Identity {
    /// A self-signed certificate that is valid within these years.
    fn make(years: (i32, i32)) -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(["sender.example".to_owned()])?;
        params.not_before = date_time_ymd(years.0, 1, 1);
        params.not_after = date_time_ymd(years.1, 1, 1);
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?.der().clone();
        Ok(Self { certificate, key })
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }

    pub(crate) fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of(Algorithm::Sha256, &self.certificate)
    }
}

/// The people of the demo and what they know.
pub(crate) struct Setting {
    /// Copyleaks' part: listed, valid.
    pub(crate) sender: Identity,
    /// Somebody with a certificate that is not listed.
    pub(crate) stranger: Identity,
    /// Listed, but its validity has ended.
    pub(crate) expired: Identity,
    /// Listed, but its validity has not begun.
    pub(crate) future: Identity,
    pub(crate) header_secret: String,
    pub(crate) payload: String,
}

impl Setting {
    pub(crate) fn make() -> io::Result<Self> {
        let identity = |years| Identity::make(years).map_err(io::Error::other);
        let secret = || secret::fresh().map_err(io::Error::other);
        Ok(Self {
            sender: identity((2000, 4000))?,
            stranger: identity((2000, 4000))?,
            expired: identity((2000, 2001))?,
            future: identity((3999, 4000))?,
            header_secret: secret()?.to_string(),
            payload: secret()?.to_string(),
        })
    }

    /// Writes the configuration and what it names, and says where the configuration is.
    pub(crate) fn write(&self, folder: &Path, upstream: SocketAddr) -> io::Result<()> {
        let listed = [&self.sender, &self.expired, &self.future];
        let listed = listed.map(|identity| identity.thumbprint().to_string());
        write_secret(&folder.join("header.secret"), &self.header_secret)?;
        write_secret(&folder.join("payload.secret"), &self.payload)?;
        fs::write(
            folder.join("thumbprints.json"),
            serde_json::to_vec(&listed)?,
        )?;
        fs::write(folder.join(CONFIGURATION), configuration(upstream))
    }
}

/// The name of the configuration file.
pub(crate) const CONFIGURATION: &str = "hookward.toml";

/// The files of secrets are for nobody else.
fn write_secret(path: &Path, secret: &str) -> io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(secret.as_bytes())
}

/// Every event has its route, and the routes have different policies.
fn configuration(upstream: SocketAddr) -> String {
    format!(
        r#"upstream = "http://{upstream}"
state = "state"

[listen]
address = "127.0.0.1:0"

[admin]
address = "127.0.0.1:0"

[limits]
body = "{BODY_LIMIT}B"

[client_certificate]
thumbprints = {{ file = "thumbprints.json" }}

[header_secret]
header = "{SECRET_HEADER}"
secrets = [{{ label = "demo-header", file = "header.secret" }}]

[developer_payload]
secrets = [{{ label = "demo-payload", file = "payload.secret" }}]

[source_address]
allow = ["{GENUINE_ADDRESS}"]

[[route]]
path = "/copyleaks/{{status}}/{{scan_id}}"
policy = "client_certificate and header_secret and source_address and developer_payload"

[[route]]
path = "/copyleaks/new-result/{{scan_id}}"
event = "newResult"
policy = "client_certificate and developer_payload"

[[route]]
path = "/copyleaks/export/{{scan_id}}"
event = "exportCompleted"
policy = "client_certificate and (header_secret or developer_payload)"

[[route]]
path = "/copyleaks/upload/{{scan_id}}"
event = "exportUpload"
policy = "client_certificate and header_secret"

[[route]]
path = "/copyleaks/deleted/{{scan_id}}"
event = "deleteCompleted"
policy = "client_certificate and source_address"

[[route]]
path = "/copyleaks/image/{{scan_id}}"
event = "aiImage"
policy = "header_secret and developer_payload"

[[route]]
path = "/copyleaks/video/{{scan_id}}"
event = "aiVideo"
policy = "2 of (client_certificate, header_secret, developer_payload)"
"#
    )
}
