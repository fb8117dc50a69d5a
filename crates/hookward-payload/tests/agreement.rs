//! Random documents, whole and damaged, are judged as the reference and `serde_json` judge them.

mod oracle;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value};

/// Keys that are, look like, or are not the wanted one.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(vec!["developerPayload", "DeveloperPayload", "developerPayloa", "a", ""]).prop_map(String::from),
        1 => any::<String>(),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(key(), inner, 0..6).prop_map(|map| Value::Object(Map::from_iter(map))),
        ]
    })
}

/// An object, in most cases with the wanted key, written closely or with white space.
fn document() -> impl Strategy<Value = String> {
    let members = btree_map(key(), json(), 0..6);
    let payload = proptest::option::weighted(0.7, any::<String>());
    (members, payload, any::<bool>()).prop_map(|(members, payload, pretty)| {
        let mut object = Map::from_iter(members);
        object.extend(payload.map(|payload| (oracle::KEY.into(), payload.into())));
        let object = Value::Object(object);
        if pretty {
            format!("{object:#}")
        } else {
            object.to_string()
        }
    })
}

/// Writes characters of strings as escapes here and there; of quotes and brackets too, where that does damage.
fn escape_some(text: &str, selected: &[Index]) -> String {
    let escaped: Vec<usize> = selected.iter().map(|i| i.index(text.len())).collect();
    let mut written = String::new();
    for (at, character) in text.char_indices() {
        if !escaped.contains(&at) {
            written.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            written += &format!("\\u{unit:04x}");
        }
    }
    written
}

/// One thing that happens to the bytes of a document.
#[derive(Clone, Debug)]
enum Damage {
    Replace(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index),
    Truncate(Index),
    Repeat(Index, Index),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Replace(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Self::Insert(at, inserted) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, inserted.iter().copied());
            }
            Self::Remove(at) => {
                bytes.remove(at.index(bytes.len()));
            }
            Self::Truncate(at) => bytes.truncate(at.index(bytes.len())),
            Self::Repeat(from, to) => {
                let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
                let piece = bytes[from.min(to)..from.max(to)].to_vec();
                bytes.splice(from..from, piece);
            }
        }
    }
}

/// Pieces that make and break documents.
fn token() -> impl Strategy<Value = Vec<u8>> {
    select(vec![
        &b"{"[..],
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b" ",
        b"\n",
        b"\"",
        b"\\",
        b"\"developerPayload\":",
        b"\"DEVELOPERPAYLOAD\":",
        b"\"developer\\u0050ayload\":",
        b"\"a\":",
        b"\"developerPayload\":\"x\",",
        b"\"\\ud83d\\ude00\"",
        b"\\ud83d",
        b"\\ude00",
        b"\xF0\x9F\x98\x80",
        b"\xF0\x9F",
        b"\x80",
        b"\xED\xA0\x80",
        b"\xEF\xBB\xBF",
        b"\0",
        b"true",
        b"false",
        b"null",
        b"-0.5e+1",
        b"0",
        b"-",
        b"1e999",
        b"E",
        b".",
    ])
    .prop_map(<[u8]>::to_vec)
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (any::<Index>(), token()).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        any::<Index>().prop_map(Damage::Remove),
        any::<Index>().prop_map(Damage::Truncate),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Repeat(from, to)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn on_whole_documents(document in document(), escapes in vec(any::<Index>(), 0..4)) {
        oracle::judge(document.as_bytes()).ok();
        oracle::judge(escape_some(&document, &escapes).as_bytes()).ok();
    }

    #[test]
    fn on_damaged_documents(document in document(), damage in vec(damage(), 1..4)) {
        let mut bytes = document.into_bytes();
        for damage in damage {
            damage.apply(&mut bytes);
        }
        oracle::judge(&bytes).ok();
    }

    #[test]
    fn on_random_pieces(pieces in vec(token(), 0..24)) {
        let mut bytes = b"{".to_vec();
        bytes.extend(pieces.concat());
        oracle::judge(&bytes).ok();
    }

    #[test]
    fn on_random_strings(content in vec(prop_oneof![any::<u8>().prop_map(|b| vec![b]), token()], 0..16)) {
        for (before, after) in [
            (&b"{\"a\":\""[..], &b"\"}"[..]),
            (b"{\"developerPayload\":\"", b"\"}"),
            (b"{\"", b"\":0}"),
        ] {
            oracle::judge(&[before, &content.concat(), after].concat()).ok();
        }
    }
}
