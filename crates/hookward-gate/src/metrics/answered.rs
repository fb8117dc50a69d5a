use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::time::Instant;

use http::Request;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use tower::Service;

use crate::metrics::{Metrics, Stage};

/// A service whose requests are counted while they are in progress, and timed until they are
/// answered.
#[derive(Clone, Debug)]
pub(crate) struct Answered<S> {
    in_progress: Gauge,
    total: Histogram,
    inner: S,
}

/// A request in progress. It ends when this is dropped, answered or not.
struct InProgress(Gauge);

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl<S> Answered<S> {
    pub(crate) fn new(metrics: &Metrics, inner: S) -> Self {
        Self {
            in_progress: metrics.requests_in_progress.clone(),
            total: metrics.stage(Stage::Total),
            inner,
        }
    }
}

impl<S, B> Service<Request<B>> for Answered<S>
where
    S: Service<Request<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.in_progress.inc();
        let in_progress = InProgress(self.in_progress.clone());
        let start = Instant::now();
        let total = self.total.clone();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let _in_progress = in_progress;
            let answer = answer.await;
            total.observe(start.elapsed().as_secs_f64());
            answer
        })
    }
}
