use thiserror::Error;

/// The path of a request, in a form that every program reads alike.
///
/// Programs disagree on what dot segments, empty segments and some encoded characters mean, so
/// that the path which is judged here could be another one behind. Such paths are refused. What
/// remains is decoded exactly once, segment by segment, after it was split
/// ([RFC 3986, section 2.4](https://www.rfc-editor.org/rfc/rfc3986#section-2.4)).
///
/// ```
/// use hookward_copyleaks::{PathError, RequestPath};
///
/// assert!(RequestPath::parse("/copyleaks/completed/a%2Db").is_ok());
/// assert_eq!(
///     RequestPath::parse("/copyleaks/%2E%2e/admin"),
///     Err(PathError::DotSegment { offset: 11 }),
/// );
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RequestPath<'a> {
    /// Without the first `/`.
    rest: &'a str,
    /// Whether all of it is letters, digits, hyphens and underscores, and slashes between them.
    plain: bool,
}

/// Why a path is refused. Offsets are in bytes from the start of the path.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum PathError {
    /// It does not begin with `/`.
    #[error("a path begins with `/`")]
    NotAbsolute,
    /// A segment is empty: two slashes in a row, or one at the end. Or nothing precedes its parameters (`;x`).
    #[error("the segment at byte {offset} is empty")]
    EmptySegment {
        /// Where the segment would start.
        offset: usize,
    },
    /// A segment is `.` or `..`, with or without percent-encoding or parameters (`..;x`).
    #[error("the segment at byte {offset} is a dot segment")]
    DotSegment {
        /// Where the segment starts.
        offset: usize,
    },
    /// A percent sign that two hexadecimal digits do not follow.
    #[error("the percent sign at byte {offset} needs two hexadecimal digits")]
    Escape {
        /// Where the percent sign is.
        offset: usize,
    },
    /// A character that has to be encoded, or one that cannot be trusted even then:
    /// `/`, `\`, `%` and control characters.
    #[error("the character at byte {offset} cannot be in a path")]
    Character {
        /// Where the character, or its percent sign, is.
        offset: usize,
    },
}

impl<'a> RequestPath<'a> {
    /// Reads the path of a request target, still percent-encoded and without its query.
    ///
    /// # Errors
    /// [`PathError`] says which rule is broken, and where.
    pub fn parse(path: &'a str) -> Result<Self, PathError> {
        let rest = path.strip_prefix('/').ok_or(PathError::NotAbsolute)?;
        let plain = is_plain(rest);
        // The root has no segments.
        if !plain && !rest.is_empty() {
            let mut offset = 1;
            for segment in split(rest) {
                check_segment(segment, offset)?;
                offset += segment.len() + 1;
            }
        }
        Ok(Self { rest, plain })
    }

    /// The segments between the slashes, still percent-encoded. None for the root.
    pub fn segments(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let count = if self.rest.is_empty() { 0 } else { usize::MAX };
        split(self.rest).take(count)
    }

    /// What a segment of this path is once decoded: [`decode`], which mostly has nothing to do.
    pub(crate) fn decode<'b>(&self, segment: &'b str, buffer: &'b mut [u8]) -> Option<&'b str> {
        if self.plain && segment.len() <= buffer.len() {
            return Some(segment);
        }
        decode(segment, buffer)
    }
}

/// The parts of a text between slashes. A general search costs more than such short parts are long.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        let slash = text.bytes().position(|byte| byte == b'/');
        rest = slash.map(|at| &text[at + 1..]);
        Some(&text[..slash.unwrap_or(text.len())])
    })
}

/// Whether no segment is empty, and none has anything that is refused, encoded or special: as most paths are.
fn is_plain(rest: &str) -> bool {
    let mut last = b'/';
    let plain = rest.bytes().all(|byte| {
        let before = core::mem::replace(&mut last, byte);
        PLAIN[usize::from(byte)] || (byte == b'/' && before != b'/')
    });
    plain && last != b'/'
}

/// The bytes that mean themselves wherever they are in a path.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 128_u8 {
        plain[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        byte += 1;
    }
    plain
};

fn check_segment(segment: &str, offset: usize) -> Result<(), PathError> {
    for decoded in Decoder::new(segment) {
        let (byte, at, encoded) = decoded.map_err(|at| PathError::Escape {
            offset: offset + at,
        })?;
        // Raw, only what RFC 3986 calls pchar, and what URLs in use hold besides.
        let refused = if encoded {
            byte.is_ascii_control() || matches!(byte, b'/' | b'\\' | b'%')
        } else {
            !byte.is_ascii_graphic() || matches!(byte, b'\\' | b'?' | b'#')
        };
        if refused {
            return Err(PathError::Character {
                offset: offset + at,
            });
        }
    }
    match Special::of(decoded(segment)) {
        Some(Special::Empty) => Err(PathError::EmptySegment { offset }),
        Some(Special::Dots) => Err(PathError::DotSegment { offset }),
        None => Ok(()),
    }
}

/// A segment that changes which path is meant, once its parameters are cut off: servers that know parameters
/// ([RFC 3986, section 3.3](https://www.rfc-editor.org/rfc/rfc3986#section-3.3)) read `/a/..;x/b` as `/a/../b`.
pub(crate) enum Special {
    Empty,
    Dots,
}

impl Special {
    /// What the decoded segment is, if it is special.
    pub(crate) fn of(decoded: impl Iterator<Item = u8>) -> Option<Self> {
        let mut name = decoded.take_while(|byte| *byte != b';');
        match [name.next(), name.next(), name.next()] {
            [None, _, _] => Some(Self::Empty),
            [Some(b'.'), None | Some(b'.'), None] => Some(Self::Dots),
            _ => None,
        }
    }
}

/// Decodes a checked segment, into `buffer` where it has something to decode. `None` if it does not fit there or is not
/// UTF-8.
pub(crate) fn decode<'b>(segment: &'b str, buffer: &'b mut [u8]) -> Option<&'b str> {
    if segment.bytes().all(|byte| byte != b'%') {
        return (segment.len() <= buffer.len()).then_some(segment);
    }
    let mut length = 0;
    for decoded in Decoder::new(segment) {
        *buffer.get_mut(length)? = decoded.ok()?.0;
        length += 1;
    }
    core::str::from_utf8(&buffer[..length]).ok()
}

/// The bytes of a checked text, percent-decoded once.
pub(crate) fn decoded(text: &str) -> impl Iterator<Item = u8> + '_ {
    Decoder::new(text)
        .map_while(Result::ok)
        .map(|(byte, _, _)| byte)
}

/// The bytes of a segment, percent-decoded once: each with its offset and whether it was encoded,
/// or the offset of a percent sign that encodes nothing.
struct Decoder<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Decoder<'a> {
    const fn new(segment: &'a str) -> Self {
        Self {
            bytes: segment.as_bytes(),
            at: 0,
        }
    }
}

impl Iterator for Decoder<'_> {
    type Item = Result<(u8, usize, bool), usize>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let byte = *self.bytes.get(at)?;
        if byte != b'%' {
            self.at += 1;
            return Some(Ok((byte, at, false)));
        }
        let digit = |at: usize| {
            let digit = char::from(*self.bytes.get(at)?).to_digit(16)?;
            u8::try_from(digit).ok()
        };
        let decoded = digit(at + 1).zip(digit(at + 2));
        self.at += 3;
        Some(match decoded {
            Some((high, low)) => Ok((high << 4 | low, at, true)),
            None => Err(at),
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn plain_paths_are_split() {
        let segments = |path| {
            let path = RequestPath::parse(path).unwrap();
            path.segments().collect::<Vec<_>>()
        };
        assert!(segments("/").is_empty());
        assert_eq!(segments("/a"), ["a"]);
        assert_eq!(segments("/a/b%20c/..."), ["a", "b%20c", "..."]);
    }

    #[test]
    fn each_rule_refuses_what_breaks_it_and_says_where() {
        let cases = [
            ("", PathError::NotAbsolute),
            ("a", PathError::NotAbsolute),
            ("*", PathError::NotAbsolute),
            ("//", PathError::EmptySegment { offset: 1 }),
            ("/a//b", PathError::EmptySegment { offset: 3 }),
            ("/a/", PathError::EmptySegment { offset: 3 }),
            ("/.", PathError::DotSegment { offset: 1 }),
            ("/a/..;b/c", PathError::DotSegment { offset: 3 }),
            ("/a/%2e%3B", PathError::DotSegment { offset: 3 }),
            ("/a/;b", PathError::EmptySegment { offset: 3 }),
            ("/a/b%0d%0ac", PathError::Character { offset: 4 }),
            ("/a%7F", PathError::Character { offset: 2 }),
            ("/a/..", PathError::DotSegment { offset: 3 }),
            ("/a/%2e", PathError::DotSegment { offset: 3 }),
            ("/a/.%2E/b", PathError::DotSegment { offset: 3 }),
            ("/%", PathError::Escape { offset: 1 }),
            ("/a%2", PathError::Escape { offset: 2 }),
            ("/a%zz", PathError::Escape { offset: 2 }),
            ("/a%+1", PathError::Escape { offset: 2 }),
            ("/a%2fb", PathError::Character { offset: 2 }),
            ("/a%5Cb", PathError::Character { offset: 2 }),
            ("/%252e", PathError::Character { offset: 1 }),
            ("/%00", PathError::Character { offset: 1 }),
            ("/a\\b", PathError::Character { offset: 2 }),
            ("/a b", PathError::Character { offset: 2 }),
            ("/é", PathError::Character { offset: 1 }),
            ("/a?b", PathError::Character { offset: 2 }),
            ("/a#b", PathError::Character { offset: 2 }),
            ("/a\u{7f}", PathError::Character { offset: 2 }),
        ];
        for (path, error) in cases {
            assert_eq!(RequestPath::parse(path), Err(error), "{path:?}");
        }
    }

    #[test]
    fn nothing_that_is_refused_is_plain() {
        for byte in 0..128_u8 {
            let byte = char::from(byte);
            for rest in ["", "a", "/", "a/", "/a", "a/b", "a//b"] {
                for at in 0..=rest.len() {
                    let mut rest = alloc::string::String::from(rest);
                    rest.insert(at, byte);
                    let refused = split(&rest).any(|part| check_segment(part, 0).is_err());
                    assert!(!(is_plain(&rest) && refused), "{rest:?}");
                }
            }
        }
        assert!(is_plain("copyleaks/creditsChecked/scan-1_a"));
        assert!(!is_plain("é"));
    }

    #[test]
    fn segments_are_decoded_exactly_once() {
        let mut buffer = [0; 8];
        assert_eq!(decode("a%2Db", &mut buffer), Some("a-b"));
        assert_eq!(decode("%C3%A9", &mut buffer), Some("é"));
        assert_eq!(decode("%C3", &mut buffer), None);
        assert_eq!(decode("%2541", &mut buffer), Some("%41"));
        assert_eq!(decode("123456789", &mut buffer), None);
    }
}
