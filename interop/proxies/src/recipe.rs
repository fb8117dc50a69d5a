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
    /// Whether the proxy writes its own address for clients at `::1`.
    pub(crate) hides_loopback: bool,
    program: Program,
}

/// Where a program comes from.
#[derive(Clone, Copy, Debug)]
enum Program {
    /// Debian, by its name and that of its package.
    Debian(&'static str, &'static str),
    /// PyPI, by its name: see `requirements.txt`.
    Pypi(&'static str),
}

const NGINX: Recipe = Recipe {
    proxy: "nginx",
    style: Style::Serve,
    folder: "nginx",
    extension: "conf",
    more: &[],
    certificate: CertificateHeader::PercentEncodedPem,
    hides_loopback: false,
    program: Program::Debian("nginx", "nginx"),
};

const HAPROXY: Recipe = Recipe {
    proxy: "HAProxy",
    style: Style::Serve,
    folder: "haproxy",
    extension: "cfg",
    more: &["hookward.lua"],
    certificate: CertificateHeader::DerBase64,
    hides_loopback: false,
    program: Program::Debian("haproxy", "haproxy"),
};

const CADDY: Recipe = Recipe {
    proxy: "Caddy",
    style: Style::Serve,
    folder: "caddy",
    extension: "Caddyfile",
    more: &[],
    certificate: CertificateHeader::DerBase64,
    hides_loopback: false,
    program: Program::Debian("caddy", "caddy"),
};

const APACHE: Recipe = Recipe {
    proxy: "Apache",
    style: Style::Serve,
    folder: "apache",
    extension: "conf",
    more: &[],
    certificate: CertificateHeader::FoldedPem,
    hides_loopback: false,
    program: Program::Debian("apache2", "apache2"),
};

const ENVOY: Recipe = Recipe {
    proxy: "Envoy",
    style: Style::Serve,
    folder: "envoy",
    extension: "yaml",
    more: &[],
    certificate: CertificateHeader::Xfcc,
    hides_loopback: true,
    program: Program::Pypi("envoy"),
};

/// What PyPI has is newer than what Debian has.
const NEW_CADDY: Recipe = Recipe {
    program: Program::Pypi("caddy"),
    ..CADDY
};

pub(crate) const RECIPES: [Recipe; 12] = [
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
    NEW_CADDY,
    Recipe {
        style: Style::ForwardAuth,
        ..NEW_CADDY
    },
    APACHE,
    Recipe {
        style: Style::ForwardAuth,
        more: &["hookward.lua"],
        ..APACHE
    },
    ENVOY,
    Recipe {
        style: Style::ForwardAuth,
        ..ENVOY
    },
];

impl Program {
    const fn name(self) -> &'static str {
        match self {
            Self::Debian(name, _) | Self::Pypi(name) => name,
        }
    }
}

impl Recipe {
    /// The version of the program. One that is not there is an error.
    pub(crate) fn version(&self, pypi: &Path) -> io::Result<String> {
        let name = self.program.name();
        let asks = match name {
            "envoy" => "--version",
            "caddy" => "version",
            _ => "-v",
        };
        let output = self.start(pypi).arg(asks).output().map_err(|error| {
            let from = match self.program {
                Program::Debian(_, package) => format!("the package {package}"),
                Program::Pypi(_) => format!("the packages of PyPI in {}", pypi.display()),
            };
            let message = format!("cannot run {name} ({error}): install {from}");
            io::Error::new(error.kind(), message)
        })?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let is_version = |word: &&str| {
            let digit = |byte: u8| byte.is_ascii_digit();
            let mut triples = word.as_bytes().windows(3);
            triples.any(|three| digit(three[0]) && three[1] == b'.' && digit(three[2]))
        };
        let line = said.lines().find(|line| !line.is_empty());
        // What comes first may be a path.
        let mut words = line.unwrap_or_default().split([' ', '/']);
        let version = words.rfind(is_version);
        let no_version = || io::Error::other(format!("{name} says no version: {said}"));
        Ok(version.ok_or_else(no_version)?.to_owned())
    }

    fn start(&self, pypi: &Path) -> Command {
        match self.program {
            Program::Debian(name, _) => Command::new(name),
            Program::Pypi(name) => Command::new(pypi.join(name)),
        }
    }

    /// The command that runs the proxy in the foreground, with all that it writes in `folder`.
    pub(crate) fn command(&self, folder: &Path, pypi: &Path) -> Command {
        let file = folder.join(format!("{}.{}", self.style.name(), self.extension));
        let mut command = self.start(pypi);
        match self.program.name() {
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
