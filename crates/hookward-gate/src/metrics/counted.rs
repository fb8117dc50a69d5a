use std::collections::BTreeMap;
use std::sync::{OnceLock, PoisonError, RwLock};

use hookward::{Check, Guard, Outcome, Reason, Trial, TrialVerdict, Verdict};
use hookward_hyper::{Observer, Record};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

use crate::metrics::{Counters, Metrics, Stage, label, verdict_name};

/// Counts every decision of one guard, and passes it on.
///
/// Each counter is looked up once and kept: a decision takes no lock of a family and allocates
/// nothing, but for the first of its kind.
#[derive(Debug)]
pub(crate) struct Counted<O> {
    routes: Vec<RouteCounters>,
    /// For requests that match no route.
    elsewhere: RouteCounters,
    checks: [CheckCounters; Check::ALL.len()],
    head: Histogram,
    body: Histogram,
    next: O,
}

/// The counters of one route.
#[derive(Debug)]
struct RouteCounters {
    /// The template. Empty, which for Prometheus is the same as no label, where no route matched.
    route: String,
    accepted: Counter,
    refused: Vec<OnceLock<Counter>>,
    decisions: Counters<3>,
    /// By whether the request was refused, and by what the trial said.
    tried: [[OnceLock<Counter>; 3]; 2],
    trials: Counters<3>,
    body_bytes: Counter,
}

/// The counters of one check.
#[derive(Debug)]
struct CheckCounters {
    check: Check,
    passed: OnceLock<Counter>,
    pending: OnceLock<Counter>,
    failed: Vec<OnceLock<Counter>>,
    unavailable: Vec<OnceLock<Counter>>,
    outcomes: Counters<3>,
    /// By the label of the secret.
    matches: RwLock<BTreeMap<String, Counter>>,
    secret_matches: Counters<2>,
}

/// One cell for each reason.
fn by_reason() -> Vec<OnceLock<Counter>> {
    Reason::ALL.iter().map(|_| OnceLock::new()).collect()
}

impl<O> Counted<O> {
    pub(super) fn new(metrics: &Metrics, guard: &Guard, next: O) -> Self {
        let routes = guard.routes().iter();
        Self {
            routes: routes
                .map(|route| RouteCounters::new(metrics, route.route().template()))
                .collect(),
            elsewhere: RouteCounters::new(metrics, ""),
            checks: Check::ALL.map(|check| CheckCounters::new(metrics, check)),
            head: metrics.stage(Stage::Head),
            body: metrics.stage(Stage::Body),
            next,
        }
    }

    fn route(&self, template: &str) -> &RouteCounters {
        let mut routes = self.routes.iter();
        routes
            .find(|counters| counters.route == template)
            .unwrap_or(&self.elsewhere)
    }

    fn check(&self, check: Check) -> Option<&CheckCounters> {
        self.checks.iter().find(|counters| counters.check == check)
    }
}

impl<O: Observer> Observer for Counted<O> {
    fn decided(&self, record: &Record<'_>) {
        let decision = record.decision;
        let route = match decision.route() {
            Some(route) => self.route(route.route().template()),
            None => &self.elsewhere,
        };
        route.count(decision.verdict());
        route.body_bytes.inc_by(record.body_received);
        for (check, outcome) in decision.outcomes() {
            if let Some(counters) = self.check(check) {
                counters.count(outcome);
            }
        }
        for (check, matched) in [
            (Check::HeaderSecret, decision.header_secret()),
            (Check::DeveloperPayload, decision.developer_payload()),
        ] {
            if let (Some(secret), Some(counters)) = (matched, self.check(check)) {
                counters.count_match(secret);
            }
        }
        self.head.observe(record.head.as_secs_f64());
        if record.body_received > 0 {
            let body = record.elapsed.saturating_sub(record.head);
            self.body.observe(body.as_secs_f64());
        }
        self.next.decided(record);
    }

    fn tried(&self, trial: &Trial<'_>) {
        self.route(trial.route().route().template())
            .count_trial(trial.decided(), trial.verdict());
        self.next.tried(trial);
    }
}

impl RouteCounters {
    fn new(metrics: &Metrics, route: &str) -> Self {
        let decisions = metrics.decisions.clone();
        let accepted = decision(&decisions, route, Verdict::Accept);
        let body_bytes = [label("route", route.to_owned())];
        Self {
            route: route.to_owned(),
            accepted,
            refused: by_reason(),
            decisions,
            tried: Default::default(),
            trials: metrics.trials.clone(),
            body_bytes: metrics.judged_body_bytes.get_or_create_owned(&body_bytes),
        }
    }

    fn count(&self, verdict: Verdict) {
        let Verdict::Refuse(reason) = verdict else {
            self.accepted.inc();
            return;
        };
        let make = || decision(&self.decisions, &self.route, verdict);
        self.refused[reason as usize].get_or_init(make).inc();
    }

    fn count_trial(&self, decided: Verdict, trial: TrialVerdict) {
        let refused = usize::from(decided != Verdict::Accept);
        let said = match trial {
            TrialVerdict::Accept => 0,
            TrialVerdict::Refuse(_) => 1,
            TrialVerdict::Unknown => 2,
        };
        let make = || {
            self.trials.get_or_create_owned(&[
                label("route", self.route.clone()),
                label("verdict", verdict_name(decided)),
                label("trial", trial.name()),
            ])
        };
        self.tried[refused][said].get_or_init(make).inc();
    }
}

fn decision(decisions: &Counters<3>, route: &str, verdict: Verdict) -> Counter {
    let reason = match verdict {
        Verdict::Accept => "",
        Verdict::Refuse(reason) => reason.name(),
    };
    decisions.get_or_create_owned(&[
        label("route", route.to_owned()),
        label("verdict", verdict_name(verdict)),
        label("reason", reason),
    ])
}

impl CheckCounters {
    fn new(metrics: &Metrics, check: Check) -> Self {
        Self {
            check,
            passed: OnceLock::new(),
            pending: OnceLock::new(),
            failed: by_reason(),
            unavailable: by_reason(),
            outcomes: metrics.check_outcomes.clone(),
            matches: RwLock::default(),
            secret_matches: metrics.secret_matches.clone(),
        }
    }

    fn count(&self, outcome: Outcome<Reason>) {
        let (cell, name, reason) = match outcome {
            Outcome::Pass => (&self.passed, "pass", ""),
            Outcome::Pending => (&self.pending, "pending", ""),
            Outcome::Fail(reason) => (&self.failed[reason as usize], "fail", reason.name()),
            Outcome::Unavailable(reason) => (
                &self.unavailable[reason as usize],
                "unavailable",
                reason.name(),
            ),
        };
        let make = || {
            self.outcomes.get_or_create_owned(&[
                label("check", self.check.name()),
                label("outcome", name),
                label("reason", reason),
            ])
        };
        cell.get_or_init(make).inc();
    }

    fn count_match(&self, secret: &str) {
        let matches = self.matches.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(counter) = matches.get(secret) {
            counter.inc();
            return;
        }
        drop(matches);
        let counter = self.secret_matches.get_or_create_owned(&[
            label("check", self.check.name()),
            label("secret", secret.to_owned()),
        ]);
        counter.inc();
        let mut matches = self.matches.write().unwrap_or_else(PoisonError::into_inner);
        matches.insert(secret.to_owned(), counter);
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use hookward::{
        Connection, Framing, GuardedRoute, Head, Headers, Lists, Route, Secret, SecretRing, Step,
        UnixTime,
    };
    use hookward_hyper::Unobserved;

    use super::*;

    struct Line<'a>(&'a str);

    impl Headers for Line<'_> {
        fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
            visit("x-secret", self.0.as_bytes());
        }
    }

    const SECRET: &str = "0123456789abcdef";

    #[test]
    fn only_the_first_decision_of_a_kind_allocates() {
        let ring = SecretRing::builder().secret("first", Secret::new(SECRET).unwrap());
        let route = Route::parse("/{status}/{scan_id}", None).unwrap();
        let policy = "header_secret".parse().unwrap();
        let guard = Guard::builder()
            .header_secret("x-secret".parse().unwrap(), ring.build().unwrap())
            .route(GuardedRoute::new(route, policy))
            .build()
            .unwrap();
        let metrics = Metrics::new();
        let counted = metrics.observer(&guard, Unobserved);
        let (lists, connection) = (Lists::default(), Connection::default());
        let now = UnixTime::since_unix_epoch(Duration::from_secs(1));
        let decide = |path, secret| {
            let head = Head {
                method: "POST",
                authority: None,
                path,
                headers: &Line(secret),
                framing: Framing::Clear,
            };
            let Step::Decided(decision) = guard.inspect(&lists, &connection, &head, now) else {
                panic!("the head suffices");
            };
            counted.decided(&Record::new(&decision, None));
        };
        let all = || {
            decide("/completed/scan-1", SECRET);
            decide("/completed/scan-1", "none of ours, and long");
            decide("/nowhere", SECRET);
        };
        all();
        assert_eq!(allocation_counter::measure(all).count_total, 0);
        let accepted = [
            label("route", "/{status}/{scan_id}"),
            label("verdict", "accept"),
            label("reason", ""),
        ];
        assert_eq!(metrics.decisions.get_or_create(&accepted).get(), 2);
    }
}
