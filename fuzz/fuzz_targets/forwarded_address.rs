//! A client address depends on nothing that stands left of what the proxy wrote.
//!
//! The first byte of an input chooses the form; the rest is what the client sent, one line of the header to a line.

#![no_main]

use std::net::IpAddr;

use hookward_forwarded::{
    AddressError, AddressForm, AddressRule, MAX_HOPS, Peer, Step, TrustedProxies,
};
use hookward_ip::Allowlist;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((choice, sent)) = input.split_first() else {
        return;
    };
    let (form, own) = match choice % 2 {
        0 => (AddressForm::XForwardedFor, "203.0.113.9"),
        _ => (
            AddressForm::Forwarded,
            "proto=https;for=\"203.0.113.9:4711\";by=_p",
        ),
    };
    let proxies = || {
        let list = Allowlist::builder()
            .text("10.0.0.0/8")
            .text("2001:db8::/32")
            .build();
        TrustedProxies::networks(list.expect("two networks"))
    };
    let peer = Peer::Address(IpAddr::from([10, 0, 0, 1]));
    let client = IpAddr::from([203, 0, 113, 9]);
    let rule = AddressRule::new(proxies(), form.clone()).expect("a list without hops");
    let lines: Vec<_> = sent.split(|byte| *byte == b'\n').collect();

    // The proxy adds a line of its own.
    let derived = rule.derive(peer, lines.iter().copied().chain([own.as_bytes()]));
    assert_eq!(derived.map(|derived| derived.address()), Ok(Some(client)));

    // The proxy joins what it got and appends.
    let joined = [&lines.join(&b", "[..]), &b", "[..], own.as_bytes()].concat();
    match rule.derive(peer, [&joined[..]]) {
        Ok(derived) => assert_eq!(derived.address(), Some(client)),
        Err(error) => {
            assert_eq!(
                (form.clone(), error),
                (
                    AddressForm::Forwarded,
                    AddressError::Unreadable { entry: 0 }
                )
            );
        }
    }

    // Without the proxy's entry: the walk passes listed addresses and nothing else.
    if let Ok(derived) = rule.derive(peer, lines.iter().copied()) {
        let steps: Vec<_> = derived.steps().collect();
        assert!(steps.len() <= MAX_HOPS + 1);
        for step in steps {
            match step {
                Step::PeerIsProxy(found) => assert_eq!(found, peer),
                Step::Proxy { address, .. } => assert!(rule.proxies().trusts(address.into())),
                Step::Client { address, .. } => {
                    assert!(!rule.proxies().trusts(address.into()));
                    assert_eq!(derived.address(), Some(address));
                }
                other => panic!("{other:?} from a trusted peer"),
            }
        }
    }

    // A hop count of one is the first entry of the same walk.
    let one = AddressRule::new(proxies().with_hops(1).expect("one hop"), form).expect("a list");
    let nearest = one
        .derive(peer, lines.iter().copied())
        .map(|derived| derived.address());
    match rule.derive(peer, lines.iter().copied()) {
        Ok(derived) => {
            let first = derived.steps().nth(1);
            let expected = match first {
                Some(Step::Proxy { address, .. } | Step::Client { address, .. }) => Some(address),
                _ => None,
            };
            assert_eq!(nearest, Ok(expected));
        }
        Err(AddressError::Unreadable { entry: 0 }) => assert!(nearest.is_err()),
        Err(_) => {}
    }
});
