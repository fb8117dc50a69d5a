//! The lists that are fetched: `[copyleaks]` and `[source_address.list]`.

use hookward::ValidityDates;

use crate::config::lists::ConfiguredAddresses;
use crate::config::rule::Rule;
use crate::config::schema::{self, Sha1};
use crate::config::spanned::Spanned;
use crate::config::{Purpose, Reader, lists, remote};
use crate::refreshed::{Addresses, Refresh, RefreshedList, Remote, Thumbprints};
use crate::state::StateDirectory;

/// Where Copyleaks publishes the thumbprints of its client certificates.
const THUMBPRINTS_URL: &str = "https://api.copyleaks.com/v2/security/client-certificates";

impl Reader<'_, '_, '_> {
    /// The lists that are fetched. Those that are not in order are reported and left out.
    pub(super) fn refreshed(
        &mut self,
        file: &schema::File,
        purpose: Purpose,
        configured: Option<&ConfiguredAddresses>,
    ) -> Vec<Box<dyn Refresh>> {
        let thumbprints =
            (file.copyleaks.as_ref()).and_then(|section| self.refreshed_thumbprints(section, file));
        let addresses = (file.source_address.as_ref())
            .and_then(|section| self.refreshed_addresses(section.get_ref(), configured));
        let lists: Vec<_> = thumbprints.into_iter().chain(addresses).collect();
        if matches!(purpose, Purpose::Serve | Purpose::Check) && !lists.is_empty() {
            self.check_state(file);
        }
        lists
    }

    /// Looks whether lists can be kept, but makes nothing: `check` must not.
    fn check_state(&mut self, file: &schema::File) {
        if let Err(error) = StateDirectory::find(&self.state(file.state.as_ref())) {
            let place = file.state.as_ref().map_or(0..0, Spanned::span);
            self.findings.error(&place, error);
        }
    }

    fn refreshed_thumbprints(
        &mut self,
        section: &Spanned<schema::Remote>,
        file: &schema::File,
    ) -> Option<Box<dyn Refresh>> {
        let certificate = file.client_certificate.as_ref().map(Spanned::get_ref);
        let remote = remote::read(
            section,
            Some(THUMBPRINTS_URL),
            self.base,
            &mut self.findings,
        );
        if certificate.is_some_and(|certificate| certificate.thumbprints.is_some()) {
            let message = "not used, because client_certificate.thumbprints names a list";
            self.findings
                .warning(Rule::UnusedSection, &section.span(), message);
            return None;
        }
        let (validity_dates, sha1) = lists::certificate_rules(file.client_certificate.as_ref());
        Some(refreshed_thumbprints(remote?, validity_dates, sha1))
    }

    fn refreshed_addresses(
        &mut self,
        section: &schema::SourceAddress,
        configured: Option<&ConfiguredAddresses>,
    ) -> Option<Box<dyn Refresh>> {
        let remote = remote::read(section.list.as_ref()?, None, self.base, &mut self.findings);
        Some(Box::new(RefreshedList {
            kind: Addresses {
                configured: configured?.list.clone(),
            },
            remote: remote?,
        }))
    }
}

fn refreshed_thumbprints(
    remote: Remote,
    validity_dates: ValidityDates,
    sha1: Sha1,
) -> Box<dyn Refresh> {
    match sha1 {
        Sha1::Accept => Box::new(RefreshedList {
            kind: Thumbprints::<false> { validity_dates },
            remote,
        }),
        Sha1::Refuse => Box::new(RefreshedList {
            kind: Thumbprints::<true> { validity_dates },
            remote,
        }),
    }
}
