//! `[firewall]`: the header that the firewall in front knows webhooks by.

use hookward::{HeaderName, Purpose};

use crate::config::guard::header_kinds;
use crate::config::spanned::Spanned;
use crate::config::{Entrances, Issuers, Reader, schema, secrets};
use crate::issuer::Issuer;

/// What the firewall in front can know webhooks by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum FirewallHeader {
    /// A header of its own, with a secret that the gate does not take for evidence.
    Own(HeaderName),
    /// The header of the check, which has a secret that is the same for every scan.
    OfCheck,
    /// None: the check has secrets of one scan alone, which no firewall can tell.
    PerScan,
}

impl FirewallHeader {
    pub(super) fn of(file: &schema::File, issuers: Option<&Issuers>) -> Option<Self> {
        if let Some((name, _)) = issuers?.firewall.as_ref() {
            return Some(Self::Own(name.clone()));
        }
        let fields = file.header_secret.as_ref()?.get_ref();
        Some(if header_kinds(fields).need_scan_id() {
            Self::PerScan
        } else {
            Self::OfCheck
        })
    }
}

impl Reader<'_, '_, '_> {
    /// Reads the section, with its secrets to be issued.
    pub(super) fn firewall(
        &mut self,
        section: &Spanned<schema::Firewall>,
        file: &schema::File,
        entrances: Option<&Entrances>,
    ) -> Option<(HeaderName, Issuer)> {
        let fields = section.get_ref();
        let name = self.header_name(&section.span(), fields.header.as_ref());
        let issuer = match &fields.secrets {
            Some(list) => {
                secrets::read_static(list, Purpose::Header, self.base, &mut self.findings)
            }
            None => {
                let expected = "a list such as [{ label = \"2026-11\", env = \"NAME\" }]";
                self.findings
                    .missing(Some(&section.span()), "secrets", expected);
                None
            }
        };
        let (name, place) = name.zip(fields.header.as_ref().map(Spanned::span))?;
        let checked = file.header_secret.as_ref();
        let checked = checked.and_then(|section| section.get_ref().header.as_ref());
        if checked.is_some_and(|checked| name.is(checked.get_ref())) {
            self.findings.error(
                &place,
                "expected another header than that of [header_secret], whose secrets the gate looks \
                 for itself",
            );
            return None;
        }
        let mut of_proxies = entrances.into_iter().flat_map(Entrances::headers);
        if of_proxies.any(|other| name.is(other)) {
            self.findings
                .error(&place, "expected a header that no proxy writes itself");
            return None;
        }
        Some((name, issuer?))
    }
}
