//! Before there is a configuration.

mod common;

use common::Site;

#[test]
fn serve_without_a_configuration_prints_one_that_is_in_order_once_its_variable_is_set() {
    let site = Site::new();
    // As `hookward serve > hookward.toml` has it.
    site.write("hookward.toml", "");
    let printed = site.run(["serve"]);
    assert_eq!(printed.code, 2);
    assert!(
        printed.stderr.contains("no configuration: "),
        "{}",
        printed.stderr
    );
    site.write("hookward.toml", &printed.stdout);

    let unset = site.run(["check"]);
    assert_eq!(unset.code, 1);
    assert!(
        unset.stderr.contains("HOOKWARD_PAYLOAD"),
        "{}",
        unset.stderr
    );

    let set = site
        .hookward(["check"])
        .env("HOOKWARD_PAYLOAD", common::secret())
        .output()
        .unwrap();
    assert!(
        set.status.success(),
        "{}",
        String::from_utf8_lossy(&set.stderr)
    );
    // Weak, as its remarks say, in these two ways and no other.
    let said = String::from_utf8(set.stderr).unwrap();
    let warnings: Vec<_> = said
        .lines()
        .filter_map(|line| line.split_once("warning[")?.1.split_once(']'))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(warnings, ["static-secret", "no-head-check"], "{said}");
}

#[test]
fn what_is_printed_with_its_remarks_taken_in_is_in_order_too() {
    let site = Site::new();
    let printed = site.run(["serve"]).stdout;
    let mut all = String::new();
    for line in printed
        .lines()
        .filter(|line| *line != "policy = \"developer_payload\"")
    {
        let is_setting =
            line.starts_with("# ") && (line.contains(" = ") || line.starts_with("# ["));
        all += if is_setting { &line[2..] } else { line };
        all += "\n";
    }
    site.certificate("server", "localhost");
    site.list(&["server"]);
    site.write("hookward.toml", &all);
    let checked = site
        .hookward(["check"])
        .env("HOOKWARD_PAYLOAD", common::secret())
        .output()
        .unwrap();
    assert!(
        checked.status.success(),
        "{all}{}",
        String::from_utf8_lossy(&checked.stderr)
    );
    let summary = String::from_utf8(checked.stdout).unwrap();
    assert!(
        summary.contains("client_certificate and developer_payload"),
        "{summary}"
    );
}

#[test]
fn secrets_are_256_bits_in_base64url_on_a_line() {
    let ran = Site::new().run(["secret"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let secret = ran.stdout.strip_suffix('\n').unwrap();
    assert_eq!(secret.len(), 43);
    assert!(
        secret
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
        "{secret}"
    );
}

#[test]
fn serve_refuses_what_check_refuses() {
    let site = Site::new();
    site.write("hookward.toml", "upstream = \"http://127.0.0.1:3000\"\n");
    let ran = site.run(["serve"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr
            .contains("hookward.toml:1:1: error: route: missing"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_configuration_in_the_readme_is_in_order() {
    let readme = include_str!("../README.md");
    let (_, block) = readme.split_once("```toml\n").expect("a block of TOML");
    let (config, _) = block.split_once("```").expect("its end");
    let site = Site::new();
    site.certificate("server", "localhost");
    site.list(&["server"]);
    site.write("old.secret", common::secret());
    site.write("addresses.txt", "# ours\n198.51.100.0/24\n");
    // A secret that has ended is a warning, and one day this one has.
    assert!(config.contains("not_after = 2026-"));
    site.write(
        "hookward.toml",
        config.replace("not_after = 2026-", "not_after = 9026-"),
    );
    let checked = site
        .hookward(["check"])
        .env("HOOKWARD_PAYLOAD", common::secret())
        .env("HOOKWARD_HEADER", common::secret())
        .env("HOOKWARD_FIREWALL", common::secret())
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{report}");
    assert_eq!(report, "");
}
