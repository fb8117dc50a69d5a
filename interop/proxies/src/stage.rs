//! One proxy with a gate and an application, on loopback.

use core::net::{Ipv4Addr, SocketAddr};
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use base64ct::{Base64, Encoding};
use hookward_thumbprint::{Algorithm, Thumbprint};
use rcgen::{CertificateParams, KeyPair};
use serde_json::Value;
use tempfile::TempDir;

use crate::application::{Application, Arrived};
use crate::cases::{CLIENT, Case, Client, Expected};
use crate::matrix::Played;
use crate::recipe::{CertificateHeader, Recipe, Style};
use crate::running::{Running, free_port};

/// The host name of the recipes.
pub(crate) const HOST: &str = "hooks.example.com";

/// Longer than anything here takes, in seconds.
const PATIENCE: &str = "20";

pub(crate) struct Stage {
    folder: TempDir,
    application: Application,
    gate: Option<(Child, Receiver<Value>)>,
    pub(crate) port: u16,
    /// The value of the secret header, and of the developer payload.
    pub(crate) secret: String,
    /// Whether the policy of the recipe looks at the developer payload.
    pub(crate) judges_payload: bool,
    /// The name of the certificate header.
    pub(crate) header: &'static str,
    /// The value of the certificate header for the certificate that is listed.
    pub(crate) listed: String,
    pub(crate) hides_loopback: bool,
    // Stopped before the folder is removed.
    _proxy: Running,
}

impl Stage {
    pub(crate) fn set(
        recipe: &Recipe,
        gate: &Path,
        examples: &Path,
        pypi: &Path,
    ) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let here = folder.path();
        certificate(here, "server", HOST)?;
        let sender = certificate(here, "sender", "sender.example")?;
        certificate(here, "stranger", "stranger.example")?;
        let thumbprint = Thumbprint::of(Algorithm::Sha256, &sender).to_string();
        let hex = thumbprint.rsplit(':').next().unwrap_or_default();
        fs::write(here.join("thumbprints.json"), format!("[\"{hex}\"]"))?;

        let application = Application::start()?;
        let (port, gate_port) = (free_port()?, free_port()?);
        let gate_port_of_recipe = match recipe.style {
            Style::Serve => "127.0.0.1:8080",
            Style::ForwardAuth => "127.0.0.1:9902",
        };
        // What a recipe names, and what stands in its place here.
        let places = [
            ("/etc/hookward/", format!("{}/", here.display())),
            ("[::]:443", format!("[::]:{port}")),
            ("example.com:443", format!("example.com:{port}")),
            ("127.0.0.1:3000", application.address.to_string()),
            (gate_port_of_recipe, format!("127.0.0.1:{gate_port}")),
            ("port_value: 443,", format!("port_value: {port},")),
            (
                "port_value: 3000",
                format!("port_value: {}", application.address.port()),
            ),
            ("port_value: 8080", format!("port_value: {gate_port}")),
            ("port_value: 9902", format!("port_value: {gate_port}")),
        ];
        let style = recipe.style.name();
        let proxy_file = format!("{style}.{}", recipe.extension);
        let gate_file = format!("{style}.toml");
        let files = [proxy_file.as_str(), gate_file.as_str()];
        for name in files.into_iter().chain(recipe.more.iter().copied()) {
            let mut text = fs::read_to_string(examples.join(recipe.folder).join(name))?;
            for (from, to) in &places {
                text = text.replace(from, to);
            }
            fs::write(here.join(name), text)?;
        }
        let secret = secret(gate)?;
        let gate_config = fs::read_to_string(here.join(&gate_file))?;
        let gate_address = SocketAddr::from((Ipv4Addr::LOCALHOST, gate_port));
        let started = start_gate(gate, &here.join(gate_file), &secret)?;
        let proxy_address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let log = fs::File::create(here.join("proxy.log"))?;
        let mut command = recipe.command(here, pypi);
        command.stdout(log.try_clone()?).stderr(log);
        let proxy =
            Running::start(&mut command, &[gate_address, proxy_address]).map_err(|error| {
                let log = fs::read_to_string(here.join("proxy.log")).unwrap_or_default();
                io::Error::new(error.kind(), format!("{error}\n{log}"))
            })?;
        Ok(Self {
            port,
            application,
            header: recipe.certificate.name(),
            gate: Some(started),
            secret,
            judges_payload: gate_config.contains("[developer_payload]"),
            listed: header(
                recipe.certificate,
                &sender,
                &fs::read_to_string(here.join("sender.pem"))?,
            ),
            hides_loopback: recipe.hides_loopback,
            folder,
            _proxy: proxy,
        })
    }

    pub(crate) fn play(&mut self, case: &Case) -> io::Result<Played> {
        let status = self.send(case)?;
        let arrived = self.application.take();
        let wrong = match case.expected {
            Expected::Refused => refused(status, arrived.len()),
            Expected::Accepted(address) => self.accepted(case, address, status, &arrived),
            Expected::Harmless if arrived.is_empty() => refused(status, 0),
            Expected::Harmless => self.accepted(case, Some(CLIENT), status, &arrived),
        };
        Ok(Played { status, wrong })
    }

    /// What is wrong with a webhook that had to reach the application, if anything is.
    fn accepted(
        &self,
        case: &Case,
        address: Option<&str>,
        status: u16,
        arrived: &[Arrived],
    ) -> Option<String> {
        let [request] = arrived else {
            return Some(format!("{status}, {} requests arrived", arrived.len()));
        };
        let mut told: Vec<_> = request
            .head
            .iter()
            .filter(|(name, _)| name.replace(['_', '.'], "-").starts_with("hookward-"))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        told.sort_unstable();
        let mut expected = vec![
            ("hookward-event", "completed"),
            ("hookward-header-secret", "first"),
            ("hookward-scan-id", "scan-1"),
        ];
        if self.judges_payload {
            expected.insert(0, ("hookward-developer-payload", "first"));
        }
        let derived = self.derived_address();
        let line = format!("POST {}", case.arrives);
        if status != 200 {
            Some(format!("{status}, though the application said 200"))
        } else if request.line != line {
            Some(format!("{} arrived, not {line}", request.line))
        } else if request.body != self.body(case).as_bytes() {
            Some("another body arrived".to_owned())
        } else if told != expected {
            Some(format!("the application was told {told:?}"))
        } else if request
            .head
            .iter()
            .any(|(name, _)| name.replace('_', "-") == self.header)
        {
            Some("the application got the certificate header".to_owned())
        } else if request
            .head
            .iter()
            .any(|(_, value)| value.contains(&self.secret))
        {
            Some("the application got the secret".to_owned())
        } else if request.head.iter().any(|(name, _)| name == "upgrade") {
            Some("the application was asked to speak another protocol".to_owned())
        } else if address.is_some() && derived.as_deref() != address {
            Some(format!("the client's address was taken for {derived:?}"))
        } else {
            None
        }
    }

    pub(crate) fn refused_without_gate(&self, genuine: &Case) -> io::Result<Played> {
        let status = self.send(genuine)?;
        let wrong = refused(status, self.application.take().len());
        Ok(Played { status, wrong })
    }

    pub(crate) fn stop_gate(&mut self) -> io::Result<()> {
        if let Some((mut gate, _)) = self.gate.take() {
            gate.kill()?;
            gate.wait()?;
        }
        Ok(())
    }

    fn body(&self, case: &Case) -> String {
        let payload = case.payload.unwrap_or(&self.secret);
        serde_json::json!({ "developerPayload": payload }).to_string()
    }

    /// The address in the log line of the last decision.
    fn derived_address(&self) -> Option<String> {
        let (_, lines) = self.gate.as_ref()?;
        let patience = core::time::Duration::from_secs(20);
        let mut last = lines.recv_timeout(patience).ok()?;
        while let Ok(line) = lines.try_recv() {
            last = line;
        }
        Some(last["client_address"].as_str()?.to_owned())
    }

    /// Sends a webhook with curl, and returns the status of the answer; 0 for none.
    fn send(&self, case: &Case) -> io::Result<u16> {
        if let Some((_, lines)) = &self.gate {
            while lines.try_recv().is_ok() {}
        }
        let (here, port) = (self.folder.path(), self.port);
        let resolve = format!("{HOST}:{port}:{}", case.to);
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--path-as-is", "--max-time", PATIENCE])
            .arg(if case.http2 { "--http2" } else { "--http1.1" })
            .args(["--output", "/dev/null", "--write-out", "%{http_code}"])
            .args(["--interface", case.from, "--resolve", &resolve, "--cacert"])
            .arg(here.join("server.crt"))
            .args([
                "--header",
                "content-type: application/json",
                "--data-binary",
                &self.body(case),
            ])
            .args(["--header", &format!("x-webhook-secret: {}", self.secret)]);
        let name = match case.client {
            Client::Nobody => None,
            Client::Listed => Some("sender"),
            Client::Stranger => Some("stranger"),
        };
        if let Some(name) = name {
            curl.arg("--cert").arg(here.join(format!("{name}.pem")));
        }
        for header in &case.headers {
            curl.args(["--header", header]);
        }
        if let Some(target) = &case.target {
            curl.args(["--request-target", target]);
        }
        if let Some(method) = case.method {
            curl.args(["--request", method]);
        }
        curl.arg(format!("https://{HOST}:{port}{}", case.path));
        // Over HTTP/2, curl 7.88 sometimes loses an answer that comes before it has sent its body.
        let mut output = ask(&mut curl)?;
        for _ in 0..4 {
            if output.status.code() == Some(STREAM_NOT_CLOSED) {
                output = ask(&mut curl)?;
            }
        }
        let status = String::from_utf8_lossy(&output.stdout);
        if status == "000" {
            let said = String::from_utf8_lossy(&output.stderr);
            eprintln!("{}: curl ended with {}: {said}", case.name, output.status);
        }
        status
            .parse()
            .map_err(|_| io::Error::other(format!("curl wrote {status:?}")))
    }
}

/// `CURLE_HTTP2_STREAM`.
const STREAM_NOT_CLOSED: i32 = 92;

fn ask(curl: &mut Command) -> io::Result<Output> {
    curl.output().map_err(|error| {
        let message = format!("cannot run curl ({error}): install the package curl");
        io::Error::new(error.kind(), message)
    })
}

impl Drop for Stage {
    fn drop(&mut self) {
        // An error means that it is gone already.
        let _ = self.stop_gate();
    }
}

fn refused(status: u16, arrived: usize) -> Option<String> {
    let good = arrived == 0 && (400..600).contains(&status);
    (!good).then(|| format!("{status}, {arrived} requests arrived"))
}

/// Makes `NAME.pem` with a self-signed certificate and its key, and `NAME.crt` and `NAME.key` with
/// each; returns the DER.
fn certificate(folder: &Path, name: &str, host: &str) -> io::Result<Vec<u8>> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let certificate = CertificateParams::new([host.to_owned()])
        .and_then(|params| params.self_signed(&key))
        .map_err(io::Error::other)?;
    let (pem, key) = (certificate.pem().replace('\r', ""), key.serialize_pem());
    fs::write(folder.join(format!("{name}.crt")), &pem)?;
    fs::write(folder.join(format!("{name}.key")), &key)?;
    fs::write(folder.join(format!("{name}.pem")), pem + &key)?;
    Ok(certificate.der().to_vec())
}

/// What the proxy would write for this certificate.
fn header(form: CertificateHeader, der: &[u8], pem: &str) -> String {
    match form {
        CertificateHeader::DerBase64 => Base64::encode_string(der),
        CertificateHeader::FoldedPem => certificate_in(pem).replace('\n', " "),
        CertificateHeader::PercentEncodedPem => percent_encoded(certificate_in(pem)),
        CertificateHeader::Xfcc => {
            let hash = Thumbprint::of(Algorithm::Sha256, der).to_string();
            let hash = hash.trim_start_matches("sha256:");
            format!(
                "Hash={hash};Cert=\"{}\"",
                percent_encoded(certificate_in(pem))
            )
        }
    }
}

fn percent_encoded(pem: &str) -> String {
    pem.bytes()
        .map(|byte| match byte {
            b'-' => "-".to_owned(),
            _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// What comes before the key.
fn certificate_in(pem: &str) -> &str {
    let end = "-----END CERTIFICATE-----\n";
    pem.find(end).map_or(pem, |at| &pem[..at + end.len()])
}

fn secret(gate: &Path) -> io::Result<String> {
    let output = Command::new(gate).arg("secret").output()?;
    let text = String::from_utf8(output.stdout).map_err(io::Error::other)?;
    Ok(text.trim_end().to_owned())
}

/// Starts the gate, whose decisions come out of the channel.
fn start_gate(gate: &Path, config: &PathBuf, secret: &str) -> io::Result<(Child, Receiver<Value>)> {
    let mut child = Command::new(gate)
        .args(["serve", "--config"])
        .arg(config)
        .env("HOOKWARD_HEADER", secret)
        .env("HOOKWARD_PAYLOAD", secret)
        .stderr(Stdio::piped())
        .spawn()?;
    let stderr = child
        .stderr
        .take()
        .ok_or_else(|| io::Error::other("no stderr"))?;
    let (send, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            match serde_json::from_str::<Value>(&line) {
                Ok(line) if line["message"] == "webhook" => drop(send.send(line)),
                Ok(_) => {}
                Err(_) => drop(writeln!(io::stderr(), "gate: {line}")),
            }
        }
    });
    Ok((child, lines))
}
