//! A directory with a configuration in it, and the real command.

#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod checked;
pub(crate) mod gate;
pub(crate) mod identity;
pub(crate) mod list_server;
pub(crate) mod proxied;
pub(crate) mod sender;
pub(crate) mod upstream;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use hookward_thumbprint::{Algorithm, Thumbprint};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;

/// The variables that the configurations of these tests name.
pub(crate) const PAYLOAD_VARIABLE: &str = "TEST_PAYLOAD";
pub(crate) const HEADER_VARIABLE: &str = "TEST_HEADER";

/// What one command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("the command was not killed"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

/// A fresh directory, and fresh secrets.
pub(crate) struct Site {
    directory: TempDir,
    pub(crate) payload: String,
    pub(crate) header_secret: String,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            payload: secret(),
            header_secret: secret(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file that only we can read.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The command, in this directory, with the secrets in its environment.
    pub(crate) fn hookward<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookward"));
        command
            .args(args)
            .current_dir(self.directory.path())
            .env_remove("HOOKWARD_CONFIG")
            .env_remove("HOOKWARD_PAYLOAD")
            .env_remove("STATE_DIRECTORY")
            .env(PAYLOAD_VARIABLE, &self.payload)
            .env(HEADER_VARIABLE, &self.header_secret);
        command
    }

    pub(crate) fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ran {
        self.hookward(args).output().unwrap().into()
    }

    /// Runs the command with `input` on its standard input.
    pub(crate) fn run_with<'a>(
        &self,
        args: impl IntoIterator<Item = &'a str>,
        input: &[u8],
    ) -> Ran {
        let mut child = self
            .hookward(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Whoever refuses its input early closes it early.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap().into()
    }

    /// Makes `NAME.pem` and `NAME.key`: a self-signed certificate, as the documentation of many
    /// services says to make one.
    pub(crate) fn openssl_certificate(&self, name: &str, host: &str) {
        let (key, certificate) = (
            self.path(&format!("{name}.key")),
            self.path(&format!("{name}.pem")),
        );
        let made = program("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
            ])
            .args(["-nodes", "-days", "2", "-subj", &format!("/CN={name}")])
            .args(["-addext", &format!("subjectAltName=DNS:{host}")])
            .arg("-keyout")
            .arg(key)
            .arg("-out")
            .arg(certificate)
            .output()
            .unwrap_or_else(|error| needs("openssl", &error));
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
    }

    /// The same without a program.
    pub(crate) fn certificate(&self, name: &str, host: &str) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new([host.to_owned()]).unwrap();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        params.not_before = rcgen::date_time_ymd(2024, 1, 1);
        params.not_after = rcgen::date_time_ymd(2090, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        self.write(&format!("{name}.key"), key.serialize_pem());
        self.write(&format!("{name}.pem"), certificate.pem());
    }

    /// The SHA-256 thumbprint of `NAME.pem`.
    pub(crate) fn thumbprint(&self, name: &str) -> String {
        let pem = fs::read(self.path(&format!("{name}.pem"))).unwrap();
        let certificate = CertificateDer::from_pem_slice(&pem).unwrap();
        Thumbprint::of(Algorithm::Sha256, &certificate).to_string()
    }

    /// Writes `thumbprints.json` with the thumbprints of these certificates.
    pub(crate) fn list(&self, names: &[&str]) {
        let digests: Vec<_> = names.iter().map(|name| self.thumbprint(name)).collect();
        self.write("thumbprints.json", serde_json::to_vec(&digests).unwrap());
    }
}

/// A program that these tests cannot do without.
pub(crate) fn program(name: &str) -> Command {
    Command::new(name)
}

pub(crate) fn needs(name: &str, error: &std::io::Error) -> ! {
    panic!("this test needs the program `{name}`: {error}")
}

/// A fresh secret, from the command itself.
pub(crate) fn secret() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_hookward"))
        .arg("secret")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.strip_suffix('\n').expect("a line").to_owned()
}
