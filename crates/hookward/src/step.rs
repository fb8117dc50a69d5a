use hookward_copyleaks::RouteMatch;
use hookward_payload::{PayloadError, PayloadScanner};
use hookward_policy::Verdict as Standing;

use crate::decision::Decision;
use crate::evidence::{Evidence, ScannerRefusal};
use crate::guard::{Guard, GuardedRoute};
use crate::reason::Reason;
use crate::secrets::Found;

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
    /// What comes of the payload if the rest of the body is in order.
    judged: Option<Result<Found, Reason>>,
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
    #[inline]
    #[must_use]
    pub fn push(mut self, chunk: &[u8]) -> Step<'g> {
        // It is large: inlined, it need not be moved into a function and out of it.
        match self.read(chunk) {
            Some(decision) => Step::Decided(decision),
            None => Step::NeedsBody(self),
        }
    }

    /// Judges the body, now that all of it was pushed.
    #[inline]
    #[must_use]
    pub fn finish(mut self) -> Decision<'g> {
        self.end()
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

    /// Judges the next chunk, and decides if that is possible.
    fn read(&mut self, chunk: &[u8]) -> Option<Decision<'g>> {
        self.received = self.received.saturating_add(chunk.len() as u64);
        if self.received > self.route.body_limit {
            return Some(self.refuse(Reason::BodyTooLarge));
        }
        if let Err(error) = self.scanner.push(chunk) {
            return self.scanner_refused(error);
        }
        if self.judged.is_none()
            && let Some(value) = self.scanner.value()
        {
            let judged = self.evidence.judge_payload(self.guard, value);
            self.judged = Some(judged);
            if judged.is_err() {
                self.evidence.set_payload(judged);
                return self.decide_if_possible();
            }
        }
        None
    }

    /// Decides, now that nothing more can come: evidence that is still pending has failed.
    fn end(&mut self) -> Decision<'g> {
        match self.scanner.finish() {
            Err(error) => {
                if let Some(decision) = self.scanner_refused(error) {
                    return decision;
                }
            }
            Ok(value) => {
                let judged = match (value, self.judged) {
                    (None, _) => Err(Reason::DeveloperPayloadMissing),
                    (Some(_), Some(judged)) => judged,
                    (Some(value), None) => self.evidence.judge_payload(self.guard, value),
                };
                self.evidence.set_payload(judged);
            }
        }
        self.decided(standing(self.route, &self.evidence))
    }

    fn scanner_refused(&mut self, error: PayloadError) -> Option<Decision<'g>> {
        match ScannerRefusal::of(error) {
            ScannerRefusal::Malformed(reason) => return Some(self.refuse(reason)),
            ScannerRefusal::CheckFails(reason) => self.evidence.set_payload(Err(reason)),
        }
        self.decide_if_possible()
    }

    /// Decides, if the policy can be decided with what is known.
    fn decide_if_possible(&self) -> Option<Decision<'g>> {
        match standing(self.route, &self.evidence) {
            Standing::Undecided => None,
            standing => Some(self.decided(standing)),
        }
    }

    fn decided(&self, standing: Standing) -> Decision<'g> {
        Decision::of_policy(
            self.guard,
            self.route,
            self.webhook,
            self.evidence,
            standing,
            self.received,
        )
    }

    fn refuse(&self, reason: Reason) -> Decision<'g> {
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
