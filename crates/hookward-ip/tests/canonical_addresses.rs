//! One address has one form: what is listed in one form is found in the other, and nothing else is.

use core::net::IpAddr;

use hookward_ip::{Allowlist, canonical};

fn list(text: &str) -> Allowlist {
    Allowlist::builder().text(text).build().unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn a_mapped_address_is_its_ipv4_address() {
    let v4 = list("10.0.0.0/8");
    let mapped = list("::ffff:10.0.0.0/104");
    assert_eq!(v4, mapped);
    assert_eq!(mapped.entries().next().unwrap().to_string(), "10.0.0.0/8");
    for (address, expected) in [
        ("10.1.2.3", true),
        ("::ffff:10.1.2.3", true),
        ("::ffff:a01:203", true),
        ("11.0.0.0", false),
        ("::ffff:11.0.0.0", false),
    ] {
        assert_eq!(v4.contains(ip(address)), expected, "{address}");
    }
}

#[test]
fn other_addresses_that_embed_ipv4_are_not_converted() {
    let list = list("10.0.0.0/8");
    for address in [
        "::10.0.0.1",        // IPv4-compatible
        "64:ff9b::10.0.0.1", // NAT64
        "2002:a00:1::",      // 6to4
        "::ffff:0:10.0.0.1", // IPv4-translated
        "::fffe:10.0.0.1",
        "1::ffff:10.0.0.1",
        "a00:1::",
    ] {
        assert!(!list.contains(ip(address)), "{address}");
        assert_eq!(canonical(ip(address)), ip(address));
    }
}

#[test]
fn loopback_does_not_become_an_ipv4_address() {
    let any_v4_zero = list("0.0.0.0/8");
    assert!(!any_v4_zero.contains(ip("::1")));
    assert!(!any_v4_zero.contains(ip("::")));
}

#[test]
fn every_address_of_one_family_is_none_of_the_other() {
    let v6 = list("::/0");
    for address in ["::", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] {
        assert!(v6.contains(ip(address)));
    }
    for address in ["0.0.0.0", "255.255.255.255", "::ffff:192.0.2.1"] {
        assert!(!v6.contains(ip(address)), "{address}");
    }
    for all_v4 in [list("0.0.0.0/0"), list("::ffff:0.0.0.0/96")] {
        for address in ["0.0.0.0", "255.255.255.255", "::ffff:192.0.2.1"] {
            assert!(all_v4.contains(ip(address)));
        }
        for address in ["::", "::fffe:ffff:ffff", "::1:0:0:0"] {
            assert!(!all_v4.contains(ip(address)), "{address}");
        }
    }
}

#[test]
fn an_exception_covers_both_forms() {
    for exception in ["10.0.0.1", "::ffff:10.0.0.1"] {
        let list = Allowlist::builder()
            .text("10.0.0.0/8")
            .except_text(exception)
            .build()
            .unwrap();
        assert!(!list.contains(ip("10.0.0.1")));
        assert!(!list.contains(ip("::ffff:10.0.0.1")));
        assert!(list.contains(ip("::ffff:10.0.0.2")));
    }
}
