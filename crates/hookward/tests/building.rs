//! Guards that would accept by mistake are not built.

mod common;

use common::{World, random_text, ring};
use hookward::{Check, Event, Guard, GuardError, GuardedRoute, Policy, PolicyKind, Route};

fn route(template: &str, event: Option<Event>, policy: &str) -> GuardedRoute {
    GuardedRoute::new(
        Route::parse(template, event).unwrap(),
        policy.parse::<Policy<Check>>().unwrap(),
    )
}

#[test]
fn a_guard_without_routes_is_not_built() {
    assert_eq!(Guard::builder().build().unwrap_err(), GuardError::NoRoutes);
}

#[test]
fn a_policy_cannot_name_a_check_that_has_no_secret() {
    for (policy, check) in [
        ("header_secret", Check::HeaderSecret),
        (
            "client_certificate or developer_payload",
            Check::DeveloperPayload,
        ),
    ] {
        let error = Guard::builder()
            .route(route("/{status}/{scan_id}", None, policy))
            .build()
            .unwrap_err();
        assert_eq!(
            error,
            GuardError::CheckNotConfigured {
                route: "/{status}/{scan_id}".into(),
                policy: PolicyKind::Policy,
                check,
            }
        );
    }
}

#[test]
fn a_policy_cannot_need_a_payload_that_the_event_does_not_carry() {
    for event in [Event::ExportUpload, Event::DeleteCompleted] {
        let error = Guard::builder()
            .developer_payload(ring("payload", &random_text()))
            .route(route("/hook/{scan_id}", Some(event), "developer_payload"))
            .build()
            .unwrap_err();
        assert_eq!(
            error,
            GuardError::EventCarriesNoPayload {
                route: "/hook/{scan_id}".into(),
                policy: PolicyKind::Policy,
                event,
            }
        );
    }
}

#[test]
fn routes_that_match_the_same_path_are_refused() {
    let error = World::new()
        .builder()
        .route(route("/hook/{status}/{scan_id}", None, "header_secret"))
        .route(route(
            "/hook/completed/{scan_id}",
            Some(Event::NewResult),
            "client_certificate",
        ))
        .build()
        .unwrap_err();
    assert!(matches!(error, GuardError::RoutesOverlap { .. }), "{error}");
    World::new()
        .builder()
        .route(route("/hook/{status}/{scan_id}", None, "header_secret"))
        .route(route(
            "/hook/result/{scan_id}",
            Some(Event::NewResult),
            "client_certificate",
        ))
        .build()
        .unwrap();
}

#[test]
fn the_depth_limit_has_bounds() {
    for limit in [0, 129, 255] {
        let error = World::new()
            .builder()
            .route(route("/{status}/{scan_id}", None, "header_secret"))
            .depth_limit(limit)
            .build()
            .unwrap_err();
        assert_eq!(error, GuardError::DepthLimit { limit });
    }
}

#[test]
fn a_trial_has_to_be_as_possible_as_a_policy() {
    let trial = |template, event, trial: &str| {
        let route = route(template, event, "client_certificate");
        let error = World::new()
            .builder()
            .route(route.with_trial(trial.parse().unwrap()))
            .build();
        error.err().map(|error| error.to_string())
    };
    assert_eq!(
        trial("/{status}/{scan_id}", None, "developer_payload"),
        None
    );
    let error = trial(
        "/up/{scan_id}",
        Some(Event::ExportUpload),
        "developer_payload",
    )
    .unwrap();
    assert!(
        error.starts_with("the trial of route /up/{scan_id} needs developer_payload"),
        "{error}"
    );
    let route = route("/{status}", None, "client_certificate");
    let error = Guard::builder()
        .route(route.with_trial("header_secret".parse().unwrap()))
        .build()
        .unwrap_err();
    assert_eq!(
        error,
        GuardError::CheckNotConfigured {
            route: "/{status}".into(),
            policy: PolicyKind::Trial,
            check: Check::HeaderSecret,
        }
    );
}
