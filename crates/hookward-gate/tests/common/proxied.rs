//! A gate to which proxies talk, and what they say, byte by byte.

use std::io::{Read, Write};

use hookward_thumbprint::{Algorithm, Thumbprint};

use super::Site;

/// What its route matches.
pub(crate) const PATH: &str = "/copyleaks/completed/scan-1";

/// A fresh self-signed certificate in DER.
pub(crate) fn certificate() -> Vec<u8> {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["sender.example".to_owned()]).unwrap();
    params.self_signed(&key).unwrap().der().to_vec()
}

/// A directory with a configuration: `listeners` and a route that asks for certificate and address.
pub(crate) fn site(listeners: &str, listed: &[u8]) -> Site {
    let site = Site::new();
    let thumbprint = Thumbprint::of(Algorithm::Sha256, listed).to_string();
    let (_, hex) = thumbprint.split_once(':').unwrap();
    site.write("thumbprints.json", format!(r#"["{hex}"]"#));
    site.write(
        "hookward.toml",
        format!(
            r#"{listeners}
[admin]
address = "127.0.0.1:0"
[log]
format = "json"
[client_certificate]
thumbprints = {{ file = "thumbprints.json" }}
[source_address]
allow = ["203.0.113.0/24"]
[[route]]
path = "/copyleaks/{{status}}/{{scan_id}}"
policy = "client_certificate and source_address"
"#
        ),
    );
    site
}

/// Sends a request, and returns all that comes back.
pub(crate) fn exchange(
    mut stream: impl Read + Write,
    before: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> String {
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let head = format!(
        "{before}{method} {path} HTTP/1.1\r\nhost: gate\r\nconnection: close\r\n{lines}\r\n"
    );
    // Whoever is not let in may be cut off early.
    let _ = stream.write_all(head.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

/// The status in the first line of an answer.
pub(crate) fn status(answer: &str) -> u16 {
    let status = answer
        .split(' ')
        .nth(1)
        .unwrap_or_else(|| panic!("{answer:?}"));
    status.parse().unwrap()
}
