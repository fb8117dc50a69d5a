//! Whose connections a listener takes, and what it believes them about their clients.

use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::ops::Range;
use std::path::PathBuf;

use hookward::HeaderName;
use hookward_forwarded::{AddressForm, AddressRule, CertificateForm, Peer, TrustedProxies};

use crate::config::rule::Rule;
use crate::config::schema::{self, Protocol, ProxyProtocol};
use crate::config::spanned::Spanned;
use crate::config::value::Address;
use crate::config::{Reader, lists, value};
use crate::provenance::{AddressSource, CertificateSource, Provenance};

/// The name of the form that is no header: the certificate in the PROXY protocol header.
const IN_PROXY_PROTOCOL: &str = "proxy-protocol";

/// A listener, but for its TLS.
#[derive(Clone, Debug)]
pub(crate) struct Entrance {
    pub(crate) socket: Socket,
    pub(crate) admitted: Admitted,
    pub(crate) provenance: Provenance,
}

/// What connections come in on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Socket {
    Tcp(SocketAddr),
    Unix(PathBuf),
    /// A TCP socket that systemd has opened, by its name.
    Systemd(String),
    /// A Unix socket that systemd has opened, by its name.
    SystemdUnix(String),
}

impl Entrance {
    /// Whom a request came from, where the connection shows this address.
    pub(crate) const fn peer(&self, address: Option<IpAddr>) -> Option<Peer> {
        match (address, &self.socket, &self.admitted) {
            (Some(address), ..) => Some(Peer::Address(address)),
            // A PROXY protocol header that names nobody.
            (None, _, Admitted::ProxyProtocol(_))
            | (None, Socket::Tcp(_) | Socket::Systemd(_), _) => None,
            (None, Socket::Unix(_) | Socket::SystemdUnix(_), _) => Some(Peer::UnixSocket),
        }
    }
}

impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => path.display().fmt(f),
            Self::Systemd(name) | Self::SystemdUnix(name) => write!(f, "systemd:{name}"),
        }
    }
}

/// Whose connections are taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Admitted {
    Anyone,
    /// The same, and some of them are proxies of many clients.
    AnyoneAnd(TrustedProxies),
    Proxies(TrustedProxies),
    /// Those of proxies that start every connection with a PROXY protocol header.
    ProxyProtocol(TrustedProxies),
}

/// The keys of a listener, wherever they stand.
pub(super) struct Keys<'f> {
    /// Where its section is; `None` if it is left out.
    pub(super) section: Option<Range<usize>>,
    pub(super) address: Option<&'f Spanned<Address>>,
    pub(super) default_address: SocketAddr,
    pub(super) unix: Option<&'f Spanned<PathBuf>>,
    /// Whether TLS ends here.
    pub(super) protocol: Protocol,
    pub(super) proxies: Option<&'f Spanned<Vec<Spanned<String>>>>,
    pub(super) proxy_protocol: Option<&'f Spanned<ProxyProtocol>>,
    pub(super) forwarded: Option<&'f Spanned<schema::Forwarded>>,
}

impl Reader<'_, '_, '_> {
    pub(super) fn entrance(&mut self, keys: &Keys<'_>) -> Option<Entrance> {
        let socket = match keys.unix {
            Some(path) => {
                if let Some(address) = keys.address {
                    let message = "expected either address or unix, not both";
                    self.findings.error(&address.span(), message);
                }
                match path.get_ref().to_str().and_then(value::systemd_name) {
                    Some(name) => Socket::SystemdUnix(name.to_owned()),
                    None => Socket::Unix(self.base.join(path.get_ref())),
                }
            }
            None => match keys.address.map(Spanned::get_ref) {
                None => Socket::Tcp(keys.default_address),
                Some(Address::Tcp(address)) => Socket::Tcp(*address),
                Some(Address::Systemd(name)) => Socket::Systemd(name.clone()),
            },
        };
        let networks = match keys.proxies {
            None => None,
            Some(proxies) => Some(lists::read_networks(proxies, &[], &mut self.findings)?),
        };
        let proxies = match (keys.unix, networks) {
            (Some(_), None) => Some(TrustedProxies::unix_socket()),
            // The proxies before the one on the socket.
            (Some(_), Some(networks)) => Some(TrustedProxies::unix_socket().and_networks(networks)),
            (None, networks) => networks.map(TrustedProxies::networks),
        };
        let required = keys
            .proxy_protocol
            .filter(|setting| *setting.get_ref() == ProxyProtocol::Require);
        let (admitted, from_connection) = match (proxies.clone(), keys.protocol, required) {
            (Some(proxies), _, Some(_)) => (Admitted::ProxyProtocol(proxies), true),
            (Some(proxies), Protocol::Http, None) => (Admitted::Proxies(proxies), false),
            (_, Protocol::Https, None) => (Admitted::Anyone, true),
            (None, ..) => {
                let expected =
                    "the networks of the proxies that may connect, such as [\"127.0.0.1\"]";
                self.findings
                    .missing(keys.section.as_ref(), "proxies", expected);
                return None;
            }
        };
        if let Some(list) = keys.proxies
            && matches!(admitted, Admitted::Anyone)
            && keys.forwarded.is_none()
        {
            let message = "not used, because TLS ends here and nothing that is forwarded is read";
            self.findings
                .warning(Rule::UnusedSetting, &list.span(), message);
        }
        let forwarded = keys.forwarded.map(Spanned::get_ref);
        let certificate = self.certificate_source(
            keys,
            forwarded.and_then(|forwarded| forwarded.certificate.as_ref()),
            proxies.as_ref(),
        );
        let address = match forwarded.and_then(|forwarded| forwarded.address.as_ref()) {
            Some(section) => self
                .address_rule(keys, section, proxies)
                .map(AddressSource::Header),
            None if from_connection => Some(AddressSource::Connection),
            None => Some(AddressSource::Nowhere),
        };
        let address = address?;
        let admitted = match (admitted, &address) {
            (Admitted::Anyone, AddressSource::Header(rule)) => {
                Admitted::AnyoneAnd(rule.proxies().clone())
            }
            (admitted, _) => admitted,
        };
        Some(Entrance {
            socket,
            admitted,
            provenance: Provenance {
                certificate: certificate?,
                address,
            },
        })
    }

    fn certificate_source(
        &mut self,
        keys: &Keys<'_>,
        section: Option<&Spanned<schema::ForwardedCertificate>>,
        proxies: Option<&TrustedProxies>,
    ) -> Option<CertificateSource> {
        let Some(section) = section else {
            return Some(match keys.protocol {
                Protocol::Https => CertificateSource::Connection,
                Protocol::Http => CertificateSource::Nowhere,
            });
        };
        if keys.protocol == Protocol::Https {
            let message = "TLS ends here: the certificate of the handshake is the only one; \
                           expected protocol = \"http\", or no forwarded certificate";
            self.findings.error(&section.span(), message);
            return None;
        }
        let fields = section.get_ref();
        let Some(form) = &fields.form else {
            let expected = "the form that the proxy writes, such as \"der-base64\"";
            self.findings
                .missing(Some(&section.span()), "form", expected);
            return None;
        };
        if form.get_ref() == IN_PROXY_PROTOCOL {
            if let Some(header) = &fields.header {
                let message = "not used, because the certificate is in the PROXY protocol header";
                self.findings
                    .warning(Rule::UnusedSetting, &header.span(), message);
            }
            if keys.proxy_protocol.map(Spanned::get_ref) != Some(&ProxyProtocol::Require) {
                let message = "expected proxy_protocol = \"require\" on this listener";
                self.findings.error(&form.span(), message);
                return None;
            }
            return Some(CertificateSource::Connection);
        }
        let parsed: CertificateForm = match form.get_ref().parse() {
            Ok(parsed) => parsed,
            Err(error) => {
                let message = format!("{error} or {IN_PROXY_PROTOCOL}");
                self.findings.error(&form.span(), message);
                return None;
            }
        };
        let name = match (&fields.header, parsed.header()) {
            (Some(name), _) => name
                .get_ref()
                .parse::<HeaderName>()
                .map_err(|error| self.findings.error(&name.span(), error))
                .ok()?,
            (None, Some(name)) => name.parse().ok()?,
            (None, None) => {
                let expected = "the name of the header that the proxy sets";
                self.findings
                    .missing(Some(&section.span()), "header", expected);
                return None;
            }
        };
        Some(CertificateSource::Header {
            proxies: proxies?.clone(),
            form: parsed,
            name,
        })
    }

    fn address_rule(
        &mut self,
        keys: &Keys<'_>,
        section: &Spanned<schema::ForwardedAddress>,
        proxies: Option<TrustedProxies>,
    ) -> Option<AddressRule> {
        let Some(proxies) = proxies else {
            let expected = "the networks of the proxies whose word is taken";
            self.findings
                .missing(keys.section.as_ref(), "proxies", expected);
            return None;
        };
        let fields = section.get_ref();
        let Some(form) = &fields.form else {
            let expected = "the form that the proxy writes, such as \"x-forwarded-for\"";
            self.findings
                .missing(Some(&section.span()), "form", expected);
            return None;
        };
        let parsed = form
            .get_ref()
            .parse::<AddressForm>()
            .map_err(|error| self.findings.error(&form.span(), error));
        let proxies = match &fields.hops {
            None => Ok(proxies),
            Some(hops) => proxies
                .with_hops(*hops.get_ref())
                .map_err(|error| self.findings.error(&hops.span(), error)),
        };
        AddressRule::new(proxies.ok()?, parsed.ok()?)
            .map_err(|error| self.findings.error(&section.span(), error))
            .ok()
    }
}
