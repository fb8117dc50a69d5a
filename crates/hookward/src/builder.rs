use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use hookward_copyleaks::{Carries, Event, HeaderName};
use hookward_policy::Policy;
use thiserror::Error;

use crate::check::Check;
use crate::guard::{Guard, GuardedRoute, PolicyKind};
use crate::secrets::Secrets;

/// Collects what a [`Guard`] is made of.
#[derive(Debug)]
#[must_use]
pub struct GuardBuilder {
    routes: Vec<GuardedRoute>,
    header_secret: Option<(HeaderName, Secrets)>,
    developer_payload: Option<Secrets>,
    protected: Vec<HeaderName>,
    header_limit: u32,
    depth_limit: u8,
    retry_after: Duration,
}

impl Default for GuardBuilder {
    fn default() -> Self {
        Self {
            routes: Vec::new(),
            header_secret: None,
            developer_payload: None,
            protected: Vec::new(),
            header_limit: Guard::DEFAULT_HEADER_LIMIT,
            depth_limit: DEFAULT_DEPTH_LIMIT,
            retry_after: Guard::DEFAULT_RETRY_AFTER,
        }
    }
}

/// How deep a body may nest. Copyleaks' bodies nest less than ten deep; 128 is what `serde_json`
/// and other parsers behind the guard allow.
const DEFAULT_DEPTH_LIMIT: u8 = 128;

/// Why a guard cannot be built. A guard that would accept by mistake is not built.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum GuardError {
    /// There is no route, so nothing could ever be accepted.
    #[error("a guard needs at least one route")]
    NoRoutes,
    /// The policy or the trial of a route has a check that is not configured.
    #[error("the {policy} of route {route} needs {check}, but no secret is configured for it")]
    CheckNotConfigured {
        /// The template of the route.
        route: String,
        /// Whether it is the policy or the trial.
        policy: PolicyKind,
        /// The check.
        check: Check,
    },
    /// The policy or the trial of a route has the developer payload, but an event of the route carries none.
    #[error(
        "the {policy} of route {route} needs developer_payload, but {event} webhooks carry none: \
         {}",
        event.body()
    )]
    EventCarriesNoPayload {
        /// The template of the route.
        route: String,
        /// Whether it is the policy or the trial.
        policy: PolicyKind,
        /// The event.
        event: Event,
    },
    /// The policy or the trial of a route has a check whose secrets are those of each scan, but the path of the
    /// route does not name the scan.
    #[error(
        "the {policy} of route {route} needs {check} with a secret for each scan, but the route has no {{scan_id}}"
    )]
    ScanIdMissing {
        /// The template of the route.
        route: String,
        /// Whether it is the policy or the trial.
        policy: PolicyKind,
        /// The check.
        check: Check,
    },
    /// Two routes match the same paths, so that it is not clear which policy holds.
    #[error("routes {first} and {second} match the same paths")]
    RoutesOverlap {
        /// The template of the earlier route.
        first: String,
        /// The template of the later route.
        second: String,
    },
    /// The depth limit is not between 1 and 128.
    #[error("the depth limit must be from 1 to 128, not {limit}")]
    DepthLimit {
        /// The limit.
        limit: u8,
    },
}

impl GuardBuilder {
    /// Adds a route. Of a request, the path decides the route, and the route the policy.
    pub fn route(mut self, route: GuardedRoute) -> Self {
        self.routes.push(route);
        self
    }

    /// Configures the check `header_secret`: the header `name`, exactly once, with one of `secrets`.
    pub fn header_secret(mut self, name: HeaderName, secrets: impl Into<Secrets>) -> Self {
        self.header_secret = Some((name, secrets.into()));
        self
    }

    /// Configures the check `developer_payload`: one of `secrets` at the top level of the body.
    pub fn developer_payload(mut self, secrets: impl Into<Secrets>) -> Self {
        self.developer_payload = Some(secrets.into());
        self
    }

    /// Names a header that means something in front of or behind the guard, so that a request
    /// with an alias of it (`_` or `.` for `-`) is refused. The secret header and what begins with
    /// `hookward-` are protected without being named.
    pub fn protect_header(mut self, name: HeaderName) -> Self {
        self.protected.push(name);
        self
    }

    /// Sets how many header lines a request may have. [`Guard::DEFAULT_HEADER_LIMIT`] unless told otherwise.
    pub fn header_limit(mut self, lines: u32) -> Self {
        self.header_limit = lines;
        self
    }

    /// Sets how deep a body may nest, from 1 to 128. 128 unless told otherwise.
    pub fn depth_limit(mut self, limit: u8) -> Self {
        self.depth_limit = limit;
        self
    }

    /// Sets how long a sender is asked to wait when a request cannot be judged now.
    /// Whole seconds are sent; [`Guard::DEFAULT_RETRY_AFTER`] unless told otherwise.
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = wait;
        self
    }

    /// Builds the guard.
    ///
    /// # Errors
    /// [`GuardError`] names the route and what is wrong with it.
    pub fn build(self) -> Result<Guard, GuardError> {
        if self.routes.is_empty() {
            return Err(GuardError::NoRoutes);
        }
        if !(1..=128).contains(&self.depth_limit) {
            return Err(GuardError::DepthLimit {
                limit: self.depth_limit,
            });
        }
        for (index, route) in self.routes.iter().enumerate() {
            for (kind, policy) in route.policies() {
                self.check_policy(route, kind, policy)?;
            }
            if let Some(first) = self.routes[..index]
                .iter()
                .find(|earlier| earlier.route.overlaps(&route.route))
            {
                return Err(GuardError::RoutesOverlap {
                    first: first.route.template().to_string(),
                    second: route.route.template().to_string(),
                });
            }
        }
        let mut own_headers = self.protected;
        own_headers.extend(self.header_secret.iter().map(|(name, _)| name.clone()));
        let judged = Check::ALL
            .into_iter()
            .filter(|check| {
                let mut policies = self.routes.iter().flat_map(GuardedRoute::policies);
                policies.any(|(_, policy)| policy.checks().any(|judged| judged == check))
            })
            .collect();
        Ok(Guard {
            routes: self.routes,
            header_secret: self.header_secret,
            developer_payload: self.developer_payload,
            own_headers,
            judged,
            header_limit: self.header_limit,
            depth_limit: self.depth_limit,
            retry_after: self.retry_after,
        })
    }

    fn check_policy(
        &self,
        route: &GuardedRoute,
        kind: PolicyKind,
        policy: &Policy<Check>,
    ) -> Result<(), GuardError> {
        for check in policy.checks() {
            let secrets = match check {
                Check::HeaderSecret => self.header_secret.as_ref().map(|(_, secrets)| secrets),
                Check::DeveloperPayload => self.developer_payload.as_ref(),
                // Their lists come with each request.
                Check::ClientCertificate | Check::SourceAddress => continue,
            };
            let template = || route.route.template().to_string();
            let Some(secrets) = secrets else {
                return Err(GuardError::CheckNotConfigured {
                    route: template(),
                    policy: kind,
                    check: *check,
                });
            };
            if secrets.need_scan_id() && !route.route.has_scan_id() {
                return Err(GuardError::ScanIdMissing {
                    route: template(),
                    policy: kind,
                    check: *check,
                });
            }
            if *check == Check::DeveloperPayload
                && let Some(event) = route
                    .route
                    .events()
                    .find(|event| event.developer_payload() == Carries::No)
            {
                return Err(GuardError::EventCarriesNoPayload {
                    route: template(),
                    policy: kind,
                    event,
                });
            }
        }
        Ok(())
    }
}
