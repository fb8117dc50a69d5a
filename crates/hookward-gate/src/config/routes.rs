//! The routes, each with its policy.

use hookward::copyleaks::Carries;
use hookward::{Check, Event, GuardedRoute, Policy, Route};
use toml::Spanned;

use crate::config::limits;
use crate::config::problem::Findings;
use crate::config::schema;

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
        let limit = limits::body(section.get_ref().body_limit.as_ref(), body_limit, findings);
        let route = read_route(section, findings);
        let policy = read_policy(section, findings);
        if let (Some(policy), Some((_, text))) = (&policy, text_of(section)) {
            for check in policy.checks().filter(|check| !configured(**check)) {
                findings.error(
                    &text.span(),
                    format_args!("expected a section [{check}], because the policy has {check}"),
                );
            }
        }
        let (Some(route), Some(policy)) = (route, policy) else {
            continue;
        };
        check_payload(section, &route, &policy, findings);
        check_scan_id(section, &route, &policy, &per_scan, findings);
        if let Some((path, _)) = text_of(section)
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
        guarded.push(GuardedRoute::new(route, policy).with_body_limit(limit));
    }
    guarded
}

/// The path and the policy of a section that has both.
fn text_of(section: &Spanned<schema::Route>) -> Option<(&Spanned<String>, &Spanned<String>)> {
    let fields = section.get_ref();
    fields.path.as_ref().zip(fields.policy.as_ref())
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

fn read_policy(
    section: &Spanned<schema::Route>,
    findings: &mut Findings<'_, '_>,
) -> Option<Policy<Check>> {
    let Some(text) = &section.get_ref().policy else {
        let expected = "a policy such as \"client_certificate and developer_payload\"";
        findings.missing(Some(&section.span()), "policy", expected);
        return None;
    };
    match Policy::parse(text.get_ref()) {
        Ok(policy) => Some(policy),
        Err(error) => {
            let message = match error {
                hookward_policy::PolicyError::UnknownCheck { .. } => {
                    format!("{error}; {}", hookward::UnknownCheck)
                }
                _ => error.to_string(),
            };
            findings.error_in_text(&text.span(), text.get_ref(), error.offset(), message);
            None
        }
    }
}

/// A policy cannot ask for what the events of the route do not carry.
fn check_payload(
    section: &Spanned<schema::Route>,
    route: &Route,
    policy: &Policy<Check>,
    findings: &mut Findings<'_, '_>,
) {
    let without = |event: &Event| event.developer_payload() == Carries::No;
    if policy
        .checks()
        .any(|check| *check == Check::DeveloperPayload)
        && let Some(event) = route.events().find(without)
        && let Some((_, text)) = text_of(section)
    {
        findings.error(
            &text.span(),
            format_args!(
                "expected a policy without developer_payload, because {event} webhooks carry none: \
                 {}, and what can prove them is client_certificate, header_secret and source_address",
                event.body()
            ),
        );
    }
}

/// A secret of one scan cannot be told on a path that does not name the scan.
fn check_scan_id(
    section: &Spanned<schema::Route>,
    route: &Route,
    policy: &Policy<Check>,
    per_scan: impl Fn(Check) -> bool,
    findings: &mut Findings<'_, '_>,
) {
    if !route.has_scan_id()
        && let Some(check) = policy.checks().find(|check| per_scan(**check))
        && let Some((path, _)) = text_of(section)
    {
        findings.error(
            &path.span(),
            format_args!(
                "expected a path with {{scan_id}}, because the policy has {check}, whose secrets \
                 are derived or sealed for each scan"
            ),
        );
    }
}
