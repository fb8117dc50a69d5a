//! Every plausible shape of the thumbprint list is taken; everything else is refused whole.

use hookward_copyleaks::{ListError, ThumbprintProblem, parse_thumbprint_list};
use hookward_thumbprint::{Algorithm, Thumbprint};
use proptest::prelude::*;

fn digest(algorithm: Algorithm, of: &str) -> Thumbprint {
    Thumbprint::of(algorithm, of.as_bytes())
}

fn hex(thumbprint: &Thumbprint) -> String {
    thumbprint
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn separated(thumbprint: &Thumbprint, separator: &str) -> String {
    let bytes: Vec<_> = thumbprint
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    bytes.join(separator)
}

/// Base64 without a library, so that the tests do not believe the code's.
fn base64(bytes: &[u8], alphabet: &[u8; 64], padded: bool) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut value = 0_u32;
        for index in 0..3 {
            value = value << 8 | u32::from(*group.get(index).unwrap_or(&0));
        }
        for index in 0..=group.len() {
            text.push(char::from(
                alphabet[(value >> (18 - 6 * index) & 63) as usize],
            ));
        }
        if padded {
            text.extend(core::iter::repeat_n('=', 3 - group.len()));
        }
    }
    text
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[test]
fn every_text_form_of_every_algorithm_is_read() {
    for algorithm in Algorithm::ALL {
        let thumbprint = digest(algorithm, "leaf");
        let bytes = thumbprint.as_bytes();
        let name = algorithm.name();
        let upper = name.to_uppercase();
        for text in [
            hex(&thumbprint),
            hex(&thumbprint).to_uppercase(),
            separated(&thumbprint, ":"),
            separated(&thumbprint, " "),
            separated(&thumbprint, "-"),
            format!(" {} ", hex(&thumbprint)),
            base64(bytes, STANDARD, true),
            base64(bytes, STANDARD, false),
            base64(bytes, URL_SAFE, true),
            base64(bytes, URL_SAFE, false),
            format!("{name}:{}", hex(&thumbprint)),
            format!("{upper}:{}", separated(&thumbprint, ":")),
            format!("{upper} Fingerprint={}", separated(&thumbprint, ":")),
            format!("SHA-{}={}", &upper[3..], base64(bytes, STANDARD, true)),
        ] {
            let document = serde_json::to_vec(&[&text]).unwrap();
            assert_eq!(
                parse_thumbprint_list(&document),
                Ok(vec![thumbprint]),
                "{text}"
            );
        }
    }
}

#[test]
fn a_byte_order_mark_of_utf_8_is_passed_over_once() {
    let listed = digest(Algorithm::Sha256, "leaf");
    let document = format!("[\"{}\"]", hex(&listed));
    let marked = format!("\u{feff}{document}");
    assert_eq!(parse_thumbprint_list(marked.as_bytes()), Ok(vec![listed]));
    let utf_16: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for refused in [
        format!("\u{feff}{marked}").into_bytes(),
        format!(" {marked}").into_bytes(),
        format!("{document}\u{feff}").into_bytes(),
        utf_16,
    ] {
        let read = parse_thumbprint_list(&refused);
        assert!(matches!(read, Err(ListError::NotJson { .. })), "{read:?}");
    }
}

#[test]
fn every_plausible_shape_is_taken() {
    let one = digest(Algorithm::Sha1, "one");
    let two = digest(Algorithm::Sha1, "two");
    let long = digest(Algorithm::Sha256, "one");
    let (a, b, c) = (hex(&one), hex(&two), hex(&long));
    let both = [one, two];
    let cases = [
        (format!(r#"["{a}","{b}"]"#), &both[..]),
        (format!(r#"["{a}","{b}","{a}"]"#), &both),
        (format!("\n [ \"{a}\" , \"{b}\" ] \n"), &both),
        (format!(r#"{{"thumbprints":["{a}","{b}"]}}"#), &both),
        (
            format!(r#"{{"Thumbprints":["{a}","{b}"],"count":2}}"#),
            &both,
        ),
        (format!(r#"{{"certificates":["{a}","{b}"]}}"#), &both),
        (format!(r#"{{"clientCertificates":["{a}","{b}"]}}"#), &both),
        (format!(r#"{{"client_certificates":["{a}","{b}"]}}"#), &both),
        (format!(r#"{{"anything":["{a}","{b}"]}}"#), &both),
        (format!(r#"{{"data":["{a}","{b}"],"links":[]}}"#), &both),
        (
            format!(r#"{{"data":{{"thumbprints":["{a}","{b}"]}}}}"#),
            &both,
        ),
        (
            format!(r#"{{"result":{{"data":{{"items":["{a}","{b}"]}}}},"ok":true}}"#),
            &both,
        ),
        (
            format!(r#"[{{"thumbprint":"{a}"}},{{"thumbprint":"{b}"}}]"#),
            &both,
        ),
        (
            format!(r#"[{{"Thumbprint":"{a}","notAfter":"2027"}},{{"Thumbprint":"{b}"}}]"#),
            &both,
        ),
        (format!(r#"[{{"fingerprint":"{a}"}},"{b}"]"#), &both),
        (
            format!(r#"[{{"sha1":"{a}","subject":{{"cn":"x"}}}},{{"SHA1":"{b}"}}]"#),
            &both,
        ),
        (
            format!(
                r#"{{"certificates":[{{"sha1Thumbprint":"{a}"}},{{"thumbprint_sha1":"{b}"}}]}}"#
            ),
            &both,
        ),
        (
            format!(r#"{{"data":[{{"hash":"{a}","id":7}},{{"x5t":"{b}","tags":[]}}]}}"#),
            &both,
        ),
        (
            format!(r#"[{{"sha1":"{a}","sha256":"{c}"}}]"#),
            &[one, long],
        ),
        (format!(r#"[{{"sha1":"{a}","sha256":null}}]"#), &[one]),
        (format!(r#"[{{"x5t#S256":"{c}"}}]"#), &[long]),
        (
            format!(r#"{{"sha1":["{a}","{b}"],"sha256":["{c}"]}}"#),
            &[one, two, long],
        ),
        (
            format!(r#"{{"thumbprints":{{"sha1":["{a}"],"sha256":["{c}"]}}}}"#),
            &[one, long],
        ),
    ];
    for (document, expected) in cases {
        assert_eq!(
            parse_thumbprint_list(document.as_bytes()).as_deref(),
            Ok(expected),
            "{document}"
        );
    }
}

#[test]
fn anything_else_is_refused_and_says_where() {
    let a = hex(&digest(Algorithm::Sha1, "one"));
    let c = hex(&digest(Algorithm::Sha256, "one"));
    let cases = [
        (String::new(), "not JSON: error at line 1, column 0"),
        ("<html>".into(), "not JSON: error at line 1, column 1"),
        (format!(r#"["{a}"] x"#), "not JSON"),
        (format!(r#"["{a}""#), "not JSON"),
        (
            "null".into(),
            "$: expected an array, or an object that holds one, found null",
        ),
        ("7".into(), "found a number"),
        (format!(r#""{a}""#), "found a string"),
        ("{}".into(), "found an object without one"),
        (
            r#"{"error":"too many requests"}"#.into(),
            "$.error: the document reports an error",
        ),
        (
            r#"{"message":"x","data":null}"#.into(),
            "$.message: the document reports an error",
        ),
        ("[]".into(), "$: the list is empty"),
        (r#"{"keys":[]}"#.into(), "$.keys: the list is empty"),
        (
            r#"{"data":{"thumbprints":[]}}"#.into(),
            "$.data.thumbprints: the list is empty",
        ),
        (
            r#"{"errors":["no such thing"]}"#.into(),
            "$.errors: the document reports an error",
        ),
        (format!(r#"["{a}",null]"#), "$[1]: entry 1 is null"),
        (format!(r#"["{a}",7]"#), "$[1]: entry 1 is a number"),
        (format!(r#"["{a}",["{a}"]]"#), "$[1]: entry 1 is an array"),
        (
            format!(r#"["{a}",{{}}]"#),
            "$[1]: entry 1 is an object without one",
        ),
        (
            format!(r#"["{a}",{{"thumbprint":null}}]"#),
            "entry 1 is an object without one",
        ),
        (
            format!(r#"["{a}",{{"thumbprint":7}}]"#),
            "$[1].thumbprint: entry 1 is a number",
        ),
        (
            format!(r#"["{a}",""]"#),
            "$[1]: entry 1 is no thumbprint: 0 characters",
        ),
        (
            format!(r#"["{a}","{}"]"#, &a[1..]),
            "entry 1 is no thumbprint: 39 characters",
        ),
        (
            format!(r#"["{a}","{}g"]"#, &a[1..]),
            "entry 1 is no thumbprint",
        ),
        (
            format!(r#"["sha256:{a}"]"#),
            "the digest is sha1, but is said to be sha256",
        ),
        (
            format!(r#"[{{"sha256":"{a}"}}]"#),
            "$[0].sha256: entry 0 is no thumbprint: the digest is sha1",
        ),
        (
            format!(r#"{{"sha1":["{c}"]}}"#),
            "$.sha1[0]: entry 0 is no thumbprint: the digest is sha256",
        ),
        (format!(r#"["{a}","{a}{a}{a}"]"#), "120 characters"),
        (
            format!(r#"{{"thumbprints":["{a}"],"certificates":["{a}"]}}"#),
            "both `thumbprints` and `certificates` could be the list",
        ),
        (
            format!(r#"{{"one":["{a}"],"two":["{a}"]}}"#),
            "both `one` and `two`",
        ),
        (
            format!(r#"{{"thumbprints":["{a}"],"Thumbprints":[]}}"#),
            "the field `Thumbprints` occurs twice",
        ),
        (
            format!(r#"[{{"thumbprint":"{a}","thumbprint":"{c}"}}]"#),
            "$[0]: the field `thumbprint` occurs twice",
        ),
        (
            format!(r#"[{{"sha1":"{a}","SHA-1":"{a}"}}]"#),
            "occurs twice",
        ),
        (
            format!(r#"{{"data":{{"data":{{"data":{{"data":{{"data":["{a}"]}}}}}}}}}}"#),
            "found an object",
        ),
        ("[".repeat(1000), "not JSON"),
    ];
    for (document, expected) in cases {
        let error = parse_thumbprint_list(document.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{document}: {error}");
    }
}

#[test]
fn a_document_or_list_past_its_cap_is_refused() {
    let large = vec![b' '; (4 << 20) + 1];
    assert!(matches!(
        parse_thumbprint_list(&large),
        Err(ListError::TooLarge { .. })
    ));
    let many = vec![hex(&digest(Algorithm::Sha1, "one")); 10_001];
    let many = serde_json::to_vec(&many).unwrap();
    assert!(matches!(
        parse_thumbprint_list(&many),
        Err(ListError::TooManyEntries { found: 10_001, .. })
    ));
}

#[test]
fn errors_show_no_control_characters() {
    let document = "{\"\\u001b[31m\\u202e\\n\":[\"x\"]}";
    let error = parse_thumbprint_list(document.as_bytes()).unwrap_err();
    assert!(matches!(
        &error,
        ListError::Thumbprint {
            problem: ThumbprintProblem::Length { length: 1 },
            ..
        }
    ));
    let text = error.to_string();
    assert!(
        text.is_ascii() && !text.contains('\u{1b}') && !text.contains('\n'),
        "{text}"
    );
}

proptest! {
    /// Whatever a list is made of, it is read as what was put in, in order, each once.
    #[test]
    fn what_is_written_is_read(names in prop::collection::btree_set("[a-z]{1,8}", 1..20)) {
        let expected: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(index, name)| digest(Algorithm::ALL[index % 4], name))
            .collect();
        let document: Vec<_> = expected.iter().map(hex).collect();
        let document = serde_json::to_vec(&document).unwrap();
        prop_assert_eq!(parse_thumbprint_list(&document), Ok(expected));
    }

    #[test]
    fn nothing_panics(document in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_thumbprint_list(&document);
    }
}

#[test]
fn a_list_of_another_name_never_takes_the_place_of_the_list() {
    let (a, b) = (
        hex(&digest(Algorithm::Sha1, "one")),
        hex(&digest(Algorithm::Sha1, "two")),
    );
    for (document, expected) in [
        (
            format!(r#"{{"data":{{"certificates":["{a}"]}},"revoked":["{b}"]}}"#),
            Some("one"),
        ),
        (
            format!(r#"{{"data":{{"certificates":["{a}"]}},"errors":[],"messages":[]}}"#),
            Some("one"),
        ),
        (
            format!(r#"{{"certificates":["{a}"],"error":null}}"#),
            Some("one"),
        ),
        (
            format!(r#"{{"certificates":["{a}"],"error":false}}"#),
            Some("one"),
        ),
        (
            format!(r#"{{"certificates":null,"anything":["{b}"]}}"#),
            None,
        ),
        (format!(r#"{{"revokedCertificates":["{b}"]}}"#), None),
        (
            format!(r#"{{"sha1":["{a}"],"certificates":["{b}"]}}"#),
            None,
        ),
        (
            format!(r#"{{"certificates":["{a}"],"error":"incomplete"}}"#),
            None,
        ),
        (
            format!(r#"{{"certificates":["{a}"],"errors":[{{}}]}}"#),
            None,
        ),
    ] {
        let taken = parse_thumbprint_list(document.as_bytes()).ok();
        let expected = expected.map(|name| vec![digest(Algorithm::Sha1, name)]);
        assert_eq!(taken, expected, "{document}");
    }
}

#[test]
fn only_the_digest_of_the_certificate_itself_is_taken() {
    let (a, c) = (
        digest(Algorithm::Sha1, "leaf"),
        digest(Algorithm::Sha256, "leaf"),
    );
    let other = hex(&digest(Algorithm::Sha256, "other"));
    for name in [
        "issuerSha256Thumbprint",
        "issuerFingerprintSha256",
        "publicKeySha256Hash",
        "spkiSha256",
        "previousThumbprint",
    ] {
        let document = format!(r#"[{{"sha1":"{}","{name}":"{other}"}}]"#, hex(&a));
        assert_eq!(
            parse_thumbprint_list(document.as_bytes()),
            Ok(vec![a]),
            "{name}"
        );
        let document = format!(r#"[{{"{name}":"{other}"}}]"#);
        assert!(
            parse_thumbprint_list(document.as_bytes()).is_err(),
            "{name}"
        );
    }
    for name in [
        "certSha256",
        "clientCertificateThumbprintSha256",
        "sha256_fingerprint",
    ] {
        let document = format!(r#"[{{"thumbprint":"{}","{name}":"{}"}}]"#, hex(&a), hex(&c));
        assert_eq!(
            parse_thumbprint_list(document.as_bytes()),
            Ok(vec![a, c]),
            "{name}"
        );
    }
}

#[test]
fn two_digests_of_one_algorithm_are_two_certificates() {
    let (a, b) = (
        digest(Algorithm::Sha1, "one"),
        digest(Algorithm::Sha1, "two"),
    );
    let list = |first, second| {
        let document = format!(
            r#"[{{"thumbprint":"{}","sha1":"{}"}}]"#,
            hex(first),
            hex(second)
        );
        parse_thumbprint_list(document.as_bytes())
    };
    assert_eq!(list(&a, &a), Ok(vec![a]));
    assert_eq!(
        list(&a, &b),
        Err(ListError::Contradiction {
            path: "$[0].sha1".into(),
            index: 0,
            other: "$[0].thumbprint".into(),
        })
    );
}

/// Once took the square of the number of fields: hours for the largest document.
#[test]
fn many_fields_are_read_in_no_time() {
    let fields: Vec<_> = (0..40_000).map(|n| format!(r#""sha1hash{n}":1"#)).collect();
    let document = format!("[{{{}}}]", fields.join(","));
    assert!(matches!(
        parse_thumbprint_list(document.as_bytes()),
        Err(ListError::NotAnEntry { .. })
    ));
}
