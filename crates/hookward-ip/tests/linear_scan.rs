//! A list admits exactly the addresses that reading it line by line admits.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::ops::Range;

use hookward_ip::{Allowlist, AllowlistBuilder, AllowlistError, Explanation, IpNet, Role};
use proptest::prelude::*;

/// An address of either family as 128 bits, an IPv4 address in its mapped form.
type Bits = u128;

fn is_v4(bits: Bits) -> bool {
    bits >> 32 == 0xffff
}

/// Every form in which the address may arrive.
fn forms(bits: Bits) -> impl Iterator<Item = IpAddr> {
    let v4 = is_v4(bits).then(|| IpAddr::V4(Ipv4Addr::from_bits(bits as u32)));
    [IpAddr::V6(Ipv6Addr::from_bits(bits))]
        .into_iter()
        .chain(v4)
}

/// One line of a list, in the same bits, and the way in which it is added.
#[derive(Clone, Copy, Debug)]
struct Line {
    address: Bits,
    prefix_len: u8,
    mapped: bool,
    as_text: bool,
}

impl Line {
    fn host_mask(self) -> Bits {
        Bits::MAX.checked_shr(self.prefix_len.into()).unwrap_or(0)
    }

    /// What the line means, bit by bit: the same family and the same prefix.
    fn covers(self, bits: Bits) -> bool {
        is_v4(bits) == is_v4(self.address) && (bits ^ self.address) & !self.host_mask() == 0
    }

    /// Both ends of the line and the neighbours of both.
    fn edges(self) -> [Bits; 4] {
        let (first, last) = (self.address, self.address | self.host_mask());
        [first.wrapping_sub(1), first, last, last.wrapping_add(1)]
    }

    fn written(self) -> String {
        if is_v4(self.address) && !self.mapped {
            let address = Ipv4Addr::from_bits(self.address as u32);
            format!("{address}/{}", self.prefix_len - 96)
        } else {
            let address = Ipv6Addr::from_bits(self.address);
            format!("{address}/{}", self.prefix_len)
        }
    }

    fn add(self, builder: AllowlistBuilder, role: Role) -> AllowlistBuilder {
        let written = self.written();
        let network = || written.parse::<IpNet>().unwrap();
        match (role, self.as_text) {
            (Role::Entry, true) => builder.text(&written),
            (Role::Entry, false) => builder.network(network()),
            (Role::Exception, true) => builder.except_text(&written),
            (Role::Exception, false) => builder.except(network()),
        }
    }
}

const HOME: Bits = 0x2001_0db8 << 96;

/// Addresses that lie close together, at the ends of both families and where they meet.
fn address() -> impl Strategy<Value = Bits> {
    const V4: Bits = 0xffff << 32;
    let anchor = prop::sample::select(vec![
        0,
        V4 - 1,
        V4,
        V4 | 0x0a00_0000,
        V4 | 0xffff_ffff,
        V4 + (1 << 32),
        HOME,
        Bits::MAX,
    ]);
    let near = (anchor, -300_i128..300).prop_map(|(anchor, by)| anchor.wrapping_add_signed(by));
    prop_oneof![
        8 => near,
        1 => any::<u32>().prop_map(|low| V4 | Bits::from(low)),
        1 => any::<Bits>(),
    ]
}

/// IPv6 addresses of few neighbouring upper halves, as those of one provider are.
fn neighbour() -> impl Strategy<Value = Bits> {
    let lower = prop_oneof![Just(0), Just(u64::MAX), 0..300_u64, any::<u64>()];
    (0..40_u64, lower).prop_map(|(upper, lower)| {
        HOME | Bits::from(upper * upper * upper) << 64 | Bits::from(lower)
    })
}

fn line() -> impl Strategy<Value = Line> {
    let prefix_len = prop_oneof![4 => 118_u8..=128, 1 => 96_u8..=128, 1 => 0_u8..=128];
    line_of(address(), prefix_len)
}

/// Lines all over the place, or all of neighbours.
fn lines(count: Range<usize>) -> impl Strategy<Value = Vec<Line>> {
    let prefix_len = prop_oneof![2 => 40_u8..=128, 2 => 60_u8..=66, 1 => Just(128)];
    prop_oneof![
        prop::collection::vec(line(), count.clone()),
        prop::collection::vec(line_of(neighbour(), prefix_len), count),
    ]
}

fn line_of(
    address: impl Strategy<Value = Bits>,
    prefix_len: impl Strategy<Value = u8>,
) -> impl Strategy<Value = Line> {
    (address, prefix_len, any::<bool>(), any::<bool>()).prop_map(
        |(address, prefix_len, mapped, as_text)| {
            let prefix_len = prefix_len.max(if is_v4(address) { 96 } else { 0 });
            let line = Line {
                address,
                prefix_len,
                mapped,
                as_text,
            };
            Line {
                address: address & !line.host_mask(),
                ..line
            }
        },
    )
}

fn first_that_covers(lines: &[Line], bits: Bits) -> Option<usize> {
    lines.iter().position(|line| line.covers(bits))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_list_agrees_with_its_lines_at_every_edge(
        entries in lines(1..24),
        exceptions in lines(0..12),
        elsewhere in prop::collection::vec(prop_oneof![address(), neighbour()], 16),
    ) {
        let builder = entries
            .iter()
            .fold(Allowlist::builder(), |builder, line| line.add(builder, Role::Entry));
        let builder = exceptions
            .iter()
            .fold(builder, |builder, line| line.add(builder, Role::Exception));
        let list = match builder.build() {
            Ok(list) => Some(list),
            Err(refused) => {
                prop_assert_eq!(refused, AllowlistError::NothingLeft);
                None
            }
        };
        let lines = entries.iter().chain(&exceptions);
        for bits in lines.flat_map(|line| line.edges()).chain(elsewhere) {
            let entry = first_that_covers(&entries, bits);
            let exception = first_that_covers(&exceptions, bits);
            let admitted = entry.is_some() && exception.is_none();
            let Some(list) = &list else {
                prop_assert!(!admitted);
                continue;
            };
            for address in forms(bits) {
                prop_assert_eq!(list.contains(address), admitted, "{}", address);
                let explanation = list.explain(address);
                prop_assert_eq!(explanation.is_admitted(), admitted);
                let named = match explanation {
                    Explanation::Admitted(entry) => (Some(entry.place.index), None),
                    Explanation::Excepted { entry, exception } => {
                        (Some(entry.place.index), Some(exception.place.index))
                    }
                    Explanation::NotListed => (None, None),
                };
                prop_assert_eq!(named, (entry, exception.filter(|_| entry.is_some())));
            }
        }
    }

    #[test]
    fn the_networks_are_the_addresses_that_are_admitted(
        entries in lines(1..16),
        exceptions in lines(0..8),
        elsewhere in prop::collection::vec(prop_oneof![address(), neighbour()], 16),
    ) {
        let builder = entries
            .iter()
            .fold(Allowlist::builder(), |builder, line| line.add(builder, Role::Entry));
        let builder = exceptions
            .iter()
            .fold(builder, |builder, line| line.add(builder, Role::Exception));
        let Ok(list) = builder.build() else {
            return Ok(());
        };
        let networks: Vec<IpNet> = list.networks().collect();
        // What is aggregated is sorted, without overlaps, and cannot be said in fewer.
        prop_assert_eq!(&IpNet::aggregate(&networks), &networks);
        let lines = entries.iter().chain(&exceptions);
        for bits in lines.flat_map(|line| line.edges()).chain(elsewhere) {
            for address in forms(bits) {
                let canonical = hookward_ip::canonical(address);
                let covered = networks.iter().any(|network| network.contains(&canonical));
                prop_assert_eq!(list.contains(address), covered, "{}", address);
            }
        }
    }

    #[test]
    fn the_order_of_lines_changes_no_answer(
        (lines, shuffled) in prop::collection::vec(line(), 1..24)
            .prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
    ) {
        let build = |lines: &[Line]| {
            lines
                .iter()
                .fold(Allowlist::builder(), |builder, line| line.add(builder, Role::Entry))
                .build()
                .unwrap()
        };
        let (in_order, shuffled) = (build(&lines), build(&shuffled));
        for address in lines.iter().flat_map(|line| line.edges()).flat_map(forms) {
            prop_assert_eq!(in_order.contains(address), shuffled.contains(address));
        }
    }

    #[test]
    fn a_list_printed_and_read_again_is_the_same(lines in prop::collection::vec(line(), 1..24)) {
        let list = lines
            .iter()
            .fold(Allowlist::builder(), |builder, line| line.add(builder, Role::Entry))
            .build()
            .unwrap();
        let again = list
            .entries()
            .fold(Allowlist::builder(), |builder, network| builder.text(&network.to_string()))
            .build();
        prop_assert_eq!(again, Ok(list));
    }

    #[test]
    fn ipv4_text_is_read_in_its_one_spelling_and_no_other(
        text in r"((0|10|255|[0-9]{1,3})\.){3}(0|128|[0-9]{1,3})(/(0|8|3[0-3]|[0-9]{1,3}))?",
    ) {
        let reference = text.parse::<Ipv4Addr>().is_ok()
            || text.parse::<IpNet>().is_ok_and(|network| {
                network == network.trunc() && network.to_string() == text
            });
        prop_assert_eq!(Allowlist::builder().text(&text).build().is_ok(), reference);
    }

    #[test]
    fn no_text_panics(text in r"[0-9a-f:./ %\[\]]{0,40}|\PC{0,40}") {
        let built = Allowlist::builder().text(&text).except_text(&text).build();
        prop_assert!(built.is_err());
    }
}
