//! Asking a list allocates nothing, whatever the answer.

use core::net::IpAddr;

use hookward_ip::Allowlist;

#[test]
fn lookups_do_not_allocate() {
    let list = Allowlist::builder()
        .text("10.0.0.0/8")
        .text("2001:db8::/32")
        .except_text("10.0.0.1")
        .build()
        .unwrap();
    let addresses = [
        ("10.0.0.2", true),
        ("::ffff:10.0.0.2", true),
        ("10.0.0.1", false),
        ("192.0.2.1", false),
        ("2001:db8::1", true),
        ("2001:db9::1", false),
    ]
    .map(|(text, admitted)| (text.parse::<IpAddr>().unwrap(), admitted));

    let counted = allocation_counter::measure(|| {
        for (address, admitted) in addresses {
            assert_eq!(list.contains(address), admitted);
            assert_eq!(list.explain(address).is_admitted(), admitted);
        }
    });
    assert_eq!(counted.count_total, 0);
}
