//! What is said of a judged request.

use core::fmt::{self, Display};

use hookward::{Check, Decision, Outcome, Policy, Reason, Trace, Trial};
use serde::Serialize;

use crate::provenance::Found;
use crate::reasons::Explained;

/// A verdict with everything that led to it. Holds no secrets and nothing of the body.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    verdict: &'static str,
    /// What the sender is answered. `None` where the application answers.
    status: Option<u16>,
    reason: Option<Explained>,
    route: Option<String>,
    event: Option<&'static str>,
    scan_id: Option<String>,
    /// How much of the body was looked at.
    body_bytes: u64,
    /// The entry of the list that the certificate matched.
    thumbprint: Option<String>,
    /// The label of the secret that the header carried.
    header_secret: Option<String>,
    /// The label of the secret that the payload carried.
    developer_payload: Option<String>,
    /// What was found in headers that a proxy writes, where any are read.
    forwarded: Found,
    /// `None` when the request was refused before its checks.
    trace: Option<Trace<Check, &'static str>>,
    /// `None` when the route has no trial, or the request was refused before its checks.
    trial: Option<Tried>,
}

/// What the trial of the route would have decided.
#[derive(Debug, Serialize)]
struct Tried {
    verdict: &'static str,
    reason: Option<Explained>,
    disagrees: bool,
    trace: Trace<Check, &'static str>,
}

impl Answer {
    pub(crate) fn of(decision: &Decision<'_>, trial: Option<&Trial<'_>>, forwarded: Found) -> Self {
        let reason = decision.reason();
        Self {
            verdict: if decision.is_accepted() {
                "accept"
            } else {
                "refuse"
            },
            status: reason.map(|reason| reason.answer().status()),
            reason: reason.map(Explained::from),
            route: decision
                .route()
                .map(|route| route.route().template().to_owned()),
            event: decision.event().map(|event| event.name()),
            scan_id: decision.scan_id().map(|id| id.as_str().to_owned()),
            body_bytes: decision.body_read(),
            thumbprint: decision
                .thumbprint()
                .map(|thumbprint| thumbprint.to_string()),
            header_secret: decision.header_secret().map(str::to_owned),
            developer_payload: decision.developer_payload().map(str::to_owned),
            forwarded,
            trace: decision
                .route()
                .and_then(|route| trace(route.policy(), decision.outcomes())),
            trial: trial.and_then(|trial| {
                Some(Tried {
                    verdict: trial.verdict().name(),
                    reason: trial.reason().map(Explained::from),
                    disagrees: trial.disagrees(),
                    trace: trace(trial.route().trial()?, trial.outcomes())?,
                })
            }),
        }
    }
}

/// The trace, with the names of the reasons.
fn trace(
    policy: &Policy<Check>,
    outcomes: impl Iterator<Item = (Check, Outcome<Reason>)>,
) -> Option<Trace<Check, &'static str>> {
    let outcomes: Vec<_> = outcomes.collect();
    if outcomes.is_empty() {
        return None;
    }
    Some(policy.trace(|check| {
        let outcome = outcomes.iter().find(|(other, _)| other == check);
        match outcome.map(|(_, outcome)| *outcome) {
            Some(Outcome::Pass) => Outcome::Pass,
            Some(Outcome::Fail(reason)) => Outcome::Fail(reason.name()),
            Some(Outcome::Unavailable(reason)) => Outcome::Unavailable(reason.name()),
            Some(Outcome::Pending) | None => Outcome::Pending,
        }
    }))
}

impl Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Some(reason) => writeln!(f, "refused: {reason}")?,
            None => writeln!(f, "accepted")?,
        }
        writeln!(f)?;
        let mut line = |name: &str, value: Option<&dyn Display>| match value {
            Some(value) => writeln!(f, "{name:19}{value}"),
            None => Ok(()),
        };
        fn shown<T: Display>(value: &Option<T>) -> Option<&dyn Display> {
            value.as_ref().map(|value| value as &dyn Display)
        }
        line("route:", shown(&self.route))?;
        line("event:", shown(&self.event))?;
        line("scan id:", shown(&self.scan_id))?;
        line("thumbprint:", shown(&self.thumbprint))?;
        line("header secret:", shown(&self.header_secret))?;
        line("developer payload:", shown(&self.developer_payload))?;
        line("body bytes judged:", Some(&self.body_bytes))?;
        write!(f, "{}", self.forwarded)?;
        match &self.trace {
            Some(trace) => write!(f, "\n{trace}")?,
            None => write!(f, "\nThe request was refused before its checks.")?,
        }
        let Some(Tried {
            verdict,
            reason,
            disagrees,
            trace,
        }) = &self.trial
        else {
            return Ok(());
        };
        write!(f, "\n\ntrial: {verdict}")?;
        if let Some(reason) = reason {
            write!(f, ", {}: {}", reason.name(), reason.meaning())?;
        }
        if *disagrees {
            f.write_str("\n  The policy decided otherwise.")?;
        }
        write!(f, "\n{trace}")
    }
}
