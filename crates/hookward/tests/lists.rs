//! Lists that are missing, old, or about to change.

mod common;

use core::time::Duration;

use common::{NOW, World, at, thumbprints};
use hookward::{Answer, Lists, Reason, Snapshot};

const HINT: Duration = Duration::from_secs(300);

fn dated(world: &World, checked_at: u64, expires_at: u64) -> Lists {
    Lists {
        thumbprints: Some(
            Snapshot::dated(thumbprints([&world.leaf]), at(checked_at), at(expires_at))
                .with_hint_interval(HINT),
        ),
        addresses: world.lists().addresses,
    }
}

#[test]
fn a_list_that_was_not_loaded_cannot_be_judged_by() {
    let world = World::new();
    let mut request = world.genuine();
    request.lists = Lists::default();
    for (policy, reason) in [
        ("client_certificate", Reason::ThumbprintsNotLoaded),
        ("source_address", Reason::AddressesNotLoaded),
    ] {
        let guard = world.guard(policy);
        let decision = request.judge(&guard);
        assert_eq!(decision.reason(), Some(reason));
        assert_eq!(reason.answer(), Answer::ServiceUnavailable);
        assert_eq!(decision.retry_after(), Some(guard.retry_after()));
    }
}

#[test]
fn a_list_expires_by_the_clock_of_each_request() {
    let world = World::new();
    let guard = world.guard("client_certificate");
    let mut request = world.genuine();
    request.lists = dated(&world, NOW - 10, NOW + 10);
    assert!(request.judge(&guard).is_accepted());
    request.now = NOW + 9;
    assert!(request.judge(&guard).is_accepted());
    request.now = NOW + 10;
    assert_eq!(
        request.judge(&guard).reason(),
        Some(Reason::ThumbprintsExpired)
    );
}

#[test]
fn a_list_from_the_future_is_not_trusted() {
    let world = World::new();
    let guard = world.guard("client_certificate");
    let mut request = world.genuine();
    request.lists = dated(&world, NOW + 1, NOW + 1000);
    assert_eq!(
        request.judge(&guard).reason(),
        Some(Reason::ThumbprintsExpired)
    );
}

#[test]
fn an_unlisted_certificate_waits_for_an_old_list_and_is_refused_by_a_fresh_one() {
    let world = World::new();
    let guard = world.guard("client_certificate");
    let mut request = world.genuine();
    request.leaf = Some(common::leaf());
    request.lists = dated(&world, NOW - HINT.as_secs(), NOW + 1000);
    assert_eq!(
        request.judge(&guard).reason(),
        Some(Reason::CertificateNotListed)
    );
    request.lists = dated(&world, NOW - HINT.as_secs() - 1, NOW + 1000);
    let decision = request.judge(&guard);
    assert_eq!(decision.reason(), Some(Reason::CertificateNotYetListed));
    assert!(decision.retry_after().is_some());
}

#[test]
fn no_certificate_is_refused_whatever_the_age_of_the_list() {
    let world = World::new();
    let guard = world.guard("client_certificate");
    let mut request = world.genuine();
    request.leaf = None;
    for lists in [
        Lists::default(),
        dated(&world, NOW - 1000, NOW - 10),
        dated(&world, NOW, NOW + 1),
    ] {
        request.lists = lists;
        assert_eq!(
            request.judge(&guard).reason(),
            Some(Reason::CertificateMissing)
        );
    }
}

#[test]
fn unavailable_is_answered_only_where_it_could_have_made_the_difference() {
    let world = World::new();
    let mut request = world.genuine().without_header(common::SECRET_HEADER);
    request.lists = Lists::default();
    let status = |policy: &str| {
        let guard = world.guard(policy);
        let decision = request.judge(&guard);
        decision.reason().map(|reason| reason.answer().status())
    };
    assert_eq!(status("client_certificate and header_secret"), Some(403));
    assert_eq!(status("client_certificate or header_secret"), Some(503));
    // The payload is pending, but without the certificate nothing it holds can help now.
    assert_eq!(
        status("client_certificate and developer_payload"),
        Some(503)
    );
    assert_eq!(status("client_certificate or developer_payload"), None);
}

#[test]
fn a_policy_that_is_met_without_the_expired_list_accepts() {
    let world = World::new();
    let guard = world.guard("client_certificate or header_secret");
    let mut request = world.genuine();
    request.lists = dated(&world, NOW - 1000, NOW - 10);
    assert!(request.judge(&guard).is_accepted());
}
