use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

/// Whoever can send from one address, for limits.
///
/// An IPv4-mapped address is its IPv4 address. An IPv6 address stands for its /64, because that is
/// what one customer, and often one host, has at its disposal
/// (<https://www.rfc-editor.org/rfc/rfc6177#section-2>).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Source(IpAddr);

/// How many connections each source has. Clones share the same counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceCounts(Arc<Mutex<BTreeMap<Source, usize>>>);

/// One of the connections of a source, until it is dropped.
#[derive(Debug)]
pub(crate) struct SourceSlot {
    counts: SourceCounts,
    source: Source,
}

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        const INTERFACE: u128 = u64::MAX as u128;
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !INTERFACE).into(),
        })
    }
}

impl SourceCounts {
    /// Counts one more connection of `source`, unless it has `limit` of them.
    pub(crate) fn enter(&self, source: Source, limit: usize) -> Option<SourceSlot> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(source).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(SourceSlot {
            counts: self.clone(),
            source,
        })
    }
}

impl Drop for SourceSlot {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn a_source_is_an_ipv4_address_or_an_ipv6_network() {
        assert_eq!(source("::ffff:192.0.2.7"), source("192.0.2.7"));
        assert_ne!(source("192.0.2.7"), source("192.0.2.8"));
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:0:0:1"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
    }

    #[test]
    fn what_a_source_has_is_counted_until_it_is_dropped() {
        let counts = SourceCounts::default();
        let (one, other) = (source("192.0.2.7"), source("192.0.2.8"));
        let first = counts.enter(one, 1).unwrap();
        assert!(counts.enter(one, 1).is_none());
        let second = counts.enter(other, 1).unwrap();
        drop(first);
        drop(counts.enter(one, 1).unwrap());
        drop(second);
        assert!(counts.0.lock().unwrap().is_empty());
    }
}
