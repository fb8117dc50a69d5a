//! The methods and paths of a route's webhooks, as firewalls compare them.

use crate::text::push;
use alloc::string::String;
use alloc::vec::Vec;

use hookward_copyleaks::{Event, Route, RouteSegment, ScanId};

use crate::pattern::{push_any_of, push_byte};

/// What firewalls see of a path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Encoding {
    /// As it was sent.
    Sent,
    /// Percent-decoded once, by something that may also make a space of a plus sign.
    Decoded,
}

/// What may stand for one character of a scan id as it is sent: one of those that
/// [`ScanId`] takes, as such or percent-encoded. With an encoded slash, backslash or question mark,
/// programs behind could read another path.
const SENT_SCAN_ID: &str = r"(?:[\x21\x22\x24\x26-\x29\x2b-\x2e\x30-\x3e\x40\x5e-\x7e]|\x25(?:2[1246-9B-Eb-e]|3[0-9A-Ea-e]|40|5[EFef]|6[0-9A-Fa-f]|7[0-9A-Ea-e]))";

/// The same once it is decoded.
const DECODED_SCAN_ID: &str = r"[\x20\x21\x22\x24\x26-\x29\x2b-\x2e\x30-\x3e\x40\x5e-\x7e]";

/// The methods with which the webhooks of the route come, each once.
pub(crate) fn methods(route: &Route) -> Vec<&'static str> {
    let mut methods: Vec<_> = route
        .events()
        .flat_map(|event| event.methods().iter().copied())
        .collect();
    methods.sort_unstable();
    methods.dedup();
    methods
}

/// The pattern of one of the methods.
pub(crate) fn method_pattern(route: &Route) -> String {
    let mut pattern = String::new();
    push_any_of(&mut pattern, methods(route));
    pattern
}

/// The pattern of the route's paths, without anchors.
pub(crate) fn pattern(route: &Route, encoding: Encoding) -> String {
    let mut pattern = String::new();
    for segment in route.segments() {
        pattern.push('/');
        match segment {
            RouteSegment::Literal(text) => {
                for byte in text.bytes() {
                    push_literal(&mut pattern, byte, encoding);
                }
            }
            RouteSegment::Status => push_status(&mut pattern),
            RouteSegment::ScanId => {
                let (least, most) = (ScanId::MIN_LEN, ScanId::MAX_LEN);
                let character = match encoding {
                    Encoding::Sent => SENT_SCAN_ID,
                    Encoding::Decoded => DECODED_SCAN_ID,
                };
                push(&mut pattern, format_args!("{character}{{{least},{most}}}"));
            }
        }
    }
    if pattern.is_empty() {
        pattern.push('/');
    }
    pattern
}

/// Adds a byte of a literal segment: as such, and percent-encoded where somebody may send it so.
fn push_literal(pattern: &mut String, byte: u8, encoding: Encoding) {
    if byte == b'+' && encoding == Encoding::Decoded {
        return pattern.push_str(r"[\x20\x2b]");
    }
    let unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if unreserved || encoding == Encoding::Decoded {
        return push_byte(pattern, byte);
    }
    pattern.push_str("(?:");
    // A question mark as such begins the query, and the guard takes none of the others as such.
    if byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#') {
        push_byte(pattern, byte);
        pattern.push('|');
    }
    pattern.push_str(r"\x25");
    for digit in [byte >> 4, byte & 0xf] {
        let digit = char::from_digit(digit.into(), 16).expect("four bits are one digit");
        push_in_any_case(pattern, digit);
    }
    pattern.push(')');
}

/// Adds one of the statuses in any case. No flag, which not every engine has.
fn push_status(pattern: &mut String) {
    pattern.push_str("(?:");
    for (index, status) in Event::STATUSES.into_iter().enumerate() {
        if index > 0 {
            pattern.push('|');
        }
        for letter in status.name().chars() {
            push_in_any_case(pattern, letter);
        }
    }
    pattern.push(')');
}

fn push_in_any_case(pattern: &mut String, character: char) {
    if character.is_ascii_alphabetic() {
        pattern.push('[');
        pattern.push(character.to_ascii_uppercase());
        pattern.push(character.to_ascii_lowercase());
        pattern.push(']');
    } else {
        pattern.push(character);
    }
}

#[cfg(test)]
mod tests {
    use hookward_copyleaks::{PathError, RequestPath};
    use proptest::prelude::*;
    use proptest::string::string_regex;

    use super::*;

    #[test]
    fn patterns_follow_the_template() {
        let route = Route::parse("/a%20b/{status}/{scan_id}", None).unwrap();
        let sent = pattern(&route, Encoding::Sent);
        assert!(sent.starts_with(r"/a(?:\x2520)b/(?:[Cc][Oo][Mm]"), "{sent}");
        assert!(sent.ends_with("{3,36}"), "{sent}");
        assert!(pattern(&route, Encoding::Decoded).starts_with(r"/a\x20b/"));
        let plus = Route::parse("/a+b", Some(Event::NewResult)).unwrap();
        assert_eq!(pattern(&plus, Encoding::Decoded), r"/a[\x20\x2b]b");
    }

    #[test]
    fn methods_are_those_of_the_events() {
        let statuses = Route::parse("/{status}/{scan_id}", None).unwrap();
        assert_eq!(methods(&statuses), ["POST"]);
        let upload = Route::parse("/upload", Some(Event::ExportUpload)).unwrap();
        assert_eq!(methods(&upload), ["POST", "PUT"]);
        assert_eq!(pattern(&upload, Encoding::Sent), "/upload");
        let root = Route::parse("/", Some(Event::NewResult)).unwrap();
        assert_eq!(pattern(&root, Encoding::Sent), "/");
    }

    proptest! {
        #[test]
        fn the_guard_takes_what_the_pattern_matches(
            path in string_regex(&pattern(&scans(), Encoding::Sent)).unwrap(),
        ) {
            match RequestPath::parse(&path) {
                Ok(path) => prop_assert!(scans().matches(&path).is_some(), "{path:?}"),
                // Patterns do not look for dots before parameters.
                Err(PathError::DotSegment { .. } | PathError::EmptySegment { .. }) => {}
                Err(error) => prop_assert!(false, "{path}: {error}"),
            }
        }
    }

    fn scans() -> Route {
        Route::parse("/a%20b+%3F/{status}/{scan_id}", None).unwrap()
    }
}
