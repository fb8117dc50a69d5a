use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;
use std::time::Instant;

use http::Request;
use pin_project_lite::pin_project;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use tower::Service;

use crate::metrics::{Metrics, Stage};

/// A service whose requests are counted while they are in progress, and timed until they are
/// answered.
#[derive(Clone, Debug)]
pub(crate) struct Answered<S> {
    // Services are cloned for every request.
    counters: Arc<Counters>,
    inner: S,
}

#[derive(Debug)]
struct Counters {
    in_progress: Gauge,
    total: Histogram,
}

/// A request in progress. It ends when this is dropped, answered or not.
struct InProgress(Arc<Counters>);

impl InProgress {
    fn begin(counters: &Arc<Counters>) -> Self {
        counters.in_progress.inc();
        Self(Arc::clone(counters))
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.in_progress.dec();
    }
}

impl<S> Answered<S> {
    pub(crate) fn new(metrics: &Metrics, inner: S) -> Self {
        Self {
            counters: Arc::new(Counters {
                in_progress: metrics.requests_in_progress.clone(),
                total: metrics.stage(Stage::Total),
            }),
            inner,
        }
    }
}

pin_project! {
    /// An answer that is on its way.
    pub(crate) struct Timed<F> {
        #[pin]
        answer: F,
        start: Instant,
        in_progress: InProgress,
    }
}

impl<F: Future> Future for Timed<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answer = ready!(this.answer.poll(cx));
        let total = &this.in_progress.0.total;
        total.observe(this.start.elapsed().as_secs_f64());
        Poll::Ready(answer)
    }
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Answered<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Timed<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Timed {
            in_progress: InProgress::begin(&self.counters),
            start: Instant::now(),
            answer: self.inner.call(request),
        }
    }
}
