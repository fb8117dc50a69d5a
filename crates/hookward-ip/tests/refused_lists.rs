//! A list with a line that is ambiguous or unreadable is not built, and the error says where.

use core::net::IpAddr;

use hookward_ip::{Allowlist, AllowlistError, IpNet, Place, Role};

fn entry(index: usize) -> Place {
    Place {
        role: Role::Entry,
        index,
    }
}

fn refusal(text: &str) -> AllowlistError {
    Allowlist::builder().text(text).build().unwrap_err()
}

#[test]
fn text_that_is_no_network_is_refused() {
    for text in [
        "",
        "/",
        "/8",
        " ",
        "10.0.0.0 /8",
        " 10.0.0.0/8",
        "10.0.0.0/8\n",
        "10.0.0.0/",
        "10.0.0.0/ 8",
        "10.0.0.0/+8",
        "10.0.0.0/-8",
        "10.0.0.0/08",
        "10.0.0.0/00",
        "10.0.0.0/8/8",
        "10.0.0.0/8.0",
        "10.0.0.0/33",
        "10.0.0.0/256",
        "10.0.0.0/264",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0/0x8",
        "10.0.0.0/\u{ff18}",
        "10/8",
        "10.0.0/24",
        "010.0.0.1",
        "10.0.0.01",
        "0x0a.0.0.1",
        "167772161",
        "10.0.0.256",
        "10.0.0.1:443",
        "[10.0.0.1]",
        "[2001:db8::1]",
        "[2001:db8::1]:443",
        "2001:db8::1%eth0",
        "fe80::1%1/64",
        "2001:db8::/129",
        "2001:db8::/032",
        "2001:db8",
        "00001::",
        "1::2::3",
        "::ffff:10.0.0.0/129",
        "::ffff:010.0.0.0/104",
        "localhost",
        "*",
        "any",
        "10.0.0.1,10.0.0.2",
        "10.0.0.1-10.0.0.9",
        "!10.0.0.1",
        "# comment",
    ] {
        assert!(
            matches!(refusal(text), AllowlistError::Unparsable { .. }),
            "{text:?}"
        );
    }
}

#[test]
fn the_error_says_what_was_expected_where() {
    let built = Allowlist::builder()
        .text("192.0.2.1")
        .except_text("192.0.2.2")
        .text("192.0.2.0/33")
        .build();
    assert_eq!(
        built.unwrap_err(),
        AllowlistError::Unparsable {
            place: entry(1),
            entry: "192.0.2.0/33".to_owned(),
            expected: "a prefix length of 0 to 32 after the `/`",
        }
    );
    assert_eq!(
        refusal("2001:db8::/x\r\n").to_string(),
        r"entry 0: expected a prefix length of 0 to 128 after the `/`, found `2001:db8::/x\r\n`"
    );
    assert_eq!(
        refusal("example.com").to_string(),
        "entry 0: expected an IPv4 or IPv6 address, alone or followed by `/` and a prefix length, \
         found `example.com`"
    );
}

#[test]
fn what_an_error_repeats_is_bounded() {
    let message = refusal(&"\u{1b}".repeat(1 << 20)).to_string();
    assert!(message.len() < 1000);
    assert!(
        message
            .chars()
            .all(|char| char == ' ' || char.is_ascii_graphic())
    );
}

#[test]
fn host_bits_are_not_dropped_without_a_word() {
    for (text, network) in [
        ("10.1.1.5/8", "10.0.0.0/8"),
        ("192.0.2.1/0", "0.0.0.0/0"),
        ("192.0.2.1/31", "192.0.2.0/31"),
        ("2001:db8::1/64", "2001:db8::/64"),
        ("::1/127", "::/127"),
        ("::ffff:10.1.1.5/104", "10.0.0.0/8"),
    ] {
        let expected = AllowlistError::HostBitsSet {
            place: entry(0),
            entry: text.to_owned(),
            suggestion: network.parse().unwrap(),
        };
        assert_eq!(refusal(text), expected);
        // A network that comes as a value is held to the same rule.
        let built = Allowlist::builder().network(text.parse().unwrap()).build();
        assert!(
            matches!(built, Err(AllowlistError::HostBitsSet { suggestion, .. })
                if suggestion.to_string() == network),
            "{text}"
        );
    }
    assert_eq!(
        refusal("10.1.1.5/8").to_string(),
        "entry 0: `10.1.1.5/8` sets bits beyond its prefix; write 10.0.0.0/8 for the network, \
         or the address alone"
    );
}

#[test]
fn a_mapped_network_never_widens_to_what_is_not_mapped() {
    for prefix_len in 0..96 {
        let text = format!("::ffff:10.0.0.0/{prefix_len}");
        let expected = AllowlistError::MappedPrefixTooShort {
            place: entry(0),
            entry: text.clone(),
            prefix_len,
            min: 96,
        };
        assert_eq!(refusal(&text), expected);
        let network: IpNet = text.parse().unwrap();
        let built = Allowlist::builder().network(network).build();
        assert!(matches!(
            built,
            Err(AllowlistError::MappedPrefixTooShort { .. })
        ));
    }
}

#[test]
fn exceptions_are_held_to_the_same_rules_and_counted_apart() {
    let exception = |text: &str| {
        Allowlist::builder()
            .text("10.0.0.0/8")
            .text("192.0.2.0/24")
            .except_text("10.0.0.1")
            .except_text(text)
            .build()
            .unwrap_err()
    };
    for (text, message) in [
        ("10.0.0.1/8", "exception 1: `10.0.0.1/8` sets bits"),
        ("::ffff:10.0.0.0/8", "exception 1: `::ffff:10.0.0.0/8` is"),
        ("ten", "exception 1: expected an IPv4 or IPv6 address"),
    ] {
        let refused = exception(text).to_string();
        assert!(refused.starts_with(message), "{refused}");
    }
    let host_bits: IpNet = "10.0.0.1/8".parse().unwrap();
    let built = Allowlist::builder().text("10.0.0.0/8").except(host_bits);
    assert!(matches!(
        built.build(),
        Err(AllowlistError::HostBitsSet {
            place: Place {
                role: Role::Exception,
                index: 0
            },
            ..
        })
    ));
}

#[test]
fn the_first_bad_line_is_reported_and_none_is_skipped() {
    let built = Allowlist::builder()
        .text("192.0.2.1")
        .text("bad")
        .except_text("10.0.0.1/8")
        .text("192.0.2.2")
        .build();
    assert!(matches!(
        built,
        Err(AllowlistError::Unparsable { place, .. }) if place == entry(1)
    ));
}

#[test]
fn a_list_that_admits_no_address_is_refused() {
    assert_eq!(
        Allowlist::builder().build().unwrap_err(),
        AllowlistError::Empty
    );
    assert_eq!(
        Allowlist::builder()
            .except_text("::/0")
            .build()
            .unwrap_err(),
        AllowlistError::Empty
    );
    let covered = Allowlist::builder()
        .text("10.0.0.0/8")
        .text("2001:db8::1")
        .except_text("10.0.0.0/9")
        .except_text("10.128.0.0/9")
        .except_text("2001:db8::/32");
    assert_eq!(
        covered.clone().build().unwrap_err(),
        AllowlistError::NothingLeft
    );
    assert!(covered.text("192.0.2.1").build().is_ok());
}

#[test]
fn a_single_address_is_a_single_address() {
    for (text, neighbours) in [
        ("192.0.2.1", ["192.0.2.0", "192.0.2.2"]),
        ("2001:db8::1", ["2001:db8::", "2001:db8::2"]),
        ("::ffff:192.0.2.1", ["192.0.2.0", "192.0.2.2"]),
    ] {
        let list = Allowlist::builder().text(text).build().unwrap();
        let address: IpAddr = text.parse().unwrap();
        assert!(list.contains(address));
        for neighbour in neighbours {
            assert!(!list.contains(neighbour.parse().unwrap()), "{text}");
        }
    }
}
