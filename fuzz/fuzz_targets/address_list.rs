//! What is taken from a document is admitted by it; written plainly, it is taken again.

#![no_main]

use hookward_copyleaks::parse_address_list;
use hookward_ip::canonical;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let Ok(list) = parse_address_list(document) else {
        return;
    };
    assert!(list.len() > 0);
    for network in list.entries() {
        assert!(list.contains(network.addr()));
        // `::/80` ends at an IPv4-mapped address, which is an IPv4 address that no IPv6 network admits.
        let last = network.broadcast();
        assert_eq!(
            list.contains(last),
            list.entries().any(|entry| entry.contains(&canonical(last)))
        );
    }
    let plain: Vec<_> = list.entries().map(|network| network.to_string()).collect();
    let plain = serde_json::to_vec(&plain).expect("strings are JSON");
    let again = parse_address_list(&plain).expect("what was printed is a list");
    assert!(again.entries().eq(list.entries()));
});
