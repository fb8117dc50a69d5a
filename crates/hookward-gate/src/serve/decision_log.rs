//! One log line per decision.

use core::cell::RefCell;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::time::Instant;

use hookward::{Check, Event, Outcome, Reason, ScanId, Thumbprint, Trial, TrialVerdict};
use hookward_hyper::{Observer, Peer, Record, RequestId};
use http::{Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tokio::task::futures::TaskLocalFuture;
use tower::Service;

tokio::task_local! {
    /// The request that this task works on.
    static CURRENT: Current;
}

/// A request, for its log line.
#[derive(Debug)]
pub(crate) struct Current {
    id: RequestId,
    /// Set once it was decided.
    line: RefCell<Option<Box<Line>>>,
}

/// Notes every decision. The line is written when the request was answered, so that it can say how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DecisionLog;

/// A service whose requests have an id, and are logged if a [`DecisionLog`] observes the guard
/// inside. The id is that of the request where it is harmless, and goes back with the answer.
#[derive(Clone, Debug)]
pub(crate) struct Logged<S>(S);

/// What is logged of one request: no secrets, no bodies, and the route instead of the URL.
///
/// Written when it is dropped, so that it is also written when the sender goes away.
#[derive(Debug)]
struct Line {
    arrival: Instant,
    request_id: Option<RequestId>,
    reason: Option<Reason>,
    status: Option<StatusCode>,
    route: Option<String>,
    event: Option<Event>,
    scan_id: Option<ScanId>,
    thumbprint: Option<Thumbprint>,
    header_secret: Option<String>,
    developer_payload: Option<String>,
    client: Option<Peer>,
    body_bytes: u64,
    judged_in: Duration,
    trial: Option<Tried>,
    trace: Option<Traced>,
}

/// How it was decided, for whoever asks for it.
#[derive(Debug)]
struct Traced {
    /// `None` where the request was refused before its checks, as for the next two.
    policy: Option<String>,
    /// The part of the policy that decided.
    decided_by: Option<String>,
    checks: Option<String>,
    /// How the client was found in what proxies say.
    forwarded: Option<String>,
    head: Duration,
    body: Duration,
    trial_checks: Option<String>,
}

/// What the trial of the route said.
#[derive(Debug)]
struct Tried {
    verdict: TrialVerdict,
    reason: Option<Reason>,
    disagrees: bool,
}

impl Line {
    fn of(record: &Record<'_>) -> Self {
        let decision = record.decision;
        Self {
            arrival: Instant::now()
                .checked_sub(record.elapsed)
                .unwrap_or_else(Instant::now),
            request_id: CURRENT.try_with(|current| current.id.clone()).ok(),
            reason: decision.reason(),
            status: None,
            route: decision
                .route()
                .map(|route| route.route().template().to_owned()),
            event: decision.event(),
            scan_id: decision.scan_id(),
            thumbprint: decision.thumbprint(),
            header_secret: decision.header_secret().map(str::to_owned),
            developer_payload: decision.developer_payload().map(str::to_owned),
            client: record.peer.cloned(),
            body_bytes: record.body_received,
            judged_in: record.elapsed,
            trial: None,
            trace: is_traced().then(|| Traced::of(record)),
        }
    }
}

/// Whether the log is asked for how requests were decided.
fn is_traced() -> bool {
    tracing::enabled!(target: "hookward::trace", tracing::Level::DEBUG)
}

impl Traced {
    fn of(record: &Record<'_>) -> Self {
        let trace = record.decision.trace();
        let derivation = record.peer.and_then(Peer::derivation);
        Self {
            policy: trace.as_ref().map(|trace| trace.policy().to_owned()),
            decided_by: trace.as_ref().map(|trace| trace.deciding().to_owned()),
            checks: trace.map(|_| shown(record.decision.outcomes(), "not needed")),
            forwarded: derivation.map(|steps| {
                let steps = steps.lines().map(str::trim);
                steps.collect::<Vec<_>>().join("; ")
            }),
            head: record.head,
            body: record.elapsed.saturating_sub(record.head),
            trial_checks: None,
        }
    }
}

/// Every check with its outcome, on one line. `pending` says why there may be none.
fn shown(outcomes: impl Iterator<Item = (Check, Outcome<Reason>)>, pending: &str) -> String {
    let each = outcomes.map(|(check, outcome)| match outcome {
        Outcome::Pass => format!("{check}: pass"),
        Outcome::Pending => format!("{check}: {pending}"),
        Outcome::Fail(reason) => format!("{check}: fail ({reason})"),
        Outcome::Unavailable(reason) => format!("{check}: unavailable ({reason})"),
    });
    each.collect::<Vec<_>>().join(", ")
}

impl Drop for Line {
    fn drop(&mut self) {
        let trace = self.trace.as_ref();
        let accepted = trace.filter(|_| self.reason.is_none());
        let upstream = accepted.map(|_| self.arrival.elapsed().saturating_sub(self.judged_in));
        let client_address = self.client.as_ref().and_then(Peer::address_text);
        macro_rules! line {
            ($level:ident, $verdict:literal) => {
                tracing::$level!(
                    verdict = $verdict,
                    request_id = self.request_id.as_ref().map(RequestId::as_str),
                    reason = self.reason.map(Reason::name),
                    status = self.status.map(|status| status.as_u16()),
                    route = self.route,
                    event = self.event.map(Event::name),
                    scan_id = self.scan_id.as_ref().map(|id| id.as_str()),
                    thumbprint = self.thumbprint.map(tracing::field::display),
                    header_secret = self.header_secret,
                    developer_payload = self.developer_payload,
                    client_address = client_address.map(tracing::field::display),
                    body_bytes = self.body_bytes,
                    judged_ms = milliseconds(self.judged_in),
                    duration_ms = milliseconds(self.arrival.elapsed()),
                    trial = self.trial.as_ref().map(|trial| trial.verdict.name()),
                    trial_reason = self
                        .trial
                        .as_ref()
                        .and_then(|trial| trial.reason)
                        .map(Reason::name),
                    trial_disagrees = self.trial.as_ref().map(|trial| trial.disagrees),
                    policy = trace.and_then(|trace| trace.policy.as_deref()),
                    decided_by = trace.and_then(|trace| trace.decided_by.as_deref()),
                    checks = trace.and_then(|trace| trace.checks.as_deref()),
                    forwarded = trace.and_then(|trace| trace.forwarded.as_deref()),
                    trial_checks = trace.and_then(|trace| trace.trial_checks.as_deref()),
                    head_ms = trace.map(|trace| milliseconds(trace.head)),
                    body_ms = trace.map(|trace| milliseconds(trace.body)),
                    upstream_ms = upstream.map(milliseconds),
                    "webhook"
                )
            };
        }
        match self.reason {
            None => line!(info, "accept"),
            Some(_) => line!(warn, "refuse"),
        }
    }
}

/// To the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

impl Observer for DecisionLog {
    fn decided(&self, record: &Record<'_>) {
        let mut line = Some(Box::new(Line::of(record)));
        // Outside of a `Logged` service, the line is written now.
        let _ = CURRENT.try_with(|current| current.line.replace(line.take()));
    }

    fn tried(&self, trial: &Trial<'_>) {
        // Outside of a `Logged` service, the line has been written.
        let _ = CURRENT.try_with(|current| {
            if let Some(line) = current.line.borrow_mut().as_mut() {
                line.trial = Some(Tried {
                    verdict: trial.verdict(),
                    reason: trial.reason(),
                    disagrees: trial.disagrees(),
                });
                if let Some(trace) = &mut line.trace {
                    let pending = match trial.verdict() {
                        TrialVerdict::Unknown => "not seen",
                        _ => "not needed",
                    };
                    trace.trial_checks = Some(shown(trial.outcomes(), pending));
                }
            }
        });
    }
}

impl<S> Logged<S> {
    pub(crate) const fn new(inner: S) -> Self {
        Self(inner)
    }
}

pin_project! {
    /// An answer that is on its way, and gets the id of its request.
    pub(crate) struct Named<F> {
        #[pin]
        answer: F,
    }
}

impl<F, R, E> Future for Named<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut answer = ready!(self.project().answer.poll(cx));
        if let Ok(response) = &mut answer {
            CURRENT.with(|current| {
                let id = current.id.header_value().clone();
                response.headers_mut().insert(RequestId::HEADER, id);
                if let Some(line) = current.line.borrow_mut().as_mut() {
                    line.status = Some(response.status());
                }
            });
        }
        Poll::Ready(answer)
    }
}

impl<S, B, R> Service<Request<B>> for Logged<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = TaskLocalFuture<Current, Named<S::Future>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let id = RequestId::of(request.headers());
        request.extensions_mut().insert(id.clone());
        let answer = self.0.call(request);
        let line = RefCell::default();
        CURRENT.scope(Current { id, line }, Named { answer })
    }
}
