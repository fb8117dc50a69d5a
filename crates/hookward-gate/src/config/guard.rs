//! The guard: the checks that are configured, and the routes that use them.

use core::ops::Range;

use hookward::{Check, Guard, GuardedRoute, HeaderName, Purpose, Secrets};
use hookward_hyper::RequestId;

use crate::config::limits::Limits;
use crate::config::rule::Rule;
use crate::config::secrets::{self, Kinds};
use crate::config::spanned::Spanned;
use crate::config::{Entrances, Issuers, Reader, routes, schema};
use crate::issuer::Issuer;

impl Reader<'_, '_, '_> {
    pub(super) fn guard(
        &mut self,
        file: &schema::File,
        limits: &Limits,
        entrances: Option<&Entrances>,
    ) -> Option<(Guard, Issuers)> {
        let header = file
            .header_secret
            .as_ref()
            .map(|section| self.header_secret(section));
        let payload = file.developer_payload.as_ref().map(|section| {
            secrets::read(
                &section.span(),
                kinds_of(file, Check::DeveloperPayload)?,
                Purpose::DeveloperPayload,
                self.base,
                &mut self.rotation,
                &mut self.findings,
            )
        });
        let firewall =
            (file.firewall.as_ref()).map(|section| self.firewall(section, file, entrances));
        let sections = |check| section_of(file, check);
        let routes = routes::read(
            &file.route,
            |check| sections(check).is_some(),
            |check| kinds_of(file, check).is_some_and(|kinds| kinds.need_scan_id()),
            limits.body,
            &mut self.findings,
        );
        self.warn_of_unused(file, &routes);

        let mut guard = Guard::builder()
            .header_limit(u32::try_from(limits.server.head_fields).unwrap_or(u32::MAX))
            .depth_limit(limits.depth)
            .retry_after(limits.retry_after);
        let mut issuers = Issuers::default();
        if let Some(header) = header {
            let (name, secrets, issuer) = header?;
            guard = guard.header_secret(name, secrets);
            issuers.header = Some(issuer);
        }
        let names = entrances.into_iter().flat_map(Entrances::headers);
        for name in names.filter_map(|name| name.parse().ok()) {
            guard = guard.protect_header(name);
        }
        if let Some(payload) = payload {
            let (secrets, issuer) = payload?;
            guard = guard.developer_payload(secrets);
            issuers.payload = Some(issuer);
        }
        if let Some(firewall) = firewall {
            let (name, issuer) = firewall?;
            guard = guard.protect_header(name.clone());
            issuers.firewall = Some((name, issuer));
        }
        if routes.is_empty() {
            return None;
        }
        guard = routes
            .into_iter()
            .fold(guard, |guard, route| guard.route(route));
        guard
            .build()
            .map_err(|error| self.findings.error(&(0..0), error))
            .ok()
            .map(|guard| (guard, issuers))
    }

    fn header_secret(
        &mut self,
        section: &Spanned<schema::HeaderSecret>,
    ) -> Option<(HeaderName, Secrets, Issuer)> {
        let fields = section.get_ref();
        let name = self.header_name(&section.span(), fields.header.as_ref());
        let secrets = secrets::read(
            &section.span(),
            header_kinds(fields),
            Purpose::Header,
            self.base,
            &mut self.rotation,
            &mut self.findings,
        );
        let (secrets, issuer) = secrets?;
        Some((name?, secrets, issuer))
    }

    pub(super) fn header_name(
        &mut self,
        section: &Range<usize>,
        name: Option<&Spanned<String>>,
    ) -> Option<HeaderName> {
        match name {
            Some(name)
                if name
                    .get_ref()
                    .eq_ignore_ascii_case(RequestId::HEADER.as_str()) =>
            {
                let message = "expected another header: what stands in this one is logged";
                self.findings.error(&name.span(), message);
                None
            }
            Some(name) => name
                .get_ref()
                .parse::<HeaderName>()
                .map_err(|error| self.findings.error(&name.span(), error))
                .ok(),
            None => {
                let expected = "the name of the header, such as \"x-webhook-secret\"";
                self.findings.missing(Some(section), "header", expected);
                None
            }
        }
    }

    /// A section that no policy uses protects nothing, and somebody may think that it does.
    fn warn_of_unused(&mut self, file: &schema::File, routes: &[GuardedRoute]) {
        // A route that is not in order may be the one that uses it.
        if routes.len() < file.route.len() {
            return;
        }
        for check in Check::ALL {
            let used = routes
                .iter()
                .flat_map(GuardedRoute::policies)
                .any(|(_, policy)| policy.checks().any(|other| *other == check));
            if let Some(span) = section_of(file, check)
                && !used
            {
                let message = "no policy uses this section";
                self.findings.warning(Rule::UnusedSection, &span, message);
            }
        }
    }
}

/// Where the section of a check stands, if it is there.
fn section_of(file: &schema::File, check: Check) -> Option<Range<usize>> {
    match check {
        Check::ClientCertificate => (file.client_certificate.as_ref().map(Spanned::span))
            .or_else(|| file.copyleaks.as_ref().map(Spanned::span)),
        Check::DeveloperPayload => file.developer_payload.as_ref().map(Spanned::span),
        Check::HeaderSecret => file.header_secret.as_ref().map(Spanned::span),
        Check::SourceAddress => file.source_address.as_ref().map(Spanned::span),
    }
}

/// The kinds of secrets that a check is configured with, if it is one that has secrets.
pub(super) fn kinds_of(file: &schema::File, check: Check) -> Option<Kinds<'_>> {
    match check {
        Check::HeaderSecret => file
            .header_secret
            .as_ref()
            .map(|section| header_kinds(section.get_ref())),
        Check::DeveloperPayload => file.developer_payload.as_ref().map(|section| {
            let fields = section.get_ref();
            Kinds {
                secrets: fields.secrets.as_ref(),
                audience: fields.audience.as_ref(),
                derived: fields.derived.as_ref(),
                sealed: fields.sealed.as_ref(),
            }
        }),
        Check::ClientCertificate | Check::SourceAddress => None,
    }
}

pub(super) fn header_kinds(fields: &schema::HeaderSecret) -> Kinds<'_> {
    Kinds {
        secrets: fields.secrets.as_ref(),
        audience: fields.audience.as_ref(),
        derived: fields.derived.as_ref(),
        sealed: fields.sealed.as_ref(),
    }
}
