use core::fmt;

use hookward_payload::PayloadScanner;
use hookward_policy::{Outcome, Policy, Trace, Verdict as Standing};

use crate::check::Check;
use crate::decision::{Verdict, refusal};
use crate::evidence::{Evidence, ScannerRefusal};
use crate::guard::{Guard, GuardedRoute};
use crate::reason::Reason;
use crate::step::DEVELOPER_PAYLOAD;

/// What the trial policy of a route makes of a request.
///
/// It decides nothing: it says what would have been decided had it been the policy, as far as that
/// can be told from what was seen. A trial never asks for a body. Where the policy accepts at the
/// head and the trial depends on the body, [`watch`](Self::watch) looks at what streams by.
///
/// ```no_run
/// # use hookward::Decision;
/// # fn streamed(decision: Decision<'_>, chunks: Vec<Vec<u8>>) -> Option<()> {
/// let mut trial = decision.trial()?;
/// if let Some(mut watch) = trial.watch() {
///     for chunk in chunks {
///         watch.push(&chunk);
///     }
///     // Only once the body has ended. One that breaks off leaves the trial as it was.
///     trial = trial.conclude(watch);
/// }
/// if trial.disagrees() {
///     println!("would be: {:?}", trial.verdict());
/// }
/// # Some(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Trial<'g> {
    guard: &'g Guard,
    route: &'g GuardedRoute,
    policy: &'g Policy<Check>,
    evidence: Evidence,
    decided: Verdict,
    verdict: TrialVerdict,
}

/// What would have been decided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TrialVerdict {
    /// The request would have been accepted.
    Accept,
    /// The request would have been refused.
    Refuse(Reason),
    /// It depends on what was not seen: a body that was not read, or not to its end.
    Unknown,
}

/// Looks at a body on its way to the application, and changes nothing about it.
///
/// It keeps as little of the body as the guard itself, and holds no reference to it, so that it can
/// go along with the body.
pub struct BodyWatch {
    scanner: PayloadScanner<'static>,
    refusal: Option<ScannerRefusal>,
}

impl<'g> Trial<'g> {
    /// `None` if the route is on no trial.
    pub(crate) fn of(
        guard: &'g Guard,
        route: &'g GuardedRoute,
        evidence: Evidence,
        decided: Verdict,
    ) -> Option<Self> {
        let policy = route.trial.as_ref()?;
        let verdict = match (judged(policy, &evidence), decided) {
            // The trial would have let the body through up to where it went wrong.
            (
                TrialVerdict::Accept,
                Verdict::Refuse(
                    Reason::BodyTooLarge | Reason::BodyTimeout | Reason::BodyIncomplete,
                ),
            ) => TrialVerdict::Unknown,
            (verdict, _) => verdict,
        };
        Some(Self {
            guard,
            route,
            policy,
            evidence,
            decided,
            verdict,
        })
    }

    /// What would have been decided.
    #[must_use]
    pub const fn verdict(&self) -> TrialVerdict {
        self.verdict
    }

    /// Why the request would have been refused. `None` otherwise.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self.verdict {
            TrialVerdict::Refuse(reason) => Some(reason),
            TrialVerdict::Accept | TrialVerdict::Unknown => None,
        }
    }

    /// What the policy decided of the request.
    #[must_use]
    pub const fn decided(&self) -> Verdict {
        self.decided
    }

    /// The route that is on trial.
    #[must_use]
    pub const fn route(&self) -> &'g GuardedRoute {
        self.route
    }

    /// Whether one of policy and trial accepts what the other refuses. Reasons may differ without
    /// that, and what is unknown disagrees with nothing.
    #[must_use]
    pub const fn disagrees(&self) -> bool {
        matches!(
            (self.decided, self.verdict),
            (Verdict::Accept, TrialVerdict::Refuse(_)) | (Verdict::Refuse(_), TrialVerdict::Accept)
        )
    }

    /// What each check of the trial made of the request, in the order of the trial.
    pub fn outcomes(&self) -> impl Iterator<Item = (Check, Outcome<Reason>)> + '_ {
        let checks = self.policy.checks();
        checks.map(|check| (*check, self.evidence.outcome(*check)))
    }

    /// Every check, and which part of the trial would have decided. Allocates.
    #[must_use]
    pub fn trace(&self) -> Trace<Check, Reason> {
        self.policy.trace(|check| self.evidence.outcome(*check))
    }

    /// What to show the body to while it streams by. `None` where that would tell nothing: the trial
    /// is settled, or the request is refused and its body goes nowhere.
    #[must_use]
    pub fn watch(&self) -> Option<BodyWatch> {
        let open = self.verdict == TrialVerdict::Unknown && self.decided == Verdict::Accept;
        open.then(|| BodyWatch {
            scanner: PayloadScanner::new(DEVELOPER_PAYLOAD)
                .with_depth_limit(self.guard.depth_limit),
            refusal: None,
        })
    }

    /// Settles the trial with a body that was watched from its first byte to its last.
    ///
    /// A body that the policy would not have taken as JSON is refused by the trial, as it would be
    /// if it were the policy.
    #[must_use]
    pub fn conclude(mut self, mut watch: BodyWatch) -> Self {
        if watch.refusal.is_none() {
            watch.refusal = watch.scanner.finish().err().map(ScannerRefusal::of);
        }
        let judged_payload = match (watch.refusal, watch.scanner.value()) {
            (Some(ScannerRefusal::Malformed(reason)), _) => {
                self.verdict = TrialVerdict::Refuse(reason);
                return self;
            }
            (Some(ScannerRefusal::CheckFails(reason)), _) => Err(reason),
            (None, Some(payload)) => self.evidence.judge_payload(self.guard, payload),
            (None, None) => Err(Reason::DeveloperPayloadMissing),
        };
        self.evidence.set_payload(judged_payload);
        self.verdict = judged(self.policy, &self.evidence);
        self
    }
}

/// What a policy on trial makes of the evidence.
fn judged(policy: &Policy<Check>, evidence: &Evidence) -> TrialVerdict {
    match policy.decide(|check| evidence.level(*check)) {
        Standing::Accept => TrialVerdict::Accept,
        Standing::Undecided => TrialVerdict::Unknown,
        Standing::Refuse | Standing::Unavailable => TrialVerdict::Refuse(refusal(policy, evidence)),
    }
}

impl BodyWatch {
    /// Looks at the next chunk of the body.
    pub fn push(&mut self, chunk: &[u8]) {
        if self.refusal.is_none() {
            self.refusal = self.scanner.push(chunk).err().map(ScannerRefusal::of);
        }
    }
}

impl TrialVerdict {
    /// The name in logs and metrics: `accept`, `refuse` or `unknown`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Refuse(_) => "refuse",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Debug for Trial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trial")
            .field("policy", &self.policy)
            .field("decided", &self.decided)
            .field("verdict", &self.verdict)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for BodyWatch {
    /// Leaves out what was read of the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyWatch").finish_non_exhaustive()
    }
}
