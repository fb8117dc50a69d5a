//! An answer can be traced to the lines that made it.

use hookward_ip::{Allowlist, Explanation, Place, Role, Rule};

fn rule(role: Role, index: usize, network: &str) -> Rule {
    Rule {
        place: Place { role, index },
        network: network.parse().unwrap(),
    }
}

#[test]
fn the_first_line_of_each_role_is_named() {
    let list = Allowlist::builder()
        .text("2001:db8::/32")
        .text("::ffff:192.0.2.0/120")
        .text("192.0.0.0/16")
        .except_text("10.0.0.0/8")
        .except_text("192.0.2.8/29")
        .except_text("192.0.2.9")
        .build()
        .unwrap();
    let explain = |address: &str| list.explain(address.parse().unwrap());
    let entry = rule(Role::Entry, 1, "192.0.2.0/24");

    assert_eq!(explain("::ffff:192.0.2.7"), Explanation::Admitted(entry));
    assert_eq!(
        explain("192.0.2.9"),
        Explanation::Excepted {
            entry,
            exception: rule(Role::Exception, 1, "192.0.2.8/29")
        }
    );
    assert_eq!(explain("203.0.113.1"), Explanation::NotListed);
    // An exception alone explains nothing: nothing had admitted the address.
    assert_eq!(explain("10.0.0.1"), Explanation::NotListed);

    let shown = ["192.0.2.7", "192.0.2.9", "10.0.0.1"].map(|a| explain(a).to_string());
    assert_eq!(
        shown,
        [
            "entry 1 (192.0.2.0/24) admits it",
            "entry 1 (192.0.2.0/24) admits it, but exception 1 (192.0.2.8/29) excludes it",
            "no entry covers it",
        ]
    );
}

#[test]
fn lines_are_kept_in_order_and_counted_as_they_were_added() {
    let build = |lines: [&str; 3]| {
        lines
            .into_iter()
            .fold(Allowlist::builder(), |builder, line| builder.text(line))
            .except_text("10.0.0.1")
            .build()
            .unwrap()
    };
    let list = build(["10.0.0.0/8", "10.0.0.0/9", "10.0.0.0/8"]);
    assert_eq!(list.len(), 3);
    let shown: Vec<_> = list.entries().map(|net| net.to_string()).collect();
    assert_eq!(shown, ["10.0.0.0/8", "10.0.0.0/9", "10.0.0.0/8"]);
    let shown: Vec<_> = list.exceptions().map(|net| net.to_string()).collect();
    assert_eq!(shown, ["10.0.0.1/32"]);

    assert_eq!(list, build(["10.0.0.0/8", "10.0.0.0/9", "10.0.0.0/8"]));
    assert_ne!(list, build(["10.0.0.0/9", "10.0.0.0/8", "10.0.0.0/8"]));
}
