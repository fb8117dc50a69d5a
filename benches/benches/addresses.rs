//! Asking a list of networks for addresses: how fast, how large the list is, and how long it takes to build.
//!
//! An argument limits the lists to those whose name contains it, such as `v6, 10 k`.

use core::hint::black_box;
use core::net::{Ipv4Addr, Ipv6Addr};
use core::time::Duration;

use allocation_counter::measure;
use hookward_benches::networks::{Address, networks};
use hookward_benches::race::{Contender, Results, print_target, processor_time, race};
use hookward_benches::random::Random;
use hookward_ip::Allowlist;
use ip_network_table::IpNetworkTable;
use ipnet::{Ipv4Net, Ipv6Net};
use iptrie::set::RTrieSet;
use iptrie::{IpPrefix, Ipv4LCTrieSet, Ipv4Prefix, Ipv6LCTrieSet, Ipv6Prefix};
use prefix_trie::PrefixSet;

/// How many addresses a pass asks for: what a list of a million has to look at for them does not fit into the caches of one core.
const ASKED: usize = 1 << 16;

/// Reading a long list line by line takes so long that fewer have to do.
const ASKED_LINE_BY_LINE: usize = 1 << 5;

/// How often each list is built.
const BUILDS: usize = 5;

const ROUNDS: usize = 15;

const SIZES: [(&str, usize); 4] = [("8", 8), ("256", 256), ("10 k", 10_000), ("1 M", 1_000_000)];

const HOOKWARD: &str = "hookward";
const LINE_BY_LINE: &str = "ipnet, line by line";
const IPTRIE: &str = "iptrie LC-trie";
const PREFIX_TRIE: &str = "prefix-trie";
const IP_NETWORK_TABLE: &str = "ip_network_table";
const PEERS: [&str; 3] = [IPTRIE, PREFIX_TRIE, IP_NETWORK_TABLE];

/// A list of networks that can be asked whether one of them holds an address.
trait List<A: Address> {
    fn build(networks: &[A::Network]) -> Self;

    fn holds(&self, address: A) -> bool;
}

impl<A: Address> List<A> for Allowlist {
    fn build(networks: &[A::Network]) -> Self {
        let empty = Self::builder();
        let full = networks
            .iter()
            .fold(empty, |builder, network| builder.network((*network).into()));
        full.build().expect("no network has bits beyond its prefix")
    }

    fn holds(&self, address: A) -> bool {
        self.contains(address.into())
    }
}

/// The peers, which have types of their own for each family.
macro_rules! peers {
    ($address:ty, $network:ty, $trie:ty, $prefix:ty, $longest_match:ident) => {
        impl List<$address> for Vec<$network> {
            fn build(networks: &[$network]) -> Self {
                networks.to_vec()
            }

            fn holds(&self, address: $address) -> bool {
                self.iter().any(|network| network.contains(&address))
            }
        }

        impl List<$address> for $trie {
            fn build(networks: &[$network]) -> Self {
                let prefixes = networks.iter().map(|network| <$prefix>::from(*network));
                let mut trie = RTrieSet::from_iter(prefixes);
                trie.shrink_to_fit();
                trie.compress()
            }

            /// What no network holds, the root does.
            fn holds(&self, address: $address) -> bool {
                self.lookup(&address).len() > 0
            }
        }

        impl List<$address> for PrefixSet<$network> {
            fn build(networks: &[$network]) -> Self {
                networks.iter().copied().collect()
            }

            fn holds(&self, address: $address) -> bool {
                self.get_lpm(&address.into()).is_some()
            }
        }

        impl List<$address> for IpNetworkTable<()> {
            fn build(networks: &[$network]) -> Self {
                let mut table = Self::new();
                for network in networks {
                    let network = (network.addr(), network.prefix_len());
                    let network = ip_network::IpNetwork::new(network.0, network.1);
                    table.insert(network.expect("no network has bits beyond its prefix"), ());
                }
                table
            }

            fn holds(&self, address: $address) -> bool {
                self.$longest_match(address).is_some()
            }
        }
    };
}

peers!(
    Ipv4Addr,
    Ipv4Net,
    Ipv4LCTrieSet,
    Ipv4Prefix,
    longest_match_ipv4
);
peers!(
    Ipv6Addr,
    Ipv6Net,
    Ipv6LCTrieSet,
    Ipv6Prefix,
    longest_match_ipv6
);

/// What was asked of lists of one size: addresses that are in them, and addresses that are not.
struct Measured {
    name: String,
    races: [(&'static str, Results); 2],
}

fn main() {
    let filter = std::env::args()
        .nth(1)
        .filter(|argument| !argument.starts_with("--"));
    let filter = filter.as_deref();
    let mut measured = of_family::<Ipv4Addr, Ipv4LCTrieSet, PrefixSet<_>, Vec<_>>("v4", filter);
    measured.extend(of_family::<Ipv6Addr, Ipv6LCTrieSet, PrefixSet<_>, Vec<_>>(
        "v6", filter,
    ));
    for Measured { name, races } in measured {
        for (kind, results) in races {
            for peer in PEERS {
                print_target(
                    &format!("{name}, {kind}: speed, hookward / {peer}"),
                    results.ratio(HOOKWARD, peer),
                    target(&name),
                );
            }
        }
    }
}

/// How many times as fast as the best peer hookward is meant to be.
fn target(name: &str) -> &'static str {
    match name {
        "v4, 8" | "v4, 256" => "at least 1",
        "v4, 10 k" | "v4, 1 M" => "at least 2",
        "v6, 10 k" | "v6, 1 M" => "at least 1.5",
        _ => "none",
    }
}

fn of_family<A, I, P, V>(family: &str, filter: Option<&str>) -> Vec<Measured>
where
    A: Address,
    I: List<A>,
    P: List<A>,
    V: List<A>,
    IpNetworkTable<()>: List<A>,
{
    SIZES
        .into_iter()
        .map(|(size, count)| (format!("{family}, {size}"), count))
        .filter(|(name, _)| filter.is_none_or(|filter| name.contains(filter)))
        .map(|(name, count)| of_size::<A, I, P, V>(name, count))
        .collect()
}

fn of_size<A, I, P, V>(name: String, count: usize) -> Measured
where
    A: Address,
    I: List<A>,
    P: List<A>,
    V: List<A>,
    IpNetworkTable<()>: List<A>,
{
    let mut random = Random::new(count as u64);
    let networks = networks::<A>(count, &mut random);
    println!("{name} networks: median of {BUILDS} builds, median of {ROUNDS} passes");
    let hookward: Allowlist = built::<A, _>(HOOKWARD, &networks);
    let iptrie: I = built(IPTRIE, &networks);
    let prefix_trie: P = built(PREFIX_TRIE, &networks);
    let ip_network_table: IpNetworkTable<()> = built(IP_NETWORK_TABLE, &networks);
    let line_by_line: V = built(LINE_BY_LINE, &networks);

    let hits: Vec<A> = (0..ASKED)
        .map(|_| A::within(networks[random.below(count)], &mut random))
        .collect();
    let misses: Vec<A> = core::iter::repeat_with(|| A::any(&mut random))
        .filter(|address| !prefix_trie.holds(*address))
        .take(ASKED)
        .collect();
    let races = [("hit", hits, true), ("miss", misses, false)].map(|(kind, asked, answer)| {
        let few = &asked[..ASKED_LINE_BY_LINE];
        verify(&hookward, &asked, answer);
        verify(&iptrie, &asked, answer);
        verify(&prefix_trie, &asked, answer);
        verify(&ip_network_table, &asked, answer);
        verify(&line_by_line, few, answer);
        let results = race(
            ROUNDS,
            vec![
                contender(HOOKWARD, &hookward, &asked),
                contender(IPTRIE, &iptrie, &asked),
                contender(PREFIX_TRIE, &prefix_trie, &asked),
                contender(IP_NETWORK_TABLE, &ip_network_table, &asked),
            ],
        );
        print(kind, &results, asked.len());
        let few_results = race(ROUNDS, vec![contender(LINE_BY_LINE, &line_by_line, few)]);
        print(kind, &few_results, few.len());
        (kind, results)
    });
    Measured { name, races }
}

/// Builds a list, and prints how long that takes and what the list holds of memory then.
fn built<A: Address, L: List<A>>(name: &str, networks: &[A::Network]) -> L {
    let mut times = [Duration::ZERO; BUILDS];
    for time in &mut times {
        let start = processor_time();
        let list = black_box(L::build(networks));
        *time = processor_time() - start;
        drop(list);
    }
    times.sort_unstable();
    let mut list = None;
    let counted = measure(|| list = Some(L::build(networks)));
    println!(
        "  {name:20} built in {:9.3} ms, holds {:7.2} MB",
        times[BUILDS / 2].as_secs_f64() * 1e3,
        counted.bytes_current as f64 / 1e6,
    );
    list.expect("it was built")
}

fn verify<A: Address>(list: &impl List<A>, asked: &[A], answer: bool) {
    assert!(asked.iter().all(|address| list.holds(*address) == answer));
}

fn contender<'a, A: Address, L: List<A>>(
    name: &'static str,
    list: &'a L,
    asked: &'a [A],
) -> Contender<'a> {
    Contender::new(name, move || {
        for address in asked {
            black_box(list.holds(*address));
        }
    })
}

fn print(kind: &str, results: &Results, asked: usize) {
    for (name, median) in results.medians() {
        let each = median.as_secs_f64() * 1e9 / asked as f64;
        println!("  {name:20} {kind:4} {each:12.1} ns");
    }
}
