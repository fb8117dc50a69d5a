//! Where in the text of a JSON document something stands.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// The offset of what a path such as `$.ips[3].cidr` names, in bytes. `None` if there is no such
/// thing, or if a name in the path cannot be told from the path itself.
pub(crate) fn offset(document: &str, path: &str) -> Option<usize> {
    let mut rest = path.strip_prefix('$')?;
    let mut value = document;
    while !rest.is_empty() {
        let inner: &RawValue;
        if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']')?;
            let items: Vec<&RawValue> = serde_json::from_str(value).ok()?;
            inner = items.get(index.parse::<usize>().ok()?)?;
            rest = after;
        } else {
            let after = rest.strip_prefix('.')?;
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let fields: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(value).ok()?;
            inner = fields.get(&after[..end])?;
            rest = &after[end..];
        }
        value = inner.get();
    }
    // What was read is part of the document.
    (value.as_ptr() as usize).checked_sub(document.as_ptr() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_places() {
        let document = r#"{"a": {"b": [1, {"c": 2}]}}"#;
        for (path, found) in [
            ("$", Some("{\"a\"")),
            ("$.a.b[0]", Some("1,")),
            ("$.a.b[1].c", Some("2}")),
            ("$.a.b[2]", None),
            ("$.b", None),
            ("a", None),
            ("$x", None),
        ] {
            let place = offset(document, path);
            assert_eq!(place.is_some(), found.is_some(), "{path}");
            if let (Some(place), Some(found)) = (place, found) {
                assert!(document[place..].starts_with(found), "{path}");
            }
        }
    }
}
