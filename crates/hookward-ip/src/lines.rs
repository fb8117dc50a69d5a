//! The lines of a list, packed.

use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Networks in the order in which they were added, in a fraction of the memory that a slice of
/// [`IpNet`] takes: only `explain` reads them, and there may be a million.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Lines {
    len: usize,
    /// How each line is packed, two bits for each, the first in the lowest bits.
    kinds: Vec<u8>,
    v4: Vec<u32>,
    v6: Vec<u8>,
}

/// In `v4`: the address, with a one after the prefix. All bits behind it are zero, so the one tells
/// the prefix length.
const V4_NETWORK: u8 = 0;
/// In `v4`: the address. Behind a prefix of 32 bits there is no place for a one.
const V4_ADDRESS: u8 = 1;
/// In `v6`: the prefix length, then the bytes of the address that hold the prefix.
const V6_NETWORK: u8 = 2;

/// How many of these fit into a byte.
const KINDS: usize = 4;

impl Lines {
    pub(crate) const fn new() -> Self {
        Self {
            len: 0,
            kinds: Vec::new(),
            v4: Vec::new(),
            v6: Vec::new(),
        }
    }

    /// Adds a network, which has no bits set beyond its prefix.
    pub(crate) fn push(&mut self, network: IpNet) {
        let kind = match network {
            IpNet::V4(network) => {
                let address = network.addr().to_bits();
                // The bit after the prefix, if there is one.
                let one = (1_u32 << 31).checked_shr(network.prefix_len().into());
                self.v4.push(address | one.unwrap_or(0));
                match one {
                    Some(_) => V4_NETWORK,
                    None => V4_ADDRESS,
                }
            }
            IpNet::V6(network) => {
                let prefix_len = network.prefix_len();
                self.v6.push(prefix_len);
                let octets = network.addr().octets();
                self.v6.extend(&octets[..bytes(prefix_len)]);
                V6_NETWORK
            }
        };
        let place = self.len % KINDS;
        if place == 0 {
            self.kinds.push(0);
        }
        if let Some(last) = self.kinds.last_mut() {
            *last |= kind << (2 * place);
        }
        self.len += 1;
    }

    /// Gives back the memory that was held for more lines.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.kinds.shrink_to_fit();
        self.v4.shrink_to_fit();
        self.v6.shrink_to_fit();
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = IpNet> {
        let mut v4 = self.v4.iter();
        let mut v6 = self.v6.as_slice();
        let mut next_v4 = move || *v4.next().expect("every line of these kinds has a number");
        (0..self.len).map(move |index| {
            match self.kinds[index / KINDS] >> (2 * (index % KINDS)) & 3 {
                V4_NETWORK => v4_network(next_v4()).into(),
                V4_ADDRESS => Ipv4Net::from(Ipv4Addr::from_bits(next_v4())).into(),
                _ => v6_network(&mut v6).into(),
            }
        })
    }
}

/// The network whose prefix is followed by the lowest one in `packed`.
fn v4_network(packed: u32) -> Ipv4Net {
    let prefix_len = 31 - packed.trailing_zeros() as u8;
    let address = Ipv4Addr::from_bits(packed & (packed - 1));
    Ipv4Net::new_assert(address, prefix_len)
}

/// Takes the first network off `packed`.
fn v6_network(packed: &mut &[u8]) -> Ipv6Net {
    let (prefix_len, rest) = packed
        .split_first()
        .expect("every line of this kind has a length");
    let (prefix, rest) = rest.split_at(bytes(*prefix_len));
    *packed = rest;
    let mut octets = [0; 16];
    octets[..prefix.len()].copy_from_slice(prefix);
    Ipv6Net::new_assert(Ipv6Addr::from(octets), *prefix_len)
}

/// How many bytes hold a prefix.
fn bytes(prefix_len: u8) -> usize {
    prefix_len.div_ceil(8).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ipnet::IpNet;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn network() -> impl Strategy<Value = IpNet> {
        let v4 = (any::<u32>(), 0..=32_u8).prop_map(|(address, prefix_len)| {
            let net = Ipv4Net::new_assert(Ipv4Addr::from_bits(address), prefix_len);
            IpNet::from(net.trunc())
        });
        let v6 = (any::<u128>(), 0..=128_u8).prop_map(|(address, prefix_len)| {
            let net = Ipv6Net::new_assert(Ipv6Addr::from_bits(address), prefix_len);
            IpNet::from(net.trunc())
        });
        prop_oneof![v4, v6]
    }

    fn packed(networks: impl IntoIterator<Item = IpNet>) -> Lines {
        let mut lines = Lines::new();
        networks.into_iter().for_each(|network| lines.push(network));
        lines
    }

    #[test]
    fn the_ends_of_every_prefix_length_come_back() {
        let v4 = (0..=32).flat_map(|prefix_len| {
            [0, u32::MAX]
                .map(|bits| Ipv4Net::new_assert(Ipv4Addr::from_bits(bits), prefix_len).trunc())
        });
        let v6 = (0..=128).flat_map(|prefix_len| {
            [0, u128::MAX]
                .map(|bits| Ipv6Net::new_assert(Ipv6Addr::from_bits(bits), prefix_len).trunc())
        });
        let networks: Vec<IpNet> = v4.map(IpNet::from).chain(v6.map(IpNet::from)).collect();
        assert!(packed(networks.iter().copied()).iter().eq(networks));
    }

    #[test]
    fn an_ipv4_line_takes_little_more_than_its_bits() {
        let mut lines = packed((0..1024).map(|i| Ipv4Net::from(Ipv4Addr::from_bits(i)).into()));
        lines.shrink_to_fit();
        assert_eq!(
            lines.v4.capacity() * 4 + lines.kinds.capacity(),
            1024 * 4 + 256
        );
    }

    proptest! {
        #[test]
        fn lines_come_back_in_order(networks in prop::collection::vec(network(), 0..40)) {
            let lines = packed(networks.iter().copied());
            prop_assert_eq!(lines.len(), networks.len());
            prop_assert_eq!(lines.iter().len(), networks.len());
            prop_assert_eq!(lines.iter().collect::<Vec<_>>(), networks);
        }
    }
}
