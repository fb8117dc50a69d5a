use core::task::{Context, Poll};

use bytes::Bytes;
use hookward::{Verified, Webhook};
use http::Request;
use http_body::Body;
use tower::{Layer, Service};

use crate::body::GuardedBody;
use crate::layer::{GuardLayer, GuardService};

/// Puts a guard in front of services that take a plain `Request`, such as routers.
///
/// Made by [`GuardLayer::marked`]. Accepted requests carry an [`Admitted`] among their extensions.
#[derive(Clone)]
pub struct MarkedLayer {
    layer: GuardLayer,
}

/// Takes verified requests, and hands them to a service as plain requests with a mark.
#[derive(Clone, Debug)]
pub struct Marking<S> {
    inner: S,
}

/// The mark of an accepted request, as an extension. Only the guard makes one.
///
/// With the feature `axum` it is an extractor: a handler that asks for it and is reached without
/// the guard answers 500 and logs an error.
#[derive(Clone, Debug)]
pub struct Admitted {
    webhook: Webhook,
}

impl Admitted {
    /// What the guard knows of the webhook.
    #[must_use]
    pub const fn webhook(&self) -> &Webhook {
        &self.webhook
    }
}

impl MarkedLayer {
    pub(crate) const fn new(layer: GuardLayer) -> Self {
        Self { layer }
    }
}

impl<S> Layer<S> for MarkedLayer {
    type Service = GuardService<Marking<S>>;

    fn layer(&self, inner: S) -> GuardService<Marking<S>> {
        self.layer.layer(Marking { inner })
    }
}

impl<S, B> Service<Verified<Request<GuardedBody<B>>>> for Marking<S>
where
    S: Service<Request<GuardedBody<B>>>,
    B: Body<Data = Bytes>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, verified: Verified<Request<GuardedBody<B>>>) -> S::Future {
        let (webhook, mut request) = verified.into_parts();
        request.extensions_mut().insert(Admitted { webhook });
        self.inner.call(request)
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum_core::extract::FromRequestParts<S> for Admitted {
    type Rejection = http::StatusCode;

    async fn from_request_parts(
        parts: &mut http::request::Parts,
        _: &S,
    ) -> Result<Self, http::StatusCode> {
        parts.extensions.get().cloned().ok_or_else(|| {
            tracing::error!(
                "a handler behind the guard was reached without it; is the layer missing?"
            );
            http::StatusCode::INTERNAL_SERVER_ERROR
        })
    }
}
