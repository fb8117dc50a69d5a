//! `GET /lists`: how the lists are doing.

use core::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use hookward::{Check, Lists, UnixTime};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::Full;

use crate::refreshed::{ADDRESSES, ListStatus, Listed, THUMBPRINTS, Watched};

/// What is asked for here.
pub(crate) const PATH: &str = "/lists";

/// Answers with the lists that are fetched, and those of the configuration.
///
/// Unlike the other answers, this one says something about the configuration, so it is given only
/// under the names of the admin address itself: a web page in somebody's browser that gets its own
/// name to lead here is not answered.
pub(crate) fn answer<B>(
    request: &Request<B>,
    bound: IpAddr,
    watched: &[(Check, Arc<dyn Watched>)],
    lists: &Lists,
    now: UnixTime,
) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "expected GET\n");
    }
    if !is_for_us(request, bound) {
        return plain(
            StatusCode::MISDIRECTED_REQUEST,
            "expected the admin address as Host\n",
        );
    }
    let fetched = |check| watched.iter().any(|(other, _)| *other == check);
    let mut all: Vec<ListStatus> = watched.iter().map(|(_, list)| list.status(now)).collect();
    if let Some(list) = &lists.thumbprints
        && !fetched(Check::ClientCertificate)
    {
        let entries = list.list().iter();
        all.push(ListStatus::configured(THUMBPRINTS, entries, list, now));
    }
    if let Some(list) = &lists.addresses
        && !fetched(Check::SourceAddress)
    {
        let entries = list.list().entries();
        all.push(ListStatus::configured(ADDRESSES, entries, list, now));
    }
    let Ok(json) = serde_json::to_vec(&Listed { lists: all }) else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "cannot be written\n");
    };
    let mut response = Response::new(Full::from(json));
    let content_type = HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

/// Whether every name that the request is sent to is the bound address, or `localhost` where that
/// leads there. Whatever the port: it may have been forwarded.
fn is_for_us<B>(request: &Request<B>, bound: IpAddr) -> bool {
    let hosts = request.headers().get_all(header::HOST).iter();
    let mut hosts = hosts.map(|host| {
        let uri = Uri::try_from(host.as_bytes()).ok()?;
        uri.host().map(str::to_owned)
    });
    let target = request.uri().host();
    let is_ours = |host: &str| {
        let local = bound.is_loopback() || bound.is_unspecified();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        match address.parse::<IpAddr>() {
            Ok(address) => address == bound || bound.is_unspecified(),
            Err(_) => local && host.eq_ignore_ascii_case("localhost"),
        }
    };
    let named = target.is_some() || request.headers().contains_key(header::HOST);
    named && target.is_none_or(is_ours) && hosts.all(|host| host.is_some_and(|host| is_ours(&host)))
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let content_type = HeaderValue::from_static("text/plain");
    headers.insert(header::CONTENT_TYPE, content_type);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(bound: &str, method: Method, uri: &str, hosts: &[&str]) -> u16 {
        let mut request = Request::builder().method(method).uri(uri);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        let request = request.body(()).unwrap();
        let now = UnixTime::since_unix_epoch(core::time::Duration::from_secs(1));
        let bound = bound.parse().unwrap();
        let answer = answer(&request, bound, &[], &Lists::default(), now);
        answer.status().as_u16()
    }

    #[test]
    fn only_the_names_of_the_admin_address_are_answered() {
        for (bound, host) in [
            ("127.0.0.1", "127.0.0.1:9901"),
            ("127.0.0.1", "localhost:1"),
            ("127.0.0.1", "LOCALHOST"),
            ("::1", "[::1]:9901"),
            ("0.0.0.0", "192.0.2.7:9901"),
            ("192.0.2.7", "192.0.2.7"),
        ] {
            assert_eq!(status(bound, Method::GET, PATH, &[host]), 200, "{host}");
        }
        for (bound, hosts) in [
            ("127.0.0.1", &["rebound.example:9901"][..]),
            ("127.0.0.1", &["127.0.0.1.rebound.example"]),
            ("127.0.0.1", &["192.0.2.7"]),
            ("127.0.0.1", &["127.0.0.1", "rebound.example"]),
            ("192.0.2.7", &["localhost"]),
            ("0.0.0.0", &["rebound.example"]),
            ("127.0.0.1", &[""]),
            ("127.0.0.1", &[]),
        ] {
            assert_eq!(status(bound, Method::GET, PATH, hosts), 421, "{hosts:?}");
        }
    }

    #[test]
    fn the_authority_of_http_2_is_a_name_like_host() {
        let get = |uri| status("127.0.0.1", Method::GET, uri, &[]);
        assert_eq!(get("http://127.0.0.1:9901/lists"), 200);
        assert_eq!(get("http://rebound.example/lists"), 421);
    }

    #[test]
    fn it_is_only_read() {
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            assert_eq!(status("127.0.0.1", method, PATH, &["localhost"]), 405);
        }
    }
}
