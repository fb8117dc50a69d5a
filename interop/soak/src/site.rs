//! What the gate reads: a configuration and everything that it names.

use core::net::SocketAddr;
use std::fs;
use std::io;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use hookward_thumbprint::{Algorithm, Thumbprint};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;

use crate::application;

/// What the certificates of the server are for.
pub(crate) const HOST: &str = "localhost";

/// What is sent all the time.
pub(crate) const PATH: &str = "/copyleaks/completed/scan-1";

pub(crate) struct Site {
    directory: TempDir,
    authority: Issuer<'static, KeyPair>,
    authority_certificate: CertificateDer<'static>,
    server: CertificateDer<'static>,
    sender: CertificateDer<'static>,
    /// The secret of every genuine webhook.
    secret: String,
    applications: [SocketAddr; 2],
    version: usize,
}

impl Site {
    pub(crate) fn new() -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let authority = params.self_signed(&key).map_err(io::Error::other)?;
        let sender_key = KeyPair::generate().map_err(io::Error::other)?;
        let sender = CertificateParams::new(["sender.example".to_owned()])
            .and_then(|params| params.self_signed(&sender_key))
            .map_err(io::Error::other)?;
        let mut site = Self {
            directory,
            authority_certificate: authority.der().clone(),
            authority: Issuer::new(params, key),
            server: authority.der().clone(),
            sender: sender.der().clone(),
            secret: random(),
            applications: [application::start()?, application::start()?],
            version: 0,
        };
        site.write("authority.pem", &authority.pem())?;
        site.write("sender.pem", &sender.pem())?;
        site.write("sender.key", &sender_key.serialize_pem())?;
        site.write("body.json", &site.body())?;
        site.write("secret", &site.secret)?;
        site.rotate_secrets(0)?;
        site.rotate_certificate()?;
        site.rotate_list()?;
        site.reconfigure(0)?;
        Ok(site)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn body(&self) -> String {
        format!(r#"{{"status":0,"developerPayload":"{}"}}"#, self.secret)
    }

    pub(crate) const fn authority(&self) -> &CertificateDer<'static> {
        &self.authority_certificate
    }

    /// The newest certificate of the server.
    pub(crate) fn server_certificate(&self) -> CertificateDer<'static> {
        self.server.clone()
    }

    pub(crate) const fn sender_certificate(&self) -> &CertificateDer<'static> {
        &self.sender
    }

    /// Another application, other limits of the guard, another policy, more or fewer routes.
    pub(crate) fn reconfigure(&self, index: usize) -> io::Result<()> {
        let application = self.applications[index % 2];
        let policy = [
            "client_certificate and developer_payload",
            "client_certificate and (developer_payload or header_secret)",
            "2 of (client_certificate, developer_payload, header_secret)",
        ][index % 3];
        let body = 64 + index % 7;
        let more = match index % 2 {
            0 => "",
            _ => "[[route]]\npath = \"/other/{status}/{scan_id}\"\npolicy = \"header_secret\"\n",
        };
        let text = format!(
            r#"upstream = "http://{application}"
[listen]
address = "127.0.0.1:0"
tls = {{ certificate = "tls/server.pem", key = "tls/server.key" }}
[admin]
enabled = false
[log]
format = "json"
[client_certificate]
thumbprints = {{ file = "thumbprints.json" }}
[developer_payload]
secrets = [
    {{ label = "sent", file = "secret" }},
    {{ label = "other", file = "other" }},
]
[header_secret]
header = "x-webhook-secret"
secrets = [{{ label = "header", file = "header" }}]
[[route]]
path = "/copyleaks/{{status}}/{{scan_id}}"
policy = "{policy}"
body_limit = "{body}KiB"
{more}"#
        );
        self.write("hookward.toml", &text)
    }

    /// A configuration that is in order but for its last line.
    pub(crate) fn break_configuration(&self) -> io::Result<()> {
        let mut text = fs::read_to_string(self.path("hookward.toml"))?;
        text.push_str("[[route]]\npath = \"/a/{status}\"\npolicy = \"client_certificate and\"\n");
        self.write("hookward.toml", &text)
    }

    /// Secrets beside the one that is sent, which stays; and that one stands elsewhere.
    pub(crate) fn rotate_secrets(&self, index: usize) -> io::Result<()> {
        let (sent, other) = match index % 2 {
            0 => (self.secret.clone(), random()),
            _ => (random(), self.secret.clone()),
        };
        // Whichever is written first, the one that is sent is in one of them.
        if index.is_multiple_of(2) {
            self.write("secret", &sent)?;
            self.write("other", &other)?;
        } else {
            self.write("other", &other)?;
            self.write("secret", &sent)?;
        }
        self.write("header", &random())
    }

    /// A new certificate with its key, as volumes of Kubernetes are changed: both at once, by a
    /// symbolic link.
    pub(crate) fn rotate_certificate(&mut self) -> io::Result<()> {
        self.version += 1;
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = CertificateParams::new([HOST.to_owned()])
            .and_then(|params| params.signed_by(&key, &self.authority))
            .map_err(io::Error::other)?;
        let name = format!("tls-{}", self.version);
        fs::create_dir(self.path(&name))?;
        self.write(&format!("{name}/server.pem"), &certificate.pem())?;
        self.write(&format!("{name}/server.key"), &key.serialize_pem())?;
        symlink(&name, self.path("tls.next"))?;
        fs::rename(self.path("tls.next"), self.path("tls"))?;
        self.server = certificate.der().clone();
        if let Some(old) = self.version.checked_sub(2) {
            // The first has none before it.
            let _ = fs::remove_dir_all(self.path(&format!("tls-{old}")));
        }
        Ok(())
    }

    /// The sender, and others that come and go.
    pub(crate) fn rotate_list(&self) -> io::Result<()> {
        let others = (0..fastrand::usize(0..20)).map(|_| random().into_bytes());
        let mut thumbprints: Vec<_> = others
            .map(|bytes| Thumbprint::of(Algorithm::Sha256, &bytes).to_string())
            .collect();
        let sender = Thumbprint::of(Algorithm::Sha256, &self.sender).to_string();
        thumbprints.insert(fastrand::usize(0..=thumbprints.len()), sender);
        self.write("thumbprints.json", &serde_json::to_string(&thumbprints)?)
    }

    /// Writes a file that only we can read, whole or not at all.
    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let path = self.path(name);
        let unfinished = path.with_extension("unfinished");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        io::Write::write_all(&mut options.open(&unfinished)?, text.as_bytes())?;
        fs::rename(unfinished, path)
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }
}

fn random() -> String {
    core::iter::repeat_with(fastrand::alphanumeric)
        .take(43)
        .collect()
}
