//! The listeners, and whether they bring what the policies ask for.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::ops::Range;

use hookward::{Check, Guard, GuardedRoute, ValidityDates};
use hookward_forwarded::{BodySupport, ForwardAuthForm};
use hookward_policy::{Level, Verdict};

use crate::config::entrance::{Entrance, Keys};
use crate::config::schema::{self, Protocol, Sha1};
use crate::config::spanned::Spanned;
use crate::config::{Reader, lists};
use crate::provenance::{AddressSource, CertificateSource, Provenance};

/// The port that TLS takes where nobody has to be root.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8443);
/// Proxies ask on the same machine, unless told otherwise.
const DEFAULT_FORWARD_AUTH: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9902);

/// Every listener for webhooks and for questions about them: at least one.
#[derive(Clone, Debug)]
pub(crate) struct Entrances {
    pub(crate) webhooks: Option<Entrance>,
    pub(crate) forward_auth: Option<ForwardAuth>,
}

/// Where a proxy asks before it forwards.
#[derive(Clone, Debug)]
pub(crate) struct ForwardAuth {
    pub(crate) form: ForwardAuthForm,
    pub(crate) entrance: Entrance,
}

impl Entrances {
    /// The listener for webhooks, or where there is none, that for questions.
    pub(crate) fn first(&self) -> Option<&Entrance> {
        let forward_auth = self.forward_auth.as_ref().map(|auth| &auth.entrance);
        self.webhooks.as_ref().or(forward_auth)
    }

    /// The headers in which proxies say something to us.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &str> {
        let forward_auth = self.forward_auth.as_ref();
        let original = forward_auth.and_then(|auth| auth.form.headers());
        let entrances = self.webhooks.iter();
        let entrances = entrances.chain(forward_auth.map(|auth| &auth.entrance));
        entrances
            .flat_map(|entrance| entrance.provenance.headers())
            .chain(original.into_iter().flat_map(|(method, uri)| [method, uri]))
    }
}

/// What is spoken on a listener. On a Unix socket there is nothing for TLS to protect.
pub(super) fn protocol(listen: &schema::Listen) -> Protocol {
    match (&listen.protocol, &listen.unix) {
        (Some(protocol), _) => *protocol.get_ref(),
        (None, Some(_)) => Protocol::Http,
        (None, None) => Protocol::default(),
    }
}

/// Whether proxies ask about webhooks, and none come in here.
pub(super) fn is_only_asked(file: &schema::File) -> bool {
    file.forward_auth.is_some() && file.listen.is_none() && file.upstream.is_none()
}

impl Reader<'_, '_, '_> {
    pub(super) fn entrances(&mut self, file: &schema::File) -> Option<Entrances> {
        let webhooks = if is_only_asked(file) {
            Some(None)
        } else {
            self.listen(file.listen.as_ref()).map(Some)
        };
        let forward_auth = match &file.forward_auth {
            None => Some(None),
            Some(section) => self.forward_auth(section).map(Some),
        };
        Some(Entrances {
            webhooks: webhooks?,
            forward_auth: forward_auth?,
        })
    }

    fn listen(&mut self, section: Option<&Spanned<schema::Listen>>) -> Option<Entrance> {
        let no_section = schema::Listen::default();
        let fields = section.map_or(&no_section, Spanned::get_ref);
        let protocol = protocol(fields);
        if let Some(tls) = &fields.tls
            && protocol == Protocol::Http
        {
            let message = "expected protocol = \"https\", because there is a certificate for TLS";
            self.findings.error(&tls.span(), message);
        }
        self.entrance(&Keys {
            section: section.map(Spanned::span),
            address: fields.address.as_ref(),
            default_address: DEFAULT_LISTEN,
            unix: fields.unix.as_ref(),
            protocol,
            proxies: fields.proxies.as_ref(),
            proxy_protocol: fields.proxy_protocol.as_ref(),
            forwarded: fields.forwarded.as_ref(),
        })
    }

    fn forward_auth(&mut self, section: &Spanned<schema::ForwardAuth>) -> Option<ForwardAuth> {
        let fields = section.get_ref();
        let form = match &fields.form {
            None => {
                let expected = "the proxy that asks, such as \"nginx\"";
                self.findings
                    .missing(Some(&section.span()), "form", expected);
                None
            }
            Some(form) => form
                .get_ref()
                .parse::<ForwardAuthForm>()
                .map_err(|_| {
                    let names: Vec<_> = ForwardAuthForm::ALL
                        .iter()
                        .map(|form| form.name())
                        .collect();
                    let message = format!("expected one of {}", names.join(", "));
                    self.findings.error(&form.span(), message);
                })
                .ok(),
        };
        let entrance = self.entrance(&Keys {
            section: Some(section.span()),
            address: fields.address.as_ref(),
            default_address: DEFAULT_FORWARD_AUTH,
            unix: fields.unix.as_ref(),
            protocol: Protocol::Http,
            proxies: fields.proxies.as_ref(),
            proxy_protocol: None,
            forwarded: fields.forwarded.as_ref(),
        });
        Some(ForwardAuth {
            form: form?,
            entrance: entrance?,
        })
    }

    /// A policy that could never accept, because the evidence for it does not come in, is an error.
    pub(super) fn check_evidence(
        &mut self,
        file: &schema::File,
        entrances: &Entrances,
        guard: &Guard,
    ) {
        let rules = lists::certificate_rules(file.client_certificate.as_ref());
        let listen = file.listen.as_ref();
        let asked = file.forward_auth.as_ref();
        if let Some(entrance) = &entrances.webhooks {
            let span = listen.map_or(0..0, Spanned::span);
            let forwarded = listen.and_then(|section| section.get_ref().forwarded.as_ref());
            self.check_entrance(&span, forwarded, entrance, guard, rules);
        }
        if let (Some(auth), Some(section)) = (&entrances.forward_auth, asked) {
            let forwarded = section.get_ref().forwarded.as_ref();
            self.check_entrance(&section.span(), forwarded, &auth.entrance, guard, rules);
            self.check_body(section, auth.form, guard);
        }
    }

    fn check_entrance(
        &mut self,
        section: &Range<usize>,
        forwarded: Option<&Spanned<schema::Forwarded>>,
        entrance: &Entrance,
        guard: &Guard,
        (validity_dates, sha1): (ValidityDates, Sha1),
    ) {
        let user = |check| {
            let mut policies = guard.routes().iter().flat_map(GuardedRoute::policies);
            let user = policies.find(|(_, policy)| policy.checks().any(|used| *used == check));
            user.map(|(kind, _)| kind)
        };
        let Provenance {
            certificate,
            address,
        } = &entrance.provenance;
        if matches!(certificate, CertificateSource::Nowhere)
            && let Some(kind) = user(Check::ClientCertificate)
        {
            let expected = format!(
                "how the proxy passes on the certificate, because a {kind} has \
                 client_certificate, and TLS does not end here"
            );
            self.findings
                .missing(Some(section), "forwarded.certificate", &expected);
        }
        if matches!(address, AddressSource::Nowhere)
            && let Some(kind) = user(Check::SourceAddress)
        {
            let expected = format!(
                "how the proxy passes on the client's address, because a {kind} has source_address"
            );
            self.findings
                .missing(Some(section), "forwarded.address", &expected);
        }
        if let CertificateSource::Header { form, .. } = certificate
            && let Some(algorithm) = form.bare_thumbprint()
            && let Some(forwarded) = forwarded
            && user(Check::ClientCertificate).is_some()
        {
            let span = forwarded.get_ref().certificate.as_ref().map(Spanned::span);
            let span = span.unwrap_or_else(|| forwarded.span());
            if validity_dates == ValidityDates::Enforce {
                let message = format!(
                    "{form} has no validity dates; expected validity_dates = \"ignore\" in \
                     [client_certificate], or a form that has the whole certificate"
                );
                self.findings.error(&span, message);
            }
            if algorithm == hookward::Algorithm::Sha1 && sha1 == Sha1::Refuse {
                let message = "expected a form other than sha1-hex, because [client_certificate] \
                               refuses SHA-1";
                self.findings.error(&span, message);
            }
        }
    }

    /// A policy that no request without a body can meet is of no use where no body comes.
    fn check_body(
        &mut self,
        section: &Spanned<schema::ForwardAuth>,
        form: ForwardAuthForm,
        guard: &Guard,
    ) {
        if form.body() != BodySupport::Never {
            return;
        }
        let without_body = |check: &Check| match check {
            Check::DeveloperPayload => Level::Fail,
            _ => Level::Pass,
        };
        let routes = guard.routes().iter();
        for (route, (kind, policy)) in
            routes.flat_map(|route| route.policies().map(move |policy| (route, policy)))
        {
            if policy.decide(without_body) != Verdict::Accept {
                let span = section.get_ref().form.as_ref().map(Spanned::span);
                self.findings.error(
                    &span.unwrap_or_else(|| section.span()),
                    format_args!(
                        "expected a form that brings the body, because the {kind} of {} needs \
                         developer_payload, and {form} sends none",
                        route.route().template()
                    ),
                );
            }
        }
    }
}
