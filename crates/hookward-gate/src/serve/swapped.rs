//! A service that can be replaced while it is in use.

use core::convert::Infallible;
use core::task::{Context, Poll};
use std::sync::Arc;

use arc_swap::ArcSwap;
use http::Request;
use tower::util::Oneshot;
use tower::{Service, ServiceExt};

/// Hands each request to the service that is in force when it comes. Those in progress stay with
/// the one that they began with.
///
/// Clones share the same service.
#[derive(Debug)]
pub(crate) struct Swapped<S>(Arc<ArcSwap<S>>);

impl<S> Swapped<S> {
    pub(crate) fn new(service: S) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(service)))
    }

    /// Puts `service` in the place of the one that is in force.
    pub(crate) fn store(&self, service: S) {
        self.0.store(Arc::new(service));
    }
}

impl<S> Clone for Swapped<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S, B> Service<Request<B>> for Swapped<S>
where
    S: Service<Request<B>, Error = Infallible> + Clone,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = Oneshot<S, Request<B>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Which service it will be is not known before there is a request.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        S::clone(&self.0.load()).oneshot(request)
    }
}

#[cfg(test)]
mod tests {
    use http::Response;
    use tokio::sync::oneshot;
    use tower::service_fn;

    use super::*;

    #[tokio::test]
    async fn a_request_in_progress_stays_with_the_service_that_it_began_with() {
        let answer = |name: &'static str| {
            service_fn(move |request: Request<oneshot::Receiver<()>>| async move {
                let _ = request.into_body().await;
                Ok::<_, Infallible>(Response::new(name))
            })
        };
        let swapped = Swapped::new(answer("old"));
        let (release, held) = oneshot::channel();
        let (released, free) = oneshot::channel();
        released.send(()).unwrap();
        let in_progress = swapped.clone().call(Request::new(held));
        swapped.store(answer("new"));
        let next = swapped.clone().call(Request::new(free)).await.unwrap();
        release.send(()).unwrap();
        let first = in_progress.await.unwrap();
        assert_eq!((first.into_body(), next.into_body()), ("old", "new"));
    }
}
