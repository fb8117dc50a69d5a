//! Where webhooks come in, where they go, and the server's own certificate.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use hookward_hyper::Upstream;
use http::uri::Authority;
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;

use crate::config::rule::Rule;
use crate::config::schema::{self, Protocol};
use crate::config::spanned::Spanned;
use crate::config::{Reader, entrances};
use crate::file;
use crate::identity::{self, IdentityError};
use crate::state::StateDirectory;

const DEFAULT_ADMIN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9901);

/// The variable in which systemd names the directory of `StateDirectory=`.
const STATE_VARIABLE: &str = "STATE_DIRECTORY";

/// What `serve` needs besides the guard.
#[derive(Debug)]
pub(crate) struct Serving {
    /// `None` where proxies only ask.
    pub(crate) webhooks: Option<Webhooks>,
    /// Where the gate answers questions about itself, if anywhere.
    pub(crate) admin: Option<Admin>,
}

/// Where the gate answers questions about itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Admin {
    pub(crate) address: SocketAddr,
    /// The names that it is asked under, besides its address.
    pub(crate) hosts: Vec<String>,
}

/// Webhooks that come in and go on.
#[derive(Debug)]
pub(crate) struct Webhooks {
    pub(crate) upstream: Upstream,
    /// `None` where TLS does not end here.
    pub(crate) identity: Option<Identity>,
}

/// The server's own certificate.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// It was read from the configured files.
    Configured(CertifiedKey),
    /// It is made, and kept in a directory.
    SelfSigned {
        state: PathBuf,
        names: Vec<ServerName<'static>>,
    },
}

impl Reader<'_, '_, '_> {
    pub(super) fn serving(&mut self, file: &schema::File) -> Option<Serving> {
        let webhooks = if entrances::is_only_asked(file) {
            Some(None)
        } else {
            self.webhooks(file).map(Some)
        };
        let no_admin = schema::Admin::default();
        let admin = file.admin.as_ref().map_or(&no_admin, Spanned::get_ref);
        let enabled = admin
            .enabled
            .as_ref()
            .is_none_or(|enabled| *enabled.get_ref());
        let address = admin
            .address
            .as_ref()
            .map_or(DEFAULT_ADMIN, |address| *address.get_ref());
        let hosts = admin.hosts.iter().filter_map(|name| self.host(name));
        let hosts = hosts.collect();
        Some(Serving {
            webhooks: webhooks?,
            admin: enabled.then_some(Admin { address, hosts }),
        })
    }

    /// A name without a port, as it stands in `Host`.
    fn host(&mut self, name: &Spanned<String>) -> Option<String> {
        let text = name.get_ref();
        match text.parse::<Authority>() {
            Ok(host) if host.host() == text => Some(text.clone()),
            _ => {
                let message = "expected a host name without a port, such as \"gate.internal\"";
                self.findings.error(&name.span(), message);
                None
            }
        }
    }

    fn webhooks(&mut self, file: &schema::File) -> Option<Webhooks> {
        let upstream = match &file.upstream {
            Some(upstream) => upstream
                .get_ref()
                .parse::<Upstream>()
                .map_err(|error| self.findings.error(&upstream.span(), error))
                .ok(),
            None => {
                let expected = "where accepted requests go, such as \"http://127.0.0.1:3000\"";
                self.findings.missing(None, "upstream", expected);
                None
            }
        };
        let no_listen = schema::Listen::default();
        let listen = file.listen.as_ref().map_or(&no_listen, Spanned::get_ref);
        let identity = match &listen.tls {
            _ if entrances::protocol(listen) == Protocol::Http => Some(None),
            Some(tls) => {
                for name in &listen.server_names {
                    let message = "not used, because there is a certificate in tls";
                    self.findings
                        .warning(Rule::UnusedSetting, &name.span(), message);
                }
                self.configured_identity(tls).map(Some)
            }
            None => self
                .self_signed_identity(listen, file.state.as_ref())
                .map(Some),
        };
        Some(Webhooks {
            upstream: upstream?,
            identity: identity?,
        })
    }

    fn configured_identity(&mut self, tls: &Spanned<schema::Tls>) -> Option<Identity> {
        let fields = tls.get_ref();
        let mut read = |path: Option<&Spanned<PathBuf>>, name: &str, expected: &str| {
            let Some(path) = path else {
                self.findings.missing(Some(&tls.span()), name, expected);
                return None;
            };
            match file::read(&self.base.join(path.get_ref()), identity::FILE_LIMIT) {
                Ok(contents) => Some((path.span(), contents)),
                Err(error) => {
                    self.findings.error(&path.span(), error);
                    None
                }
            }
        };
        let chain = read(
            fields.certificate.as_ref(),
            "certificate",
            "the path of a PEM file",
        );
        let key = read(fields.key.as_ref(), "key", "the path of a PEM file");
        let ((place, chain), (key_place, key)) = (chain?, key?);
        if key.readable_by_all {
            self.findings.warning(
                Rule::ReadableSecret,
                &key_place,
                "every user of this machine can read the key",
            );
        }
        match identity::from_pem(&chain.bytes, &key.bytes, self.provider) {
            Ok(identity) => Some(Identity::Configured(identity)),
            Err(error) => {
                let place = match error {
                    IdentityError::Key(_) => &key_place,
                    _ => &place,
                };
                self.findings.error(place, error);
                None
            }
        }
    }

    /// Where the gate keeps things, whether that is there yet or not.
    pub(super) fn state(&self, state: Option<&Spanned<PathBuf>>) -> PathBuf {
        match state {
            Some(path) => self.base.join(path.get_ref()),
            None => default_state(self.base),
        }
    }

    /// Looks at what was kept before, but makes nothing: `check` must not.
    fn self_signed_identity(
        &mut self,
        listen: &schema::Listen,
        state: Option<&Spanned<PathBuf>>,
    ) -> Option<Identity> {
        let mut names = Vec::new();
        for name in &listen.server_names {
            match ServerName::try_from(name.get_ref().clone()) {
                Ok(name) => names.push(name),
                Err(_) => self.findings.error(
                    &name.span(),
                    "expected a host name such as \"hooks.example.com\", or an address",
                ),
            }
        }
        let span = state.map_or(0..0, Spanned::span);
        let state = self.state(state);
        let found = StateDirectory::find(&state)
            .map_err(|error| error.to_string())
            .and_then(|directory| match directory {
                None => Ok(None),
                Some(directory) => identity::find_self_signed(&directory, &names, self.provider)
                    .map_err(|error| error.to_string()),
            });
        match found {
            Ok(_) => Some(Identity::SelfSigned { state, names }),
            Err(error) => {
                self.findings.error(&span, error);
                None
            }
        }
    }
}

/// What systemd has made for us, or a directory beside the configuration.
fn default_state(base: &Path) -> PathBuf {
    match std::env::var_os(STATE_VARIABLE) {
        // Several directories are separated by colons; the first is ours.
        Some(paths) if !paths.is_empty() => std::env::split_paths(&paths)
            .next()
            .unwrap_or_else(|| base.join("hookward-state")),
        _ => base.join("hookward-state"),
    }
}
