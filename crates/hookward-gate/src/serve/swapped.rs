//! A service that can be replaced while it is in use.

use core::convert::Infallible;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use http::Request;
use pin_project_lite::pin_project;
use thiserror::Error;
use tower::util::Oneshot;
use tower::{Service, ServiceExt};

/// Hands each request to the service that is in force when it comes. Those in progress stay with
/// the one that they began with.
///
/// Clones share the same service.
#[derive(Debug)]
pub(crate) struct Swapped<S>(Arc<ArcSwapOption<S>>);

/// Nothing is in force here any more: the connection is closed.
#[derive(Clone, Copy, Debug, Error)]
#[error("what this connection was opened for is no more")]
pub(crate) struct Retired;

pin_project! {
    /// The answer of the service that a request began with, if there was one.
    pub(crate) struct Answer<S: Service<R>, R> {
        #[pin]
        answer: Option<Oneshot<S, R>>,
    }
}

impl<S> Swapped<S> {
    /// Puts `service` in the place of the one that is in force.
    pub(crate) fn store(&self, service: S) {
        self.0.store(Some(Arc::new(service)));
    }

    /// Serves no further request.
    pub(crate) fn retire(&self) {
        self.0.store(None);
    }
}

impl<S> Default for Swapped<S> {
    /// Nothing is in force yet.
    fn default() -> Self {
        Self(Arc::default())
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
    type Error = Retired;
    type Future = Answer<S, Request<B>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Retired>> {
        // Which service it will be is not known before there is a request.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = self.0.load();
        let service = service.as_deref().cloned();
        Answer {
            answer: service.map(|service| service.oneshot(request)),
        }
    }
}

impl<S: Service<R, Error = Infallible>, R> Future for Answer<S, R> {
    type Output = Result<S::Response, Retired>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().answer.as_pin_mut() {
            Some(answer) => answer.poll(cx).map_err(|never| match never {}),
            None => Poll::Ready(Err(Retired)),
        }
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
        let swapped = Swapped::default();
        swapped.store(answer("old"));
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

    #[tokio::test]
    async fn once_it_is_retired_it_serves_nothing() {
        let answer = |_: Request<()>| async { Ok::<_, Infallible>(Response::new(())) };
        let swapped = Swapped::default();
        swapped.store(service_fn(answer));
        let in_progress = swapped.clone().call(Request::new(()));
        swapped.retire();
        assert!(swapped.clone().call(Request::new(())).await.is_err());
        assert!(in_progress.await.is_ok());
    }
}
