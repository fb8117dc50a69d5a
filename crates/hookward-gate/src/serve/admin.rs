//! What the gate says of itself: whether it runs, whether it can judge, and what it has seen.

use core::convert::Infallible;
use core::fmt::Write;
use core::future::{Ready, ready};
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::Arc;

use bytes::Bytes;
use hookward::{Check, Guard, Lists, Reason, Snapshot, UnixTime};
use hookward_hyper::{Clock, Lingering, ServerLimits};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use serde::Serialize;
use tower::Service;

use crate::metrics::{self, Reloads};
use crate::refreshed::Listed;
use crate::refusals;
use crate::serve::generation::Current;
use crate::serve::hosts::Hosts;
use crate::serve::list_statuses;
use crate::serve::status::Status;
use crate::serve::telemetry::Telemetry;

/// Answers `GET` of [`PATHS`].
#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) current: Current,
    pub(crate) status: Arc<Status>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) hosts: Hosts,
    pub(crate) clock: Clock,
}

/// What can be asked for.
const PATHS: [&str; 5] = ["/healthz", "/readyz", "/lists", "/metrics", refusals::PATH];

/// For probes and people: few, quick, and never worth holding up the end of the gate.
pub(crate) fn limits() -> ServerLimits {
    let mut limits = ServerLimits::default();
    limits.connections = 64;
    limits.shutdown = Duration::ZERO;
    limits
}

impl Admin {
    fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        if let Some(refusal) = refused(&self.hosts, request) {
            return refusal;
        }
        let generation = self.current.load();
        let lists = generation.lists.load();
        let now = self.clock.now();
        let statuses = || list_statuses::all(&generation.watched, &lists, now);
        match request.uri().path() {
            "/readyz" if self.status.is_stopping() => readiness(&["stopping"]),
            "/readyz" => {
                let unready = unready(&generation.guard, &lists, now);
                let names: Vec<_> = unready.into_iter().map(Reason::name).collect();
                readiness(&names)
            }
            "/lists" => json(&Listed { lists: statuses() }),
            "/metrics" => {
                let reloads = Reloads {
                    succeeded: self.status.reloads_succeeded(),
                    failed: self.status.reloads_failed(),
                    last_failed: self.status.last_reload_failed(),
                    in_force_since: self.status.in_force_since(),
                };
                let lists = statuses();
                let (secrets, budget) = (&generation.usage, &generation.budget);
                match self.telemetry.metrics(&lists, secrets, budget, reloads) {
                    Ok(text) => text_of(StatusCode::OK, metrics::CONTENT_TYPE, text),
                    Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
                }
            }
            refusals::PATH => json(&self.telemetry.refusals()),
            _ => plain(StatusCode::OK, "ok\n"),
        }
    }
}

/// The answer to a request that is not for us, or that we have no answer to.
fn refused<B>(hosts: &Hosts, request: &Request<B>) -> Option<Response<Full<Bytes>>> {
    let (method, path) = (request.method(), request.uri().path());
    if !hosts.answer(request) {
        let text = "expected the admin address, or a name in admin.hosts, as Host\n";
        return Some(plain(StatusCode::MISDIRECTED_REQUEST, text));
    }
    if !PATHS.contains(&path) {
        return Some(plain(StatusCode::NOT_FOUND, "not found\n"));
    }
    if method != Method::GET && method != Method::HEAD {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "expected GET\n");
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(header::ALLOW, allowed);
        return Some(response);
    }
    None
}

fn readiness(unready: &[&str]) -> Response<Full<Bytes>> {
    if unready.is_empty() {
        return plain(StatusCode::OK, "ready\n");
    }
    let mut text = String::from("not ready\n");
    for reason in unready {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{reason}");
    }
    plain(StatusCode::SERVICE_UNAVAILABLE, text)
}

fn json(value: &impl Serialize) -> Response<Full<Bytes>> {
    match serde_json::to_string(value) {
        Ok(text) => text_of(StatusCode::OK, "application/json", text),
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
    }
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    text_of(status, "text/plain", text)
}

fn text_of(
    status: StatusCode,
    content_type: &'static str,
    text: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text.into()));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(content_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

impl Service<Request<Lingering>> for Admin {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Lingering>) -> Self::Future {
        ready(Ok(self.answer(&request)))
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
    fn whoever_is_not_ready_says_why() {
        assert_eq!(readiness(&[]).status(), 200);
        assert_eq!(readiness(&["thumbprints_expired"]).status(), 503);
    }

    #[test]
    fn only_questions_under_our_names_are_answered() {
        let hosts = Hosts::new([127, 0, 0, 1].into(), Vec::new());
        let status = |method: Method, path: &str, host: &str| {
            let request = Request::builder().method(method).uri(path);
            let request = request.header(header::HOST, host).body(()).unwrap();
            refused(&hosts, &request).map(|refusal| refusal.status().as_u16())
        };
        for path in PATHS {
            assert_eq!(status(Method::GET, path, "127.0.0.1:9901"), None);
            assert_eq!(status(Method::HEAD, path, "localhost"), None);
            assert_eq!(status(Method::GET, path, "rebound.example"), Some(421));
            for method in [Method::POST, Method::PUT, Method::DELETE] {
                assert_eq!(status(method, path, "localhost"), Some(405));
            }
        }
        assert_eq!(status(Method::GET, "/", "localhost"), Some(404));
        assert_eq!(status(Method::GET, "/", "rebound.example"), Some(421));
    }
}
