//! What the gate counts and measures, as Prometheus reads it.
//!
//! Labels hold what the configuration names and the closed vocabularies of this project, never
//! anything that a client sent: the number of series is bounded by the configuration.

mod answered;
mod counted;
mod forwarded;
mod state;

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use std::borrow::Cow;
use std::sync::Arc;

use hookward::{Guard, Verdict};
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

pub(crate) use answered::Answered;
pub(crate) use counted::Counted;
pub(crate) use forwarded::Forwarded;
pub(crate) use state::{Reloads, State};

/// What [`Metrics::encode`] writes.
pub(crate) const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// Names and values.
type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];
type Counters<const N: usize> = Family<Labels<N>, Counter>;
type Histograms = Family<Labels<1>, Histogram, fn() -> Histogram>;

/// Everything that is counted. It lives as long as the process: another configuration changes the
/// guard, and begins none of this anew.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    decisions: Counters<3>,
    check_outcomes: Counters<3>,
    secret_matches: Counters<2>,
    trials: Counters<3>,
    judged_body_bytes: Counters<1>,
    forwarded_body_bytes: Arc<AtomicU64>,
    stages: Histograms,
    requests_in_progress: Gauge,
    unreadable_questions: Counter,
    upstream_answers: Counters<1>,
    upstream_failures: Counters<1>,
}

/// In seconds: from a head that is judged at once to the longest that a request may take.
fn durations() -> Histogram {
    Histogram::new([
        0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
        10.0, 30.0, 60.0,
    ])
}

/// One stage of a request.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Judging the head.
    Head,
    /// Reading and judging the body.
    Body,
    /// From handing the request to the application to the head of its answer.
    Upstream,
    /// From the head of the request to the head of the answer.
    Total,
}

impl Stage {
    const fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Body => "body",
            Self::Upstream => "upstream",
            Self::Total => "total",
        }
    }
}

impl Metrics {
    pub(crate) fn new() -> Arc<Self> {
        let mut metrics = Self {
            registry: Registry::with_prefix("hookward"),
            decisions: Family::default(),
            check_outcomes: Family::default(),
            secret_matches: Family::default(),
            trials: Family::default(),
            judged_body_bytes: Family::default(),
            forwarded_body_bytes: Arc::default(),
            stages: Family::new_with_constructor(durations),
            requests_in_progress: Gauge::default(),
            unreadable_questions: Counter::default(),
            upstream_answers: Family::default(),
            upstream_failures: Family::default(),
        };
        metrics.register();
        Arc::new(metrics)
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "decisions",
            "Requests that were judged, by route, verdict and reason",
            self.decisions.clone(),
        );
        registry.register(
            "check_outcomes",
            "What checks made of requests",
            self.check_outcomes.clone(),
        );
        registry.register(
            "secret_matches",
            "Checks that a secret passed, by the label of the secret",
            self.secret_matches.clone(),
        );
        registry.register(
            "trials",
            "Decisions on routes with a trial policy, and what the trial would have decided",
            self.trials.clone(),
        );
        registry.register_with_unit(
            "judged_body",
            "Bytes of bodies that were read before the verdict",
            Unit::Bytes,
            self.judged_body_bytes.clone(),
        );
        registry.register_with_unit(
            "stage_duration",
            "How long requests spent in each stage",
            Unit::Seconds,
            self.stages.clone(),
        );
        registry.register(
            "requests_in_progress",
            "Requests that are not answered yet",
            self.requests_in_progress.clone(),
        );
        registry.register(
            "unreadable_questions",
            "Questions of proxies that do not say which request they are about",
            self.unreadable_questions.clone(),
        );
        registry.register(
            "upstream_answers",
            "Answers of the application, by the class of their status",
            self.upstream_answers.clone(),
        );
        registry.register(
            "upstream_failures",
            "Accepted requests that the application gave no answer to",
            self.upstream_failures.clone(),
        );
    }

    /// An observer for the requests that `guard` judges, which passes them on to `next`.
    pub(crate) fn observer<O>(&self, guard: &Guard, next: O) -> Counted<O> {
        Counted::new(self, guard, next)
    }

    /// Where to count the questions of proxies that cannot be read.
    pub(crate) fn unreadable_questions(&self) -> Counter {
        self.unreadable_questions.clone()
    }

    /// Where to count the bytes that the application gets.
    pub(crate) fn forwarded_body_bytes(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.forwarded_body_bytes)
    }

    /// Everything, in the text format.
    pub(crate) fn encode(&self, state: &State<'_>) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry)?;
        let forwarded = Counter::default();
        forwarded.inc_by(self.forwarded_body_bytes.load(Ordering::Relaxed));
        prometheus_text::encode(&mut text, &state.registry(forwarded))?;
        Ok(text)
    }

    fn stage(&self, stage: Stage) -> Histogram {
        self.stages
            .get_or_create_owned(&[label("stage", stage.name())])
    }
}

fn label(
    name: &'static str,
    value: impl Into<Cow<'static, str>>,
) -> (&'static str, Cow<'static, str>) {
    (name, value.into())
}

const fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accept => "accept",
        Verdict::Refuse(_) => "refuse",
    }
}
