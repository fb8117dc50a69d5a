//! A list of networks with exceptions, and the addresses that it is asked about.

use core::fmt::Write;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use fastrand::Rng;
use hookward_ip::{Allowlist, IpNet};

use crate::Outcome;

/// How many addresses every firewall is asked about, half of them of each family. Not all of them can
/// send, so there are some to spare.
const COUNT: usize = 12_000;

/// Networks that every list has, so that its edges lie where families and special networks begin
/// and end.
const ALWAYS: [&str; 10] = [
    "0.0.0.0/8",
    "10.0.0.0/9",
    "127.0.0.0/8",
    "192.0.2.0/24",
    "223.255.255.255/32",
    "255.255.255.255/32",
    "::/96",
    "2002:a00::/24",
    "2001:db8::/32",
    "fd00::/8",
];

pub(crate) struct Addresses {
    /// As `[source_address] file` has it.
    pub(crate) file: String,
    /// As `[source_address] except` has it.
    pub(crate) except: Vec<String>,
    pub(crate) list: Allowlist,
    pub(crate) asked: Vec<IpAddr>,
}

impl Addresses {
    pub(crate) fn random(seed: u64) -> Outcome<Self> {
        let mut rng = Rng::with_seed(seed);
        let mut entries: Vec<IpNet> = ALWAYS
            .iter()
            .map(|text| text.parse())
            .collect::<Result<_, _>>()?;
        for _ in 0..300 {
            entries.push(v4(&mut rng)?);
            entries.push(v6(&mut rng)?);
        }
        let mut except = Vec::new();
        for _ in 0..100 {
            except.push(within(&mut rng, &entries)?);
        }
        let list = entries
            .iter()
            .fold(Allowlist::builder(), |list, network| list.network(*network));
        let list = except
            .iter()
            .fold(list, |list, network| list.except(*network));
        let list = list.build()?;
        let mut file = String::from("# Made for this run.\n");
        for network in &entries {
            writeln!(file, "{network}")?;
        }
        let mut asked: Vec<IpAddr> = entries.iter().chain(&except).flat_map(edges).collect();
        asked.retain(is_readable);
        asked.sort_unstable();
        asked.dedup();
        rng.shuffle(&mut asked);
        let (mut of_v4, mut of_v6): (Vec<_>, Vec<_>) = asked.into_iter().partition(IpAddr::is_ipv4);
        of_v4.truncate(COUNT / 2);
        of_v6.truncate(COUNT / 2);
        let more = COUNT / 2 - of_v4.len();
        let near = core::iter::repeat_with(|| near_v4(&mut rng, &entries));
        of_v4.extend(near.filter(is_readable).take(more));
        let more = COUNT / 2 - of_v6.len();
        let near = core::iter::repeat_with(|| near_v6(&mut rng, &entries));
        of_v6.extend(near.filter(is_readable).take(more));
        Ok(Self {
            file,
            except: except.iter().map(IpNet::to_string).collect(),
            list,
            asked: of_v4.into_iter().chain(of_v6).collect(),
        })
    }
}

fn v4(rng: &mut Rng) -> Outcome<IpNet> {
    let network = IpNet::new(Ipv4Addr::from_bits(rng.u32(..)).into(), rng.u8(8..=32))?;
    Ok(network.trunc())
}

fn v6(rng: &mut Rng) -> Outcome<IpNet> {
    // Global unicast, as most are.
    let bits = (rng.u128(..) >> 3) | 1 << 125;
    let network = IpNet::new(Ipv6Addr::from_bits(bits).into(), rng.u8(16..=128))?;
    Ok(network.trunc())
}

/// A network within one of the entries.
fn within(rng: &mut Rng, entries: &[IpNet]) -> Outcome<IpNet> {
    let entry = entries[rng.usize(..entries.len())];
    let prefix_len = rng.u8(entry.prefix_len()..=entry.max_prefix_len());
    Ok(IpNet::new(inside(rng, &entry), prefix_len)?.trunc())
}

/// An address of the network.
fn inside(rng: &mut Rng, network: &IpNet) -> IpAddr {
    match network {
        IpNet::V4(network) => {
            let host = u32::from(network.hostmask());
            Ipv4Addr::from_bits(network.network().to_bits() | (rng.u32(..) & host)).into()
        }
        IpNet::V6(network) => {
            let host = u128::from(network.hostmask());
            Ipv6Addr::from_bits(network.network().to_bits() | (rng.u128(..) & host)).into()
        }
    }
}

/// Whether nginx can read its text: not 255.255.255.255, in either form, from where nobody sends.
fn is_readable(address: &IpAddr) -> bool {
    address.to_canonical() != Ipv4Addr::BROADCAST
}

/// Both ends of a network and their neighbours.
fn edges(network: &IpNet) -> [IpAddr; 4] {
    let (first, last) = (network.network(), network.broadcast());
    [neighbour(first, false), first, last, neighbour(last, true)]
}

fn neighbour(address: IpAddr, above: bool) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            let bits = if above {
                bits.wrapping_add(1)
            } else {
                bits.wrapping_sub(1)
            };
            Ipv4Addr::from_bits(bits).into()
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            let bits = if above {
                bits.wrapping_add(1)
            } else {
                bits.wrapping_sub(1)
            };
            Ipv6Addr::from_bits(bits).into()
        }
    }
}

/// A random address, or one of a network.
fn near_v4(rng: &mut Rng, entries: &[IpNet]) -> IpAddr {
    loop {
        let network = &entries[rng.usize(..entries.len())];
        match (rng.bool(), network) {
            (true, IpNet::V4(_)) => return inside(rng, network),
            (true, IpNet::V6(_)) => {}
            (false, _) => return Ipv4Addr::from_bits(rng.u32(..)).into(),
        }
    }
}

fn near_v6(rng: &mut Rng, entries: &[IpNet]) -> IpAddr {
    loop {
        let network = &entries[rng.usize(..entries.len())];
        match (rng.u8(..4), network) {
            (0, _) => return Ipv6Addr::from_bits(rng.u128(..)).into(),
            // An IPv4 address in its mapped form, and in that of 6to4.
            (1, IpNet::V4(_)) => match inside(rng, network) {
                IpAddr::V4(address) => return address.to_ipv6_mapped().into(),
                other @ IpAddr::V6(_) => return other,
            },
            (2, IpNet::V4(network)) => {
                let bits = u128::from(network.network().to_bits());
                return Ipv6Addr::from_bits(0x2002 << 112 | bits << 80).into();
            }
            (_, IpNet::V6(_)) => return inside(rng, network),
            (_, IpNet::V4(_)) => {}
        }
    }
}
