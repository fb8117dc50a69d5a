//! Who the client of a request is: what the connection shows, or what a listed proxy says.

use core::fmt::{self, Display};
use core::net::IpAddr;

use hookward::{HeaderName, Thumbprint};
use hookward_forwarded::{
    AddressError, AddressRule, CertificateError, CertificateForm, Derivation, ForwardedCertificate,
    Peer, TrustedProxies,
};
use hookward_hyper::PeerCertificate;
use serde::{Serialize, Serializer};

/// From where a listener takes the client's certificate and address: one source each.
#[derive(Clone, Debug)]
pub(crate) struct Provenance {
    pub(crate) certificate: CertificateSource,
    pub(crate) address: AddressSource,
}

/// From where the certificate is taken.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one to a listener")]
pub(crate) enum CertificateSource {
    /// The connection: the TLS handshake here, or the PROXY protocol header.
    Connection,
    /// A header that the proxies write.
    Header {
        proxies: TrustedProxies,
        form: CertificateForm,
        name: HeaderName,
    },
    /// Nowhere: the peers are proxies, and nobody has configured what they say.
    Nowhere,
}

/// From where the address is taken.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one to a listener")]
pub(crate) enum AddressSource {
    /// The connection: the TCP peer, or the source that the PROXY protocol header names.
    Connection,
    /// A header that the proxies write.
    Header(AddressRule),
    /// Nowhere: the peers are proxies, and nobody has configured what they say.
    Nowhere,
}

/// Who the client of one request is, and how that was found.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) certificate: PeerCertificate,
    pub(crate) address: Option<IpAddr>,
    pub(crate) found: Found,
}

/// How a client was found in what proxies say. Holds no text of a header.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Found {
    /// `None` where it is not in a header that it would stand.
    #[serde(serialize_with = "shown")]
    pub(crate) certificate: Option<Result<Said, CertificateError>>,
    /// `None` where it is not in a header that it would stand.
    #[serde(serialize_with = "shown")]
    pub(crate) address: Option<Result<Derivation, AddressError>>,
}

/// What the certificate header says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Said {
    /// The peer is no listed proxy: the header was not looked at.
    Disbelieved,
    /// The client presented no certificate.
    Nothing,
    /// A certificate, which is yet to be parsed.
    Certificate { bytes: usize },
    /// Its thumbprint only.
    Thumbprint(Thumbprint),
}

impl Provenance {
    /// What the connection itself shows is all there is.
    pub(crate) const CONNECTION: Self = Self {
        certificate: CertificateSource::Connection,
        address: AddressSource::Connection,
    };

    /// Whether that is all there is.
    pub(crate) const fn is_connection(&self) -> bool {
        matches!(
            (&self.certificate, &self.address),
            (CertificateSource::Connection, AddressSource::Connection)
        )
    }

    /// The headers that are read here. They mean nothing to the application.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &str> {
        let certificate = match &self.certificate {
            CertificateSource::Header { name, .. } => Some(name.as_str()),
            CertificateSource::Connection | CertificateSource::Nowhere => None,
        };
        let address = match &self.address {
            AddressSource::Header(rule) => Some(rule.form().header()),
            AddressSource::Connection | AddressSource::Nowhere => None,
        };
        certificate.into_iter().chain(address)
    }

    /// Finds the client of a request.
    ///
    /// `peer` is whom the request came from, `None` if the PROXY protocol names nobody; `shown` the
    /// certificate of the connection; `lines` gives the values of all lines of a header, in order.
    /// They count only where `peer` is a listed proxy.
    pub(crate) fn client<'a, L>(
        &self,
        peer: Option<Peer>,
        shown: &PeerCertificate,
        lines: impl Fn(&str) -> L,
    ) -> Client
    where
        L: IntoIterator<Item = &'a [u8]>,
    {
        let mut found = Found::default();
        let certificate = match &self.certificate {
            CertificateSource::Connection => shown.clone(),
            CertificateSource::Nowhere => PeerCertificate::Missing,
            CertificateSource::Header {
                proxies,
                form,
                name,
            } => {
                let trusted = peer.is_some_and(|peer| proxies.trusts(peer));
                let read = if trusted {
                    form.read(lines(name.as_str()))
                } else {
                    Ok(None)
                };
                let certificate = match &read {
                    Ok(None) => PeerCertificate::Missing,
                    Ok(Some(ForwardedCertificate::Der(der))) => PeerCertificate::forwarded(der),
                    Ok(Some(ForwardedCertificate::Thumbprint(thumbprint))) => {
                        PeerCertificate::Thumbprint(*thumbprint)
                    }
                    Err(_) => PeerCertificate::Unreadable,
                };
                found.certificate = Some(read.map(|read| match read {
                    _ if !trusted => Said::Disbelieved,
                    None => Said::Nothing,
                    Some(ForwardedCertificate::Der(der)) => Said::Certificate { bytes: der.len() },
                    Some(ForwardedCertificate::Thumbprint(thumbprint)) => {
                        Said::Thumbprint(thumbprint)
                    }
                }));
                certificate
            }
        };
        let address = match (&self.address, peer) {
            (AddressSource::Connection, Some(Peer::Address(address))) => Some(address),
            (AddressSource::Header(rule), Some(peer)) => {
                let derived = rule.derive(peer, lines(rule.form().header()));
                let address = derived.as_ref().ok().and_then(Derivation::address);
                found.address = Some(derived);
                address
            }
            (_, None) | (AddressSource::Connection | AddressSource::Nowhere, _) => None,
        };
        Client {
            certificate,
            address,
            found,
        }
    }
}

/// One line for each header that is read, indented.
impl Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let CertificateSource::Header { form, name, .. } = &self.certificate {
            writeln!(f, "    certificate: {form} in {name}")?;
        }
        if let AddressSource::Header(rule) = &self.address {
            write!(f, "    client address: {}", rule.form())?;
            match rule.proxies().hops() {
                Some(hops) => writeln!(f, ", {hops} proxies")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

impl Found {
    /// Whether no header was read.
    pub(crate) const fn is_empty(&self) -> bool {
        self.certificate.is_none() && self.address.is_none()
    }
}

/// One line for the certificate, and one for each step to the address.
impl Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.certificate {
            None => {}
            Some(Ok(said)) => writeln!(f, "forwarded certificate: {said}")?,
            Some(Err(error)) => writeln!(f, "forwarded certificate: {error}")?,
        }
        match &self.address {
            None => Ok(()),
            Some(Ok(derivation)) => writeln!(f, "{derivation}"),
            Some(Err(error)) => writeln!(f, "client address: {error}"),
        }
    }
}

impl Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disbelieved => f.write_str("the peer is no listed proxy: not looked at"),
            Self::Nothing => f.write_str("the client presented none"),
            Self::Certificate { bytes } => write!(f, "a certificate of {bytes} bytes"),
            Self::Thumbprint(thumbprint) => thumbprint.fmt(f),
        }
    }
}

/// What was found, or why not, as text.
fn shown<T: Display, E: Display, S: Serializer>(
    found: &Option<Result<T, E>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match found {
        None => serializer.serialize_none(),
        Some(Ok(found)) => serializer.collect_str(found),
        Some(Err(error)) => serializer.collect_str(error),
    }
}

#[cfg(test)]
mod tests {
    use hookward::Allowlist;
    use proptest::prelude::*;

    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn provenance(form: &str) -> Provenance {
        let listed = Allowlist::builder().text(PROXY).build().unwrap();
        let rule = AddressRule::new(TrustedProxies::networks(listed), form.parse().unwrap());
        Provenance {
            certificate: CertificateSource::Nowhere,
            address: AddressSource::Header(rule.unwrap()),
        }
    }

    /// The address that is derived from these lines, sent from `peer`.
    fn address(form: &str, peer: &str, lines: &[(String, String)]) -> Option<IpAddr> {
        let peer = Peer::Address(peer.parse().unwrap());
        let client = provenance(form).client(Some(peer), &PeerCertificate::Missing, |wanted| {
            let lines = lines
                .iter()
                .filter(move |(name, _)| name.eq_ignore_ascii_case(wanted));
            lines.map(|(_, value)| value.as_bytes()).collect::<Vec<_>>()
        });
        client.address
    }

    fn header() -> impl Strategy<Value = (String, String)> {
        let name = prop_oneof![
            Just("X-Forwarded-For"),
            Just("x-forwarded-for"),
            Just("Forwarded"),
            Just("X-Real-IP"),
            Just("Connection"),
        ];
        let value = prop_oneof![
            "[ -~]{0,40}",
            Just("10.0.0.1".to_owned()),
            Just("127.0.0.1, 10.0.0.1, unknown".to_owned()),
            Just("for=10.0.0.1".to_owned()),
            Just("for=\"[2001:db8::1]:4711".to_owned()),
        ];
        (name.prop_map(str::to_owned), value)
    }

    proptest! {
        /// The proxy appends its peer to the list, in the last line or in one of its own, or replaces
        /// the header of a single address. Nothing that came before matters.
        #[test]
        fn no_header_of_a_client_changes_its_address(
            sent in prop::collection::vec(header(), 0..8),
            client: core::net::Ipv4Addr,
            own_line: bool,
        ) {
            prop_assume!(client.to_string() != PROXY);
            for (form, name, entry) in [
                ("x-forwarded-for", "x-forwarded-for", client.to_string()),
                ("single:x-real-ip", "x-real-ip", client.to_string()),
            ] {
                let mut lines = sent.clone();
                let last = lines.iter_mut().rev().find(|(n, _)| n.eq_ignore_ascii_case(name));
                match last {
                    Some((_, value)) if !own_line && name == "x-forwarded-for" => {
                        value.push_str(", ");
                        value.push_str(&entry);
                    }
                    _ => {
                        if name == "x-real-ip" {
                            lines.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
                        }
                        lines.push((name.to_owned(), entry));
                    }
                }
                prop_assert_eq!(address(form, PROXY, &lines), Some(client.into()));
            }
        }

        /// Whoever is no listed proxy is the client, whatever it sends.
        #[test]
        fn no_header_of_a_stranger_is_believed(sent in prop::collection::vec(header(), 0..8)) {
            for form in ["x-forwarded-for", "forwarded", "single:x-real-ip"] {
                let stranger = "198.51.100.7";
                prop_assert_eq!(address(form, stranger, &sent), stranger.parse().ok());
            }
        }
    }

    #[test]
    fn a_certificate_of_the_connection_does_not_count_where_it_is_forwarded() {
        let listed = Allowlist::builder().text(PROXY).build().unwrap();
        let provenance = Provenance {
            certificate: CertificateSource::Header {
                proxies: TrustedProxies::networks(listed),
                form: CertificateForm::Sha256Hex,
                name: "x-cert".parse().unwrap(),
            },
            address: AddressSource::Nowhere,
        };
        let hex = "00".repeat(32);
        let found = |peer: Option<&str>, values: Vec<&'static str>| {
            let peer = peer.map(|peer| Peer::Address(peer.parse().unwrap()));
            let client = provenance.client(peer, &PeerCertificate::Unreadable, |_| {
                values
                    .iter()
                    .map(|value| value.as_bytes())
                    .collect::<Vec<_>>()
            });
            assert_eq!(client.address, None);
            client.certificate
        };
        let hex: &'static str = hex.leak();
        assert!(matches!(
            found(Some(PROXY), vec![hex]),
            PeerCertificate::Thumbprint(_)
        ));
        assert!(matches!(
            found(Some(PROXY), vec![]),
            PeerCertificate::Missing
        ));
        assert!(matches!(
            found(Some(PROXY), vec![hex, hex]),
            PeerCertificate::Unreadable
        ));
        assert!(matches!(
            found(Some("10.0.0.2"), vec![hex]),
            PeerCertificate::Missing
        ));
        assert!(matches!(found(None, vec![hex]), PeerCertificate::Missing));
    }
}
