use core::fmt;
use core::time::Duration;

use hookward_copyleaks::{Event, RouteMatch, ScanId};
use hookward_policy::{Outcome, Policy, Trace, Verdict as Standing};
use hookward_thumbprint::Thumbprint;

use crate::check::Check;
use crate::evidence::Evidence;
use crate::guard::{Guard, GuardedRoute};
use crate::reason::{Answer, Reason};
use crate::secrets::{Found, Secrets};
use crate::trial::Trial;
use crate::verified::{Refusal, Verified, Webhook};

/// What was decided of a request, and why.
pub struct Decision<'g> {
    guard: &'g Guard,
    route: Option<(&'g GuardedRoute, RouteMatch)>,
    evidence: Option<Evidence>,
    verdict: Verdict,
    body_read: u64,
}

/// The answer to the one question: did Copyleaks really send this webhook?
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It did, as far as the policy of the route asks.
    Accept,
    /// It is not accepted.
    Refuse(Reason),
}

impl<'g> Decision<'g> {
    pub(crate) const fn without_checks(
        guard: &'g Guard,
        route: Option<(&'g GuardedRoute, RouteMatch)>,
        reason: Reason,
    ) -> Self {
        Self {
            guard,
            route,
            evidence: None,
            verdict: Verdict::Refuse(reason),
            body_read: 0,
        }
    }

    pub(crate) const fn of_body(
        guard: &'g Guard,
        route: &'g GuardedRoute,
        webhook: RouteMatch,
        evidence: Evidence,
        reason: Reason,
        body_read: u64,
    ) -> Self {
        Self {
            guard,
            route: Some((route, webhook)),
            evidence: Some(evidence),
            verdict: Verdict::Refuse(reason),
            body_read,
        }
    }

    pub(crate) fn of_policy(
        guard: &'g Guard,
        route: &'g GuardedRoute,
        webhook: RouteMatch,
        evidence: Evidence,
        standing: Standing,
        body_read: u64,
    ) -> Self {
        let verdict = match standing {
            Standing::Accept => Verdict::Accept,
            _ => Verdict::Refuse(refusal(&route.policy, &evidence)),
        };
        Self {
            guard,
            route: Some((route, webhook)),
            evidence: Some(evidence),
            verdict,
            body_read,
        }
    }

    /// Holds an accepted request to the body limit of its route, for callers that know how long a
    /// body is which the guard did not ask for. Never turns a refusal into anything else.
    #[must_use]
    pub fn with_body_length(mut self, bytes: u64) -> Self {
        if let (Verdict::Accept, Some((route, _))) = (self.verdict, self.route)
            && bytes > route.body_limit
        {
            self.verdict = Verdict::Refuse(Reason::BodyTooLarge);
        }
        self
    }

    /// Accept or refuse.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Whether the request is accepted.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        matches!(self.verdict, Verdict::Accept)
    }

    /// Why the request is refused. `None` when it is accepted.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self.verdict {
            Verdict::Accept => None,
            Verdict::Refuse(reason) => Some(reason),
        }
    }

    /// How long the sender is asked to wait before it tries again, where the answer is 503.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.reason()
            .filter(|reason| reason.answer() == Answer::ServiceUnavailable)
            .map(|_| self.guard.retry_after())
    }

    /// The route that matched.
    #[must_use]
    pub fn route(&self) -> Option<&'g GuardedRoute> {
        self.route.map(|(route, _)| route)
    }

    /// What the request claims to report, as its route says.
    #[must_use]
    pub fn event(&self) -> Option<Event> {
        self.route.map(|(_, webhook)| webhook.event)
    }

    /// The scan that the request claims to be about, as its path says.
    #[must_use]
    pub fn scan_id(&self) -> Option<ScanId> {
        self.route.and_then(|(_, webhook)| webhook.scan_id)
    }

    /// How many bytes of the body were judged.
    #[must_use]
    pub const fn body_read(&self) -> u64 {
        self.body_read
    }

    /// What each check of the policy made of the request, in the order of the policy.
    /// Empty when the request was refused before its checks.
    pub fn outcomes(&self) -> impl Iterator<Item = (Check, Outcome<Reason>)> + '_ {
        let route = self.route();
        self.evidence.iter().flat_map(move |evidence| {
            route
                .into_iter()
                .flat_map(|route| route.policy.checks())
                .map(|check| (*check, evidence.outcome(*check)))
        })
    }

    /// The entry of the thumbprint list that the client certificate matched.
    #[must_use]
    pub fn thumbprint(&self) -> Option<Thumbprint> {
        self.evidence.and_then(|evidence| evidence.thumbprint)
    }

    /// The label of the secret that the header carried.
    #[must_use]
    pub fn header_secret(&self) -> Option<&'g str> {
        let (_, secrets) = self.guard.header_secret.as_ref()?;
        Some(secrets.label(self.evidence?.header_found?)?)
    }

    /// The label of the secret that the developer payload carried.
    #[must_use]
    pub fn developer_payload(&self) -> Option<&'g str> {
        let secrets = self.guard.developer_payload.as_ref()?;
        Some(secrets.label(self.evidence?.payload_found?)?)
    }

    /// Every check, and which part of the policy decided. Allocates.
    /// `None` when the request was refused before its checks.
    #[must_use]
    pub fn trace(&self) -> Option<Trace<Check, Reason>> {
        let evidence = self.evidence?;
        let route = self.route()?;
        Some(route.policy.trace(|check| evidence.outcome(*check)))
    }

    /// What the trial policy of the route makes of the request, as far as it was seen until now.
    /// `None` when the route has no trial, or the request was refused before its checks.
    #[must_use]
    pub fn trial(&self) -> Option<Trial<'g>> {
        Trial::of(self.guard, self.route()?, self.evidence?, self.verdict)
    }

    /// Turns the request into a witness of its acceptance.
    ///
    /// `request` has to be the one that was judged, with the very bytes that were pushed.
    ///
    /// # Errors
    /// [`Refusal`] when the request is not accepted; the request is dropped.
    pub fn admit<T>(self, request: T) -> Result<Verified<T>, Refusal> {
        let reason = match (self.verdict, self.route, self.evidence) {
            (Verdict::Accept, Some((_, webhook)), Some(evidence)) => {
                let label = |secrets: Option<&Secrets>, found: Option<Found>| {
                    secrets?.label(found?).cloned()
                };
                let webhook = Webhook {
                    event: webhook.event,
                    scan_id: webhook.scan_id,
                    header_secret: label(
                        self.guard
                            .header_secret
                            .as_ref()
                            .map(|(_, secrets)| secrets),
                        evidence.header_found,
                    ),
                    developer_payload: label(
                        self.guard.developer_payload.as_ref(),
                        evidence.payload_found,
                    ),
                };
                return Ok(Verified::new(request, webhook));
            }
            (Verdict::Refuse(reason), ..) => reason,
            (Verdict::Accept, ..) => Reason::RouteUnknown,
        };
        Err(Refusal::new(reason))
    }
}

/// Why a policy refuses: the reason of the check that decides.
pub(crate) fn refusal(policy: &Policy<Check>, evidence: &Evidence) -> Reason {
    let check = policy.decisive(|check| evidence.level(*check));
    match evidence.outcome(*check) {
        Outcome::Fail(reason) | Outcome::Unavailable(reason) => reason,
        // A check that was not judged when it should have been is missing evidence.
        Outcome::Pending | Outcome::Pass => Reason::DeveloperPayloadMissing,
    }
}

impl fmt::Debug for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decision")
            .field("verdict", &self.verdict)
            .field("event", &self.event())
            .field("scan_id", &self.scan_id())
            .field("body_read", &self.body_read)
            .finish_non_exhaustive()
    }
}
