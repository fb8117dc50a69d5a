//! What becomes of the header of a request on its way to the application, and of a response on
//! its way back.

use hookward::{HeaderName as GuardHeaderName, Webhook, is_own_header};
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

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
const FORWARDED_HOST: &str = "x-forwarded-host";

/// What a client may say of where it comes from, and we do not pass on.
const FORWARDED: [&str; 6] = [
    "forwarded",
    FORWARDED_FOR,
    FORWARDED_HOST,
    FORWARDED_PROTO,
    "x-forwarded-port",
    "x-real-ip",
];

/// Headers of one connection, whether `Connection` names them or not
/// (<https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>).
const HOP_BY_HOP: [HeaderName; 9] = [
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
    [
        (EVENT, Some(webhook.event.name())),
        (SCAN_ID, webhook.scan_id.as_ref().map(|id| id.as_str())),
        (HEADER_SECRET, webhook.header_secret.as_deref()),
        (DEVELOPER_PAYLOAD, webhook.developer_payload.as_deref()),
    ]
    .map(|(name, text)| Some((name, value(text?)?)))
    .into_iter()
    .flatten()
}

/// Makes the header of a request to the application from that of an accepted one.
pub(crate) fn prepare_request(
    headers: &mut HeaderMap,
    authority: Option<&Authority>,
    webhook: &Webhook,
    peer: Option<&Peer>,
    id: Option<&RequestId>,
    removed: &[GuardHeaderName],
) {
    // First all that goes: a client must not be able to name one of ours in `Connection`.
    remove_hop_by_hop(headers);
    headers.remove(header::EXPECT);
    headers.remove(header::CONTENT_LENGTH);
    remove_where(headers, |name| {
        is_own_header(name)
            || removed.iter().any(|removed| removed.is(name))
            || FORWARDED.iter().any(|forwarded| is_alias(name, forwarded))
            || id.is_some() && is_alias(name, RequestId::HEADER.as_str())
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
    let mut set = |name: HeaderName, text: Option<&str>| {
        if let Some(value) = text.and_then(value) {
            headers.insert(name, value);
        }
    };
    if let Some(peer) = peer {
        let address = peer.client_address().map(|address| address.to_string());
        set(HeaderName::from_static(FORWARDED_FOR), address.as_deref());
        set(
            HeaderName::from_static(FORWARDED_PROTO),
            Some(peer.scheme().as_str()),
        );
    }
    if let Some(host) = headers.get(header::HOST).cloned() {
        headers.insert(HeaderName::from_static(FORWARDED_HOST), host);
    }
}

/// Removes what a response says of the connection to the application only.
pub(crate) fn prepare_response(headers: &mut HeaderMap) {
    remove_hop_by_hop(headers);
}

/// Removes hop-by-hop headers, and those that `Connection` names.
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        // These two are about the message, whatever a connection says of them.
        .filter(|name| *name != header::HOST && *name != header::CONTENT_LENGTH)
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

fn remove_where(headers: &mut HeaderMap, remove: impl Fn(&str) -> bool) {
    let names: Vec<HeaderName> = headers
        .keys()
        .filter(|name| remove(name.as_str()))
        .cloned()
        .collect();
    for name in names {
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
