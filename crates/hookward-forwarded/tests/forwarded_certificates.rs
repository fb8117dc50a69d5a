//! One certificate in the form of every proxy, and what must not pass for one.

#[path = "oracle/certificate.rs"]
mod oracle;

use base64ct::{Base64, Encoding};
use hookward_forwarded::{CertificateError, CertificateForm, ForwardedCertificate, MAX_VALUE_LEN};
use hookward_thumbprint::{Algorithm, Algorithms, Leaf, Thumbprint};
use proptest::prelude::*;

/// The values of the vectors, by name.
fn vectors() -> serde_json::Map<String, serde_json::Value> {
    let text = include_str!("vectors/forwarded-certificates.json");
    let mut vectors: serde_json::Value = serde_json::from_str(text).unwrap();
    let serde_json::Value::Object(forms) = vectors["forms"].take() else {
        panic!("forms is an object");
    };
    forms
}

fn vector(name: &str) -> String {
    vectors()[name].as_str().unwrap().into()
}

fn der() -> Vec<u8> {
    Base64::decode_vec(&vector("der_base64")).unwrap()
}

fn read(
    form: CertificateForm,
    value: &str,
) -> Result<Option<ForwardedCertificate>, CertificateError> {
    form.read([value.as_bytes()])
}

fn form_of(vector: &str) -> CertificateForm {
    match vector {
        "der_base64" => CertificateForm::DerBase64,
        "sha256_hex_lower" | "sha256_hex_upper" => CertificateForm::Sha256Hex,
        "sha256_base64_padded" | "sha256_base64url_unpadded" => CertificateForm::Sha256Base64,
        "sha1_hex_lower" | "sha1_hex_upper" => CertificateForm::Sha1Hex,
        "rfc9440_client_cert" => CertificateForm::Rfc9440,
        "nginx_ssl_client_escaped_cert" | "alb_plus_eq_slash_safe" => {
            CertificateForm::PercentEncodedPem
        }
        "alb_passthrough_chain" => CertificateForm::PercentEncodedPemChain,
        "traefik_ge_2_9_2" => CertificateForm::DerBase64Chain,
        "traefik_lt_2_9_2" => CertificateForm::PercentEncodedDerBase64Chain,
        "apache_requestheader_ssl_client_cert" | "nginx_deprecated_ssl_client_cert" => {
            CertificateForm::FoldedPem
        }
        "envoy_xfcc_sanitize_set" => CertificateForm::Xfcc,
        other => panic!("which form is {other}?"),
    }
}

#[test]
fn every_vector_reads_back_to_the_same_certificate_or_thumbprint() {
    let der = der();
    assert_eq!(der.len(), 428);
    let mut forms = Vec::new();
    for (name, value) in vectors() {
        let form = form_of(&name);
        let expected = match form.bare_thumbprint() {
            Some(algorithm) => ForwardedCertificate::Thumbprint(Thumbprint::of(algorithm, &der)),
            None => ForwardedCertificate::Der(der.clone()),
        };
        assert_eq!(
            read(form, value.as_str().unwrap()),
            Ok(Some(expected)),
            "{name}"
        );
        forms.push(form);
    }
    for form in CertificateForm::ALL {
        assert!(forms.contains(&form), "{form} has no vector");
    }
}

#[test]
fn no_vector_is_taken_for_another_certificate() {
    let der = der();
    for (name, value) in vectors() {
        for form in CertificateForm::ALL {
            match read(form, value.as_str().unwrap()) {
                Err(_) => {}
                Ok(None) => panic!("{name} as {form}"),
                // Hexadecimal digits are base64 as well, but what they decode to is no certificate.
                Ok(Some(ForwardedCertificate::Der(found))) => {
                    assert_eq!(
                        Leaf::parse(&found, Algorithms::NONE).is_ok(),
                        found == der,
                        "{name} as {form}"
                    );
                }
                Ok(Some(ForwardedCertificate::Thumbprint(found))) => {
                    assert_eq!(
                        found,
                        Thumbprint::of(found.algorithm(), &der),
                        "{name} as {form}"
                    );
                }
            }
        }
    }
}

#[test]
fn names_read_back() {
    for form in CertificateForm::ALL {
        assert_eq!(form.to_string().parse(), Ok(form));
    }
    for text in ["", "XFCC", "auto", "pem"] {
        assert_eq!(
            text.parse::<CertificateForm>(),
            Err(CertificateError::UnknownForm)
        );
    }
}

#[test]
fn two_lines_are_refused_whatever_they_hold() {
    let genuine = vector("der_base64");
    for other in [genuine.as_str(), "", "AAEC"] {
        for lines in [[genuine.as_str(), other], [other, genuine.as_str()]] {
            let found = CertificateForm::DerBase64.read(lines.map(str::as_bytes));
            assert_eq!(found, Err(CertificateError::Repeated));
        }
    }
}

#[test]
fn no_value_is_no_certificate() {
    for form in CertificateForm::ALL {
        assert_eq!(form.read([]), Ok(None));
        assert_eq!(read(form, ""), Ok(None));
        assert_eq!(read(form, " \t"), Ok(None));
        let null = read(form, "(null)");
        assert_eq!(null.is_ok(), form == CertificateForm::FoldedPem, "{form}");
    }
    assert_eq!(read(CertificateForm::FoldedPem, "(null)"), Ok(None));
}

#[test]
fn long_values_are_refused_before_they_are_decoded() {
    let limit = MAX_VALUE_LEN;
    let longest = "AAAA".repeat(limit / 4);
    assert!(read(CertificateForm::DerBase64, &longest).is_ok());
    let found = limit + 4;
    let too_long = format!("{longest}AAAA");
    for form in CertificateForm::ALL {
        assert_eq!(
            read(form, &too_long),
            Err(CertificateError::TooLong { limit, found }),
            "{form}"
        );
    }
}

#[test]
fn a_plus_that_became_a_space_is_refused() {
    for name in [
        "alb_plus_eq_slash_safe",
        "der_base64",
        "rfc9440_client_cert",
    ] {
        let value = vector(name);
        assert!(value.contains('+'));
        assert!(
            read(form_of(name), &value.replace('+', " ")).is_err(),
            "{name}"
        );
    }
}

#[test]
fn several_certificates_are_refused_where_one_is_forwarded() {
    let one = vector("nginx_ssl_client_escaped_cert");
    let two = format!("{one}{one}");
    let pem = CertificateForm::PercentEncodedPem;
    assert!(matches!(
        read(pem, &two),
        Err(CertificateError::TrailingData { .. })
    ));
    assert!(read(CertificateForm::PercentEncodedPemChain, &two).is_ok());
    let one = vector("der_base64");
    let two = format!("{one},{one}");
    assert!(read(CertificateForm::DerBase64, &two).is_err());
    assert!(read(CertificateForm::DerBase64Chain, &two).is_ok());
    for broken in [
        format!("{one},"),
        format!(",{one}"),
        format!("{one}, {one}"),
        format!("{one},x"),
    ] {
        assert!(
            read(CertificateForm::DerBase64Chain, &broken).is_err(),
            "{broken}"
        );
    }
}

#[test]
fn a_byte_sequence_stands_alone() {
    let form = CertificateForm::Rfc9440;
    let der = Ok(Some(ForwardedCertificate::Der(vec![0])));
    assert_eq!(read(form, ":AA==:"), der);
    assert_eq!(read(form, ":AA:"), der);
    for text in [
        ":",
        "::",
        ":AA==",
        "AA==:",
        ":AA==:;a=b",
        ":AA==:, :AA==:",
        ":A A=:",
        ":A:",
        ":AB==:",
        ":-_==:",
    ] {
        assert!(read(form, text).is_err(), "{text}");
    }
}

#[test]
fn thumbprints_have_no_separators_and_the_length_of_their_algorithm() {
    let sha1 = vector("sha1_hex_lower");
    let sha256 = vector("sha256_hex_lower");
    assert!(read(CertificateForm::Sha1Hex, &sha256).is_err());
    assert!(read(CertificateForm::Sha256Hex, &sha1).is_err());
    for broken in [
        sha256[1..].to_owned(),
        format!("{}:{}", &sha256[..2], &sha256[2..]),
        format!("{} {}", &sha256[..2], &sha256[2..]),
        format!("sha256:{sha256}"),
        format!("{sha256},{sha256}"),
        format!("{}é", &sha256[2..]),
    ] {
        assert!(
            read(CertificateForm::Sha256Hex, &broken).is_err(),
            "{broken}"
        );
    }
    assert!(CertificateForm::Sha256Base64.read([&b"\xff"[..]]).is_err());
}

/// An element of Envoy's with the vector's hash.
fn xfcc(rest: &str) -> String {
    format!(
        "By=http://frontend.example;Hash={}{rest}",
        vector("sha256_hex_lower")
    )
}

#[test]
fn an_element_without_cert_is_its_hash() {
    let expected = Ok(Some(ForwardedCertificate::Thumbprint(Thumbprint::of(
        Algorithm::Sha256,
        &der(),
    ))));
    for rest in [
        "",
        ";",
        ";Subject=\"/C=US/ST=CA/L=San Francisco/OU=Lyft/CN=Test Client\";URI=http://testclient.example",
        ";DNS=a.example;DNS=b.example;URI=;URI=x;by=y",
        // Not a second element and not a second hash: it is in quotes, and the quote in it is escaped.
        ";Subject=\"CN=a, b\\\";Hash=00,Hash=00\"",
        ";issuer=\"CN=\\, \";SUBJECT=x",
    ] {
        assert_eq!(read(CertificateForm::Xfcc, &xfcc(rest)), expected, "{rest}");
    }
}

#[test]
fn what_a_name_can_inject_is_refused() {
    let hash = "0".repeat(64);
    let offset = xfcc(";URI=x").len();
    for (rest, expected) in [
        (
            format!(";URI=x,Hash={hash}"),
            CertificateError::SeveralElements { offset },
        ),
        (
            format!(";URI=x;Hash={hash}"),
            CertificateError::RepeatedKey {
                key: "Hash",
                offset: offset + 1,
            },
        ),
        (
            format!(";URI=x;hASH={hash}"),
            CertificateError::RepeatedKey {
                key: "Hash",
                offset: offset + 1,
            },
        ),
        (
            ";URI=x;Role=admin".into(),
            CertificateError::UnknownKey { offset: offset + 1 },
        ),
        (
            ";URI=x, ".into(),
            CertificateError::SeveralElements { offset },
        ),
        (
            ";Subject=\"CN=\\\\\";DNS=\"".into(),
            CertificateError::AmbiguousQuote { offset: offset + 9 },
        ),
    ] {
        assert_eq!(
            read(CertificateForm::Xfcc, &xfcc(&rest)),
            Err(expected),
            "{rest}"
        );
    }
    for rest in [
        ";URI=a=b",
        ";URI=a\"b\"",
        ";URI",
        ";=x",
        ";;",
        ";Subject=\"x",
        ";Subject=\"x\"y",
        "; URI=x",
        ";URI=é",
    ] {
        let found = read(CertificateForm::Xfcc, &xfcc(rest));
        assert!(
            matches!(found, Err(CertificateError::Unexpected { .. })),
            "{rest}: {found:?}"
        );
    }
}

#[test]
fn the_hash_is_there_and_is_that_of_the_certificate() {
    let form = CertificateForm::Xfcc;
    let genuine = vector("envoy_xfcc_sanitize_set");
    let (hash, certificate) = genuine.split_once(';').unwrap();
    assert_eq!(read(form, certificate), Err(CertificateError::HashMissing));
    assert!(read(form, &format!("{certificate};{hash}")).is_ok());
    let other = genuine.replace("Hash=b", "Hash=c");
    assert!(matches!(
        read(form, &other),
        Err(CertificateError::HashMismatch { .. })
    ));
    for hash in [
        "",
        &"0".repeat(63),
        &"0".repeat(65),
        &"0".repeat(40),
        &"g".repeat(64),
        &vec!["00"; 32].join(":"),
    ] {
        assert!(read(form, &format!("Hash={hash}")).is_err(), "{hash}");
    }
    for json in ["[{\"hash\":\"00\"}]", "{\"hash\":\"00\"}"] {
        assert_eq!(read(form, json), Err(CertificateError::Json));
    }
}

/// Every form with the certificate, printed as its proxy does.
fn print(form: CertificateForm, der: &[u8]) -> String {
    let base64 = Base64::encode_string(der);
    let lines: Vec<_> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| str::from_utf8(line).unwrap())
        .collect();
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    );
    let escaped = |text: &str| {
        let escape = |byte: u8| match byte {
            b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        };
        text.bytes().map(escape).collect::<String>()
    };
    let hex = |algorithm| {
        let text = Thumbprint::of(algorithm, der).to_string();
        text.split_once(':').unwrap().1.to_owned()
    };
    match form {
        CertificateForm::PercentEncodedPem => escaped(&pem),
        CertificateForm::PercentEncodedPemChain => escaped(&format!("{pem}{pem}")),
        CertificateForm::FoldedPem => pem.replace('\n', " "),
        CertificateForm::DerBase64 => base64,
        CertificateForm::DerBase64Chain => format!("{base64},{base64}"),
        CertificateForm::PercentEncodedDerBase64Chain => escaped(&format!("{base64},{base64}")),
        CertificateForm::Rfc9440 => format!(":{base64}:"),
        CertificateForm::Xfcc => {
            format!("Hash={};Cert=\"{}\"", hex(Algorithm::Sha256), escaped(&pem))
        }
        CertificateForm::Sha1Hex => hex(Algorithm::Sha1).to_uppercase(),
        CertificateForm::Sha256Hex => hex(Algorithm::Sha256),
        CertificateForm::Sha256Base64 => {
            Base64::encode_string(Thumbprint::of(Algorithm::Sha256, der).as_bytes())
        }
        other => panic!("how is {other} printed?"),
    }
}

proptest! {
    #[test]
    fn what_a_proxy_prints_reads_back(der in prop::collection::vec(any::<u8>(), 1..300)) {
        for form in CertificateForm::ALL {
            let expected = match form.bare_thumbprint() {
                Some(algorithm) => ForwardedCertificate::Thumbprint(Thumbprint::of(algorithm, &der)),
                None => ForwardedCertificate::Der(der.clone()),
            };
            prop_assert_eq!(read(form, &print(form, &der)), Ok(Some(expected)), "{}", form);
        }
    }

    #[test]
    fn one_changed_byte_never_gives_another_certificate_of_the_same_hash(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut value = vector("envoy_xfcc_sanitize_set").into_bytes();
        let at = at.index(value.len());
        value[at] = byte;
        if let Ok(Some(ForwardedCertificate::Der(found))) = CertificateForm::Xfcc.read([&value[..]]) {
            prop_assert_eq!(found, der());
        }
    }

    #[test]
    fn xfcc_agrees_with_the_slow_parser(
        parts in prop::collection::vec(
            prop::sample::select(&[
                "Hash=bfaf1f7e070f9fa8dd62905f158da73f84a1136624fbafcc9393c8f7287a69eb", "hash=\"", "Hash=", "Cert=",
                "URI=x", "DNS=", "By=http://a", "Subject=\"CN=a\\, b\"", "Subject=\"", "\"", "\\", "\\\"", ";", ";", ";",
                ",", "=", " ", "issuer", "{", "[", "\u{7f}",
            ][..]),
            0..8,
        ),
        genuine in any::<prop::sample::Index>(),
        with_certificate in any::<bool>(),
    ) {
        let mut parts: Vec<String> = parts.into_iter().map(Into::into).collect();
        if with_certificate {
            let at = genuine.index(parts.len() + 1);
            parts.insert(at, vector("envoy_xfcc_sanitize_set"));
        }
        let text = parts.concat();
        prop_assert_eq!(read(CertificateForm::Xfcc, &text).ok().flatten(), oracle::xfcc(text.as_bytes()), "{}", text);
    }
}
