//! The list that is asked.

use alloc::{boxed::Box, vec::Vec};
use core::net::IpAddr;

use ipnet::IpNet;

use crate::ranges::{Range, Ranges};
use crate::{AllowlistBuilder, AllowlistError, Explanation, Place, Role, Rule, canonical};

/// Networks whose addresses are admitted, less exceptions; at least one address is left.
///
/// Two lists are equal if they have the same entries and the same exceptions in the same order, so
/// that they also explain themselves alike.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Allowlist {
    // As they were added, for `explain`; the ranges answer `contains`.
    entries: Box<[IpNet]>,
    exceptions: Box<[IpNet]>,
    v4: Ranges<u32>,
    v6: Ranges<u128>,
}

// A list is never empty, so `is_empty` would say nothing.
#[expect(clippy::len_without_is_empty)]
impl Allowlist {
    /// Starts a list without entries.
    pub const fn builder() -> AllowlistBuilder {
        AllowlistBuilder::new()
    }

    /// The list of networks that were checked one by one.
    pub(crate) fn from_networks(
        entries: Vec<IpNet>,
        exceptions: Vec<IpNet>,
    ) -> Result<Self, AllowlistError> {
        if entries.is_empty() {
            return Err(AllowlistError::Empty);
        }
        let (v4, v6) = ranges(&entries);
        let (not_v4, not_v6) = ranges(&exceptions);
        let (v4, v6) = (v4.without(&not_v4), v6.without(&not_v6));
        if v4.is_empty() && v6.is_empty() {
            return Err(AllowlistError::NothingLeft);
        }
        Ok(Self {
            entries: entries.into_boxed_slice(),
            exceptions: exceptions.into_boxed_slice(),
            v4,
            v6,
        })
    }

    /// Whether an entry and no exception covers `address`, in its [`canonical`] form.
    ///
    /// A binary search; nothing is allocated.
    pub fn contains(&self, address: IpAddr) -> bool {
        match canonical(address) {
            IpAddr::V4(address) => self.v4.contains(address.to_bits()),
            IpAddr::V6(address) => self.v6.contains(address.to_bits()),
        }
    }

    /// Why [`contains`](Self::contains) answers as it does.
    ///
    /// Reads the list line by line: for people, not for every request.
    pub fn explain(&self, address: IpAddr) -> Explanation {
        let address = canonical(address);
        let first = |role, networks: &[IpNet]| {
            let index = networks.iter().position(|net| net.contains(&address))?;
            Some(Rule {
                place: Place { role, index },
                network: networks[index],
            })
        };
        let Some(entry) = first(Role::Entry, &self.entries) else {
            return Explanation::NotListed;
        };
        match first(Role::Exception, &self.exceptions) {
            Some(exception) => Explanation::Excepted { entry, exception },
            None => Explanation::Admitted(entry),
        }
    }

    /// The entries in the order in which they were added, IPv4-mapped ones as IPv4 networks.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = IpNet> {
        self.entries.iter().copied()
    }

    /// The exceptions in the order in which they were added, IPv4-mapped ones as IPv4 networks.
    pub fn exceptions(&self) -> impl ExactSizeIterator<Item = IpNet> {
        self.exceptions.iter().copied()
    }

    /// The number of entries, at least 1; exceptions and overlaps do not change it.
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

/// The addresses of the networks of each family.
fn ranges(networks: &[IpNet]) -> (Ranges<u32>, Ranges<u128>) {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for network in networks {
        match network {
            IpNet::V4(network) => v4.push(Range {
                first: network.network().to_bits(),
                last: network.broadcast().to_bits(),
            }),
            IpNet::V6(network) => v6.push(Range {
                first: network.network().to_bits(),
                last: network.broadcast().to_bits(),
            }),
        }
    }
    (Ranges::union(v4), Ranges::union(v6))
}
