//! Agreement with `serde_json`, but for a list of differences.

use hookward_payload::PayloadErrorKind as Kind;
use serde::Deserialize;
use serde_json::Value;

use super::{KEY, Outcome};

/// What most Rust applications would read the body into.
#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "developerPayload")]
    payload: Option<String>,
}

/// Asserts that both accept the same documents with the same value, but for the differences listed here.
pub(crate) fn assert_agrees(document: &[u8], outcome: &Outcome) {
    let typed = serde_json::from_slice::<Typed>(document);
    let value = serde_json::from_slice::<Value>(document);
    match outcome {
        Ok(payload) => {
            let typed = typed.expect("whatever the scanner accepts, a typed parser accepts");
            assert_eq!(&typed.payload, payload, "typed");
            match value {
                Ok(value) => {
                    let found = value
                        .get(KEY)
                        .map(|value| value.as_str().expect("a string"));
                    assert_eq!(found, payload.as_deref(), "Value");
                }
                Err(error) => assert!(value_may_refuse(&error.to_string()), "{error}"),
            }
        }
        Err((kind, _)) => {
            assert!(
                typed.is_err() || typed_may_accept(*kind),
                "typed accepts {kind:?}"
            );
            assert!(
                value.is_err() || value_may_accept(*kind),
                "Value accepts {kind:?}"
            );
        }
    }
}

/// What the scanner refuses and a derived struct accepts.
fn typed_may_accept(kind: Kind) -> bool {
    match kind {
        // it does not look at the UTF-8 of strings that it skips
        Kind::InvalidUtf8 => true,
        // it heeds letter case, so the alias is an unknown key
        Kind::AliasedKey => true,
        // it has no depth limit for what it skips, and no length limit
        Kind::TooDeep { .. } | Kind::ValueTooLong { .. } => true,
        // it takes null for a missing value
        Kind::NotAString { found } => found == hookward_payload::JsonKind::Null,
        // it takes an array of the fields for the object
        Kind::RootNotObject => true,
        _ => false,
    }
}

/// What the scanner refuses and an untyped value accepts.
fn value_may_accept(kind: Kind) -> bool {
    match kind {
        // the last duplicate wins
        Kind::DuplicateKey | Kind::AliasedKey => true,
        // the limit differs by one
        Kind::TooDeep { .. } => true,
        // any JSON will do
        Kind::RootNotObject | Kind::NotAString { .. } | Kind::ValueTooLong { .. } => true,
        _ => false,
    }
}

/// What the scanner accepts and an untyped value refuses, by the message.
fn value_may_refuse(message: &str) -> bool {
    [
        // its numbers are 64 bits wide
        "number out of range",
        // its strings cannot hold half of a surrogate pair
        "lone leading surrogate in hex escape",
        "unexpected end of hex escape",
        // its limit is 127 levels
        "recursion limit exceeded",
    ]
    .iter()
    .any(|known| message.starts_with(known))
}
