//! The guard: the checks that are configured, and the routes that use them.

use core::ops::Range;

use hookward::{Check, Guard, GuardedRoute, HeaderName, SecretRing};
use toml::Spanned;

use crate::config::limits::Limits;
use crate::config::{Entrances, Reader, routes, schema, secrets};

impl Reader<'_, '_, '_> {
    pub(super) fn guard(
        &mut self,
        file: &schema::File,
        limits: &Limits,
        entrances: Option<&Entrances>,
    ) -> Option<Guard> {
        let header = file
            .header_secret
            .as_ref()
            .map(|section| self.header_secret(section));
        let payload = file.developer_payload.as_ref().map(|section| {
            let secrets = section.get_ref().secrets.as_ref();
            let carrier = secrets::Carrier::Body;
            secrets::read(
                &section.span(),
                secrets,
                carrier,
                self.base,
                &mut self.findings,
            )
        });
        let sections = |check| section_of(file, check);
        let routes = routes::read(
            &file.route,
            |check| sections(check).is_some(),
            limits.body,
            &mut self.findings,
        );
        self.warn_of_unused(file, &routes);

        let mut guard = Guard::builder()
            .header_limit(u32::try_from(limits.server.head_fields).unwrap_or(u32::MAX))
            .depth_limit(limits.depth)
            .retry_after(limits.retry_after);
        if let Some(header) = header {
            let (name, ring) = header?;
            guard = guard.header_secret(name, ring);
        }
        let names = entrances.into_iter().flat_map(Entrances::headers);
        for name in names.filter_map(|name| name.parse().ok()) {
            guard = guard.protect_header(name);
        }
        if let Some(payload) = payload {
            guard = guard.developer_payload(payload?);
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
    }

    fn header_secret(
        &mut self,
        section: &Spanned<schema::HeaderSecret>,
    ) -> Option<(HeaderName, SecretRing)> {
        let fields = section.get_ref();
        let name = match &fields.header {
            Some(name) => name
                .get_ref()
                .parse::<HeaderName>()
                .map_err(|error| self.findings.error(&name.span(), error))
                .ok(),
            None => {
                let expected = "the name of the header, such as \"x-webhook-secret\"";
                self.findings
                    .missing(Some(&section.span()), "header", expected);
                None
            }
        };
        let ring = secrets::read(
            &section.span(),
            fields.secrets.as_ref(),
            secrets::Carrier::Header,
            self.base,
            &mut self.findings,
        );
        name.zip(ring)
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
                .any(|route| route.policy().checks().any(|other| *other == check));
            if let Some(span) = section_of(file, check)
                && !used
            {
                self.findings.warning(&span, "no policy uses this section");
            }
        }
    }
}

/// Where the section of a check stands, if it is there.
fn section_of(file: &schema::File, check: Check) -> Option<Range<usize>> {
    match check {
        Check::ClientCertificate => file.client_certificate.as_ref().map(Spanned::span),
        Check::DeveloperPayload => file.developer_payload.as_ref().map(Spanned::span),
        Check::HeaderSecret => file.header_secret.as_ref().map(Spanned::span),
        Check::SourceAddress => file.source_address.as_ref().map(Spanned::span),
    }
}
