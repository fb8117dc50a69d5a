//! `hookward inspect certificate` beside OpenSSL.

mod common;

use common::{Ran, Site, needs, program};
use serde_json::Value;

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

fn openssl(site: &Site, args: &[&str]) -> Vec<u8> {
    let output = program("openssl")
        .args(args)
        .current_dir(site.path(""))
        .output()
        .unwrap_or_else(|error| needs("openssl", &error));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

#[test]
fn a_certificate_has_the_digests_that_openssl_computes() {
    let site = Site::new();
    site.openssl_certificate("sender", "sender.example");
    let plain = |text: String| text.replace(':', "").to_ascii_lowercase();
    let digest = |algorithm: &str| {
        let printed = openssl(
            &site,
            &[
                "x509",
                "-noout",
                "-fingerprint",
                algorithm,
                "-in",
                "sender.pem",
            ],
        );
        let printed = String::from_utf8(printed).unwrap();
        plain(printed.trim().rsplit_once('=').unwrap().1.to_owned())
    };
    let key = openssl(&site, &["x509", "-noout", "-pubkey", "-in", "sender.pem"]);
    site.write("sender.pub", key);
    let spki = openssl(
        &site,
        &["pkey", "-pubin", "-in", "sender.pub", "-outform", "DER"],
    );
    site.write("sender.spki", spki);
    let spki = openssl(&site, &["dgst", "-sha256", "-r", "sender.spki"]);
    let spki = String::from_utf8(spki).unwrap()[..64].to_owned();
    let serial = openssl(&site, &["x509", "-noout", "-serial", "-in", "sender.pem"]);
    let serial = String::from_utf8(serial)
        .unwrap()
        .trim()
        .replace("serial=", "");

    openssl(
        &site,
        &[
            "x509",
            "-in",
            "sender.pem",
            "-outform",
            "DER",
            "-out",
            "sender.der",
        ],
    );
    for file in ["sender.pem", "sender.der"] {
        let ran = site.run(["inspect", "certificate", file, "--json"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        let seen = json_of(&ran);
        assert_eq!(seen["sha1"], digest("-sha1"));
        assert_eq!(seen["sha256"], digest("-sha256"));
        assert_eq!(seen["spki_sha256"], spki);
        assert_eq!(seen["subject"], "CN=sender");
        assert_eq!(seen["issuer"], "CN=sender");
        assert_eq!(seen["serial"], serial.to_ascii_lowercase());
        for date in ["not_before", "not_after"] {
            let date = seen[date].as_str().unwrap();
            assert!(date.len() == 20 && date.ends_with('Z'), "{date}");
        }
    }
    let pem = std::fs::read(site.path("sender.pem")).unwrap();
    let people = site.run_with(["inspect", "certificate"], &pem);
    assert_eq!(people.code, 0);
    assert!(
        people
            .stdout
            .contains(&format!("sha256:      {}", digest("-sha256")))
    );
    assert_eq!(
        site.run_with(["inspect", "certificate", "-"], &pem).stdout,
        people.stdout
    );
}
