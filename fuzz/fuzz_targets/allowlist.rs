//! A list admits what reading it line by line admits, at both ends of every line and right outside of them, where a network
//! as long as the next line begins, and where the next line would be in the upper half of this one and in that after it.
//!
//! Six bytes of an input are a line: what it is, its prefix length, and four bytes of its address.

#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hookward_ip::{Allowlist, AllowlistError, Explanation, IpNet};
use libfuzzer_sys::fuzz_target;

/// What a line is, by the bits of its first byte. Those that are left say where the four bytes stand in an IPv6 address.
const EXCEPTION: u8 = 1;
const V6: u8 = 2;
const MAPPED: u8 = 4;

fuzz_target!(|input: &[u8]| {
    let mut builder = Allowlist::builder();
    let (mut entries, mut exceptions) = (Vec::new(), Vec::new());
    for line in input.chunks_exact(6) {
        let (network, written) = network(line);
        if line[0] & EXCEPTION == 0 {
            entries.push(network);
            builder = builder.network(written);
        } else {
            exceptions.push(network);
            builder = builder.except(written);
        }
    }
    let listed = |address: &IpAddr| {
        let holds = |network: &IpNet| network.contains(address);
        (
            entries.iter().position(holds),
            exceptions.iter().position(holds),
        )
    };
    let lines: Vec<_> = entries.iter().chain(&exceptions).collect();
    let borders = lines
        .windows(2)
        .filter_map(|pair| IpNet::new(pair[0].addr(), pair[1].prefix_len()).ok())
        .flat_map(|network| edges(&network.trunc()));
    let own = lines.iter().flat_map(|line| edges(line));
    let moved = lines.windows(2).flat_map(|pair| moved(pair[1], pair[0]));
    let edges: Vec<_> = own.chain(borders).chain(moved).collect();
    let list = match builder.build() {
        Ok(list) => list,
        Err(AllowlistError::Empty) => return assert!(entries.is_empty()),
        Err(AllowlistError::NothingLeft) => {
            let admitted = |address| matches!(listed(address), (Some(_), None));
            return assert!(!edges.iter().any(admitted));
        }
        Err(error) => panic!("{error}"),
    };
    assert!(list.entries().eq(entries.iter().copied()));
    assert!(list.exceptions().eq(exceptions.iter().copied()));
    for address in edges {
        let explained = match list.explain(address) {
            Explanation::Admitted(entry) => (Some(entry.place.index), None),
            Explanation::Excepted { entry, exception } => {
                (Some(entry.place.index), Some(exception.place.index))
            }
            Explanation::NotListed => (None, None),
        };
        let (entry, exception) = listed(&address);
        assert_eq!(explained, (entry, exception.filter(|_| entry.is_some())));
        let admitted = entry.is_some() && exception.is_none();
        assert_eq!(list.contains(address), admitted, "{address}");
        if let IpAddr::V4(address) = address {
            assert_eq!(list.contains(address.to_ipv6_mapped().into()), admitted);
        }
    }
});

/// The network of a line, and the same as it is given to the builder.
fn network(line: &[u8]) -> (IpNet, IpNet) {
    let (kind, prefix_len) = (line[0], line[1]);
    let bits = u32::from_be_bytes([line[2], line[3], line[4], line[5]]);
    let network = if kind & V6 != 0 {
        // 2001:db8::/32 is no mapped address, so that every prefix length is allowed.
        let bits = u128::from(bits) << (4 * (kind >> 3).min(16)) | 0x2001_0db8 << 96;
        IpNet::new_assert(Ipv6Addr::from_bits(bits).into(), prefix_len % 129)
    } else {
        IpNet::new_assert(Ipv4Addr::from_bits(bits).into(), prefix_len % 33)
    };
    let network = network.trunc();
    match network {
        IpNet::V4(v4) if kind & MAPPED != 0 => {
            let address = v4.addr().to_ipv6_mapped().into();
            (network, IpNet::new_assert(address, 96 + v4.prefix_len()))
        }
        _ => (network, network),
    }
}

/// The first address of an IPv6 network, moved to the upper half in which another begins, and to the one after that.
fn moved(network: &IpNet, to: &IpNet) -> Vec<IpAddr> {
    let (IpNet::V6(network), IpNet::V6(to)) = (network, to) else {
        return Vec::new();
    };
    let lower = network.network().to_bits() as u64;
    let upper = (to.network().to_bits() >> 64) as u64;
    let addresses = [upper, upper.wrapping_add(1)]
        .map(|upper| Ipv6Addr::from_bits(u128::from(upper) << 64 | u128::from(lower)));
    let own = addresses
        .into_iter()
        .filter(|address| address.to_ipv4_mapped().is_none());
    own.map(IpAddr::V6).collect()
}

/// The first and the last address of a network and their neighbours, as long as these are of the same family.
fn edges(network: &IpNet) -> Vec<IpAddr> {
    match network {
        IpNet::V4(network) => {
            let (first, last) = (network.network().to_bits(), network.broadcast().to_bits());
            let edges = [first.wrapping_sub(1), first, last, last.wrapping_add(1)];
            edges.map(|bits| Ipv4Addr::from_bits(bits).into()).into()
        }
        IpNet::V6(network) => {
            let (first, last) = (network.network().to_bits(), network.broadcast().to_bits());
            let edges = [first.wrapping_sub(1), first, last, last.wrapping_add(1)];
            let edges = edges.map(Ipv6Addr::from_bits).into_iter();
            let own = edges.filter(|address| address.to_ipv4_mapped().is_none());
            own.map(IpAddr::V6).collect()
        }
    }
}
