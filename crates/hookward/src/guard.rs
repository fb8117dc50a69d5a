use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use hookward_copyleaks::{HeaderName, RequestPath, Route, RouteMatch};
use hookward_policy::Policy;
use rustls_pki_types::UnixTime;

use crate::builder::GuardBuilder;
use crate::check::Check;
use crate::decision::Decision;
use crate::evidence::Evidence;
use crate::form::Lines;
use crate::lists::Lists;
use crate::reason::Reason;
use crate::request::{Connection, Head};
use crate::secrets::Secrets;
use crate::step::Step;

/// Judges requests: checks and a policy per route in, one [`Decision`] per request out.
///
/// A guard holds what is configured and does not change while it runs. What does change, the
/// [`Lists`], is passed with each request, as is the time.
///
/// # Contract
/// [`inspect`](Self::inspect) judges the head. It answers [`Step::Decided`] when the head
/// suffices, and [`Step::NeedsBody`] when the policy depends on the body: then the caller pushes
/// every chunk of the body, in order, and finishes. A body that the guard did not ask for need not
/// be shown to it; what forwards it still keeps to [`GuardedRoute::body_limit`].
///
/// Nothing is allocated between `inspect` and the admission of a request.
pub struct Guard {
    pub(crate) routes: Vec<GuardedRoute>,
    pub(crate) header_secret: Option<(HeaderName, Secrets)>,
    pub(crate) developer_payload: Option<Secrets>,
    pub(crate) own_headers: Vec<HeaderName>,
    /// The checks of all policies and trials.
    pub(crate) judged: Vec<Check>,
    pub(crate) header_limit: u32,
    pub(crate) depth_limit: u8,
    pub(crate) retry_after: Duration,
}

/// A route with the policy that its requests have to meet.
#[derive(Clone, Debug)]
pub struct GuardedRoute {
    pub(crate) route: Route,
    pub(crate) policy: Policy<Check>,
    pub(crate) trial: Option<Policy<Check>>,
    pub(crate) body_limit: u64,
}

/// What a policy is there for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PolicyKind {
    /// It decides.
    Policy,
    /// It is on trial, and decides nothing.
    Trial,
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Policy => "policy",
            Self::Trial => "trial",
        })
    }
}

impl GuardedRoute {
    /// The largest body that a route allows unless told otherwise, in bytes: 16 MiB.
    ///
    /// Copyleaks' own receiver example allows 10 MB, and export results of hundreds of KB are usual.
    pub const DEFAULT_BODY_LIMIT: u64 = 16 << 20;

    /// A route whose requests have to meet `policy`.
    #[must_use]
    pub const fn new(route: Route, policy: Policy<Check>) -> Self {
        Self {
            route,
            policy,
            trial: None,
            body_limit: Self::DEFAULT_BODY_LIMIT,
        }
    }

    /// Puts a policy on trial beside the one that decides. See [`Decision::trial`].
    #[must_use]
    pub fn with_trial(mut self, trial: Policy<Check>) -> Self {
        self.trial = Some(trial);
        self
    }

    /// Sets the largest body that is taken, in bytes.
    #[must_use]
    pub const fn with_body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The route.
    #[must_use]
    pub const fn route(&self) -> &Route {
        &self.route
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy<Check> {
        &self.policy
    }

    /// The policy that is on trial.
    #[must_use]
    pub const fn trial(&self) -> Option<&Policy<Check>> {
        self.trial.as_ref()
    }

    /// The policy, and the trial if there is one.
    pub fn policies(&self) -> impl Iterator<Item = (PolicyKind, &Policy<Check>)> {
        let trial = self.trial.iter().map(|trial| (PolicyKind::Trial, trial));
        core::iter::once((PolicyKind::Policy, &self.policy)).chain(trial)
    }

    /// The largest body that is taken, in bytes.
    #[must_use]
    pub const fn body_limit(&self) -> u64 {
        self.body_limit
    }
}

impl Guard {
    /// How many header lines a request may have, unless told otherwise: 100, as hyper allows over HTTP/1.1.
    pub const DEFAULT_HEADER_LIMIT: u32 = 100;

    /// How long a sender is asked to wait before it tries again, unless told otherwise: 30 seconds.
    pub const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(30);

    /// Starts a guard that has no checks and no routes, and so accepts nothing.
    pub fn builder() -> GuardBuilder {
        GuardBuilder::default()
    }

    /// The routes, in the order in which they were added.
    #[must_use]
    pub fn routes(&self) -> &[GuardedRoute] {
        &self.routes
    }

    /// The header that carries the secret, where that check is configured.
    #[must_use]
    pub fn secret_header(&self) -> Option<&HeaderName> {
        self.header_secret.as_ref().map(|(name, _)| name)
    }

    /// How long a sender is asked to wait when a request cannot be judged now.
    #[must_use]
    pub const fn retry_after(&self) -> Duration {
        self.retry_after
    }

    /// Whether any route's policy has this check. Trials do not count.
    #[must_use]
    pub fn uses(&self, check: Check) -> bool {
        let mut checks = self.routes.iter().flat_map(|route| route.policy.checks());
        checks.any(|used| *used == check)
    }

    /// Whether any route's policy or trial has this check.
    pub(crate) fn judges(&self, check: Check) -> bool {
        self.judged.contains(&check)
    }

    /// Judges the head of a request.
    ///
    /// `now` is the time of this request, read after `lists`: connections live long.
    #[must_use]
    pub fn inspect<'g>(
        &'g self,
        lists: &Lists,
        connection: &Connection<'_>,
        head: &Head<'_>,
        now: UnixTime,
    ) -> Step<'g> {
        let lines = Lines::read(head, &self.own_headers, self.header_limit);
        let (route, webhook) = match self.find_route(head, &lines) {
            Ok(found) => found,
            Err(refusal) => return Step::Decided(self.refused_before_checks(refusal)),
        };
        let evidence = Evidence::of_head(self, lists, connection, head, &webhook, now);
        Step::after_head(self, route, webhook, evidence)
    }

    /// The route of a request whose form is in order.
    fn find_route(
        &self,
        head: &Head<'_>,
        lines: &Lines,
    ) -> Result<(&GuardedRoute, RouteMatch), Found> {
        if let Some(reason) = lines.broken {
            return Err(Found::nothing(reason));
        }
        let path =
            RequestPath::parse(head.path).map_err(|_| Found::nothing(Reason::PathMalformed))?;
        let (index, webhook) = self
            .routes
            .iter()
            .enumerate()
            .find_map(|(index, route)| Some((index, route.route.matches(&path)?)))
            .ok_or(Found::nothing(Reason::RouteUnknown))?;
        let route = &self.routes[index];
        let found = |reason| Found {
            reason,
            route: Some((index, webhook)),
        };
        if !webhook.event.methods().contains(&head.method) {
            return Err(found(Reason::MethodNotAllowed));
        }
        if lines.encoded {
            return Err(found(Reason::ContentCodingUnsupported));
        }
        if lines
            .content_length
            .is_some_and(|length| length > route.body_limit)
        {
            return Err(found(Reason::BodyTooLarge));
        }
        Ok((route, webhook))
    }

    fn refused_before_checks(&self, found: Found) -> Decision<'_> {
        Decision::without_checks(
            self,
            found
                .route
                .map(|(index, webhook)| (&self.routes[index], webhook)),
            found.reason,
        )
    }
}

/// What was found of a request that is refused before its checks.
struct Found {
    reason: Reason,
    route: Option<(usize, RouteMatch)>,
}

impl Found {
    const fn nothing(reason: Reason) -> Self {
        Self {
            reason,
            route: None,
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("routes", &self.routes)
            .field("header_secret", &self.header_secret)
            .field("developer_payload", &self.developer_payload)
            .field("depth_limit", &self.depth_limit)
            .field("retry_after", &self.retry_after)
            .finish_non_exhaustive()
    }
}
