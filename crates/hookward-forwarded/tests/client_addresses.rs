//! Whose word is taken for the client's address, and how far.

use core::net::IpAddr;

use hookward_forwarded::{
    AddressError, AddressForm, AddressRule, Derivation, MAX_HOPS, Peer, Step, TrustedProxies,
};
use hookward_ip::Allowlist;
use proptest::prelude::*;

const PROXY: &str = "192.0.2.1";
const CLIENT: &str = "203.0.113.9";

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn peer(text: &str) -> Peer {
    address(text).into()
}

fn listed(entries: &[&str]) -> TrustedProxies {
    let list = entries
        .iter()
        .fold(Allowlist::builder(), |list, entry| list.text(entry));
    TrustedProxies::networks(list.build().unwrap())
}

fn rule(proxies: TrustedProxies, form: &str) -> AddressRule {
    AddressRule::new(proxies, form.parse().unwrap()).unwrap()
}

fn derive(rule: &AddressRule, from: &str, lines: &[&str]) -> Result<Option<IpAddr>, AddressError> {
    let derived = rule.derive(peer(from), lines.iter().map(|line| line.as_bytes()))?;
    Ok(derived.address())
}

/// Forms with the text of an entry, and how entries are joined.
const FORMS: [&str; 4] = [
    "x-forwarded-for",
    "forwarded",
    "single:x-real-ip",
    "single-with-port:viewer-address",
];

fn entry(form: &str, address: IpAddr) -> String {
    match (form, address) {
        ("forwarded", IpAddr::V4(address)) => format!("for={address};proto=https"),
        ("forwarded", IpAddr::V6(address)) => format!("proto=https;for=\"[{address}]:4711\""),
        ("single-with-port:viewer-address", address) => format!("{address}:4711"),
        (_, address) => address.to_string(),
    }
}

#[test]
fn headers_from_strangers_are_ignored() {
    for form in FORMS {
        let rule = rule(listed(&[PROXY]), form);
        for lines in [&[][..], &["10.0.0.1"], &["10.0.0.1", "\u{0}garbage"]] {
            assert_eq!(
                derive(&rule, CLIENT, lines),
                Ok(Some(address(CLIENT))),
                "{form}"
            );
        }
        let socket = rule.derive(Peer::UnixSocket, [&b"10.0.0.1"[..]]).unwrap();
        assert_eq!(socket.address(), None);
        assert_eq!(
            socket.steps().collect::<Vec<_>>(),
            [Step::PeerIsClient(Peer::UnixSocket)]
        );
    }
}

#[test]
fn a_trusted_peer_without_a_header_is_not_the_client() {
    for form in FORMS {
        let rule = rule(listed(&[PROXY]), form);
        assert_eq!(
            derive(&rule, PROXY, &[]),
            Err(AddressError::Missing),
            "{form}"
        );
        assert_eq!(
            derive(&rule, PROXY, &[""]),
            Err(AddressError::Unreadable { entry: 0 }),
            "{form}"
        );
    }
}

#[test]
fn a_unix_socket_is_trusted_only_if_it_is_said_so() {
    let rule = rule(TrustedProxies::unix_socket(), "x-forwarded-for");
    let derived = rule.derive(Peer::UnixSocket, [CLIENT.as_bytes()]).unwrap();
    assert_eq!(derived.address(), Some(address(CLIENT)));
    assert_eq!(derive(&rule, PROXY, &[CLIENT]), Ok(Some(address(PROXY))));

    let both = TrustedProxies::unix_socket()
        .and_networks(Allowlist::builder().text(PROXY).build().unwrap());
    assert_eq!(both, listed(&[PROXY]).and_unix_socket());
    assert!(
        both.trusts(Peer::UnixSocket) && both.trusts(peer(PROXY)) && !both.trusts(peer(CLIENT))
    );
}

#[test]
fn mapped_addresses_are_their_ipv4_addresses() {
    for form in FORMS {
        let rule = rule(listed(&[PROXY]), form);
        let text = entry(form, address("::ffff:203.0.113.9"));
        assert_eq!(
            derive(&rule, "::ffff:192.0.2.1", &[&text]),
            Ok(Some(address(CLIENT))),
            "{form}"
        );
    }
    let stranger = derive(
        &rule(listed(&[PROXY]), "forwarded"),
        "::ffff:203.0.113.9",
        &[],
    );
    assert_eq!(stranger, Ok(Some(address(CLIENT))));
}

#[test]
fn listed_proxies_are_passed_over_all_lines() {
    let proxies = || listed(&["10.0.0.0/8", "2001:db8:1::/48"]);
    let chain = rule(proxies(), "x-forwarded-for");
    for lines in [
        &["6.6.6.6, 203.0.113.9, 2001:db8:1::7, 10.1.2.3"][..],
        &["6.6.6.6", "203.0.113.9:80", "[2001:db8:1::7]:80,10.1.2.3"],
        &["garbage, , ", "203.0.113.9,\t10.9.9.9 ", "10.1.2.3"],
    ] {
        assert_eq!(
            derive(&chain, "10.0.0.1", lines),
            Ok(Some(address(CLIENT))),
            "{lines:?}"
        );
    }
    let chain = rule(proxies(), "forwarded");
    for lines in [
        &["for=6.6.6.6, for=203.0.113.9, for=\"[2001:db8:1::7]\", for=10.1.2.3"][..],
        &[
            "for=6.6.6.6",
            "for=\"203.0.113.9:80\";by=_x",
            "for=\"[2001:db8:1::7]:_x\",for=10.1.2.3",
        ],
        &["for=\"6.6.6.6", "for=203.0.113.9", "for=10.1.2.3"],
    ] {
        assert_eq!(
            derive(&chain, "10.0.0.1", lines),
            Ok(Some(address(CLIENT))),
            "{lines:?}"
        );
    }
}

#[test]
fn nothing_is_skipped() {
    let unreadable = |entry| Err(AddressError::Unreadable { entry });
    let chain = rule(listed(&["10.0.0.0/8"]), "x-forwarded-for");
    for (line, expected) in [
        ("203.0.113.9, garbage", unreadable(0)),
        ("203.0.113.9, garbage, 10.0.0.2", unreadable(1)),
        ("203.0.113.9,", unreadable(0)),
        ("203.0.113.9, , 10.0.0.2", unreadable(1)),
        ("203.0.113.9 10.0.0.2", unreadable(0)),
        (
            "203.0.113.9, unknown",
            Err(AddressError::Unknown { entry: 0 }),
        ),
        ("203.0.113.9, 010.0.0.2", unreadable(0)),
        (
            "10.0.0.3, 10.0.0.2",
            Err(AddressError::AllTrusted { entries: 2 }),
        ),
    ] {
        assert_eq!(derive(&chain, "10.0.0.1", &[line]), expected, "{line}");
    }
    let chain = rule(listed(&["10.0.0.0/8"]), "forwarded");
    for (line, expected) in [
        (
            "for=203.0.113.9, for=unknown",
            Err(AddressError::Unknown { entry: 0 }),
        ),
        (
            "for=203.0.113.9, for=_hidden, for=10.0.0.2",
            Err(AddressError::Obfuscated { entry: 1 }),
        ),
        ("for=203.0.113.9, proto=https", unreadable(0)),
        ("for=203.0.113.9, for=\"10.0.0.\\2\"", unreadable(0)),
        // An open quote swallows what the proxy appends to the same line.
        ("for=6.6.6.6;x=\", for=203.0.113.9", unreadable(0)),
        ("for=6.6.6.6;x=\", for=\"[2001:db8::9]\"", unreadable(0)),
    ] {
        assert_eq!(derive(&chain, "10.0.0.1", &[line]), expected, "{line}");
    }
}

#[test]
fn a_hop_count_counts_and_asks_only_the_peer() {
    let two = || listed(&[PROXY]).with_hops(2).unwrap();
    let chain = rule(two(), "x-forwarded-for");
    // As Google Cloud writes it: what the client sent, the client, the load balancer.
    assert_eq!(
        derive(&chain, PROXY, &["6.6.6.6,203.0.113.9,198.51.100.1"]),
        Ok(Some(address(CLIENT)))
    );
    assert_eq!(
        derive(&chain, CLIENT, &["6.6.6.6,7.7.7.7"]),
        Ok(Some(address(CLIENT)))
    );
    assert_eq!(
        derive(&chain, PROXY, &["198.51.100.1"]),
        Err(AddressError::TooFewEntries {
            hops: 2,
            entries: 1
        })
    );
    assert_eq!(derive(&chain, PROXY, &[]), Err(AddressError::Missing));
    assert_eq!(
        derive(&chain, PROXY, &["203.0.113.9, garbage"]),
        Err(AddressError::Unreadable { entry: 0 })
    );
    for hops in [0, MAX_HOPS + 1] {
        let expected = AddressError::HopCount {
            hops,
            limit: MAX_HOPS,
        };
        assert_eq!(listed(&[PROXY]).with_hops(hops), Err(expected));
    }
    let single = AddressRule::new(two(), "single:x-real-ip".parse().unwrap());
    assert_eq!(single, Err(AddressError::HopsWithoutList));
}

#[test]
fn a_walk_is_bounded() {
    let chain = rule(listed(&["10.0.0.0/8"]), "x-forwarded-for");
    let proxies = |count| vec!["10.0.0.2"; count].join(",");
    let derived = derive(&chain, "10.0.0.1", &[CLIENT, &proxies(MAX_HOPS - 1)]);
    assert_eq!(derived, Ok(Some(address(CLIENT))));
    for count in [MAX_HOPS, 3 * MAX_HOPS] {
        let derived = derive(&chain, "10.0.0.1", &[CLIENT, &proxies(count)]);
        assert_eq!(derived, Err(AddressError::TooManyHops { limit: MAX_HOPS }));
    }
    let all = derive(&chain, "10.0.0.1", &[&proxies(MAX_HOPS)]);
    assert_eq!(all, Err(AddressError::AllTrusted { entries: MAX_HOPS }));
    let longest = rule(
        listed(&[PROXY]).with_hops(MAX_HOPS).unwrap(),
        "x-forwarded-for",
    );
    let derived = derive(
        &longest,
        PROXY,
        &["6.6.6.6", CLIENT, &proxies(MAX_HOPS - 1)],
    );
    assert_eq!(derived, Ok(Some(address(CLIENT))));
}

#[test]
fn a_single_address_stands_in_one_line() {
    let single = rule(listed(&[PROXY]), "single:x-real-ip");
    assert_eq!(
        derive(&single, PROXY, &[" 203.0.113.9\t"]),
        Ok(Some(address(CLIENT)))
    );
    for lines in [
        ["203.0.113.9"; 2],
        ["203.0.113.9", ""],
        ["garbage", "203.0.113.9"],
    ] {
        assert_eq!(derive(&single, PROXY, &lines), Err(AddressError::Repeated));
    }
    for text in [
        "203.0.113.9, 6.6.6.6",
        "203.0.113.9:80",
        "[2001:db8::9]",
        "unknown",
    ] {
        assert_eq!(
            derive(&single, PROXY, &[text]),
            Err(AddressError::Unreadable { entry: 0 }),
            "{text}"
        );
    }
    assert_eq!(
        derive(&single, PROXY, &[PROXY]),
        Err(AddressError::SingleIsTrusted {
            address: address(PROXY)
        })
    );
    let with_port = rule(
        listed(&[PROXY]),
        "single-with-port:cloudfront-viewer-address",
    );
    let derived = derive(&with_port, PROXY, &["2001:db8::1:443"]);
    assert_eq!(derived, Ok(Some(address("2001:db8::1"))));
    assert_eq!(
        derive(&with_port, PROXY, &[CLIENT]),
        Err(AddressError::Unreadable { entry: 0 })
    );
}

#[test]
fn steps_end_at_the_address() {
    let rule = rule(listed(&["10.0.0.0/8"]), "x-forwarded-for");
    let derived = rule
        .derive(peer("10.0.0.1"), [&b"203.0.113.9, 10.0.0.2"[..]])
        .unwrap();
    assert_eq!(
        derived.steps().collect::<Vec<_>>(),
        [
            Step::PeerIsProxy(peer("10.0.0.1")),
            Step::Proxy {
                entry: 0,
                address: address("10.0.0.2")
            },
            Step::Client {
                entry: 1,
                address: address(CLIENT)
            },
        ]
    );
    let stranger = rule.derive(peer(CLIENT), []).unwrap();
    assert_eq!(
        stranger.to_string(),
        "peer 203.0.113.9: not a trusted proxy, the client"
    );
}

#[test]
fn deriving_allocates_nothing() {
    let rules = FORMS.map(|form| rule(listed(&["10.0.0.0/8", "192.0.2.1"]), form));
    let lines = FORMS.map(|form| entry(form, address(CLIENT)));
    let found = allocation_counter::measure(|| {
        for (rule, line) in rules.iter().zip(&lines) {
            let derived = rule.derive(peer(PROXY), [line.as_bytes()]);
            assert!(derived.is_ok_and(|derived: Derivation| derived.address().is_some()));
        }
    });
    assert_eq!(found.count_total, 0);
}

/// A header line of whatever a client may send: entries, their pieces, and bytes.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(
        &[
            "10.0.0.1",
            "192.0.2.1",
            "::1",
            "[2001:db8::1]:80",
            "for=",
            "for=10.0.0.1",
            "for=\"[::1]\"",
            "by=",
            "_x",
            "unknown",
            ",",
            ", ",
            ";",
            "\"",
            "\\",
            "\\\"",
            "=",
            " ",
            ":80",
        ][..],
    )
    .prop_map(|piece| piece.as_bytes().to_vec());
    let bytes = prop::collection::vec(any::<u8>(), 0..4);
    prop::collection::vec(prop_oneof![9 => piece, 1 => bytes], 0..12)
        .prop_map(|pieces| pieces.concat())
}

/// What a header value may hold, so that a server hands it on.
fn sendable(line: &[u8]) -> bool {
    line.iter()
        .all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..))
}

proptest! {
    #[test]
    fn with_one_listed_proxy_no_header_of_the_client_changes_the_address(
        sent in prop::collection::vec(line(), 0..4),
        client in any::<IpAddr>(),
    ) {
        let sent: Vec<_> = sent.into_iter().filter(|line| sendable(line)).collect();
        let client = hookward_ip::canonical(client);
        prop_assume!(client != address(PROXY));
        for form in ["x-forwarded-for", "forwarded"] {
            let rule = rule(listed(&[PROXY]), form);
            let own = entry(form, client);
            let ask = |lines: &[Vec<u8>]| {
                let derived = rule.derive(peer(PROXY), lines.iter().map(Vec::as_slice));
                derived.map(|derived| derived.address())
            };
            // A proxy that adds a line.
            let mut added = sent.clone();
            added.push(own.clone().into_bytes());
            prop_assert_eq!(ask(&added), Ok(Some(client)), "{}", form);

            // A proxy that joins all lines and appends.
            let mut joined = sent.join(&b", "[..]);
            if !sent.is_empty() {
                joined.extend_from_slice(b", ");
            }
            joined.extend_from_slice(own.as_bytes());
            let derived = ask(&[joined]);
            match form {
                // A client that leaves a quote open spoils its own request, and no other.
                "forwarded" => prop_assert!(matches!(
                    derived,
                    Ok(Some(found)) if found == client) || derived == Err(AddressError::Unreadable { entry: 0 }
                ), "{:?}", derived),
                _ => prop_assert_eq!(derived, Ok(Some(client))),
            }
        }
        // A proxy that replaces is not affected; one that adds beside the client's is noticed.
        let rule = rule(listed(&[PROXY]), "single:x-real-ip");
        let own = entry("single:x-real-ip", client);
        let lines = sent.iter().map(Vec::as_slice).chain([own.as_bytes()]);
        let derived = rule.derive(peer(PROXY), lines).map(|derived| derived.address());
        let expected = if sent.is_empty() { Ok(Some(client)) } else { Err(AddressError::Repeated) };
        prop_assert_eq!(derived, expected);
    }

    #[test]
    fn what_is_printed_reads_back(
        chain in prop::collection::vec((any::<IpAddr>(), prop::option::of(any::<u16>()), any::<bool>()), 1..6),
    ) {
        // Everything but the first is a proxy.
        let addresses: Vec<_> = chain.iter().map(|(address, ..)| hookward_ip::canonical(*address)).collect();
        prop_assume!(!addresses[1..].contains(&addresses[0]));
        let texts: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        let mut proxies: Vec<_> = texts[1..].iter().map(String::as_str).collect();
        proxies.push("192.0.2.1");
        prop_assume!(addresses[0] != address("192.0.2.1"));

        let node = |address: &IpAddr, port: &Option<u16>| match (address, port) {
            (IpAddr::V4(address), None) => address.to_string(),
            (IpAddr::V6(address), None) => format!("[{address}]"),
            (IpAddr::V4(address), Some(port)) => format!("{address}:{port}"),
            (IpAddr::V6(address), Some(port)) => format!("[{address}]:{port}"),
        };
        let entries = |form: &str| {
            let entry = |address: &IpAddr, port: &Option<u16>| match form {
                "forwarded" => format!("for=\"{}\"", node(address, port)),
                _ => node(address, port),
            };
            // Cut into lines where the chain says so.
            let mut lines = vec![String::new()];
            for (address, (_, port, new_line)) in addresses.iter().zip(&chain) {
                let last = lines.last_mut().unwrap();
                if last.is_empty() {
                    *last = entry(address, port);
                } else if *new_line {
                    lines.push(entry(address, port));
                } else {
                    *last = format!("{last}, {}", entry(address, port));
                }
            }
            lines
        };
        for form in ["x-forwarded-for", "forwarded"] {
            let rule = rule(listed(&proxies), form);
            let lines = entries(form);
            let derived = rule.derive(peer("192.0.2.1"), lines.iter().map(String::as_bytes)).unwrap();
            let found: Vec<_> = derived.steps().skip(1).map(|step| match step {
                Step::Proxy { address, .. } | Step::Client { address, .. } => address,
                other => panic!("{other:?}"),
            }).collect();
            prop_assert_eq!(found.iter().rev().copied().collect::<Vec<_>>(), addresses.clone());
        }
    }
}

#[test]
fn forms_name_the_header_to_read() {
    for (text, header) in [
        ("x-forwarded-for", "x-forwarded-for"),
        ("forwarded", "forwarded"),
        ("single:X-Real-IP", "x-real-ip"),
    ] {
        assert_eq!(text.parse::<AddressForm>().unwrap().header(), header);
    }
}
