//! The list that is asked.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

use crate::lines::Lines;
use crate::ranges::{Range, Ranges};
use crate::v4::V4Set;
use crate::v6::V6Set;
use crate::{AllowlistBuilder, AllowlistError, Explanation, Place, Role, Rule, canonical};

/// How many entries and exceptions a list may have together. Each sets two boundaries at most, and
/// the places of boundaries are kept in 32 bits.
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
        let (v4, v6) = left(&entries, &exceptions);
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

    /// The addresses that are admitted, as the fewest networks that cover them and no others.
    ///
    /// IPv4 before IPv6, in ascending order, none within another; the exceptions are taken out. An
    /// IPv6 network that spans `::ffff:0:0/96` means no IPv4 address, as always. This is for
    /// programs that know no exceptions, such as packet filters. Sorts the list anew.
    ///
    /// ```
    /// # use hookward_ip::Allowlist;
    /// let allowlist = Allowlist::builder()
    ///     .text("192.0.2.0/30")
    ///     .text("192.0.2.4/30")
    ///     .except_text("192.0.2.1")
    ///     .build()?;
    /// let networks: Vec<String> = allowlist.networks().map(|network| network.to_string()).collect();
    /// assert_eq!(networks, ["192.0.2.0/32", "192.0.2.2/31", "192.0.2.4/30"]);
    /// # Ok::<(), hookward_ip::AllowlistError>(())
    /// ```
    pub fn networks(&self) -> impl Iterator<Item = IpNet> + use<> {
        let (v4, v6) = left(&self.entries, &self.exceptions);
        let v4 = v4.into_ranges().flat_map(|range| {
            Ipv4Subnets::new(range.first.into(), range.last.into(), 0).map(IpNet::V4)
        });
        let v6 = v6.into_ranges().flat_map(|range| {
            Ipv6Subnets::new(range.first.into(), range.last.into(), 0).map(IpNet::V6)
        });
        v4.chain(v6)
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

/// The addresses of each family that the entries list and the exceptions leave.
fn left(entries: &Lines, exceptions: &Lines) -> (Ranges<u32>, Ranges<u128>) {
    let (v4, v6) = ranges(entries);
    let (not_v4, not_v6) = ranges(exceptions);
    (v4.without(&not_v4), v6.without(&not_v6))
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
