//! `hookward inspect`, in every variant.

mod common;

use common::{Ran, Site};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

#[test]
fn what_is_no_certificate_is_an_error_with_its_kind() {
    let site = Site::new();
    site.certificate("sender", "sender.example");
    let pem = std::fs::read_to_string(site.path("sender.pem")).unwrap();
    let der = CertificateDer::from_pem_slice(pem.as_bytes())
        .unwrap()
        .to_vec();
    let cases: [(Vec<u8>, &str, Value); 7] = [
        (b"".to_vec(), "no_certificate", Value::Null),
        (b"hello".to_vec(), "no_certificate", Value::Null),
        (
            format!("{pem}{pem}").into(),
            "several_certificates",
            Value::Null,
        ),
        (
            pem.replace("-----END", "-----STOP").into(),
            "not_pem",
            Value::Null,
        ),
        (
            [&der, &b"x"[..]].concat(),
            "trailing_data",
            json!(der.len()),
        ),
        (
            der[..der.len() - 1].to_vec(),
            "malformed_certificate",
            json!(0),
        ),
        (vec![b'a'; (1 << 20) + 1], "too_large", Value::Null),
    ];
    for (input, kind, offset) in cases {
        let ran = site.run_with(["inspect", "certificate", "--json"], &input);
        assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
        let error = &json_of(&ran)["error"];
        assert_eq!(
            (&error["kind"], &error["offset"]),
            (&json!(kind), &offset),
            "{error}"
        );
        assert!(error["message"].as_str().unwrap().len() > 10, "{error}");

        let people = site.run_with(["inspect", "certificate"], &input);
        assert_eq!((people.code, people.stdout.as_str()), (1, ""));
        assert_eq!(people.stderr.trim_end(), error["message"].as_str().unwrap());
    }
}

#[test]
fn a_payload_is_decoded() {
    let site = Site::new();
    for (body, payload) in [
        (
            r#"{"status":0,"developerPayload":"a\u0062\n\"c\""}"#,
            json!("ab\n\"c\""),
        ),
        (r#"{"developerPayl\u006fad":""}"#, json!("")),
        (r#"{"nested":{"developerPayload":"x"}}"#, Value::Null),
    ] {
        let ran = site.run_with(["inspect", "payload", "--json"], body.as_bytes());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        let expected = json!({"developer_payload": payload, "body_bytes": body.len()});
        assert_eq!(json_of(&ran), expected);
    }
    // For people it is escaped: a body must not write to the terminal.
    let ran = site.run_with(
        ["inspect", "payload"],
        br#"{"developerPayload":"\u001b[2J"}"#,
    );
    assert_eq!(
        ran.stdout,
        "developer payload: \"\\u{1b}[2J\"\nbody:              32 bytes\n"
    );
}

#[test]
fn a_body_that_parsers_disagree_on_is_an_error_with_its_offset() {
    let site = Site::new();
    for (body, kind, offset) in [
        ("", "unexpected_end", 0),
        ("[]", "root_not_object", 0),
        ("\u{feff}{}", "byte_order_mark", 0),
        ("{}{}", "trailing_data", 2),
        (r#"{"a":01}"#, "invalid_number", 6),
        (
            r#"{"developerPayload":"a","developerPayload":"b"}"#,
            "duplicate_key",
            24,
        ),
        (r#"{"developerpayload":"a"}"#, "aliased_key", 1),
        (r#"{"developerPayload":null}"#, "not_a_string", 20),
    ] {
        let ran = site.run_with(["inspect", "payload", "--json"], body.as_bytes());
        assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{body}");
        let error = &json_of(&ran)["error"];
        assert_eq!(
            (&error["kind"], &error["offset"]),
            (&json!(kind), &json!(offset)),
            "{body}"
        );
    }
    let deep = site.run_with(
        ["inspect", "payload", "--json"],
        "{\"a\":".repeat(1_000_000).as_bytes(),
    );
    assert_eq!(json_of(&deep)["error"]["kind"], "too_deep");
}

#[test]
fn a_file_that_is_not_there_is_unreadable() {
    let site = Site::new();
    for what in ["certificate", "payload"] {
        let ran = site.run(["inspect", what, "no.such.file", "--json"]);
        assert_eq!(ran.code, 1);
        assert_eq!(json_of(&ran)["error"]["kind"], "unreadable");
        let people = site.run(["inspect", what, "no.such.file"]);
        assert!(
            people.stderr.starts_with("cannot read no.such.file: "),
            "{people:?}"
        );
    }
}

#[test]
fn an_address_is_admitted_by_the_first_entry_that_covers_it() {
    let site = Site::new();
    let inspect = |args: &[&str]| {
        let all = ["inspect", "address", "--json"].iter().chain(args).copied();
        let ran = site.run(all);
        assert_eq!(ran.code, 0, "{ran:?}");
        json_of(&ran)
    };
    assert_eq!(
        inspect(&["--allow", "10.0.0.0/8", "192.0.2.0/24", "192.0.2.7"]),
        json!({
            "address": "192.0.2.7",
            "admitted": true,
            "entry": {"index": 1, "network": "192.0.2.0/24"},
            "exception": null,
        })
    );
    let mapped = inspect(&["--allow", "192.0.2.0/24", "::ffff:192.0.2.7"]);
    assert_eq!(
        (&mapped["address"], &mapped["admitted"]),
        (&json!("192.0.2.7"), &json!(true))
    );
    let excepted = inspect(&[
        "--allow",
        "192.0.2.0/24",
        "--except",
        "192.0.2.7",
        "192.0.2.7",
    ]);
    assert_eq!(excepted["admitted"], false);
    assert_eq!(
        excepted["exception"],
        json!({"index": 0, "network": "192.0.2.7/32"})
    );
    let other = inspect(&["--allow", "192.0.2.0/24", "--", "2001:db8::1"]);
    assert_eq!(
        (&other["admitted"], &other["entry"]),
        (&json!(false), &Value::Null)
    );

    let people = site.run(["inspect", "address", "--allow", "192.0.2.0/24", "192.0.2.7"]);
    assert_eq!(
        people.stdout,
        "192.0.2.7: admitted: entry 0 (192.0.2.0/24) admits it\n"
    );
}

#[test]
fn networks_and_addresses_that_are_none_are_errors() {
    let site = Site::new();
    for (args, kind) in [
        (&["--allow", "10.1.1.5/8", "10.0.0.1"][..], "host_bits_set"),
        (
            &["--allow", "::ffff:10.0.0.0/8", "10.0.0.1"],
            "mapped_prefix_too_short",
        ),
        (&["--allow", "ten", "10.0.0.1"], "not_a_network"),
        (&["--allow", "10.0.0.0/8", "010.0.0.1"], "not_an_address"),
        (&["--allow", "10.0.0.0/8"], "no_address"),
        (
            &["--allow", "10.0.0.1", "--except", "10.0.0.0/8", "10.0.0.1"],
            "nothing_left",
        ),
    ] {
        let ran = site.run(["inspect", "address", "--json"].iter().chain(args).copied());
        assert_eq!(ran.code, 1, "{args:?}");
        assert_eq!(json_of(&ran)["error"]["kind"], kind, "{args:?}");
    }
}
