//! What Copyleaks does with the fields of a submission: it sends webhooks.

use core::time::Duration;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use super::common::Site;
use super::common::gate::Gate;

/// Longer than the gate takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

/// A host that trusts the gate's certificate.
pub(crate) struct Sender {
    config: Arc<ClientConfig>,
}

impl Sender {
    /// Makes `server.pem` and `server.key` in the site, and trusts them.
    pub(crate) fn new(site: &Site) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        site.write("server.pem", made.cert.pem());
        site.write("server.key", made.signing_key.serialize_pem());
        let mut roots = RootCertStore::empty();
        let certificate: &CertificateDer<'static> = made.cert.der();
        roots.add(certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            config: Arc::new(config),
        }
    }

    /// Sends one request, and returns the status of the answer.
    pub(crate) fn send(&self, gate: &Gate, webhook: &Webhook) -> u16 {
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::clone(&self.config), name).unwrap();
        let socket = TcpStream::connect(gate.address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut stream = StreamOwned::new(connection, socket);
        let mut request = format!(
            "{} {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n",
            webhook.method,
            webhook.path,
            webhook.body.len()
        );
        for (name, value) in &webhook.headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(&webhook.body);
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // Who ends a connection without saying so has answered nonetheless.
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.strip_prefix("HTTP/1.1 ").and_then(|a| a.get(..3));
        status
            .and_then(|status| status.parse().ok())
            .unwrap_or_else(|| panic!("{answer:?}"))
    }
}

/// A webhook, as it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Webhook {
    /// The webhook that reports a status of the scan that was armed with `submission`.
    pub(crate) fn of_status(submission: &Value, status: &str) -> Self {
        let properties = &submission["properties"];
        let url = properties["webhooks"]["status"].as_str().unwrap();
        Self {
            headers: headers(&properties["webhooks"]["statusHeaders"]),
            ..Self::new(
                &url.replace("{STATUS}", status),
                &properties["developerPayload"],
            )
        }
    }

    /// A webhook with a payload, which may be null.
    pub(crate) fn new(url: &str, payload: &Value) -> Self {
        let (_, path) = url
            .strip_prefix("https://")
            .unwrap()
            .split_once('/')
            .unwrap();
        let mut body = json!({ "status": 0 });
        if !payload.is_null() {
            body["developerPayload"] = payload.clone();
        }
        Self {
            method: "POST".to_owned(),
            path: format!("/{path}"),
            headers: Vec::new(),
            body: body.to_string(),
        }
    }
}

/// A field with headers, where there is one.
pub(crate) fn headers(field: &Value) -> Vec<(String, String)> {
    match field {
        Value::Null => Vec::new(),
        field => serde_json::from_value(field.clone()).unwrap(),
    }
}
