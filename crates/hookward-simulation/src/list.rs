//! The document of the simulation.

use alloc::collections::BTreeSet;
use core::fmt::Write as _;
use core::str;

use hookward_refresh::Document;
use thiserror::Error;

/// A set of certificates, which are numbers here. As text: `[1,2,3]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct List(
    /// The certificates.
    pub BTreeSet<u32>,
);

impl List {
    /// The text that [`parse`](Document::parse) reads.
    pub fn to_body(&self) -> Vec<u8> {
        let mut text = String::from("[");
        for (index, entry) in self.0.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            // Writing to a string does not fail.
            let _ = write!(text, "{comma}{entry}");
        }
        text.push(']');
        text.into_bytes()
    }
}

impl Document for List {
    type Entry = u32;
    type Error = ListError;

    fn parse(body: &[u8]) -> Result<Self, ListError> {
        let inner = str::from_utf8(body)
            .ok()
            .and_then(|text| text.strip_prefix('[')?.strip_suffix(']'))
            .ok_or(ListError)?;
        if inner.is_empty() {
            return Ok(Self(BTreeSet::new()));
        }
        inner
            .split(',')
            .map(|entry| entry.parse().map_err(|_| ListError))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn entries(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

/// A body that is no [`List`].
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("not a list of numbers in brackets")]
pub struct ListError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_back_and_parts_of_them_are_not() {
        for entries in [&[][..], &[7], &[1, 2, 30]] {
            let list = List(entries.iter().copied().collect());
            let body = list.to_body();
            assert_eq!(List::parse(&body), Ok(list));
            for end in 0..body.len() {
                assert_eq!(List::parse(&body[..end]), Err(ListError));
            }
        }
        assert_eq!(List::parse(b"[1,null]"), Err(ListError));
        assert_eq!(List::parse(b"<html>"), Err(ListError));
    }
}
