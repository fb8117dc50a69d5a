//! The list of source addresses.

use hookward::copyleaks::{ListError, parse_address_list};
use hookward::{Allowlist, Check, Lists, Snapshot};
use hookward_ip::{AllowlistBuilder, IpNet};
use hookward_reqwest::hookward_refresh::Document;

use crate::refreshed::kind::Kind;

/// What the list is called.
pub(crate) const ADDRESSES: &str = "addresses";

/// The addresses that webhooks come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Addresses {
    /// What the configuration itself admits and excepts, whatever is fetched.
    pub(crate) configured: AllowlistBuilder,
}

/// A list as it was fetched.
pub(crate) struct FetchedAddresses(Allowlist);

impl Document for FetchedAddresses {
    type Entry = IpNet;
    type Error = ListError;

    fn parse(body: &[u8]) -> Result<Self, ListError> {
        parse_address_list(body).map(Self)
    }

    fn entries(&self) -> impl Iterator<Item = IpNet> {
        self.0.entries()
    }
}

impl Kind for Addresses {
    type Document = FetchedAddresses;
    type List = Allowlist;

    const NAME: &'static str = ADDRESSES;
    const CHECK: Check = Check::SourceAddress;

    fn list(&self, document: &FetchedAddresses) -> Result<Allowlist, String> {
        document
            .entries()
            .fold(self.configured.clone(), AllowlistBuilder::network)
            .build()
            .map_err(|error| error.to_string())
    }

    fn place(lists: &mut Lists) -> &mut Option<Snapshot<Allowlist>> {
        &mut lists.addresses
    }
}

#[cfg(test)]
mod tests {
    use core::net::IpAddr;

    use super::*;

    #[test]
    fn what_is_configured_holds_beside_what_is_fetched() {
        let addresses = Addresses {
            configured: Allowlist::builder()
                .text("198.51.100.7")
                .except_text("192.0.2.9"),
        };
        let fetched = FetchedAddresses::parse(br#"["192.0.2.0/24"]"#).unwrap();
        let list = addresses.list(&fetched).unwrap();
        let admits = |address: &str| list.contains(address.parse::<IpAddr>().unwrap());
        assert!(admits("198.51.100.7") && admits("192.0.2.8"));
        assert!(!admits("192.0.2.9") && !admits("198.51.100.8"));
    }

    #[test]
    fn a_list_that_the_exceptions_leave_nothing_of_is_none() {
        let addresses = Addresses {
            configured: Allowlist::builder().except_text("192.0.2.0/24"),
        };
        let fetched = FetchedAddresses::parse(br#"["192.0.2.9"]"#).unwrap();
        assert!(addresses.list(&fetched).is_err());
    }
}
