use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use bytes::Bytes;
use hookward::{Guard, Verified};
use http::{Request, Response};
use http_body::Body;
use tower::util::Oneshot;
use tower::{Layer, Service, ServiceExt};

use crate::body::GuardedBody;
use crate::budget::BufferBudget;
use crate::clock::Clock;
use crate::judge::{Admission, Judge, Judging};
use crate::marked::{Admitted, MarkedLayer};
use crate::metered::{BodyTimes, BoxError};
use crate::observer::{Observer, Unobserved};
use crate::refusal::Refused;
use crate::shared_lists::SharedLists;
use crate::trial::Reporting;

/// Puts a [`Guard`] in front of services that take `Verified<Request<_>>`.
///
/// What a request came over is read from its [`Peer`](crate::Peer) extension.
#[derive(Clone)]
pub struct GuardLayer {
    judge: Judge,
}

/// A service behind a [`Guard`].
///
/// A request that the guard refuses is answered here: with the status of the reason, an empty
/// body, and nothing that tells the sender why. The [`Reason`](hookward::Reason) is in the
/// extensions of the response, for logs.
#[derive(Clone)]
pub struct GuardService<S> {
    // Services are cloned for every request.
    judge: Arc<Judge>,
    inner: S,
}

impl GuardLayer {
    /// A layer that judges by `guard` and the lists that are current at each request.
    #[must_use]
    pub fn new(guard: impl Into<Arc<Guard>>, lists: SharedLists) -> Self {
        Self {
            judge: Judge {
                guard: guard.into(),
                lists,
                clock: Clock::system(),
                budget: BufferBudget::default(),
                times: BodyTimes::default(),
                observer: Arc::new(Unobserved),
            },
        }
    }

    /// Sets where the time comes from. The system clock unless told otherwise.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.judge.clock = clock;
        self
    }

    /// Sets the memory that bodies may take while they are judged. A budget of its own of
    /// [`BufferBudget::DEFAULT`] unless told otherwise.
    #[must_use]
    pub fn with_budget(mut self, budget: BufferBudget) -> Self {
        self.judge.budget = budget;
        self
    }

    /// Sets how long bodies may take.
    #[must_use]
    pub fn with_body_times(mut self, times: BodyTimes) -> Self {
        self.judge.times = times;
        self
    }

    /// Sets who is told of each decision. Nobody unless told otherwise.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.judge.observer = observer;
        self
    }

    /// For services that cannot take a `Verified<Request<_>>`, such as routers: they get the plain
    /// request with an [`Admitted`] among its extensions.
    #[must_use]
    pub fn marked(self) -> MarkedLayer {
        MarkedLayer::new(self)
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> GuardService<S> {
        GuardService {
            judge: Arc::new(self.judge.clone()),
            inner,
        }
    }
}

impl<S, B, R> Service<Request<B>> for GuardService<S>
where
    S: Service<Accepted<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    /// Always: a request that is refused needs no place behind the guard, and takes none from others.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // Whatever is behind the guard sees no marker but the guard's own.
        request.extensions_mut().remove::<Admitted>();
        let inner = self.inner.clone();
        let judge = Arc::clone(&self.judge);
        // What it keeps while it waits is kept small: each request moves it.
        Box::pin(async move {
            let judging = match judge.judge(request) {
                Judging::Done(judged) => Ok(carry_out(judged, inner)),
                Judging::NeedsBody(reading) => Err((reading, inner)),
            };
            let outcome = match judging {
                Ok(outcome) => outcome,
                Err((reading, inner)) => carry_out(reading.await, inner),
            };
            match outcome {
                Ok((handed, trial)) => {
                    let answer = match handed {
                        Handed::Called(answer) => answer.await,
                        Handed::Waits(answer) => answer.await,
                    };
                    drop(trial);
                    answer
                }
                Err(refused) => Ok(refused.into_response()),
            }
        })
    }
}

/// What a service behind a guard gets.
type Accepted<B> = Verified<Request<GuardedBody<B>>>;

/// A request that was handed on.
enum Handed<S: Service<R>, R> {
    /// The service works on it.
    Called(S::Future),
    /// The service was not ready. Most always are, so this is kept in a box.
    Waits(Pin<Box<Oneshot<S, R>>>),
}

/// The same, and what is to be kept until it was answered.
type CarriedOut<'j, S, B> = (Handed<S, Accepted<B>>, Option<Box<Reporting<'j>>>);

/// Hands a request on that was accepted.
fn carry_out<'j, S, B>(
    judged: Result<Admission<'j, B>, Refused>,
    mut inner: S,
) -> Result<CarriedOut<'j, S, B>, Refused>
where
    S: Service<Accepted<B>> + Clone,
{
    let Admission { verified, trial } = judged?;
    let handed = match inner.poll_ready(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(())) => Handed::Called(inner.call(verified)),
        // Another is asked, by a task that it can wake; one that has failed is not to be asked again.
        _ => Handed::Waits(Box::pin(inner.clone().oneshot(verified))),
    };
    Ok((handed, trial))
}
