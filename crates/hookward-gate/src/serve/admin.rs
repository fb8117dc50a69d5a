//! What the gate says of itself: whether it runs, and whether it can judge.

use core::convert::Infallible;
use core::fmt::Write;
use core::future::{Ready, ready};
use core::net::IpAddr;
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::Arc;

use bytes::Bytes;
use hookward::{Check, Guard, Lists, Reason, Snapshot, UnixTime};
use hookward_hyper::{Clock, Lingering, ServerLimits};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use tower::Service;

use crate::serve::generation::Current;
use crate::serve::lists_answer;
use crate::serve::status::Status;

/// Answers `GET /healthz`, `GET /readyz` and `GET /lists`.
#[derive(Clone)]
pub(crate) struct Admin {
    current: Current,
    status: Arc<Status>,
    /// The address that it is asked under.
    bound: IpAddr,
    clock: Clock,
}

/// For probes and people: few, quick, and never worth holding up the end of the gate.
pub(crate) fn limits() -> ServerLimits {
    let mut limits = ServerLimits::default();
    limits.connections = 64;
    limits.shutdown = Duration::ZERO;
    limits
}

impl Admin {
    pub(crate) const fn new(
        current: Current,
        status: Arc<Status>,
        bound: IpAddr,
        clock: Clock,
    ) -> Self {
        Self {
            current,
            status,
            bound,
            clock,
        }
    }
}

impl Service<Request<Lingering>> for Admin {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Lingering>) -> Self::Future {
        let generation = self.current.load();
        let lists = generation.lists.load();
        let now = self.clock.now();
        ready(Ok(if request.uri().path() == lists_answer::PATH {
            lists_answer::answer(&request, self.bound, &generation.watched, &lists, now)
        } else {
            let unready = if self.status.is_stopping() {
                vec!["stopping"]
            } else {
                unready(&generation.guard, &lists, now)
                    .into_iter()
                    .map(Reason::name)
                    .collect()
            };
            answer(request.method(), request.uri().path(), &unready)
        }))
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

fn answer(method: &Method, path: &str, unready: &[&str]) -> Response<Full<Bytes>> {
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
            |method, path, unready: &[&str]| answer(&method, path, unready).status().as_u16();
        assert_eq!(
            status(Method::GET, "/healthz", &["thumbprints_expired"]),
            200
        );
        assert_eq!(status(Method::GET, "/readyz", &[]), 200);
        assert_eq!(
            status(Method::GET, "/readyz", &["thumbprints_expired"]),
            503
        );
        assert_eq!(status(Method::POST, "/readyz", &[]), 405);
        assert_eq!(status(Method::GET, "/", &[]), 404);
    }
}
