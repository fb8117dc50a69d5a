//! The demo shows every genuine kind of webhook accepted and at least 25 forged ones refused.

use std::process::Command;

#[test]
fn every_line_of_the_demo_is_as_it_should_be() {
    let demo = Command::new(env!("CARGO_BIN_EXE_hookward"))
        .arg("demo")
        .output()
        .unwrap();
    let table = String::from_utf8(demo.stdout).unwrap();
    assert!(demo.status.success(), "{table}");
    let lines = |start: &str, verdict: &str| {
        let of_verdict = format!("  {verdict} ");
        table
            .lines()
            .filter(|line| line.starts_with(start) && line.contains(&of_verdict))
            .count()
    };
    assert!(lines("ok ", "accept") >= 11, "{table}");
    assert!(lines("ok ", "refuse") >= 25, "{table}");
    assert_eq!(lines("!!", ""), 0, "{table}");
}
