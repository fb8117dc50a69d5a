//! Why a list was not built.

use alloc::string::{String, ToString};
use core::fmt;

use ipnet::IpNet;

use crate::Place;

/// A rule that a list broke when it was built.
///
/// `entry` repeats what was written, with everything but printable ASCII escaped and shortened to
/// its first 64 characters.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AllowlistError {
    /// The list has no entry. A missing list never means that every address is admitted.
    #[error("an allowlist needs at least one entry")]
    Empty,
    /// The exceptions cover every entry, so the list would admit no address.
    #[error("the exceptions cover every entry, so no address is left")]
    NothingLeft,
    /// The list has more lines than lookups are made for.
    #[error("an allowlist takes at most {max} entries and exceptions, not {lines}")]
    TooManyLines {
        /// How many entries and exceptions it has together.
        lines: usize,
        /// How many it may have.
        max: usize,
    },
    /// The text is no address and no network.
    #[error("{place}: expected {expected}, found `{entry}`")]
    Unparsable {
        /// Where it stands.
        place: Place,
        /// What was written.
        entry: String,
        /// What should have been there.
        expected: &'static str,
    },
    /// The address has bits set beyond the prefix: either the address or the length is a mistake.
    #[error(
        "{place}: `{entry}` sets bits beyond its prefix; \
         write {suggestion} for the network, or the address alone"
    )]
    HostBitsSet {
        /// Where it stands.
        place: Place,
        /// What was written.
        entry: String,
        /// The network of that length which holds the address.
        suggestion: IpNet,
    },
    /// An IPv4-mapped address (`::ffff:a.b.c.d`) with a prefix that also covers what is not mapped.
    #[error(
        "{place}: `{entry}` is an IPv4-mapped address, but a prefix of {prefix_len} bits \
         is shorter than {min}; write the IPv4 network"
    )]
    MappedPrefixTooShort {
        /// Where it stands.
        place: Place,
        /// What was written.
        entry: String,
        /// The length that was given, in bits.
        prefix_len: u8,
        /// The least length for such an address, in bits: that of `::ffff:0:0/96`.
        min: u8,
    },
}

/// What was written, made fit for a log: printable ASCII, at most 64 characters of it.
pub(crate) fn quoted(written: impl fmt::Display) -> String {
    const SHOWN: usize = 64;
    let written = written.to_string();
    let mut chars = written.chars();
    let mut quoted: String = chars
        .by_ref()
        .take(SHOWN)
        .flat_map(char::escape_default)
        .collect();
    if chars.next().is_some() {
        quoted.push_str("...");
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_printable_and_short() {
        assert_eq!(quoted("10.0.0.0/8"), "10.0.0.0/8");
        assert_eq!(quoted("a\n\u{1b}\u{202e}`"), r"a\n\u{1b}\u{202e}`");
        assert_eq!(quoted("é".repeat(64)), r"\u{e9}".repeat(64));
        assert_eq!(quoted("x".repeat(65)), "x".repeat(64) + "...");
    }
}
