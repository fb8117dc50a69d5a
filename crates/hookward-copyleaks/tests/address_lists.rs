//! Every plausible shape of an address list is taken; everything else is refused whole.

use hookward_copyleaks::parse_address_list;

#[test]
fn every_plausible_shape_is_taken() {
    for document in [
        r#"["192.0.2.0/24","2001:db8::/32"]"#,
        r#"[" 192.0.2.0/24 ","2001:db8::/32"]"#,
        r#"{"ips":["192.0.2.0/24","2001:db8::/32"]}"#,
        r#"{"ipAddresses":["192.0.2.0/24","2001:db8::/32"],"updated":"today"}"#,
        r#"{"servers":[{"ip":"192.0.2.0/24","name":"a"},{"ip":"2001:db8::/32"}]}"#,
        r#"[{"cidr":"192.0.2.0/24"},{"network":"2001:db8::/32","tags":[]}]"#,
        r#"{"prefixes":[{"ip_prefix":"192.0.2.0/24"},{"ipv6_prefix":"2001:db8::/32"}]}"#,
        r#"{"prefixes":[{"ipv4Prefix":"192.0.2.0/24","ipv6Prefix":"2001:db8::/32"}]}"#,
        r#"{"ipv4":["192.0.2.0/24"],"ipv6":["2001:db8::/32"]}"#,
        r#"{"data":{"ipv4":["192.0.2.0/24"],"ipv6":["2001:db8::/32"]}}"#,
        r#"{"result":{"ipv4_cidrs":["192.0.2.0/24"],"ipv6_cidrs":["2001:db8::/32"]}}"#,
        r#"["::ffff:192.0.2.0/120",{"ip":"2001:db8::/32"}]"#,
    ] {
        let list = parse_address_list(document.as_bytes()).expect(document);
        assert_eq!(list.len(), 2, "{document}");
        for (address, admitted) in [
            ("192.0.2.255", true),
            ("192.0.3.0", false),
            ("2001:db8:ffff::1", true),
            ("2001:db9::", false),
        ] {
            assert_eq!(
                list.contains(address.parse().unwrap()),
                admitted,
                "{document} {address}"
            );
        }
    }
}

#[test]
fn anything_else_is_refused_and_says_where() {
    for (document, expected) in [
        ("", "not JSON"),
        ("null", "found null"),
        ("{}", "found an object without one"),
        ("[]", "$: the list is empty"),
        (
            r#"{"ipv4":[],"ipv6":["2001:db8::/32"]}"#,
            "$.ipv4: the list is empty",
        ),
        (
            r#"{"error":"denied"}"#,
            "$.error: the document reports an error",
        ),
        (r#"["192.0.2.0/24",""]"#, "$[1]: "),
        (r#"["192.0.2.0/24","192.0.2.1/24"]"#, "$[1]: "),
        (r#"["192.0.2.0/24","192.0.2.0/33"]"#, "$[1]: "),
        (r#"["192.0.2.0/24","010.0.0.1"]"#, "$[1]: "),
        (r#"["192.0.2.0/24","example.com"]"#, "$[1]: "),
        (r#"["192.0.2.0-192.0.2.9"]"#, "$[0]: "),
        (r#"["::ffff:10.0.0.0/8"]"#, "$[0]: "),
        (
            r#"{"ips":[{"ip":"192.0.2.1"},{"ip":"x"}]}"#,
            "$.ips[1].ip: ",
        ),
        (
            r#"[{"ip":"192.0.2.1","ip":"192.0.2.2"}]"#,
            "$[0]: the field `ip` occurs twice",
        ),
        (
            r#"[{"name":"a"}]"#,
            "$[0]: entry 0 is an object without one",
        ),
        (r#"["192.0.2.1",7]"#, "$[1]: entry 1 is a number"),
        (
            r#"{"ips":["192.0.2.1"],"servers":["192.0.2.2"]}"#,
            "both `ips` and `servers`",
        ),
    ] {
        let error = parse_address_list(document.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{document}: {error}");
    }
}

#[test]
fn an_entry_that_says_two_things_is_refused() {
    for document in [
        r#"[{"ip":"10.0.0.1","network":"10.0.0.0/8"}]"#,
        r#"[{"address":"192.0.2.0","prefixLength":24}]"#,
        r#"[{"address":"192.0.2.0","netmask":"255.255.255.0"}]"#,
        r#"[{"ipv4":"192.0.2.1","ipv4Prefix":"192.0.2.0/24"}]"#,
        r#"{"ipv4":["192.0.2.0/24"],"data":["198.51.100.0/24"]}"#,
        r#"{"excluded":["198.51.100.0/24"]}"#,
    ] {
        assert!(
            parse_address_list(document.as_bytes()).is_err(),
            "{document}"
        );
    }
}

#[test]
fn the_list_in_an_envelope_is_taken_and_not_what_stands_beside_it() {
    for document in [
        r#"{"data":{"ips":["192.0.2.0/24"]},"excluded":["198.51.100.0/24"]}"#,
        r#"{"result":{"ipv4_cidrs":["192.0.2.0/24"]},"success":true,"errors":[],"messages":[]}"#,
    ] {
        let list = parse_address_list(document.as_bytes()).expect(document);
        let entries: Vec<_> = list.entries().map(|network| network.to_string()).collect();
        assert_eq!(entries, ["192.0.2.0/24"], "{document}");
    }
}
