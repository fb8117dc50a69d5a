//! Networks of either family, and addresses in and beside them.

use core::hash::Hash;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::random::Random;

/// An address of one family.
pub trait Address: Copy + Into<IpAddr> {
    /// A network of the family.
    type Network: Copy + Eq + Hash + Into<IpNet>;

    /// Any address out of those that [`network`](Self::network) takes.
    fn any(random: &mut Random) -> Self;

    /// A network of a length that is usual for the family, without bits beyond its prefix.
    fn network(random: &mut Random) -> Self::Network;

    /// An address in `network`.
    fn within(network: Self::Network, random: &mut Random) -> Self;
}

impl Address for Ipv4Addr {
    type Network = Ipv4Net;

    fn any(random: &mut Random) -> Self {
        Self::from_bits(random.number() as u32)
    }

    /// 20 to 32 bits. Of a million such networks, most do not touch another.
    fn network(random: &mut Random) -> Ipv4Net {
        let prefix_len = 20 + random.below(13) as u8;
        Ipv4Net::new_assert(Self::any(random), prefix_len).trunc()
    }

    fn within(network: Ipv4Net, random: &mut Random) -> Self {
        let host = Self::any(random).to_bits() & network.hostmask().to_bits();
        Self::from_bits(network.addr().to_bits() | host)
    }
}

impl Address for Ipv6Addr {
    type Network = Ipv6Net;

    /// In `2000::/3`, which holds all public addresses.
    fn any(random: &mut Random) -> Self {
        Self::from_bits(bits(random) >> 3 | 1 << 125)
    }

    /// 32 to 64 bits; one of four is a single address.
    fn network(random: &mut Random) -> Ipv6Net {
        let prefix_len = match random.below(4) {
            0 => 128,
            _ => 32 + random.below(33) as u8,
        };
        Ipv6Net::new_assert(Self::any(random), prefix_len).trunc()
    }

    fn within(network: Ipv6Net, random: &mut Random) -> Self {
        let host = bits(random) & network.hostmask().to_bits();
        Self::from_bits(network.addr().to_bits() | host)
    }
}

fn bits(random: &mut Random) -> u128 {
    u128::from(random.number()) << 64 | u128::from(random.number())
}

/// So many distinct networks.
pub fn networks<A: Address>(count: usize, random: &mut Random) -> Vec<A::Network> {
    let mut seen = std::collections::HashSet::with_capacity(count);
    let endless = core::iter::repeat_with(|| A::network(random));
    endless
        .filter(|network| seen.insert(*network))
        .take(count)
        .collect()
}
