//! What becomes of the header of a request on its way to the application, and of a response on
//! its way back.

use hookward::{Webhook, is_own_header};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::uri::Authority;

use crate::peer::Peer;
use crate::request_id::RequestId;

/// What the webhook reports: `completed`, `error`, ….
pub(crate) const EVENT: HeaderName = HeaderName::from_static("hookward-event");
/// The scan, where the route names it.
pub(crate) const SCAN_ID: HeaderName = HeaderName::from_static("hookward-scan-id");
/// The label of the secret that the secret header carried.
pub(crate) const HEADER_SECRET: HeaderName = HeaderName::from_static("hookward-header-secret");
/// The label of the secret that the developer payload carried.
pub(crate) const DEVELOPER_PAYLOAD: HeaderName =
    HeaderName::from_static("hookward-developer-payload");

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// What a client may say of where it comes from, and we do not pass on.
const FORWARDED: [&str; 6] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
];

/// How long a body is. By other forms of these names, some applications would read a second length.
const LENGTHS: [&str; 2] = ["content-length", "transfer-encoding"];

/// Headers of one connection, whether `Connection` names them or not
/// (<https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>).
static HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Whether the secret header goes on to the application.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SecretHeader {
    /// It is removed: the application does not need it, and may log it.
    #[default]
    Remove,
    /// It is passed on.
    Keep,
}

/// What the application is told of an accepted webhook: the event, the scan where the route names
/// it, and the labels of the secrets that matched.
///
/// A label that cannot be a header value is left out.
pub fn webhook_headers(webhook: &Webhook) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let event = HeaderValue::from_static(webhook.event.name());
    let scan_id = webhook.scan_id.as_ref().map(|id| id.as_str());
    let labels = [
        (SCAN_ID, scan_id),
        (HEADER_SECRET, webhook.header_secret.as_deref()),
        (DEVELOPER_PAYLOAD, webhook.developer_payload.as_deref()),
    ];
    let labels = labels.into_iter();
    core::iter::once((EVENT, event))
        .chain(labels.filter_map(|(name, text)| Some((name, value(text?)?))))
}

/// Makes the header of a request to the application from that of an accepted one, whose body has
/// `length` bytes where that is known.
pub(crate) fn prepare_request(
    headers: &mut HeaderMap,
    authority: Option<&Authority>,
    webhook: &Webhook,
    peer: Option<&Peer>,
    id: Option<&RequestId>,
    removed: &[HeaderName],
    length: Option<u64>,
) {
    // First all that goes: a client must not be able to name one of ours in `Connection`.
    for name in removed {
        headers.remove(name);
    }
    let named = named_by_connection(headers);
    let says_length = says_length(headers, length);
    remove_where(headers, |name| {
        let text = name.as_str();
        is_hop_by_hop(name, &named)
            || *name == header::EXPECT
            || LENGTHS.iter().any(|length| is_alias(text, length))
                && !(*name == header::CONTENT_LENGTH && says_length)
            || is_own_header(text)
            || FORWARDED.iter().any(|forwarded| is_alias(text, forwarded))
            || id.is_some() && is_alias(text, RequestId::HEADER.as_str())
    });
    // HTTP/2 has the host in `:authority`. Where there are both, the guard has seen that they agree.
    if let Some(host) = authority.and_then(|authority| value(authority.as_str())) {
        headers.entry(header::HOST).or_insert(host);
    }

    // Then what we set.
    for (name, value) in webhook_headers(webhook) {
        headers.insert(name, value);
    }
    if let Some(id) = id {
        headers.insert(RequestId::HEADER, id.header_value().clone());
    }
    if let Some(peer) = peer {
        if let Some(address) = peer.address_value() {
            headers.insert(FORWARDED_FOR, address.clone());
        }
        let scheme = HeaderValue::from_static(peer.scheme().as_str());
        headers.insert(FORWARDED_PROTO, scheme);
    }
    if let Some(host) = headers.get(header::HOST).cloned() {
        headers.insert(FORWARDED_HOST, host);
    }
}

/// Removes what a response says of the connection to the application only.
pub(crate) fn prepare_response(headers: &mut HeaderMap) {
    let named = named_by_connection(headers);
    remove_where(headers, |name| is_hop_by_hop(name, &named));
}

/// The headers that `Connection` names.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        // These two are about the message, whatever a connection says of them.
        .filter(|name| *name != header::HOST && *name != header::CONTENT_LENGTH)
        .collect()
}

/// Whether one `Content-Length` says what is true of the body. Otherwise one is made if it can be.
fn says_length(headers: &HeaderMap, length: Option<u64>) -> bool {
    let mut lines = headers.get_all(header::CONTENT_LENGTH).iter();
    let (Some(line), None, Some(length)) = (lines.next(), lines.next(), length) else {
        return false;
    };
    // A number that has only one form: not every program reads one with a zero before it as decimal.
    let said = line
        .to_str()
        .ok()
        .filter(|line| !line.starts_with(['0', '+']));
    said.and_then(|line| line.parse().ok()) == Some(length)
}

/// Whether a header is of one connection only: by itself, or because `Connection` names it.
fn is_hop_by_hop(name: &HeaderName, named: &[HeaderName]) -> bool {
    HOP_BY_HOP.contains(name) || named.contains(name)
}

fn remove_where(headers: &mut HeaderMap, remove: impl Fn(&HeaderName) -> bool) {
    let names = headers.keys().filter(|name| remove(name));
    for name in names.cloned().collect::<Vec<_>>() {
        headers.remove(name);
    }
}

/// Whether `name` is `own` once `_` and `.` are read as `-`. Both are in lower case.
fn is_alias(name: &str, own: &str) -> bool {
    name.len() == own.len()
        && name
            .bytes()
            .map(|byte| {
                if matches!(byte, b'_' | b'.') {
                    b'-'
                } else {
                    byte
                }
            })
            .eq(own.bytes())
}

/// A header value. A label that cannot be one is left out.
fn value(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_stays_only_where_it_is_said_once_and_in_its_one_form() {
        let says = |lines: &[&'static str], length| {
            let lines = lines.iter().map(|line| HeaderValue::from_static(line));
            let headers = lines.map(|line| (header::CONTENT_LENGTH, line)).collect();
            says_length(&headers, length)
        };
        assert!(says(&["12"], Some(12)));
        assert!(!says(&["12"], None));
        for lines in [
            &[][..],
            &["11"],
            &["012"],
            &["+12"],
            &["12 "],
            &["12, 12"],
            &["12", "12"],
        ] {
            assert!(!says(lines, Some(12)), "{lines:?}");
        }
        assert!(!says(&["0"], Some(0)));
    }
}
