//! Handing accepted requests on to an application.

mod delivery;
mod error;
mod headers;
mod pool;
mod response_body;
mod upstream;

use alloc::sync::Arc;
use core::convert::Infallible;
use core::pin::Pin;
use core::sync::atomic::AtomicU64;
use core::task::{Context, Poll};
use core::time::Duration;

use bytes::Bytes;
use hookward::{Guard, HeaderName, Verified};
use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use http_body::Body;
use tokio::time::Instant;
use tower::Service;

use crate::judge::Arrival;
use crate::metered::BodyError;
use crate::peer::Peer;
use crate::refusal::RefusalForm;
use crate::request_id::RequestId;
use delivery::{DeliveredBody, Delivery, Progress};
use pool::Pool;

pub use error::ForwardError;
pub use headers::{SecretHeader, webhook_headers};
pub use response_body::ForwardedBody;
pub use upstream::{Upstream, UpstreamError};

/// Hands verified requests on to an application, and its answers back.
///
/// The application speaks HTTP/1.1. It gets the path and query as they were judged, the original
/// `Host`, and these headers, which no client can set:
///
/// | header | value |
/// |---|---|
/// | `hookward-event` | the event: `completed`, `error`, … |
/// | `hookward-scan-id` | the scan, where the route names it |
/// | `hookward-header-secret` | the label of the secret that the header carried, if that check passed |
/// | `hookward-developer-payload` | the label of the secret that the payload carried, if that check passed |
/// | `x-request-id` | the [`RequestId`](crate::RequestId), where the request has one |
/// | `x-forwarded-for`, `-proto`, `-host` | the address of the client, `http` or `https`, and `Host` |
///
/// A request is sent once, never again. If its body ends in an error, the connection to the
/// application is cut off, so that the part of it that arrived does not look whole; the sender is
/// answered 413, 408 or 400. If the application cannot be reached, breaks off, or answers 2xx
/// before it was handed the whole body, the sender is answered 502, and 504 if it is too slow: each
/// of them makes Copyleaks try again. What happened is in the extensions of the answer, as a
/// [`Reason`](hookward::Reason) or a [`ForwardError`]. The head of an answer may have 32 KiB.
#[derive(Clone, Debug)]
pub struct Forwarder(
    // Services are cloned for every request.
    Arc<Shared>,
);

#[derive(Debug)]
struct Shared {
    pool: Pool,
    /// The headers that the application does not get.
    removed: Vec<http::HeaderName>,
    deadline: Duration,
    delivered: Arc<AtomicU64>,
}

/// Collects what a [`Forwarder`] is made of.
#[derive(Clone, Debug)]
#[must_use]
pub struct ForwarderBuilder {
    upstream: Upstream,
    secret_header: Option<HeaderName>,
    removed: Vec<HeaderName>,
    deadline: Duration,
    connect_timeout: Duration,
    idle_timeout: Duration,
    idle_connections: usize,
    delivered: Arc<AtomicU64>,
}

impl ForwarderBuilder {
    /// Says whether the header of the guard's check `header_secret` goes on to the application.
    pub fn secret_header(mut self, guard: &Guard, header: SecretHeader) -> Self {
        self.secret_header = match header {
            SecretHeader::Remove => guard.secret_header().cloned(),
            SecretHeader::Keep => None,
        };
        self
    }

    /// Keeps another header from the application, such as one that a firewall in front looks for.
    pub fn remove_header(mut self, name: HeaderName) -> Self {
        self.removed.push(name);
        self
    }

    /// Sets the time from the head of the request to the end of the answer. Default: 60 s, because
    /// Copyleaks waits 70 s.
    pub const fn deadline(mut self, time: Duration) -> Self {
        self.deadline = time;
        self
    }

    /// Sets the time to connect to the application. Default: 5 s.
    pub const fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// Sets how long connections to the application wait for their next request. It should be
    /// shorter than what the application allows: a request that meets a closing connection is
    /// answered 502. Default: 4 s, because many servers close after 5.
    pub const fn idle_timeout(mut self, time: Duration) -> Self {
        self.idle_timeout = time;
        self
    }

    /// Sets how many connections wait for their next request. Default: 32.
    pub const fn idle_connections(mut self, count: usize) -> Self {
        self.idle_connections = count;
        self
    }

    /// Sets where the bytes of bodies are counted that the application is handed.
    pub fn count_body_bytes(mut self, delivered: Arc<AtomicU64>) -> Self {
        self.delivered = delivered;
        self
    }

    /// Builds the forwarder. It connects when there is a request.
    #[must_use]
    pub fn build(self) -> Forwarder {
        let removed = self.removed.iter().chain(&self.secret_header);
        Forwarder(Arc::new(Shared {
            // No request has a header with a name that the library does not take.
            removed: removed
                .filter_map(|name| name.as_str().parse().ok())
                .collect(),
            pool: Pool::new(
                self.upstream,
                self.connect_timeout,
                self.idle_timeout,
                self.idle_connections,
            ),
            deadline: self.deadline,
            delivered: self.delivered,
        }))
    }
}

impl Forwarder {
    /// Starts a forwarder to `upstream` of requests that `guard` has accepted.
    pub fn builder(upstream: Upstream, guard: &Guard) -> ForwarderBuilder {
        ForwarderBuilder {
            upstream,
            secret_header: None,
            removed: Vec::new(),
            deadline: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(4),
            idle_connections: 32,
            delivered: Arc::default(),
        }
        .secret_header(guard, SecretHeader::Remove)
    }
}

/// A request on its way to the application.
struct Outgoing {
    /// `None` if there is no way, and once it was sent.
    request: Option<Request<DeliveredBody>>,
    /// Of the request as it came.
    version: Version,
    delivery: Delivery,
    deadline: Instant,
}

impl Shared {
    fn outgoing<B>(&self, verified: Verified<Request<B>>) -> Outgoing
    where
        B: Body<Data = Bytes, Error = BodyError> + Send + 'static,
    {
        let (webhook, request) = verified.into_parts();
        let (mut parts, body) = request.into_parts();
        let arrival = parts.extensions.get::<Arrival>();
        let deadline = arrival.map_or_else(Instant::now, |arrival| arrival.0) + self.deadline;
        headers::prepare_request(
            &mut parts.headers,
            parts.uri.authority(),
            &webhook,
            parts.extensions.get::<Peer>(),
            parts.extensions.get::<RequestId>(),
            &self.removed,
            body.size_hint().exact(),
        );
        let (body, delivery) = DeliveredBody::new(body, Arc::clone(&self.delivered));
        Outgoing {
            version: parts.version,
            request: self.target(parts, body),
            delivery,
            deadline,
        }
    }

    /// What the sender is answered.
    fn answer(
        &self,
        outcome: Result<Response<ForwardedBody>, ForwardError>,
        outgoing: &Outgoing,
    ) -> Response<ForwardedBody> {
        let Outgoing {
            version, delivery, ..
        } = outgoing;
        let mut response = match (outcome, delivery.progress().fault_of_sender()) {
            (Ok(response), _) => response,
            // That the connection to the application broke is then our own doing.
            (Err(_), Some(reason)) => {
                return RefusalForm::midway(*version)
                    .because(reason)
                    .into_response();
            }
            (Err(error), None) => {
                tracing::warn!(
                    upstream = %self.pool.upstream(),
                    error = &error as &dyn core::error::Error,
                    "cannot forward"
                );
                let mut response = Response::new(ForwardedBody::default());
                *response.status_mut() = error.status();
                response.extensions_mut().insert(error);
                response
            }
        };
        if delivery.progress() != Progress::Whole && *version <= Version::HTTP_11 {
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn target(
        &self,
        parts: http::request::Parts,
        body: DeliveredBody,
    ) -> Option<Request<DeliveredBody>> {
        let upstream = self.pool.upstream();
        let mut request = Request::new(body);
        *request.uri_mut() = upstream.target(&parts.uri).ok()?;
        *request.method_mut() = parts.method;
        *request.headers_mut() = parts.headers;
        if !request.headers().contains_key(header::HOST) {
            let host = HeaderValue::from_str(upstream.authority()).ok()?;
            request.headers_mut().insert(header::HOST, host);
        }
        Some(request)
    }

    async fn exchange(
        &self,
        outgoing: &mut Outgoing,
    ) -> Result<Response<ForwardedBody>, ForwardError> {
        let Outgoing {
            request: request @ Some(_),
            delivery,
            deadline,
            ..
        } = outgoing
        else {
            return Err(ForwardError::Target);
        };
        let deadline = *deadline;
        let mut connection = self.pool.connection(deadline).await?;
        let request = request.take().ok_or(ForwardError::Target)?;
        let answer = connection.send(request, deadline);
        let (mut parts, body) = answer.await?.into_parts();
        if parts.status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(ForwardError::SwitchedProtocols);
        }
        if parts.status.is_success() && delivery.progress() != Progress::Whole {
            return Err(ForwardError::TooEarly {
                status: parts.status,
            });
        }
        headers::prepare_response(&mut parts.headers);
        // What hyper knows of the connection to the application is not about the one to the sender.
        parts.extensions.clear();
        parts.version = Version::default();
        let body = ForwardedBody::new(
            body,
            deadline,
            connection,
            delivery.clone(),
            self.pool.clone(),
        );
        Ok(Response::from_parts(parts, body))
    }
}

impl<B> Service<Verified<Request<B>>> for Forwarder
where
    B: Body<Data = Bytes, Error = BodyError> + Send + 'static,
{
    type Response = Response<ForwardedBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, verified: Verified<Request<B>>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        let mut outgoing = shared.outgoing(verified);
        // What it keeps while it waits is kept small: each request moves it.
        Box::pin(async move {
            let outcome = shared.exchange(&mut outgoing).await;
            Ok(shared.answer(outcome, &outgoing))
        })
    }
}
