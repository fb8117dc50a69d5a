//! The names that the admin address answers to.

use core::net::IpAddr;

use http::uri::Authority;
use http::{Request, header};

/// Under which names the admin address may be asked.
///
/// What it says is for those who run the gate, and it asks nobody who they are: a web page in
/// somebody's browser that gets its own name to lead here (DNS rebinding) must not be answered.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    bound: IpAddr,
    named: Vec<String>,
}

impl Hosts {
    /// The address that is bound, `localhost` where that leads there, and these names.
    pub(crate) const fn new(bound: IpAddr, named: Vec<String>) -> Self {
        Self { bound, named }
    }

    /// Whether every name that the request is sent to is one of ours. Whatever the port: it may have
    /// been forwarded.
    pub(crate) fn answer<B>(&self, request: &Request<B>) -> bool {
        let hosts = request.headers().get_all(header::HOST).iter();
        let mut hosts = hosts.map(|host| Authority::try_from(host.as_bytes()).ok());
        let target = request.uri().host();
        let named = target.is_some() || request.headers().contains_key(header::HOST);
        named
            && target.is_none_or(|host| self.is_ours(host))
            && hosts.all(|host| host.is_some_and(|host| self.is_ours(host.host())))
    }

    fn is_ours(&self, host: &str) -> bool {
        let local = self.bound.is_loopback() || self.bound.is_unspecified();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        match address.parse::<IpAddr>() {
            Ok(address) => address == self.bound || self.bound.is_unspecified(),
            Err(_) => {
                (local && host.eq_ignore_ascii_case("localhost"))
                    || self
                        .named
                        .iter()
                        .any(|name| host.eq_ignore_ascii_case(name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(bound: &str, uri: &str, hosts: &[&str]) -> bool {
        let mut request = Request::get(uri);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        let named = vec!["gate.internal".to_owned()];
        Hosts::new(bound.parse().unwrap(), named).answer(&request.body(()).unwrap())
    }

    #[test]
    fn only_our_own_names_are_answered() {
        for (bound, host) in [
            ("127.0.0.1", "127.0.0.1:9901"),
            ("127.0.0.1", "localhost:1"),
            ("127.0.0.1", "LOCALHOST"),
            ("::1", "[::1]:9901"),
            ("0.0.0.0", "192.0.2.7:9901"),
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7", "gate.internal:9901"),
            ("192.0.2.7", "Gate.Internal"),
        ] {
            assert!(answers(bound, "/", &[host]), "{host}");
        }
        for (bound, hosts) in [
            ("127.0.0.1", &["rebound.example:9901"][..]),
            ("127.0.0.1", &["127.0.0.1.rebound.example"]),
            ("127.0.0.1", &["gate.internal.rebound.example"]),
            ("127.0.0.1", &["192.0.2.7"]),
            ("127.0.0.1", &["127.0.0.1", "rebound.example"]),
            ("192.0.2.7", &["localhost"]),
            ("0.0.0.0", &["rebound.example"]),
            ("127.0.0.1", &["localhost/x"]),
            ("127.0.0.1", &[""]),
            ("127.0.0.1", &[]),
        ] {
            assert!(!answers(bound, "/", hosts), "{hosts:?}");
        }
    }

    #[test]
    fn the_authority_of_http_2_is_a_name_like_host() {
        assert!(answers("127.0.0.1", "http://127.0.0.1:9901/lists", &[]));
        assert!(!answers("127.0.0.1", "http://rebound.example/lists", &[]));
    }
}
