use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;
use std::time::Instant;

use hookward::{Reason, Verified};
use hookward_hyper::ForwardError;
use http::{Request, Response};
use pin_project_lite::pin_project;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use tower::Service;

use crate::metrics::{Metrics, Stage, label};

/// A forwarder whose answers are counted and timed.
#[derive(Clone, Debug)]
pub(crate) struct Forwarded<S> {
    counters: Arc<Counters>,
    inner: S,
}

#[derive(Debug)]
struct Counters {
    duration: Histogram,
    /// From 1xx to 5xx.
    answers: [Counter; CLASSES.len()],
    failures: [Counter; FAILURES.len()],
}

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

const FAILURES: [&str; 5] = ["unreachable", "broken", "too_slow", "too_early", "other"];

const fn failure(error: &ForwardError) -> usize {
    match error {
        ForwardError::Unreachable(_) => 0,
        ForwardError::Broken(_) => 1,
        ForwardError::TooSlow => 2,
        ForwardError::TooEarly { .. } => 3,
        _ => 4,
    }
}

impl<S> Forwarded<S> {
    pub(crate) fn new(metrics: &Metrics, inner: S) -> Self {
        let answers = |class| [label("class", class)];
        let failures = |kind| [label("kind", kind)];
        Self {
            counters: Arc::new(Counters {
                duration: metrics.stage(Stage::Upstream),
                answers: CLASSES.map(|class| {
                    let answers = answers(class);
                    metrics.upstream_answers.get_or_create_owned(&answers)
                }),
                failures: FAILURES.map(|kind| {
                    let failures = failures(kind);
                    metrics.upstream_failures.get_or_create_owned(&failures)
                }),
            }),
            inner,
        }
    }
}

impl Counters {
    fn count<R>(&self, answer: &Response<R>) {
        let extensions = answer.extensions();
        if let Some(error) = extensions.get::<ForwardError>() {
            self.failures[failure(error)].inc();
        } else if extensions.get::<Reason>().is_none() {
            // Otherwise the sender is to blame, and this is not the application's answer.
            let class = usize::from(answer.status().as_u16() / 100);
            if let Some(counter) = class
                .checked_sub(1)
                .and_then(|index| self.answers.get(index))
            {
                counter.inc();
            }
        }
    }
}

pin_project! {
    /// An answer that is on its way.
    pub(crate) struct Timed<F> {
        #[pin]
        answer: F,
        start: Instant,
        counters: Arc<Counters>,
    }
}

impl<F, R, E> Future for Timed<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answer = ready!(this.answer.poll(cx))?;
        let counters = this.counters;
        counters
            .duration
            .observe(this.start.elapsed().as_secs_f64());
        counters.count(&answer);
        Poll::Ready(Ok(answer))
    }
}

impl<S, B, R> Service<Verified<Request<B>>> for Forwarded<S>
where
    S: Service<Verified<Request<B>>, Response = Response<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Timed<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, verified: Verified<Request<B>>) -> Self::Future {
        Timed {
            start: Instant::now(),
            counters: Arc::clone(&self.counters),
            answer: self.inner.call(verified),
        }
    }
}
