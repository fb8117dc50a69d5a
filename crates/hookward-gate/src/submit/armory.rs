use hookward::copyleaks::{
    ArmingError, DeveloperPayload, RequestPath, ScanIdError, Webhook, WebhookUrl, WebhookUrlError,
};
use hookward::{Check, Event, Guard, ScanId, UnixTime};
use thiserror::Error;

use crate::config::Issuers;
use crate::issuer::{IssueError, Issuer};

/// Puts in place what the routes of a guard look for.
pub(super) struct Armory<'c> {
    guard: &'c Guard,
    issuers: &'c Issuers,
    scan_id: ScanId,
    now: UnixTime,
}

/// Where webhooks are to go, and what their routes look at.
pub(super) struct Target {
    url: WebhookUrl,
    header: bool,
    payload: bool,
    /// Whether every route reads the id of the scan from the path.
    names_scan: bool,
}

/// Why there is nothing to print.
#[derive(Debug, Error)]
pub(super) enum SubmitError {
    /// The text is no id.
    #[error("--scan-id: {0}")]
    ScanId(ScanIdError),
    /// Copyleaks would not take the id.
    #[error("--scan-id: {0}")]
    ScanIdNotTaken(ArmingError),
    /// The text is no URL.
    #[error("{option}: {error}")]
    Url {
        option: &'static str,
        error: WebhookUrlError,
    },
    /// The URL has a secret of the configuration, be it one that this form has no place for.
    #[error("{option}: the URL holds a secret: URLs end up in logs")]
    SecretInUrl { option: &'static str },
    /// The URL is not in order for this form.
    #[error("{0}")]
    Form(ArmingError),
    /// The gate would answer 404.
    #[error("{option}: no route of the configuration takes {event} webhooks at this path")]
    NoRoute { option: &'static str, event: Event },
    /// The gate would bind the webhooks to another scan.
    #[error(
        "{option}: where the route has {{scan_id}}, the URL has {found}, which is another scan"
    )]
    OtherScan { option: &'static str, found: ScanId },
    /// `--result` without `=`.
    #[error("--result: expected the id of a result, `=`, and a URL")]
    ResultForm,
    /// There is no secret to put in.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

impl<'c> Armory<'c> {
    pub(super) const fn new(
        guard: &'c Guard,
        issuers: &'c Issuers,
        scan_id: ScanId,
        now: UnixTime,
    ) -> Self {
        Self {
            guard,
            issuers,
            scan_id,
            now,
        }
    }

    pub(super) const fn scan_id(&self) -> &ScanId {
        &self.scan_id
    }

    /// Finds the route of each of `events` at the URL that `option` has.
    pub(super) fn target(
        &self,
        option: &'static str,
        url: &str,
        events: &[Event],
    ) -> Result<Target, SubmitError> {
        let url = WebhookUrl::parse(url, &self.scan_id)
            .map_err(|error| SubmitError::Url { option, error })?;
        if self
            .issuers()
            .any(|issuer| issuer.any_is_in(&url, &self.scan_id))
        {
            return Err(SubmitError::SecretInUrl { option });
        }
        let (mut header, mut payload, mut names_scan) = (false, false, true);
        for &event in events {
            let path = url.path(event);
            // Its form was checked with the URL.
            let parsed = RequestPath::parse(&path).ok();
            let found = self.guard.routes().iter().find_map(|route| {
                let webhook = route.route().matches(parsed.as_ref()?)?;
                (webhook.event == event).then_some((route, webhook))
            });
            let Some((route, webhook)) = found else {
                if events == Event::STATUSES && !url.has_status() {
                    return Err(SubmitError::Form(ArmingError::StatusMissing));
                }
                return Err(SubmitError::NoRoute { option, event });
            };
            if let Some(found) = webhook.scan_id.filter(|found| *found != self.scan_id) {
                return Err(SubmitError::OtherScan { option, found });
            }
            let looks_at = |check| {
                let mut policies = route.policies();
                policies.any(|(_, policy)| policy.checks().any(|other| *other == check))
            };
            header |= looks_at(Check::HeaderSecret);
            payload |= looks_at(Check::DeveloperPayload);
            names_scan &= webhook.scan_id.is_some();
        }
        Ok(Target {
            url,
            header,
            payload,
            names_scan,
        })
    }

    /// The payload that the routes of all targets take, if one of them looks at it.
    pub(super) fn payload<'t>(
        &self,
        targets: impl IntoIterator<Item = &'t Target>,
    ) -> Result<Option<DeveloperPayload>, SubmitError> {
        let mut looking = targets
            .into_iter()
            .filter(|target| target.payload)
            .peekable();
        if looking.peek().is_none() {
            return Ok(None);
        }
        let names_scan = looking.all(|target| target.names_scan);
        let Some(issuer) = &self.issuers.payload else {
            return Ok(None);
        };
        let secret = issuer.issue(self.bound(names_scan), self.now)?;
        Ok(Some(DeveloperPayload::new(secret.as_str())?))
    }

    /// The webhooks of a target, with the header that its routes look at, and the one that the
    /// firewall in front does.
    pub(super) fn webhook(&self, target: Target) -> Result<Webhook, SubmitError> {
        let bound = self.bound(target.names_scan);
        let mut webhook = Webhook::new(target.url);
        if let Some((name, issuer)) = &self.issuers.firewall {
            let secret = issuer.issue(None, self.now)?;
            webhook = webhook.with_header(name.clone(), &secret)?;
        }
        let header = self.guard.secret_header().zip(self.issuers.header.as_ref());
        match header.filter(|_| target.header) {
            Some((name, issuer)) => {
                let secret = issuer.issue(bound, self.now)?;
                Ok(webhook.with_header(name.clone(), &secret)?)
            }
            None => Ok(webhook),
        }
    }

    fn issuers(&self) -> impl Iterator<Item = &Issuer> {
        let firewall = self.issuers.firewall.as_ref().map(|(_, issuer)| issuer);
        let checks = [&self.issuers.header, &self.issuers.payload];
        checks.into_iter().flatten().chain(firewall)
    }

    fn bound(&self, names_scan: bool) -> Option<&ScanId> {
        names_scan.then_some(&self.scan_id)
    }
}

impl From<ArmingError> for SubmitError {
    fn from(error: ArmingError) -> Self {
        match error {
            ArmingError::ScanId => Self::ScanIdNotTaken(error),
            error => Self::Form(error),
        }
    }
}
