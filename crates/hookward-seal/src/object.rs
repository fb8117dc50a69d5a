//! JSON objects of strings: all that a footer and claims can be.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

/// The members in the order in which they stand, with every repetition.
///
/// A map type would keep one of several members of the same name, without a word.
pub(crate) struct StringObject(pub(crate) Vec<(String, String)>);

impl StringObject {
    /// Reads an object whose values are all strings; nothing follows it.
    pub(crate) fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }
}

/// How long `text` is in JSON, in bytes and without its quotes.
pub(crate) fn json_len(text: &str) -> usize {
    let json = serde_json::to_string(text).expect("a string is JSON");
    json.len() - 2
}

impl<'de> Deserialize<'de> for StringObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = StringObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(StringObject(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_kept_and_names_are_unescaped() {
        let object = StringObject::parse(br#" {"a":"1", "\u0061":"2"} "#).unwrap();
        assert_eq!(
            object.0,
            [("a".into(), "1".into()), ("a".into(), "2".into())]
        );
        assert!(StringObject::parse(b"{}").unwrap().0.is_empty());
    }

    #[test]
    fn nothing_but_an_object_of_strings_is_read() {
        for json in [
            "",
            "[]",
            r#"["a","b"]"#,
            r#"[["a","b"]]"#,
            r#""a""#,
            "null",
            r#"{"a":1}"#,
            r#"{"a":null}"#,
            r#"{"a":{}}"#,
            r#"{"a":"b"}{}"#,
            r#"{"a":"b",}"#,
            "{\"a\":\"\n\"}",
            r#"{"a":"\ud800"}"#,
            "\u{feff}{}",
        ] {
            assert!(StringObject::parse(json.as_bytes()).is_none(), "{json}");
        }
        assert!(StringObject::parse(b"{\"a\":\"\xff\"}").is_none());
    }
}
