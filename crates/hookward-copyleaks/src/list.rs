//! Finds the entries of a list in a document whose shape is not documented.
//!
//! Every plausible shape is taken, and nothing is guessed: where two parts of a document could be
//! the list, it is refused.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::json::Json;
use crate::list_error::ListError;

/// The largest document that is read: a list of 10,000 thumbprints. The tree that is made of a document takes up to 24
/// times its size.
const MAX_BYTES: usize = 1 << 20;

/// That of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How deep a list may be wrapped in objects.
const MAX_WRAPPING: usize = 4;

/// What is in the name of a list of something else, or of the opposite: `revoked` is no list of what is trusted.
const OTHER_LISTS: &[&str] = &[
    "blocked",
    "denied",
    "error",
    "exception",
    "exclude",
    "expired",
    "message",
    "removed",
    "revoked",
    "warning",
];

/// What a kind of list is called.
pub(crate) struct Vocabulary {
    /// Names of the list itself, and of what wraps it.
    pub(crate) containers: &'static [&'static str],
    /// Names of lists that are parts of one list when they stand side by side.
    pub(crate) parts: &'static [&'static str],
    /// Whether a field of an entry says what is listed. Names are in lower case, without punctuation.
    pub(crate) is_value: fn(&str) -> bool,
    /// What an entry has to be.
    pub(crate) expected: &'static str,
    pub(crate) max_entries: usize,
}

/// A text of the list, and where it stands.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) path: String,
    /// The place of its entry in its list, from 0.
    pub(crate) index: usize,
    /// The same for all texts of one entry, and for no others.
    pub(crate) group: usize,
    /// The name under which it stands, plain: of its field, or of a list that is a part.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Every text of the list, in order.
pub(crate) fn entries(document: &[u8], words: &Vocabulary) -> Result<Vec<Entry>, ListError> {
    if document.len() > MAX_BYTES {
        return Err(ListError::TooLarge {
            found: document.len(),
            limit: MAX_BYTES,
        });
    }
    // What .NET writes as `Encoding.UTF8` begins with the mark, and a parser may pass over it
    // (https://www.rfc-editor.org/rfc/rfc8259#section-8.1).
    let document = document.strip_prefix(BYTE_ORDER_MARK).unwrap_or(document);
    let json: Json = serde_json::from_slice(document).map_err(|error| ListError::NotJson {
        line: error.line(),
        column: error.column(),
    })?;
    let mut found = Vec::new();
    find(json, "$".to_owned(), words, MAX_WRAPPING, &mut found)?;
    Ok(found)
}

/// Finds the list in a value: the value itself, or what it holds.
fn find(
    json: Json,
    path: String,
    words: &Vocabulary,
    wrapping: usize,
    found: &mut Vec<Entry>,
) -> Result<(), ListError> {
    let fields = match json {
        Json::Array(items) => return read(items, &path, "", words, found),
        Json::Object(fields) if wrapping > 0 => fields,
        other => {
            return Err(ListError::NoList {
                path,
                found: other.kind(),
            });
        }
    };
    let named = |names: &[&str], field: &str| names.contains(&plain(field).as_str());
    refuse_repeated(&fields, &path, |field| {
        named(words.containers, field) || named(words.parts, field)
    })?;

    if let Some((name, _)) = fields.iter().find(|(name, json)| is_error(name, json)) {
        return Err(ListError::ErrorPage {
            path: format!("{path}.{}", shown(name)),
        });
    }
    let message = fields
        .iter()
        .find(|(name, json)| is_message(name, json))
        .map(|(name, _)| shown(name));
    // A list of unknown name counts only where no list, not even one that is null, has a known name.
    let known = |name: &str| named(words.containers, name) || named(words.parts, name);
    let has_known = fields.iter().any(|(name, json)| {
        known(name) && matches!(json, Json::Null | Json::Array(_) | Json::Object(_))
    });
    let candidates: Vec<_> = fields
        .into_iter()
        .filter(|(name, json)| match json {
            Json::Array(_) if has_known => known(name),
            Json::Array(_) => !OTHER_LISTS.iter().any(|word| plain(name).contains(word)),
            Json::Object(_) => named(words.containers, name),
            _ => false,
        })
        .collect();
    if !candidates.is_empty() && candidates.iter().all(|(name, _)| named(words.parts, name)) {
        for (name, json) in candidates {
            if let Json::Array(items) = json {
                let path = format!("{path}.{}", shown(&name));
                read(items, &path, &plain(&name), words, found)?;
            }
        }
        return Ok(());
    }
    let mut candidates = candidates.into_iter();
    match (candidates.next(), candidates.next()) {
        (Some((name, json)), None) => {
            let path = format!("{path}.{}", shown(&name));
            find(json, path, words, wrapping - 1, found)
        }
        (Some((first, _)), Some((second, _))) => Err(ListError::Ambiguous {
            path,
            first: shown(&first),
            second: shown(&second),
        }),
        (None, _) => Err(match message {
            Some(name) => ListError::ErrorPage {
                path: format!("{path}.{name}"),
            },
            None => ListError::NoList {
                path,
                found: "an object without one",
            },
        }),
    }
}

/// Whether a field reports an error, whatever stands beside it.
fn is_error(name: &str, json: &Json) -> bool {
    matches!(plain(name).as_str(), "error" | "errors")
        && match json {
            Json::Null | Json::Bool(false) => false,
            Json::Bool(true) | Json::Other(_) => true,
            Json::Text(text) => !text.is_empty(),
            Json::Array(items) => !items.is_empty(),
            Json::Object(fields) => !fields.is_empty(),
        }
}

/// Whether a field is what an error page says, if nothing beside it is a list.
fn is_message(name: &str, json: &Json) -> bool {
    matches!(json, Json::Text(_)) && matches!(plain(name).as_str(), "detail" | "message" | "title")
}

/// Reads the entries of a list.
fn read(
    items: Vec<Json>,
    path: &str,
    name: &str,
    words: &Vocabulary,
    found: &mut Vec<Entry>,
) -> Result<(), ListError> {
    if items.is_empty() {
        return Err(ListError::Empty {
            path: path.to_owned(),
        });
    }
    if items.len() > words.max_entries {
        return Err(ListError::TooManyEntries {
            path: path.to_owned(),
            found: items.len(),
            limit: words.max_entries,
        });
    }
    for (index, item) in items.into_iter().enumerate() {
        let path = format!("{path}[{index}]");
        match item {
            Json::Text(text) => found.push(Entry {
                path,
                index,
                group: found.len(),
                name: name.to_owned(),
                text,
            }),
            Json::Object(fields) => read_object(fields, path, index, words, found)?,
            other => {
                return Err(ListError::NotAnEntry {
                    path,
                    index,
                    found: other.kind(),
                    expected: words.expected,
                });
            }
        }
    }
    Ok(())
}

/// An earlier text of the same entry that cannot stand beside `entries[at]`, and is refused with it.
pub(crate) fn refuse_contradiction(
    entries: &[Entry],
    at: usize,
    contradicts: impl Fn(usize) -> bool,
) -> Result<(), ListError> {
    let entry = &entries[at];
    match (0..at)
        .rev()
        .take_while(|other| entries[*other].group == entry.group)
        .find(|other| contradicts(*other))
    {
        None => Ok(()),
        Some(other) => Err(ListError::Contradiction {
            path: entry.path.clone(),
            index: entry.index,
            other: entries[other].path.clone(),
        }),
    }
}

/// Reads every field of an entry that says what is listed; there has to be one.
fn read_object(
    fields: Vec<(String, Json)>,
    path: String,
    index: usize,
    words: &Vocabulary,
    found: &mut Vec<Entry>,
) -> Result<(), ListError> {
    refuse_repeated(&fields, &path, |field| (words.is_value)(&plain(field)))?;
    let before = found.len();
    for (name, json) in fields {
        let plain = plain(&name);
        if !(words.is_value)(&plain) {
            continue;
        }
        let path = format!("{path}.{}", shown(&name));
        match json {
            Json::Null => {}
            Json::Text(text) => found.push(Entry {
                path,
                index,
                group: before,
                name: plain,
                text,
            }),
            other => {
                return Err(ListError::NotAnEntry {
                    path,
                    index,
                    found: other.kind(),
                    expected: "a string",
                });
            }
        }
    }
    if found.len() == before {
        return Err(ListError::NotAnEntry {
            path,
            index,
            found: "an object without one",
            expected: words.expected,
        });
    }
    Ok(())
}

fn refuse_repeated(
    fields: &[(String, Json)],
    path: &str,
    matters: impl Fn(&str) -> bool,
) -> Result<(), ListError> {
    let mut seen = BTreeSet::new();
    for (name, _) in fields {
        if matters(name) && !seen.insert(plain(name)) {
            return Err(ListError::RepeatedField {
                path: path.to_owned(),
                field: shown(name),
            });
        }
    }
    Ok(())
}

/// A field name in lower case, letters and digits only: `x5t#S256` is `x5ts256`.
fn plain(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect()
}

/// A field name that is safe to print.
fn shown(name: &str) -> String {
    const SHOWN: usize = 32;
    name.chars()
        .take(SHOWN)
        .flat_map(char::escape_default)
        .collect()
}
