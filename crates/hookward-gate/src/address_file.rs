//! A list of source addresses in a file: one network to a line, or JSON.

use std::path::{Path, PathBuf};

use hookward::Allowlist;
use hookward::copyleaks::{ListError, parse_address_list};
use hookward_ip::{AllowlistBuilder, AllowlistError};
use thiserror::Error;

use crate::file::{self, FileError};
use crate::json_place;

/// More than a million of the longest networks, a line each.
const LIMIT: u64 = 64 << 20;

/// Where the list is.
#[derive(Clone, Debug)]
pub(crate) struct AddressFile {
    path: PathBuf,
}

/// Why there is no list.
#[derive(Debug, Error)]
pub(crate) enum AddressFileError {
    /// The file was not read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line is no network.
    #[error("{path}:{line}: {problem}")]
    Line {
        path: String,
        /// Counted from 1.
        line: usize,
        problem: String,
    },
    /// It is JSON, but no list.
    #[error("{path}: {source}")]
    Json { path: String, source: ListError },
    /// It has comments, or nothing at all.
    #[error("{path}: expected at least one network, a line each, or a list in JSON")]
    Empty { path: String },
}

impl AddressFile {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the list. One entry that cannot be read refuses it whole.
    pub(crate) fn read(&self) -> Result<Allowlist, AddressFileError> {
        let bytes = file::read(&self.path, LIMIT)?.bytes;
        if is_json(&bytes) {
            return parse_address_list(&bytes).map_err(|source| self.refused_json(&bytes, source));
        }
        let text = core::str::from_utf8(&bytes).map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            let problem = "expected UTF-8 text".to_owned();
            self.at_line(count_lines(before) + 1, problem)
        })?;
        let list = entries(text).fold(Allowlist::builder(), |list, (_, entry)| list.text(entry));
        list.build().map_err(|error| self.refused(text, &error))
    }

    /// The line on which the entry of this index stands, from 1, if the file is text and has not
    /// changed.
    pub(crate) fn line_of(&self, index: usize) -> Option<usize> {
        let bytes = file::read(&self.path, LIMIT).ok()?.bytes;
        let text = core::str::from_utf8(&bytes).ok()?;
        (!is_json(&bytes))
            .then(|| entries(text).nth(index))?
            .map(|(line, _)| line)
    }

    fn refused(&self, text: &str, error: &AllowlistError) -> AddressFileError {
        let place = match error {
            AllowlistError::Empty => {
                return AddressFileError::Empty { path: self.shown() };
            }
            AllowlistError::Unparsable { place, .. }
            | AllowlistError::HostBitsSet { place, .. }
            | AllowlistError::MappedPrefixTooShort { place, .. } => Some(place),
            _ => None,
        };
        let problem = error.to_string();
        let line = place.and_then(|place| {
            let (line, _) = entries(text).nth(place.index)?;
            // Which entry it is, the line says.
            let problem = problem.strip_prefix(&format!("{place}: "))?.to_owned();
            Some(self.at_line(line, problem))
        });
        line.unwrap_or_else(|| self.at_line(1, problem))
    }

    /// Names the line as well, where the error names an entry.
    fn refused_json(&self, bytes: &[u8], source: ListError) -> AddressFileError {
        let problem = source.to_string();
        let line = problem.split_once(": ").and_then(|(path, _)| {
            let document = core::str::from_utf8(bytes).ok()?;
            let offset = json_place::offset(document, path)?;
            Some(count_lines(&bytes[..offset]) + 1)
        });
        match line {
            Some(line) => self.at_line(line, problem),
            None => AddressFileError::Json {
                path: self.shown(),
                source,
            },
        }
    }

    fn at_line(&self, line: usize, problem: String) -> AddressFileError {
        AddressFileError::Line {
            path: self.shown(),
            line,
            problem,
        }
    }

    fn shown(&self) -> String {
        self.path.display().to_string()
    }
}

/// The networks of a list, each with its line, from 1. What follows a `#` is a comment.
fn entries(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate();
    lines.filter_map(|(index, line)| {
        let entry = line.split_once('#').map_or(line, |(entry, _)| entry);
        let entry = entry.trim_ascii();
        (!entry.is_empty()).then_some((index + 1, entry))
    })
}

/// Whether the document is meant to be JSON: no network begins like that.
fn is_json(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start().first(), Some(b'[' | b'{'))
}

fn count_lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// Adds the entries of one list to another.
pub(crate) fn add(builder: AllowlistBuilder, list: &Allowlist) -> AllowlistBuilder {
    list.entries().fold(builder, AllowlistBuilder::network)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: impl AsRef<[u8]>) -> (tempfile::TempDir, AddressFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("addresses");
        std::fs::write(&path, content).unwrap();
        (folder, AddressFile::new(path))
    }

    fn error(content: impl AsRef<[u8]>) -> String {
        let (folder, file) = file(content);
        let error = file.read().unwrap_err().to_string();
        let folder = format!("{}/", folder.path().display());
        error.replace(&folder, "")
    }

    #[test]
    fn lines_comments_and_json_are_read() {
        let (_folder, list) = file("# ours\n\n192.0.2.0/24 # office\r\n\t2001:db8::1\n");
        let networks: Vec<_> = list
            .read()
            .unwrap()
            .entries()
            .map(|n| n.to_string())
            .collect();
        assert_eq!(networks, ["192.0.2.0/24", "2001:db8::1/128"]);
        assert_eq!((list.line_of(0), list.line_of(1)), (Some(3), Some(4)));
        assert_eq!(list.line_of(2), None);

        let (_folder, list) = file("\n {\"ips\": [\"192.0.2.0/24\"]}");
        assert_eq!(list.read().unwrap().len(), 1);
        assert_eq!(list.line_of(0), None);
    }

    #[test]
    fn one_bad_entry_refuses_the_list_and_its_line_is_named() {
        let refused = error("192.0.2.0/24\n\n# 1\n192.0.2.1/24\nnonsense\n");
        assert!(
            refused.starts_with("addresses:4: `192.0.2.1/24` sets bits"),
            "{refused}"
        );
        let refused = error("192.0.2.0/24 198.51.100.0/24\n");
        assert!(refused.starts_with("addresses:1: expected"), "{refused}");
        let refused = error(b"192.0.2.0/24\n\xff\n");
        assert_eq!(refused, "addresses:2: expected UTF-8 text");
        let refused = error("\u{feff}192.0.2.0/24\n");
        assert!(refused.starts_with("addresses:1: expected"), "{refused}");
        let refused = error("[\"192.0.2.0/24\",\n\"192.0.2.1/24\"]");
        assert!(refused.starts_with("addresses:2: $[1]: "), "{refused}");
        let refused = error("[\"192.0.2.0/24\",");
        assert!(
            refused.starts_with("addresses: the document is not JSON"),
            "{refused}"
        );
        for nothing in ["", "\n \n# 192.0.2.0/24\n"] {
            assert!(error(nothing).contains("at least one network"));
        }
    }
}
