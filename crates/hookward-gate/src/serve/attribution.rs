//! Who the client of each request is: found before the guard is asked.

use core::task::{Context, Poll};
use std::sync::Arc;

use hookward_hyper::Peer;
use http::{HeaderMap, HeaderName, Request};
use tower::Service;

use crate::config::Entrance;
use crate::provenance::Found;

/// A service whose requests carry their own client in place of what the connection shows, and
/// none of the headers in which it stood.
#[derive(Clone, Debug)]
pub(crate) struct Attributed<S> {
    entrance: Arc<Entrance>,
    inner: S,
}

impl<S> Attributed<S> {
    pub(crate) fn new(entrance: Entrance, inner: S) -> Self {
        Self {
            entrance: Arc::new(entrance),
            inner,
        }
    }
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Attributed<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        attribute(&self.entrance, &mut request);
        self.inner.call(request)
    }
}

/// Replaces the peer of a request by its client, and removes the headers that say who it is.
fn attribute<B>(entrance: &Entrance, request: &mut Request<B>) {
    if entrance.provenance.is_connection() {
        return;
    }
    let shown = request.extensions().get::<Peer>().cloned();
    let shown = shown.unwrap_or_else(|| Peer::new(None));
    let headers = request.headers();
    let client = entrance.provenance.client(
        entrance.peer(shown.client_address()),
        shown.certificate(),
        |name| lines(headers, name),
    );
    log(&client.found);
    let shown = match client.found.is_empty() {
        true => shown,
        false => shown.with_derivation(client.found.to_string()),
    };
    let client = shown
        .with_client_address(client.address)
        .with_certificate(client.certificate);
    request.extensions_mut().insert(client);
    for name in entrance.provenance.headers() {
        request.headers_mut().remove(name);
    }
}

/// The values of all lines of a header, in order.
pub(super) fn lines<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h [u8]> {
    match HeaderName::from_bytes(name.as_bytes()) {
        Ok(name) => headers
            .get_all(name)
            .iter()
            .map(|value| value.as_bytes())
            .collect(),
        Err(_) => Vec::new(),
    }
}

/// Why there is no certificate or address, where the proxy is there but cannot be understood.
fn log(found: &Found) {
    if let Some(Err(error)) = &found.certificate {
        tracing::warn!(%error, "the forwarded certificate cannot be read");
    }
    if let Some(Err(error)) = &found.address {
        tracing::warn!(%error, "the client address cannot be derived");
    }
}
