//! The public vectors of PASETO v4.local, by decryption.
//!
//! Copied by value from <https://github.com/paseto-standard/test-vectors/blob/master/v4.json>; the
//! names are the ones used there. All of them have the same, public key.

use alloc::vec::Vec;

use super::*;

fn key() -> SymmetricKey<V4> {
    let bytes: Vec<u8> = (0x70..0x90).collect();
    SymmetricKey::from(&bytes).unwrap()
}

struct Vector {
    name: &'static str,
    token: &'static str,
    payload: &'static str,
    footer: &'static str,
    assertion: &'static str,
}

const OPENS: [Vector; 10] = [
    Vector {
        name: "4-E-1",
        token: "v4.local.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAr68PS4AXe7If_ZgesdkUMvSwscFlAl1pk5HC0e8kApeaqMfGo_7OpBnwJOAbY9V7WU6abu74MmcUE8YWAiaArVI8XJ5hOb_4v9RmDkneN0S92dx0OW4pgy7omxgf3S8c3LlQg",
        payload: r#"{"data":"this is a secret message","exp":"2022-01-01T00:00:00+00:00"}"#,
        footer: "",
        assertion: "",
    },
    Vector {
        name: "4-E-2",
        token: "v4.local.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAr68PS4AXe7If_ZgesdkUMvS2csCgglvpk5HC0e8kApeaqMfGo_7OpBnwJOAbY9V7WU6abu74MmcUE8YWAiaArVI8XIemu9chy3WVKvRBfg6t8wwYHK0ArLxxfZP73W_vfwt5A",
        payload: r#"{"data":"this is a hidden message","exp":"2022-01-01T00:00:00+00:00"}"#,
        footer: "",
        assertion: "",
    },
    Vector {
        name: "4-E-3",
        token: "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WkwMsYXw6FSNb_UdJPXjpzm0KW9ojM5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t6-tyebyWG6Ov7kKvBdkrrAJ837lKP3iDag2hzUPHuMKA",
        payload: r#"{"data":"this is a secret message","exp":"2022-01-01T00:00:00+00:00"}"#,
        footer: "",
        assertion: "",
    },
    Vector {
        name: "4-E-4",
        token: "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WiA8rd3wgFSNb_UdJPXjpzm0KW9ojM5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t4gt6TiLm55vIH8c_lGxxZpE3AWlH4WTR0v45nsWoU3gQ",
        payload: r#"{"data":"this is a hidden message","exp":"2022-01-01T00:00:00+00:00"}"#,
        footer: "",
        assertion: "",
    },
    Vector {
        name: "4-E-5",
        token: "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WkwMsYXw6FSNb_UdJPXjpzm0KW9ojM5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t4x-RMNXtQNbz7FvFZ_G-lFpk5RG3EOrwDL6CgDqcerSQ.eyJraWQiOiJ6VmhNaVBCUDlmUmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9",
        payload: r#"{"data":"this is a secret message","exp":"2022-01-01T00:00:00+00:00"}"#,
        footer: r#"{"kid":"zVhMiPBP9fRf2snEcT7gFTioeA9COcNy9DfgL1W60haN"}"#,
        assertion: "",
    },
    Vector {
        name: "4-E-6",
        token: "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WiA8rd3wgFSNb_UdJPXjpzm0KW9ojM5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t6pWSA5HX2wjb3P-xLQg5K5feUCX4P2fpVK3ZLWFbMSxQ.eyJraWQiOiJ6VmhNaVBCUDlmUmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9",
        payload: r#"{"data":"this is a hidden message","exp":"2022-01-01T00:00:00+00:00"}"#,
        footer: r#"{"kid":"zVhMiPBP9fRf2snEcT7gFTioeA9COcNy9DfgL1W60haN"}"#,
        assertion: "",
    },
    Vector {
        name: "4-E-7",
        token: "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WkwMsYXw6FSNb_UdJPXjpzm0KW9ojM5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t40KCCWLA7GYL9KFHzKlwY9_RnIfRrMQpueydLEAZGGcA.eyJraWQiOiJ6VmhNaVBCUDlmUmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9",
        payload: r#"{"data":"this is a secret message","exp":"2022-01-01T00:00:00+00:00"}"#,
        footer: r#"{"kid":"zVhMiPBP9fRf2snEcT7gFTioeA9COcNy9DfgL1W60haN"}"#,
        assertion: r#"{"test-vector":"4-E-7"}"#,
    },
    Vector {
        name: "4-E-8",
        token: "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WiA8rd3wgFSNb_UdJPXjpzm0KW9ojM5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t5uvqQbMGlLLNYBc7A6_x7oqnpUK5WLvj24eE4DVPDZjw.eyJraWQiOiJ6VmhNaVBCUDlmUmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9",
        payload: r#"{"data":"this is a hidden message","exp":"2022-01-01T00:00:00+00:00"}"#,
        footer: r#"{"kid":"zVhMiPBP9fRf2snEcT7gFTioeA9COcNy9DfgL1W60haN"}"#,
        assertion: r#"{"test-vector":"4-E-8"}"#,
    },
    Vector {
        name: "4-E-9",
        token: "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WiA8rd3wgFSNb_UdJPXjpzm0KW9ojM5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t6tybdlmnMwcDMw0YxA_gFSE_IUWl78aMtOepFYSWYfQA.YXJiaXRyYXJ5LXN0cmluZy10aGF0LWlzbid0LWpzb24",
        payload: r#"{"data":"this is a hidden message","exp":"2022-01-01T00:00:00+00:00"}"#,
        footer: "arbitrary-string-that-isn't-json",
        assertion: r#"{"test-vector":"4-E-9"}"#,
    },
    Vector {
        name: "4-E-10",
        token: "v4.local.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAr68PS4AXe7If_ZgesdkUMvSwscFlAl1pk5HC0e8kApeaqMfGo_7OpBnwJOAbY9V7WU6abu74MmcUE8YXQmYC7FN5TiAT7Bou4G1DMqRIzEs0H8QfAlKN-X-j7a7tAcRex7a7GVwDvJ9inDh61wlrJbn_sQUwDVv4Kpk0lvlcj9SJPN48SAsU4WGjDq4",
        payload: r#"{"data":"this is a secret message","exp":"2022-01-01T00:00:00.1234567890123456789012345678901234567890+00:00"}"#,
        footer: "",
        assertion: "",
    },
];

/// Name, token and implicit assertion.
const FAILS: [(&str, &str, &str); 4] = [
    (
        "4-F-2",
        "v4.public.eyJpbnZhbGlkIjoidGhpcyBzaG91bGQgbmV2ZXIgZGVjb2RlIn22Sp4gjCaUw0c7EH84ZSm_jN_Qr41MrgLNu5LIBCzUr1pn3Z-Wukg9h3ceplWigpoHaTLcwxj0NsI1vjTh67YB.eyJraWQiOiJ6VmhNaVBCUDlmUmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9",
        r#"{"test-vector":"4-F-2"}"#,
    ),
    (
        "4-F-3",
        "v3.local.23e_2PiqpQBPvRFKzB0zHhjmxK3sKo2grFZRRLM-U7L0a8uHxuF9RlVz3Ic6WmdUUWTxCaYycwWV1yM8gKbZB2JhygDMKvHQ7eBf8GtF0r3K0Q_gF1PXOxcOgztak1eD1dPe9rLVMSgR0nHJXeIGYVuVrVoLWQ.YXJiaXRyYXJ5LXN0cmluZy10aGF0LWlzbid0LWpzb24",
        r#"{"test-vector":"4-F-3"}"#,
    ),
    (
        "4-F-4",
        "v4.local.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAr68PS4AXe7If_ZgesdkUMvSwscFlAl1pk5HC0e8kApeaqMfGo_7OpBnwJOAbY9V7WU6abu74MmcUE8YWAiaArVI8XJ5hOb_4v9RmDkneN0S92dx0OW4pgy7omxgf3S8c3LlQh",
        "",
    ),
    (
        "4-F-5",
        "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WkwMsYXw6FSNb_UdJPXjpzm0KW9ojM5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t4x-RMNXtQNbz7FvFZ_G-lFpk5RG3EOrwDL6CgDqcerSQ==.eyJraWQiOiJ6VmhNaVBCUDlmUmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9",
        "",
    ),
];

#[test]
fn every_vector_opens_to_its_payload() {
    for vector in &OPENS {
        let token = Token::parse(vector.token).unwrap();
        let opened = token.decrypt(&key(), vector.assertion.as_bytes());
        assert_eq!(opened, Ok(Ok(vector.payload.into())), "{}", vector.name);
        assert_eq!(token.0.untrusted_footer(), vector.footer.as_bytes());
    }
}

#[test]
fn no_vector_opens_with_another_assertion_or_key() {
    let bytes: Vec<u8> = (0x71..0x91).collect();
    let other = SymmetricKey::from(&bytes).unwrap();
    for vector in &OPENS {
        let token = Token::parse(vector.token).unwrap();
        for refused in [
            token.decrypt(&key(), b"another"),
            token.decrypt(&other, vector.assertion.as_bytes()),
        ] {
            assert_eq!(refused, Err(OpenError::NotAuthentic), "{}", vector.name);
        }
    }
}

#[test]
fn every_vector_that_must_fail_does() {
    for (name, token, assertion) in FAILS {
        let opened =
            Token::parse(token).and_then(|token| token.decrypt(&key(), assertion.as_bytes()));
        assert_eq!(opened, Err(OpenError::NotAToken), "{name}");
    }
}

#[test]
fn no_vector_has_a_footer_of_ours() {
    // That of 4-E-5 to 4-E-8 has a key id and no audience; the others have none, or no JSON.
    for vector in &OPENS {
        let footer = Token::parse(vector.token).unwrap().footer();
        assert_eq!(footer.err(), Some(OpenError::Footer), "{}", vector.name);
    }
}
