use hookward_copyleaks::RouteMatch;
use hookward_payload::{PayloadError, PayloadScanner};
use hookward_policy::{Level, Verdict as Standing};

use crate::check::Check;
use crate::decision::Decision;
use crate::evidence::{Evidence, ScannerRefusal};
use crate::guard::{Guard, GuardedRoute};
use crate::reason::Reason;

/// The key under which Copyleaks echoes the developer payload, at the top level of the body
/// (<https://docs.copyleaks.com/reference/data-types/authenticity/webhooks/overview>).
pub(crate) const DEVELOPER_PAYLOAD: &str = "developerPayload";

/// Where the judging of a request stands.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "boxing would allocate on the accepting path"
)]
pub enum Step<'g> {
    /// The request is judged. What is left of its body need not be read.
    Decided(Decision<'g>),
    /// The policy depends on the body.
    NeedsBody(BodyStep<'g>),
}

/// A request whose head did not decide: the body goes in, chunk by chunk.
pub struct BodyStep<'g> {
    guard: &'g Guard,
    route: &'g GuardedRoute,
    webhook: RouteMatch,
    evidence: Evidence,
    /// The evidence as it will be if the rest of the body is in order.
    judged: Option<Evidence>,
    scanner: PayloadScanner<'static>,
    received: u64,
}

/// Why the rest of a body does not come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum BodyFailure {
    /// The sender stopped, or broke the rules of HTTP.
    Incomplete,
    /// The sender took longer than allowed.
    TimedOut,
    /// There is no memory left for it.
    Exhausted,
}

impl<'g> Step<'g> {
    /// Where the judging stands after the head.
    pub(crate) fn after_head(
        guard: &'g Guard,
        route: &'g GuardedRoute,
        webhook: RouteMatch,
        evidence: Evidence,
    ) -> Self {
        match standing(route, &evidence) {
            // Made only now, and in its place: it is large.
            Standing::Undecided => Self::NeedsBody(BodyStep {
                guard,
                route,
                webhook,
                evidence,
                judged: None,
                scanner: PayloadScanner::new(DEVELOPER_PAYLOAD).with_depth_limit(guard.depth_limit),
                received: 0,
            }),
            standing => Self::Decided(Decision::of_policy(
                guard, route, webhook, evidence, standing, 0,
            )),
        }
    }
}

impl<'g> BodyStep<'g> {
    /// How many bytes the body may have in all.
    #[must_use]
    pub const fn body_limit(&self) -> u64 {
        self.route.body_limit
    }

    /// How many bytes have been pushed.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Judges the next chunk of the body.
    ///
    /// A body that is refused early is decided at once; an accepted one only when it is
    /// [finished](Self::finish), because a later byte could make it mean something else.
    #[must_use]
    pub fn push(mut self, chunk: &[u8]) -> Step<'g> {
        self.received = self.received.saturating_add(chunk.len() as u64);
        if self.received > self.route.body_limit {
            return Step::Decided(self.refuse(Reason::BodyTooLarge));
        }
        if let Err(error) = self.scanner.push(chunk) {
            return self.scanner_refused(error);
        }
        if self.judged.is_none() && self.scanner.value().is_some() {
            let judged = self.judge_value();
            self.judged = Some(judged);
            if judged.level(Check::DeveloperPayload) == Level::Fail {
                self.evidence = judged;
                return self.decide_or_continue();
            }
        }
        Step::NeedsBody(self)
    }

    /// Judges the body, now that all of it was pushed.
    #[must_use]
    pub fn finish(mut self) -> Decision<'g> {
        match self.scanner.finish() {
            Err(error) => match self.scanner_refused(error) {
                Step::Decided(decision) => return decision,
                Step::NeedsBody(step) => self = step,
            },
            Ok(None) => self.evidence.fail_payload(Reason::DeveloperPayloadMissing),
            Ok(Some(_)) => {
                self.evidence = self.judged.unwrap_or_else(|| self.judge_value());
            }
        }
        self.decide_at_end()
    }

    /// Gives up: the rest of the body does not come.
    #[must_use]
    pub fn fail(self, failure: BodyFailure) -> Decision<'g> {
        self.refuse(match failure {
            BodyFailure::Incomplete => Reason::BodyIncomplete,
            BodyFailure::TimedOut => Reason::BodyTimeout,
            BodyFailure::Exhausted => Reason::BufferExhausted,
        })
    }

    fn judge_value(&self) -> Evidence {
        let mut evidence = self.evidence;
        match self.scanner.value() {
            Some(value) => evidence.judge_payload(self.guard, value),
            None => evidence.fail_payload(Reason::DeveloperPayloadMissing),
        }
        evidence
    }

    fn scanner_refused(mut self, error: PayloadError) -> Step<'g> {
        match ScannerRefusal::of(error) {
            ScannerRefusal::Malformed(reason) => return Step::Decided(self.refuse(reason)),
            ScannerRefusal::CheckFails(reason) => self.evidence.fail_payload(reason),
        }
        self.decide_or_continue()
    }

    /// Decides, if the policy can be decided with what is known.
    fn decide_or_continue(self) -> Step<'g> {
        match standing(self.route, &self.evidence) {
            Standing::Undecided => Step::NeedsBody(self),
            standing => Step::Decided(self.decided(standing)),
        }
    }

    /// Decides, now that nothing more can come: evidence that is still pending has failed.
    fn decide_at_end(mut self) -> Decision<'g> {
        if self.evidence.level(Check::DeveloperPayload) == Level::Pending {
            self.evidence.fail_payload(Reason::DeveloperPayloadMissing);
        }
        let standing = standing(self.route, &self.evidence);
        self.decided(standing)
    }

    fn decided(self, standing: Standing) -> Decision<'g> {
        Decision::of_policy(
            self.guard,
            self.route,
            self.webhook,
            self.evidence,
            standing,
            self.received,
        )
    }

    fn refuse(self, reason: Reason) -> Decision<'g> {
        Decision::of_body(
            self.guard,
            self.route,
            self.webhook,
            self.evidence,
            reason,
            self.received,
        )
    }
}

/// What the policy of the route makes of the evidence.
fn standing(route: &GuardedRoute, evidence: &Evidence) -> Standing {
    route.policy.decide(|check| evidence.level(*check))
}

impl core::fmt::Debug for BodyStep<'_> {
    /// Leaves out what was read of the body.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("BodyStep")
            .field("route", &self.route)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}
