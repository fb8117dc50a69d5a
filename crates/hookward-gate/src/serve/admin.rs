//! What the gate says of itself: whether it runs, and whether it can judge.

use core::convert::Infallible;
use core::fmt::Write;
use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use hookward::{Check, Guard, Lists, Reason, Snapshot, UnixTime};
use hookward_hyper::{Clock, Lingering, Server, ServerLimits, SharedLists};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use tokio::net::TcpListener;
use tower::service_fn;

use crate::refreshed::Watched;
use crate::serve::lists_answer;

/// Answers `GET /healthz`, `GET /readyz` and `GET /lists`.
pub(crate) struct Admin {
    listener: TcpListener,
    address: SocketAddr,
    guard: Arc<Guard>,
    lists: SharedLists,
    watched: Arc<[(Check, Arc<dyn Watched>)]>,
    clock: Clock,
}

impl Admin {
    pub(crate) fn new(
        listener: TcpListener,
        guard: Arc<Guard>,
        lists: SharedLists,
        watched: Vec<(Check, Arc<dyn Watched>)>,
        clock: Clock,
    ) -> io::Result<Self> {
        Ok(Self {
            address: listener.local_addr()?,
            listener,
            guard,
            lists,
            watched: watched.into(),
            clock,
        })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers for as long as it is polled.
    pub(crate) async fn run(self) {
        let mut limits = ServerLimits::default();
        // Probes and people: few, quick, and never worth holding up the end of the gate.
        limits.connections = 64;
        limits.shutdown = Duration::ZERO;
        let (guard, lists, clock) = (self.guard, self.lists, self.clock);
        let (watched, bound) = (self.watched, self.address.ip());
        let service = service_fn(move |request: Request<Lingering>| {
            let lists = lists.load();
            let now = clock.now();
            let answer = if request.uri().path() == lists_answer::PATH {
                lists_answer::answer(&request, bound, &watched, &lists, now)
            } else {
                let unready = unready(&guard, &lists, now);
                answer(request.method(), request.uri().path(), &unready)
            };
            async move { Ok::<_, Infallible>(answer) }
        });
        Server::without_tls(limits)
            .serve(self.listener, service, core::future::pending())
            .await;
    }
}

/// Why requests cannot be judged now: the lists that a policy needs and that cannot be trusted.
fn unready(guard: &Guard, lists: &Lists, now: UnixTime) -> Vec<Reason> {
    fn state<T>(
        list: Option<&Snapshot<T>>,
        now: UnixTime,
        not_loaded: Reason,
        expired: Reason,
    ) -> Option<Reason> {
        match list.map(|list| list.trusted(now).is_some()) {
            None => Some(not_loaded),
            Some(false) => Some(expired),
            Some(true) => None,
        }
    }

    let thumbprints = state(
        lists.thumbprints.as_ref(),
        now,
        Reason::ThumbprintsNotLoaded,
        Reason::ThumbprintsExpired,
    );
    let addresses = state(
        lists.addresses.as_ref(),
        now,
        Reason::AddressesNotLoaded,
        Reason::AddressesExpired,
    );
    let needed = |check, reason: Option<Reason>| reason.filter(|_| guard.uses(check));
    needed(Check::ClientCertificate, thumbprints)
        .into_iter()
        .chain(needed(Check::SourceAddress, addresses))
        .collect()
}

fn answer(method: &Method, path: &str, unready: &[Reason]) -> Response<Full<Bytes>> {
    let (status, text) = match path {
        "/healthz" | "/readyz" if method != Method::GET && method != Method::HEAD => {
            (StatusCode::METHOD_NOT_ALLOWED, "expected GET\n".to_owned())
        }
        "/healthz" => (StatusCode::OK, "ok\n".to_owned()),
        "/readyz" if unready.is_empty() => (StatusCode::OK, "ready\n".to_owned()),
        "/readyz" => {
            let mut text = String::from("not ready\n");
            for reason in unready {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{reason}");
            }
            (StatusCode::SERVICE_UNAVAILABLE, text)
        }
        _ => (StatusCode::NOT_FOUND, "not found\n".to_owned()),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/plain"),
    );
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
    }
    response
}

#[cfg(test)]
mod tests {
    use hookward::{Algorithm, GuardedRoute, Route, Thumbprint, ThumbprintSet};

    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    fn guard(policy: &str) -> Guard {
        let route = Route::parse("/{status}", None).unwrap();
        Guard::builder()
            .route(GuardedRoute::new(route, policy.parse().unwrap()))
            .build()
            .unwrap()
    }

    #[test]
    fn lists_that_a_policy_needs_have_to_be_trusted() {
        let set = ThumbprintSet::new([Thumbprint::of(Algorithm::Sha256, b"")]).unwrap();
        let lists = Lists {
            thumbprints: Some(Snapshot::dated(set, at(100), at(200))),
            addresses: None,
        };
        let certificate = guard("client_certificate");
        assert_eq!(unready(&certificate, &lists, at(150)), []);
        assert_eq!(
            unready(&certificate, &lists, at(200)),
            [Reason::ThumbprintsExpired]
        );
        let both = guard("client_certificate and source_address");
        assert_eq!(
            unready(&both, &Lists::default(), at(150)),
            [Reason::ThumbprintsNotLoaded, Reason::AddressesNotLoaded]
        );
    }

    #[test]
    fn each_question_has_its_status() {
        let status =
            |method, path, unready: &[Reason]| answer(&method, path, unready).status().as_u16();
        assert_eq!(
            status(Method::GET, "/healthz", &[Reason::ThumbprintsExpired]),
            200
        );
        assert_eq!(status(Method::GET, "/readyz", &[]), 200);
        assert_eq!(
            status(Method::GET, "/readyz", &[Reason::ThumbprintsExpired]),
            503
        );
        assert_eq!(status(Method::POST, "/readyz", &[]), 405);
        assert_eq!(status(Method::GET, "/", &[]), 404);
    }
}
