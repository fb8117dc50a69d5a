//! The routes, each with its policy.

use core::ops::Range;

use hookward::copyleaks::Carries;
use hookward::{Check, Event, GuardedRoute, Policy, PolicyKind, Route};

use crate::config::limits;
use crate::config::problem::Findings;
use crate::config::schema;
use crate::config::spanned::Spanned;

/// Reads every `[[route]]`. `configured` says whether a check has its section, `per_scan` whether
/// its secrets are all those of one scan; `body_limit` is for routes that do not say otherwise, in
/// bytes.
///
/// Routes that are in order come back even if others are not.
pub(crate) fn read(
    routes: &[Spanned<schema::Route>],
    configured: impl Fn(Check) -> bool,
    per_scan: impl Fn(Check) -> bool,
    body_limit: u64,
    findings: &mut Findings<'_, '_>,
) -> Vec<GuardedRoute> {
    if routes.is_empty() {
        findings.missing(
            None,
            "route",
            "at least one [[route]] with a path and a policy",
        );
    }
    let mut guarded: Vec<GuardedRoute> = Vec::new();
    for section in routes {
        let fields = section.get_ref();
        let limit = limits::body(fields.body_limit.as_ref(), body_limit, findings);
        let route = read_route(section, findings);
        if fields.policy.is_none() {
            let expected = "a policy such as \"client_certificate and developer_payload\"";
            findings.missing(Some(&section.span()), "policy", expected);
        }
        let placed = route.as_ref().zip(fields.path.as_ref().map(Spanned::span));
        let mut read = |kind, text: &Option<_>| {
            let (text, route) = (text.as_ref()?, placed.clone());
            read_policy(kind, text, route, &configured, &per_scan, findings)
        };
        let policy = read(PolicyKind::Policy, &fields.policy);
        let trial = read(PolicyKind::Trial, &fields.trial);
        let (Some(route), Some(policy)) = (route, policy) else {
            continue;
        };
        if trial.is_none() && fields.trial.is_some() {
            continue;
        }
        if let Some(path) = &fields.path
            && let Some(earlier) = guarded.iter().find(|other| other.route().overlaps(&route))
        {
            findings.error(
                &path.span(),
                format_args!(
                    "expected a path that no other route matches, but {} does",
                    earlier.route().template()
                ),
            );
            continue;
        }
        let route = GuardedRoute::new(route, policy).with_body_limit(limit);
        guarded.push(match trial {
            Some(trial) => route.with_trial(trial),
            None => route,
        });
    }
    guarded
}

fn read_route(section: &Spanned<schema::Route>, findings: &mut Findings<'_, '_>) -> Option<Route> {
    let fields = section.get_ref();
    let event = match &fields.event {
        None => None,
        Some(name) => match name.get_ref().parse::<Event>() {
            Ok(event) => Some(event),
            Err(error) => {
                findings.error(&name.span(), error);
                return None;
            }
        },
    };
    let Some(path) = &fields.path else {
        let expected = "a path such as \"/copyleaks/{status}/{scan_id}\"";
        findings.missing(Some(&section.span()), "path", expected);
        return None;
    };
    Route::parse(path.get_ref(), event)
        .map_err(|error| findings.error(&path.span(), error))
        .ok()
}

/// Reads a policy, and looks whether the route, whose path stands at the place, has what it asks
/// for.
fn read_policy(
    kind: PolicyKind,
    text: &Spanned<String>,
    route: Option<(&Route, Range<usize>)>,
    configured: impl Fn(Check) -> bool,
    per_scan: impl Fn(Check) -> bool,
    findings: &mut Findings<'_, '_>,
) -> Option<Policy<Check>> {
    let policy = match Policy::<Check>::parse(text.get_ref()) {
        Ok(policy) => policy,
        Err(error) => {
            let message = match error {
                hookward_policy::PolicyError::UnknownCheck { .. } => {
                    format!("{error}; {}", hookward::UnknownCheck)
                }
                _ => error.to_string(),
            };
            findings.error_in_text(&text.span(), text.get_ref(), error.offset(), message);
            return None;
        }
    };
    let mut possible = true;
    for check in policy.checks().filter(|check| !configured(**check)) {
        possible = false;
        let or = match check {
            Check::ClientCertificate => " or [copyleaks]",
            _ => "",
        };
        findings.error(
            &text.span(),
            format_args!("expected a section [{check}]{or}, because the {kind} has {check}"),
        );
    }
    if let Some((route, path)) = route {
        possible &= check_payload(kind, text, route, &policy, findings);
        possible &= check_scan_id(kind, &path, route, &policy, per_scan, findings);
    }
    possible.then_some(policy)
}

/// A policy cannot ask for what the events of the route do not carry. Whether this one does not.
fn check_payload(
    kind: PolicyKind,
    text: &Spanned<String>,
    route: &Route,
    policy: &Policy<Check>,
    findings: &mut Findings<'_, '_>,
) -> bool {
    let without = |event: &Event| event.developer_payload() == Carries::No;
    if policy
        .checks()
        .any(|check| *check == Check::DeveloperPayload)
        && let Some(event) = route.events().find(without)
    {
        findings.error(
            &text.span(),
            format_args!(
                "expected a {kind} without developer_payload, because {event} webhooks carry none: \
                 {}, and what can prove them is client_certificate, header_secret and source_address",
                event.body()
            ),
        );
        return false;
    }
    true
}

/// A secret of one scan cannot be told on a path that does not name the scan. Whether it need not.
fn check_scan_id(
    kind: PolicyKind,
    path: &Range<usize>,
    route: &Route,
    policy: &Policy<Check>,
    per_scan: impl Fn(Check) -> bool,
    findings: &mut Findings<'_, '_>,
) -> bool {
    if !route.has_scan_id()
        && let Some(check) = policy.checks().find(|check| per_scan(**check))
    {
        findings.error(
            path,
            format_args!(
                "expected a path with {{scan_id}}, because the {kind} has {check}, whose secrets \
                 are derived or sealed for each scan"
            ),
        );
        return false;
    }
    true
}
