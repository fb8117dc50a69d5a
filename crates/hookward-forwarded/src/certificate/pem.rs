//! PEM as it fits in a header ([RFC 7468](https://www.rfc-editor.org/rfc/rfc7468)).

use alloc::vec::Vec;

use super::CertificateError;
use super::base64::{self, Padding, is_base64};

/// What stands between the lines.
#[derive(Clone, Copy)]
pub(super) enum Breaks {
    /// LF or CR LF, once.
    Lines,
    /// Any number of spaces, tabs, CR and LF, but at least one: what is left of a line break that
    /// was folded or replaced.
    Folded,
}

/// How many certificates there may be.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Blocks {
    /// Exactly one.
    One,
    /// One or more; the first is the leaf.
    LeafFirst,
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// The DER of the first certificate. The whole text must be well-formed.
pub(super) fn read(
    text: &[u8],
    breaks: Breaks,
    blocks: Blocks,
) -> Result<Vec<u8>, CertificateError> {
    let mut cursor = Cursor {
        text,
        at: 0,
        breaks,
    };
    let leaf = cursor.block()?;
    cursor.line_break();
    while cursor.at < text.len() {
        if blocks == Blocks::One {
            return Err(CertificateError::TrailingData { offset: cursor.at });
        }
        cursor.block()?;
        cursor.line_break();
    }
    Ok(leaf)
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    breaks: Breaks,
}

impl Cursor<'_> {
    /// From the first line of a certificate to its last.
    fn block(&mut self) -> Result<Vec<u8>, CertificateError> {
        if !self.take(BEGIN) {
            return self.expected("-----BEGIN CERTIFICATE-----");
        }
        let mut digits = Vec::new();
        let mut start = None;
        loop {
            if !self.line_break() {
                return self.expected("a line break");
            }
            if self.take(END) {
                break;
            }
            let line = self.rest();
            let len = line.iter().take_while(|byte| is_base64(**byte)).count();
            if len == 0 {
                return self.expected("base64");
            }
            digits.extend_from_slice(&line[..len]);
            start.get_or_insert(self.at);
            self.at += len;
        }
        base64::decode(&digits, Padding::Required, start.unwrap_or(self.at))
    }

    /// Passes one line break, if there is one.
    fn line_break(&mut self) -> bool {
        let rest = self.rest();
        let len = match self.breaks {
            Breaks::Lines if rest.starts_with(b"\r\n") => 2,
            Breaks::Lines => usize::from(rest.starts_with(b"\n")),
            Breaks::Folded => rest
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
                .count(),
        };
        self.at += len;
        len > 0
    }

    fn take(&mut self, text: &[u8]) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn rest(&self) -> &[u8] {
        &self.text[self.at..]
    }

    fn expected<T>(&self, expected: &'static str) -> Result<T, CertificateError> {
        Err(CertificateError::Unexpected {
            expected,
            offset: self.at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "-----BEGIN CERTIFICATE-----\nAAEC\nAwQ=\n-----END CERTIFICATE-----\n";

    fn lines(text: &str, blocks: Blocks) -> Result<Vec<u8>, CertificateError> {
        read(text.as_bytes(), Breaks::Lines, blocks)
    }

    #[test]
    fn lines_of_any_length_and_either_ending_are_read() {
        let der = Ok([0, 1, 2, 3, 4].to_vec());
        assert_eq!(lines(ONE, Blocks::One), der);
        assert_eq!(lines(ONE.trim_end(), Blocks::One), der);
        assert_eq!(lines(&ONE.replace('\n', "\r\n"), Blocks::One), der);
        assert_eq!(lines(&ONE.replace("C\nA", "CA"), Blocks::One), der);
        for fold in [" ", "  ", "\n\t", "\r\n "] {
            let folded = ONE.replace('\n', fold);
            assert_eq!(read(folded.as_bytes(), Breaks::Folded, Blocks::One), der);
        }
    }

    #[test]
    fn one_certificate_is_one() {
        let two = alloc::format!("{ONE}{}", ONE.replace("AAEC", "//79"));
        let offset = ONE.len();
        assert_eq!(
            lines(&two, Blocks::One),
            Err(CertificateError::TrailingData { offset })
        );
        assert_eq!(lines(&two, Blocks::LeafFirst), Ok([0, 1, 2, 3, 4].to_vec()));
        // What follows the leaf must be certificates as well.
        assert!(lines(&two[..two.len() - 2], Blocks::LeafFirst).is_err());
        assert!(lines(&alloc::format!("{ONE}\n"), Blocks::LeafFirst).is_err());
    }

    #[test]
    fn anything_else_is_refused() {
        let unexpected = |expected, offset| Err(CertificateError::Unexpected { expected, offset });
        for (text, expected) in [
            ("", unexpected("-----BEGIN CERTIFICATE-----", 0)),
            (&ONE[1..], unexpected("-----BEGIN CERTIFICATE-----", 0)),
            (
                &ONE.replace("CERTIFICATE", "PUBLIC KEY"),
                unexpected("-----BEGIN CERTIFICATE-----", 0),
            ),
            (&ONE.replace("AAEC", "AA C"), unexpected("a line break", 30)),
            (&ONE.replace("AAEC\n", "\nAAEC"), unexpected("base64", 28)),
            (&ONE.replace('\n', " "), unexpected("a line break", 27)),
            (
                &ONE.replace("AAEC\nAwQ=\n", ""),
                Err(CertificateError::MalformedBase64 { offset: 53 }),
            ),
            (
                &ONE.replace("AwQ=", "AwQ"),
                Err(CertificateError::MalformedBase64 { offset: 28 }),
            ),
            (
                &ONE.replace("-----END", "x: y\n-----END"),
                unexpected("a line break", 39),
            ),
        ] {
            assert_eq!(lines(text, Blocks::One), expected, "{text}");
        }
    }
}
