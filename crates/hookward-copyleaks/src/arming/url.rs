use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::net::Ipv6Addr;
use core::ops::Range;

use thiserror::Error;

use crate::event::Event;
use crate::path::{PathError, RequestPath, decoded};
use crate::scan_id::ScanId;

/// The URL that Copyleaks is asked to send webhooks to: absolute, https, without user information
/// and without a fragment.
///
/// Its path is in the form that [`RequestPath`] takes, and may have two tokens, each a whole
/// segment: `{scan_id}`, which is replaced by the id of the scan, encoded as the path needs it, and
/// `{STATUS}` (or `{status}`), which Copyleaks replaces.
///
/// ```
/// use hookward_copyleaks::{ScanId, WebhookUrl, WebhookUrlError};
///
/// let scan_id = ScanId::parse("scan-1")?;
/// let url = WebhookUrl::parse("https://example.com/copyleaks/{status}/{scan_id}", &scan_id)?;
/// assert_eq!(url.as_str(), "https://example.com/copyleaks/{STATUS}/scan-1");
///
/// assert_eq!(
///     WebhookUrl::parse("http://example.com/copyleaks", &scan_id),
///     Err(WebhookUrlError::NotHttps),
/// );
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WebhookUrl {
    text: String,
    path: Range<usize>,
    has_status: bool,
}

/// Why a text is no URL for webhooks. Offsets are in bytes from its start, those of
/// [`Path`](Self::Path) from where its path starts, once the scan id is in place.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum WebhookUrlError {
    /// It does not begin with `https://`: anybody could read the secrets on the way.
    #[error("a URL for webhooks begins with https://")]
    NotHttps,
    /// There is a user name or a password, which ends up in logs.
    #[error("a URL for webhooks has no user name and no password")]
    UserInfo,
    /// What follows `https://` is no host, with or without a port.
    #[error("a URL for webhooks has a host, such as hooks.example.com or hooks.example.com:8443")]
    Host,
    /// There is a fragment, which is never sent.
    #[error("a URL for webhooks has no fragment, such as the one at byte {offset}")]
    Fragment {
        /// Where the `#` is.
        offset: usize,
    },
    /// A character that has to be percent-encoded, or a percent sign that encodes nothing.
    #[error("the character at byte {offset} cannot be in a URL")]
    Character {
        /// Where it is.
        offset: usize,
    },
    /// Braces that are not around one of the two tokens, or a token that is not a whole segment of
    /// the path.
    #[error("the braces at byte {offset} are neither {{STATUS}} nor {{scan_id}} between slashes")]
    Token {
        /// Where they, or the segment that has them, start.
        offset: usize,
    },
    /// A token occurs twice.
    #[error("the token at byte {offset} occurs for the second time")]
    RepeatedToken {
        /// Where the token starts.
        offset: usize,
    },
    /// No path that could be judged.
    #[error("no path that could be judged: {0}")]
    Path(#[from] PathError),
}

const SCHEME: &str = "https://";

/// What Copyleaks replaces.
const STATUS: &str = "{STATUS}";

/// The least length of what is taken for a secret, in bytes: the least that the checks accept.
const SECRET_LEN: usize = 16;

impl WebhookUrl {
    /// Reads a URL, and puts the id of the scan in place.
    ///
    /// # Errors
    /// [`WebhookUrlError`] says what is wrong, and where.
    pub fn parse(template: &str, scan_id: &ScanId) -> Result<Self, WebhookUrlError> {
        let rest = match template.split_at_checked(SCHEME.len()) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => rest,
            _ => return Err(WebhookUrlError::NotHttps),
        };
        for (offset, byte) in template.bytes().enumerate() {
            match byte {
                b'#' => return Err(WebhookUrlError::Fragment { offset }),
                b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'|' => {
                    return Err(WebhookUrlError::Character { offset });
                }
                _ if byte.is_ascii_graphic() => {}
                _ => return Err(WebhookUrlError::Character { offset }),
            }
        }
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        check_authority(authority)?;
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };

        let mut text = String::from(SCHEME);
        text.push_str(authority);
        let start = text.len();
        let has_status = push_path(&mut text, path, start, scan_id)?;
        let path = start..text.len();
        RequestPath::parse(&text[path.clone()])?;
        if let Some(query) = query {
            check_query(query, template.len() - query.len())?;
            text.push('?');
            text.push_str(query);
        }
        Ok(Self {
            text,
            path,
            has_status,
        })
    }

    /// The URL, as Copyleaks takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether Copyleaks puts a status in.
    #[must_use]
    pub const fn has_status(&self) -> bool {
        self.has_status
    }

    /// The path on which the webhooks of `event` arrive, still percent-encoded.
    #[must_use]
    pub fn path(&self, event: Event) -> String {
        let path = &self.text[self.path.clone()];
        if self.has_status {
            path.replace(STATUS, event.name())
        } else {
            path.into()
        }
    }

    /// Whether `secret`, or a part of it between spaces, stands in the URL, percent-encoded or not.
    /// What is shorter than any secret is none.
    ///
    /// The forms ask this of the secrets that they hold; a program may know others.
    #[must_use]
    pub fn holds(&self, secret: &str) -> bool {
        core::iter::once(secret)
            .chain(secret.split(' '))
            .filter(|part| part.len() >= SECRET_LEN)
            .any(|part| self.contains(part))
    }

    /// Whether `text` stands in the URL, percent-encoded or not.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        let decoded: Vec<u8> = decoded(&self.text).collect();
        self.text.contains(text)
            || decoded
                .windows(text.len().max(1))
                .any(|window| window == text.as_bytes())
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Appends the path with its tokens in place. Whether it has a status.
fn push_path(
    text: &mut String,
    path: &str,
    start: usize,
    scan_id: &ScanId,
) -> Result<bool, WebhookUrlError> {
    let rest = path.strip_prefix('/').ok_or(PathError::NotAbsolute)?;
    let (mut has_status, mut has_scan_id) = (false, false);
    let mut offset = start + 1;
    for segment in rest.split('/') {
        text.push('/');
        let seen = match segment {
            "{status}" | STATUS => {
                text.push_str(STATUS);
                Some(&mut has_status)
            }
            "{scan_id}" => {
                push_encoded(text, scan_id);
                Some(&mut has_scan_id)
            }
            _ if segment.contains(['{', '}']) => return Err(WebhookUrlError::Token { offset }),
            _ => {
                text.push_str(segment);
                None
            }
        };
        if let Some(seen) = seen
            && core::mem::replace(seen, true)
        {
            return Err(WebhookUrlError::RepeatedToken { offset });
        }
        offset += segment.len() + 1;
    }
    Ok(has_status)
}

/// Appends an id as a segment of a path: as it is, but for what
/// [RFC 3986, section 3.3](https://www.rfc-editor.org/rfc/rfc3986#section-3.3) does not allow there.
fn push_encoded(text: &mut String, scan_id: &ScanId) {
    for byte in scan_id.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("a String takes all that is written");
        }
    }
}

fn check_authority(authority: &str) -> Result<(), WebhookUrlError> {
    if authority.contains('@') {
        return Err(WebhookUrlError::UserInfo);
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_port = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    let is_host = match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => is_name(host),
    };
    if is_host && port.is_none_or(is_port) {
        Ok(())
    } else {
        Err(WebhookUrlError::Host)
    }
}

/// Whether a text is a host name or an IPv4 address
/// ([RFC 1123, section 2.1](https://www.rfc-editor.org/rfc/rfc1123#section-2.1)).
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(is_label)
}

/// Refuses tokens, which nothing replaces there, and percent signs that encode nothing.
fn check_query(query: &str, start: usize) -> Result<(), WebhookUrlError> {
    if let Some(at) = query.find(['{', '}']) {
        return Err(WebhookUrlError::Token { offset: start + at });
    }
    for (at, _) in query.match_indices('%') {
        let digits = query.as_bytes().get(at + 1..at + 3);
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err(WebhookUrlError::Character { offset: start + at });
        }
    }
    Ok(())
}
