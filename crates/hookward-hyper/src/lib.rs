//! Puts a [hookward] guard in front of hyper and tower services.
//!
//! - [`GuardLayer`] puts a [`Guard`](hookward::Guard) in front of any tower service over
//!   `http::Request<B>`. The service takes `Verified<Request<_>>`, which nothing but an accepting
//!   guard makes; or, behind [`GuardLayer::marked`], plain requests that carry an [`Admitted`].
//! - [`Server`] accepts connections, ends TLS, and tells the guard by a [`Peer`] in each request
//!   which certificate and address it came with.
//! - [`Forwarder`] hands accepted requests on to an application that speaks HTTP/1.1.
//!
//! Nothing is decided here: the guard is asked, and its answer is carried out. A body is kept in
//! memory only while a policy needs it, within the limit of its route and one [`BufferBudget`];
//! otherwise it streams. The lists that the guard judges by are [`SharedLists`], taken anew for
//! each request.
//!
//! # Example
//! One request is accepted, and one without the secret is refused.
//!
//! ```
//! use bytes::Bytes;
//! use hookward_hyper::hookward::{Guard, GuardedRoute, Lists, Route, Secret, SecretRing, Verified};
//! use hookward_hyper::{GuardLayer, GuardedBody, SharedLists};
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # fn random() -> String { let mut b = [0; 32]; getrandom::fill(&mut b).unwrap(); b.iter().map(|b| char::from(b'a' + b % 26)).collect() }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn core::error::Error>> {
//! let secret = random();
//! let ring = SecretRing::builder().secret("2026-11", Secret::new(secret.as_str())?).build()?;
//! let guard = Guard::builder()
//!     .header_secret("x-webhook-secret".parse()?, ring)
//!     .route(GuardedRoute::new(
//!         Route::parse("/copyleaks/{status}/{scan_id}", None)?,
//!         "header_secret".parse()?,
//!     ))
//!     .build()?;
//!
//! // The handler cannot be called with a request that was not judged.
//! let handler = |verified: Verified<Request<GuardedBody<Full<Bytes>>>>| async move {
//!     let event = verified.webhook().event.to_string();
//!     Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::from(event)))
//! };
//! let service = GuardLayer::new(guard, SharedLists::new(Lists::default())).layer(service_fn(handler));
//!
//! let request = || Request::post("/copyleaks/completed/scan-1");
//! let genuine = request().header("x-webhook-secret", secret).body(Full::default())?;
//! assert_eq!(service.clone().oneshot(genuine).await?.status(), 200);
//!
//! let forged = request().body(Full::default())?;
//! assert_eq!(service.oneshot(forged).await?.status(), 403);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//! - `axum`: [`Admitted`] is an extractor for axum handlers.
//!
//! # Deployment
//! - Behind a server other than [`Server`], put a [`Peer`] into each request; without one there is no
//!   certificate and no address. hyper hides the `Content-Length` of a request that has
//!   `Transfer-Encoding` as well; [`Server`] notices such requests and has them refused, others may not.
//! - Over HTTP/2, a body whose `Content-Length` is not known has to say that it has ended, by `Body::is_end_stream`, as
//!   hyper's do; otherwise it is taken for one that the sender broke off. Layers that put other bodies in their place,
//!   such as tower-http's `RequestBodyTimeoutLayer` and `RequestDecompressionLayer`, go behind the guard.
//! - Everything here needs a tokio runtime with time and I/O enabled.
//!
//! # What it is not
//! It is no general reverse proxy: one upstream, no retries, no caching, no WebSockets.

#![forbid(unsafe_code)]

extern crate alloc;

mod body;
mod budget;
mod buffer;
mod clock;
mod forward;
mod framing;
mod judge;
mod layer;
mod marked;
mod metered;
mod observer;
mod peer;
mod refusal;
mod request_id;
mod server;
mod shared_lists;
mod source;
mod standing;
mod trial;
mod waking;

pub use body::GuardedBody;
pub use budget::BufferBudget;
pub use clock::Clock;
pub use forward::{
    ForwardError, ForwardedBody, Forwarder, ForwarderBuilder, SecretHeader, Upstream,
    UpstreamError, webhook_headers,
};
pub use layer::{GuardLayer, GuardService};
pub use marked::{Admitted, MarkedLayer, Marking};
pub use metered::{BodyError, BodyTimes, BoxError};
pub use observer::{Observer, Record, Unobserved};
pub use peer::{Peer, PeerCertificate, Scheme};
pub use request_id::RequestId;
pub use server::{Accept, ConnectionCounts, Lingering, Server, ServerLimits, SharedTls};
pub use shared_lists::SharedLists;

pub use hookward;
pub use hookward_forwarded;
pub use hookward_rustls;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
