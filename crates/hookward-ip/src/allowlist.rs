//! The list that is asked.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use crate::lines::Lines;
use crate::ranges::{Range, Ranges};
use crate::v4::V4Set;
use crate::v6::V6Set;
use crate::{AllowlistBuilder, AllowlistError, Explanation, Place, Role, Rule, canonical};

/// How many entries and exceptions a list may have together. Each sets two boundaries at most, and
/// the places of boundaries are kept in 31 bits.
const MAX_LINES: usize = 1 << 29;

/// The upper bits of IPv4-mapped addresses
/// ([RFC 4291 section 2.5.5.2](https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2)).
const MAPPED: u128 = 0xFFFF;

/// Networks whose addresses are admitted, less exceptions; at least one address is left.
///
/// Two lists are equal if they have the same entries and the same exceptions in the same order, so
/// that they also explain themselves alike.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Allowlist {
    // As they were added, for `explain`; the sets answer `contains`.
    entries: Lines,
    exceptions: Lines,
    v4: V4Set,
    v6: V6Set,
}

// A list is never empty, so `is_empty` would say nothing.
#[expect(clippy::len_without_is_empty)]
impl Allowlist {
    /// Starts a list without entries.
    pub const fn builder() -> AllowlistBuilder {
        AllowlistBuilder::new()
    }

    /// The list of lines that were checked one by one.
    pub(crate) fn from_lines(
        mut entries: Lines,
        mut exceptions: Lines,
    ) -> Result<Self, AllowlistError> {
        if entries.len() == 0 {
            return Err(AllowlistError::Empty);
        }
        check_count(entries.len() + exceptions.len())?;
        let (v4, v6) = ranges(&entries);
        let (not_v4, not_v6) = ranges(&exceptions);
        let (v4, v6) = (v4.without(&not_v4), v6.without(&not_v6));
        if v4.is_empty() && v6.is_empty() {
            return Err(AllowlistError::NothingLeft);
        }
        entries.shrink_to_fit();
        exceptions.shrink_to_fit();
        Ok(Self {
            entries,
            exceptions,
            v4: V4Set::new(&v4),
            v6: V6Set::new(&v6),
        })
    }

    /// Whether an entry and no exception covers `address`, in its [`canonical`] form.
    ///
    /// Nothing is allocated. What it costs hardly grows with the list.
    pub fn contains(&self, address: IpAddr) -> bool {
        // Byte by byte, as `canonical` looks at it, an address that was only just written takes longer to
        // read than the list takes to search.
        match address {
            IpAddr::V4(address) => self.v4.contains(address),
            IpAddr::V6(address) => match address.to_bits() {
                bits if bits >> 32 == MAPPED => self.v4.contains(Ipv4Addr::from_bits(bits as u32)),
                bits => self.v6.contains(bits),
            },
        }
    }

    /// Why [`contains`](Self::contains) answers as it does.
    ///
    /// Reads the list line by line: for people, not for every request.
    pub fn explain(&self, address: IpAddr) -> Explanation {
        let address = canonical(address);
        let first = |role, lines: &Lines| {
            let mut lines = lines.iter().enumerate();
            let (index, network) = lines.find(|(_, network)| network.contains(&address))?;
            Some(Rule {
                place: Place { role, index },
                network,
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
        self.entries.iter()
    }

    /// The exceptions in the order in which they were added, IPv4-mapped ones as IPv4 networks.
    pub fn exceptions(&self) -> impl ExactSizeIterator<Item = IpNet> {
        self.exceptions.iter()
    }

    /// The number of entries, at least 1; exceptions and overlaps do not change it.
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

fn check_count(lines: usize) -> Result<(), AllowlistError> {
    if lines > MAX_LINES {
        let max = MAX_LINES;
        return Err(AllowlistError::TooManyLines { lines, max });
    }
    Ok(())
}

/// The addresses of each family.
fn ranges(lines: &Lines) -> (Ranges<u32>, Ranges<u128>) {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for network in lines.iter() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_lookups_are_not_made_for_is_refused() {
        let (lines, max) = (MAX_LINES + 1, MAX_LINES);
        assert_eq!(check_count(MAX_LINES), Ok(()));
        let refused = AllowlistError::TooManyLines { lines, max };
        assert_eq!(check_count(lines), Err(refused));
    }
}
