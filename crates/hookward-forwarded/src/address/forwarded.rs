//! The lines of `Forwarded` ([RFC 7239, section 4](https://www.rfc-editor.org/rfc/rfc7239#section-4)).

use super::tail::{Entry, Tail};
use crate::field::is_token;

/// The parameters that the RFC defines, each of which an element has at most once.
const PARAMETERS: [&str; 4] = ["for", "by", "host", "proto"];

/// Pushes the `for` of each element of one line.
///
/// Lines are read one by one: a quote that a client leaves open reaches no further than its line.
/// An element without `for` is malformed, and so is everything from a syntax error to the line's end.
pub(super) fn push<'a>(line: &'a [u8], tail: &mut Tail<'a>) {
    let mut cursor = Cursor { line, at: 0 };
    loop {
        let node = cursor.element();
        let end = cursor.at == line.len();
        match node {
            Some(Some(node)) => tail.push(Entry::Node(node)),
            Some(None) => tail.push(Entry::Malformed),
            None => return tail.push(Entry::Malformed),
        }
        if end {
            return;
        }
        // The comma that ended the element.
        cursor.at += 1;
    }
}

struct Cursor<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Passes an element, up to its comma or the end of the line, and returns the value of its `for`.
    /// `None` for a syntax error.
    fn element(&mut self) -> Option<Option<&'a [u8]>> {
        let mut values = [None; PARAMETERS.len()];
        loop {
            self.whitespace();
            if !matches!(self.next(), None | Some(b',' | b';')) {
                let name = self.token()?;
                self.take(b'=')?;
                let value = match self.next() {
                    Some(b'"') => self.quoted()?,
                    _ => self.token()?,
                };
                let known = PARAMETERS
                    .iter()
                    .position(|known| known.as_bytes().eq_ignore_ascii_case(name));
                if let Some(known) = known
                    && values[known].replace(value).is_some()
                {
                    return None;
                }
                self.whitespace();
            }
            match self.next() {
                Some(b';') => self.at += 1,
                None | Some(b',') => return Some(values[0]),
                Some(_) => return None,
            }
        }
    }

    /// Passes a token of at least one character.
    fn token(&mut self) -> Option<&'a [u8]> {
        let rest = &self.line[self.at..];
        let len = rest.iter().take_while(|byte| is_token(**byte)).count();
        self.at += len;
        (len > 0).then(|| &rest[..len])
    }

    /// Passes a quoted string and returns what is between the quotes, escapes and all.
    fn quoted(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            match self.next()? {
                b'"' => break,
                b'\\' => {
                    self.at += 1;
                    is_text(self.next()?).then_some(())?;
                }
                byte => is_text(byte).then_some(())?,
            }
            self.at += 1;
        }
        self.at += 1;
        Some(&self.line[start..self.at - 1])
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        let found = self.next() == Some(byte);
        self.at += usize::from(found);
        found.then_some(())
    }

    fn whitespace(&mut self) {
        while let Some(b' ' | b'\t') = self.next() {
            self.at += 1;
        }
    }

    fn next(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }
}

/// What a quoted string may hold
/// ([RFC 9110, section 5.6.4](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.4)).
const fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// From left to right; `None` for a malformed entry.
    fn nodes(line: &str) -> Vec<Option<&str>> {
        let mut tail = Tail::new();
        push(line.as_bytes(), &mut tail);
        let mut nodes: Vec<_> = tail
            .rightmost()
            .map(|entry| match entry {
                Entry::Node(node) => Some(str::from_utf8(node).unwrap()),
                Entry::Malformed => None,
            })
            .collect();
        nodes.reverse();
        nodes
    }

    #[test]
    fn the_examples_of_the_rfc_are_read() {
        assert_eq!(nodes("for=\"_gazonk\""), [Some("_gazonk")]);
        assert_eq!(
            nodes("For=\"[2001:db8:cafe::17]:4711\""),
            [Some("[2001:db8:cafe::17]:4711")]
        );
        assert_eq!(
            nodes("for=192.0.2.60;proto=http;by=203.0.113.43"),
            [Some("192.0.2.60")]
        );
        assert_eq!(
            nodes("for=192.0.2.43,for=\"[2001:db8:cafe::17]\",for=unknown"),
            [
                Some("192.0.2.43"),
                Some("[2001:db8:cafe::17]"),
                Some("unknown")
            ]
        );
        assert_eq!(
            nodes("host=\"host.com\";by=_haproxy;for=\"[::1]:10\" ,\tfor=_hidden;"),
            [Some("[::1]:10"), Some("_hidden")]
        );
    }

    #[test]
    fn commas_and_semicolons_in_quotes_are_data() {
        assert_eq!(
            nodes(r#"x="a, for=1.1.1.1;b\", \\";for=2.2.2.2"#),
            [Some("2.2.2.2")]
        );
    }

    #[test]
    fn elements_without_for_hold_their_place() {
        assert_eq!(
            nodes("proto=https, for=1.1.1.1,,"),
            [None, Some("1.1.1.1"), None, None]
        );
        assert_eq!(nodes(""), [None]);
        assert_eq!(nodes(" ; ;for=1.1.1.1"), [Some("1.1.1.1")]);
    }

    #[test]
    fn a_syntax_error_spoils_the_rest_of_the_line() {
        for rest in [
            "for=",
            "for",
            "=1",
            "for =1",
            "for= 1",
            "for=1 2",
            "for=\"1",
            "for=\"1\\",
            "for=\"1\"2",
            "for=1;for=2",
            "for=1;FOR=1",
            "by=1;by=2;for=3",
            "for=[::1]",
            "for=1.1.1.1:80",
            "for=\"\n\"",
            "for=\"\\\n\"",
            "\"for=1\"",
            "for=\u{e9}",
            "for=1\r",
        ] {
            let line = alloc::format!("for=1.1.1.1, {rest}, for=2.2.2.2");
            assert_eq!(nodes(&line).first(), Some(&Some("1.1.1.1")), "{line}");
            assert_eq!(nodes(&line)[1..], [None], "{line}");
        }
    }
}
