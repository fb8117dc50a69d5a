//! A gate with everything that it needs, in a directory of its own.

use core::net::SocketAddr;
use core::time::Duration;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use hookward_thumbprint::{Algorithm, Thumbprint};
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::client::read_message;

/// What the README of the gate says that its default limits come to, in bytes: 32 MiB, 256 KiB for
/// each of 1,024 connections, and 64 MiB of buffered bodies.
pub(crate) const MEMORY_BUDGET: u64 = (32 << 20) + 1024 * (256 << 10) + (64 << 20);

/// Where the head decides, and where anybody can make the gate buffer.
pub(crate) const STRICT: &str = "/strict/completed";
pub(crate) const LAX: &str = "/lax/completed";

const VARIABLE: &str = "PRESSURE_PAYLOAD";

/// How long a gate may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Site {
    _directory: TempDir,
    child: Child,
    pub(crate) gate: SocketAddr,
    admin: SocketAddr,
    pub(crate) payload: String,
    /// A client with a listed certificate, and one without any.
    pub(crate) sender: Arc<ClientConfig>,
    pub(crate) stranger: Arc<ClientConfig>,
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Identity {
    certificate: CertificateDer<'static>,
    pem: String,
    key: KeyPair,
}

impl Identity {
    fn new(host: &str) -> io::Result<Self> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let params = CertificateParams::new([host.to_owned()]).map_err(io::Error::other)?;
        let certificate = params.self_signed(&key).map_err(io::Error::other)?;
        Ok(Self {
            certificate: certificate.der().clone(),
            pem: certificate.pem(),
            key,
        })
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }
}

impl Site {
    pub(crate) async fn start(gate: &Path, application: SocketAddr) -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        let path = |name: &str| directory.path().join(name);
        let (server, sender) = (Identity::new("localhost")?, Identity::new("a.example")?);
        fs::write(path("server.pem"), &server.pem)?;
        fs::write(path("server.key"), server.key.serialize_pem())?;
        let thumbprint = Thumbprint::of(Algorithm::Sha256, &sender.certificate);
        fs::write(path("thumbprints.json"), format!("[\"{thumbprint}\"]"))?;
        fs::write(path("hookward.toml"), configuration(application))?;
        let payload = random()?;
        let mut child = Command::new(fs::canonicalize(gate)?)
            .arg("serve")
            .current_dir(directory.path())
            .env(VARIABLE, &payload)
            .env_remove("HOOKWARD_CONFIG")
            .env_remove("STATE_DIRECTORY")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let listening = listening(&mut child)?;
        let listening = listening.recv_timeout(PATIENCE).map_err(io::Error::other)?;
        let address = |name: &str| {
            let text = listening[name].as_str();
            text.and_then(|text| text.parse().ok())
                .ok_or_else(|| io::Error::other("the gate does not say where it listens"))
        };
        let mut roots = RootCertStore::empty();
        roots
            .add(server.certificate.clone())
            .map_err(io::Error::other)?;
        let builder = || {
            let provider = Arc::new(default_provider());
            let builder = ClientConfig::builder_with_provider(provider);
            builder
                .with_safe_default_protocol_versions()
                .map(|builder| builder.with_root_certificates(roots.clone()))
                .map_err(io::Error::other)
        };
        let certificate = vec![sender.certificate.clone()];
        let sender = builder()?
            .with_client_auth_cert(certificate, sender.key())
            .map_err(io::Error::other)?;
        Ok(Self {
            gate: address("address")?,
            admin: address("admin")?,
            _directory: directory,
            child,
            payload,
            sender: Arc::new(sender),
            stranger: Arc::new(builder()?.with_no_client_auth()),
        })
    }

    /// The process.
    pub(crate) fn gate(&self) -> u32 {
        self.child.id()
    }

    /// What the gate says of its connections and its buffer.
    pub(crate) async fn metrics(&self) -> io::Result<Vec<String>> {
        let mut stream = TcpStream::connect(self.admin).await?;
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {}\r\n\r\n", self.admin);
        stream.write_all(request.as_bytes()).await?;
        let mut read = Vec::new();
        let body = read_message(&mut stream, &mut read).await?.body;
        let text = String::from_utf8_lossy(&read[..body]).into_owned();
        let wanted = [
            "hookward_decisions",
            "hookward_connections",
            "hookward_buffer",
        ];
        let mut lines = text.lines();
        Ok(lines
            .by_ref()
            .filter(|line| wanted.iter().any(|name| line.starts_with(name)))
            .filter(|line| !line.contains("listener=\"admin\""))
            .map(str::to_owned)
            .collect())
    }
}

fn configuration(application: SocketAddr) -> String {
    format!(
        r#"upstream = "http://{application}"
[listen]
address = "127.0.0.1:0"
tls = {{ certificate = "server.pem", key = "server.key" }}
[admin]
address = "127.0.0.1:0"
[log]
format = "json"
[client_certificate]
thumbprints = {{ file = "thumbprints.json" }}
[developer_payload]
secrets = [{{ label = "first", env = "{VARIABLE}" }}]
[[route]]
path = "/strict/{{status}}/{{scan_id}}"
policy = "client_certificate and developer_payload"
[[route]]
path = "/lax/{{status}}/{{scan_id}}"
policy = "developer_payload"
"#
    )
}

/// Gets the line of the log that says where the gate listens. The rest is read, and not looked at.
fn listening(child: &mut Child) -> io::Result<Receiver<serde_json::Value>> {
    let stderr = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(stderr);
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
            match serde_json::from_str::<serde_json::Value>(&line) {
                Ok(line) if line["message"] == "listening" => {
                    drop(send.send(line));
                    break;
                }
                Ok(_) => {}
                Err(_) => eprint!("gate: {line}"),
            }
            line.clear();
        }
        let _ = io::copy(&mut lines, &mut io::sink());
    });
    Ok(receive)
}

/// A secret in hexadecimal.
pub(crate) fn random() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
