//! The form of a request head: what is refused before anything else is looked at, and what one
//! pass over the field lines finds.

use hookward_copyleaks::{HeaderName, OWN_PREFIX};

use crate::alias::starts_when_folded;
use crate::reason::Reason;
use crate::request::{Framing, Head};

/// What one pass over the field lines found.
pub(crate) struct Lines {
    /// What is wrong with the head, if anything: the first rule broken.
    pub(crate) broken: Option<Reason>,
    /// The declared length of the body in bytes.
    pub(crate) content_length: Option<u64>,
    /// Whether a content coding other than identity is declared.
    pub(crate) encoded: bool,
}

impl Lines {
    pub(crate) fn read(head: &Head<'_>, own: &[HeaderName], limit: u32) -> Self {
        let mut lines = Self {
            broken: None,
            content_length: None,
            encoded: false,
        };
        let mut count = 0_u32;
        let mut hosts = 0_u32;
        let mut transfer_encoding = false;
        let mut broken = |reason: Reason| {
            lines.broken.get_or_insert(reason);
        };
        if head.method == "CONNECT" {
            broken(Reason::MethodUnsupported);
        }
        if head.framing == Framing::Ambiguous {
            broken(Reason::FramingAmbiguous);
        }
        // A user name has no place there (https://www.rfc-editor.org/rfc/rfc9113#section-8.3.1), and
        // an empty one names nobody (https://www.rfc-editor.org/rfc/rfc9110#section-4.2.1).
        if head
            .authority
            .is_some_and(|authority| authority.is_empty() || !is_host(authority.as_bytes()))
        {
            broken(Reason::HostAmbiguous);
        }
        head.headers.for_each(&mut |name, value| {
            count += 1;
            if count > limit {
                broken(Reason::HeadTooLarge);
            }
            if name.eq_ignore_ascii_case("upgrade") {
                broken(Reason::UpgradeRefused);
            } else if name.eq_ignore_ascii_case("host") {
                hosts += 1;
                let differs = head
                    .authority
                    .is_some_and(|authority| !value.eq_ignore_ascii_case(authority.as_bytes()));
                if hosts > 1 || differs || !is_host(value) {
                    broken(Reason::HostAmbiguous);
                }
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                // Other codings than chunked, or several, are where programs disagree (RFC 9112
                // section 6.3), and chunked has to be the last of them.
                let chunked = value.trim_ascii().eq_ignore_ascii_case(b"chunked");
                if transfer_encoding || !chunked || lines.content_length.is_some() {
                    broken(Reason::FramingAmbiguous);
                }
                transfer_encoding = true;
            } else if name.eq_ignore_ascii_case("content-length") {
                match decimal(value) {
                    Some(length)
                        if !transfer_encoding
                            && lines.content_length.is_none_or(|l| l == length) =>
                    {
                        lines.content_length = Some(length);
                    }
                    _ => broken(Reason::FramingAmbiguous),
                }
            } else if name.eq_ignore_ascii_case("content-encoding") {
                lines.encoded |= !value.trim_ascii().eq_ignore_ascii_case(b"identity");
            } else if is_alias(name, own) {
                broken(Reason::HeaderAliased);
            }
        });
        lines
    }
}

/// Whether a name is none of ours but is read as one of ours by programs that take `_` or `.` for `-`.
fn is_alias(name: &str, own: &[HeaderName]) -> bool {
    let is_marked = || name.bytes().any(|byte| matches!(byte, b'_' | b'.'));
    // Most names differ from ours in their length or in their first letter, and need not be read.
    let mut as_long = own.iter().filter(|own| own.as_str().len() == name.len());
    (starts_when_folded(name, OWN_PREFIX) && is_marked())
        || as_long.any(|own| is_marked() && starts_when_folded(name, own.as_str()))
}

/// Whether a value is made of what a host and a port are made of
/// ([RFC 3986, section 3.2.2](https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2)). It goes on to the application, and
/// what makes URLs of it must not be led elsewhere by a `/` or an `@`.
fn is_host(value: &[u8]) -> bool {
    value
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(byte))
}

/// A decimal number without sign or blanks, as RFC 9110 section 8.6 has it.
fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, digit| {
        let digit = u64::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(method: &str, authority: Option<&str>, headers: &[(&str, &str)]) -> Option<Reason> {
        let head = Head {
            method,
            authority,
            path: "/",
            headers: &headers,
            framing: Framing::Clear,
        };
        let own = ["x-secret".parse().unwrap()];
        Lines::read(&head, &own, 3).broken
    }

    #[test]
    fn ordinary_heads_pass() {
        assert_eq!(broken("POST", None, &[]), None);
        for host in ["", "[2001:db8::1]:8443", "xn--caf-dma.example:443"] {
            assert_eq!(broken("POST", None, &[("host", host)]), None, "{host}");
        }
        assert_eq!(
            broken(
                "POST",
                Some("Example.com"),
                &[
                    ("Host", "example.com"),
                    ("content-length", "12"),
                    ("x_other", "1")
                ]
            ),
            None
        );
    }

    #[test]
    fn each_rule_refuses_what_breaks_it() {
        type Case<'a> = (&'a str, Option<&'a str>, &'a [(&'a str, &'a str)], Reason);
        let cases: &[Case<'_>] = &[
            ("CONNECT", None, &[], Reason::MethodUnsupported),
            (
                "POST",
                None,
                &[("Upgrade", "websocket")],
                Reason::UpgradeRefused,
            ),
            (
                "POST",
                None,
                &[("content-length", "1"), ("transfer-encoding", "chunked")],
                Reason::FramingAmbiguous,
            ),
            (
                "POST",
                None,
                &[("transfer-encoding", "chunked"), ("content-length", "1")],
                Reason::FramingAmbiguous,
            ),
            (
                "POST",
                None,
                &[("content-length", "1"), ("content-length", "2")],
                Reason::FramingAmbiguous,
            ),
            (
                "POST",
                None,
                &[("transfer-encoding", "gzip, chunked")],
                Reason::FramingAmbiguous,
            ),
            (
                "POST",
                None,
                &[("transfer-encoding", "chunked, chunked")],
                Reason::FramingAmbiguous,
            ),
            (
                "POST",
                None,
                &[
                    ("transfer-encoding", "identity"),
                    ("transfer-encoding", "chunked"),
                ],
                Reason::FramingAmbiguous,
            ),
            (
                "POST",
                None,
                &[("a", ""), ("b", ""), ("c", ""), ("d", "")],
                Reason::HeadTooLarge,
            ),
            (
                "POST",
                None,
                &[("content-length", "+1")],
                Reason::FramingAmbiguous,
            ),
            (
                "POST",
                None,
                &[("content-length", "")],
                Reason::FramingAmbiguous,
            ),
            (
                "POST",
                None,
                &[("content-length", "99999999999999999999")],
                Reason::FramingAmbiguous,
            ),
            (
                "POST",
                None,
                &[("host", "a"), ("host", "a")],
                Reason::HostAmbiguous,
            ),
            ("POST", Some("a"), &[("host", "b")], Reason::HostAmbiguous),
            ("POST", Some("b@a"), &[], Reason::HostAmbiguous),
            ("POST", Some(""), &[], Reason::HostAmbiguous),
            ("POST", None, &[("host", "a b")], Reason::HostAmbiguous),
            ("POST", None, &[("host", "b@a")], Reason::HostAmbiguous),
            ("POST", None, &[("host", "a/b?c#d")], Reason::HostAmbiguous),
            ("POST", None, &[("x_secret", "1")], Reason::HeaderAliased),
            ("POST", None, &[("X.Secret", "1")], Reason::HeaderAliased),
            (
                "POST",
                None,
                &[("hookward_event", "1")],
                Reason::HeaderAliased,
            ),
        ];
        for (method, authority, headers, reason) in cases {
            assert_eq!(
                broken(method, *authority, headers),
                Some(*reason),
                "{headers:?}"
            );
        }
    }
}
