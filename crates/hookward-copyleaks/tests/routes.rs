//! Which paths reach which route, and what they say.

use allocation_counter::measure;
use hookward_copyleaks::{Event, PathError, RequestPath, Route, RouteError, ScanId};
use proptest::prelude::*;

fn status_route() -> Route {
    Route::parse("/copyleaks/{STATUS}/{scan_id}", None).unwrap()
}

fn matched(route: &Route, path: &str) -> Option<(Event, Option<String>)> {
    let webhook = route.matches(&RequestPath::parse(path).unwrap())?;
    Some((webhook.event, webhook.scan_id.map(|id| id.to_string())))
}

#[test]
fn statuses_are_read_in_any_case() {
    for (text, event) in [
        ("completed", Event::Completed),
        ("error", Event::Error),
        ("creditsChecked", Event::CreditsChecked),
        ("creditschecked", Event::CreditsChecked),
        ("CREDITSCHECKED", Event::CreditsChecked),
        ("Indexed", Event::Indexed),
        ("%63ompleted", Event::Completed),
    ] {
        assert_eq!(
            matched(&status_route(), &format!("/copyleaks/{text}/scan-1")),
            Some((event, Some("scan-1".into())))
        );
    }
}

#[test]
fn paths_of_another_shape_do_not_match() {
    for path in [
        "/",
        "/copyleaks",
        "/copyleaks/completed",
        "/copyleaks/completed/scan-1/more",
        "/Copyleaks/completed/scan-1",
        "/copyleaks/newResult/scan-1",
        "/copyleaks/{status}/scan-1",
        "/copyleaks/completed/ab",
        "/copyleaks/completed/1234567890123456789012345678901234567",
        "/copyleaks/completed/Scan-1",
        "/copyleaks/completed/sc%C3%A4n",
        "/copyleaks/completed/%FFabc",
        "/copyleaks/completed/abc%20",
        "/copyleaks/complet%C3%A9d/scan-1",
    ] {
        assert_eq!(matched(&status_route(), path), None, "{path}");
    }
}

#[test]
fn the_whole_alphabet_of_scan_ids_arrives() {
    for id in ["!@$&=_()';:.,~-", "^+{}<>\"|`", "...", "a;b=c"] {
        let encoded: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        assert_eq!(
            matched(&status_route(), &format!("/copyleaks/error/{encoded}")),
            Some((Event::Error, Some(id.into())))
        );
    }
    assert_eq!(
        matched(&status_route(), "/copyleaks/error/a;b=c"),
        Some((Event::Error, Some("a;b=c".into())))
    );
}

#[test]
fn a_route_for_one_event_matches_its_own_path_only() {
    let route = Route::parse("/hooks/deleted", Some(Event::DeleteCompleted)).unwrap();
    assert_eq!(
        matched(&route, "/hooks/deleted"),
        Some((Event::DeleteCompleted, None))
    );
    assert_eq!(
        matched(&route, "/hooks/delete%64"),
        Some((Event::DeleteCompleted, None))
    );
    assert_eq!(matched(&route, "/hooks/other"), None);
    assert!(!route.has_scan_id());
    assert_eq!(route.events().collect::<Vec<_>>(), [Event::DeleteCompleted]);
    let root = Route::parse("/", Some(Event::Completed)).unwrap();
    assert_eq!(matched(&root, "/"), Some((Event::Completed, None)));
    assert_eq!(matched(&root, "/x"), None);
}

#[test]
fn templates_that_are_no_routes_are_refused() {
    let cases = [
        ("copyleaks", None, RouteError::Path(PathError::NotAbsolute)),
        (
            "/a//{status}",
            None,
            RouteError::Path(PathError::EmptySegment { offset: 3 }),
        ),
        (
            "/a/../{status}",
            None,
            RouteError::Path(PathError::DotSegment { offset: 3 }),
        ),
        (
            "/hooks?s={status}",
            None,
            RouteError::Path(PathError::Character { offset: 6 }),
        ),
        ("/x/{Status}", None, RouteError::Token { offset: 3 }),
        ("/x/{scanId}", None, RouteError::Token { offset: 3 }),
        ("/x/a-{status}", None, RouteError::Token { offset: 3 }),
        (
            "/{status}/{STATUS}",
            None,
            RouteError::RepeatedToken { offset: 10 },
        ),
        (
            "/{scan_id}/{scan_id}",
            Some(Event::Completed),
            RouteError::RepeatedToken { offset: 11 },
        ),
        ("/x/{scan_id}", None, RouteError::EventMissing),
        (
            "/x/{status}",
            Some(Event::Completed),
            RouteError::EventTwice,
        ),
    ];
    for (template, event, error) in cases {
        assert_eq!(Route::parse(template, event), Err(error), "{template}");
    }
    let long = format!("/{}/{{status}}", "x".repeat(256));
    assert_eq!(
        Route::parse(&long, None),
        Err(RouteError::LongSegment { offset: 1 })
    );
}

#[test]
fn routes_overlap_where_one_path_has_both_shapes() {
    let route = |template: &str| {
        Route::parse(
            template,
            (!template.contains("{status}")).then_some(Event::NewResult),
        )
        .unwrap()
    };
    for (one, another, overlap) in [
        ("/a/{status}/{scan_id}", "/a/{status}/{scan_id}", true),
        ("/a/{status}/{scan_id}", "/a/completed/{scan_id}", true),
        ("/a/{status}/{scan_id}", "/a/COMPLETED/{scan_id}", true),
        ("/a/{status}/{scan_id}", "/a/result/{scan_id}", false),
        ("/a/{status}/{scan_id}", "/b/{status}/{scan_id}", false),
        ("/a/{status}/{scan_id}", "/a/{status}", false),
        ("/{scan_id}/{status}", "/{status}/{scan_id}", true),
        ("/a/{scan_id}", "/a/literal", true),
        ("/a/{scan_id}", "/a/Literal", false),
        ("/a/b", "/a/%62", true),
    ] {
        assert_eq!(
            route(one).overlaps(&route(another)),
            overlap,
            "{one} {another}"
        );
        assert_eq!(
            route(another).overlaps(&route(one)),
            overlap,
            "{another} {one}"
        );
    }
}

#[test]
fn matching_allocates_nothing() {
    let route = status_route();
    let counted = measure(|| {
        let path = RequestPath::parse("/copyleaks/completed/scan%2D1").unwrap();
        assert!(route.matches(&path).is_some());
    });
    assert_eq!(counted.count_total, 0);
}

proptest! {
    /// A scan id that arrived is the one that was put into the URL, however it is encoded. Every scan id arrives, and
    /// nothing else does.
    #[test]
    fn scan_ids_survive_encoding(
        id in r#"[;.]{0,2}[a-z0-9!@$&=_()';:.,~^+{}<>"|`-]{3,34}"#, encoded in prop::collection::vec(any::<bool>(), 36),
    ) {
        let path: String = id
            .chars()
            .zip(encoded)
            .map(|(character, encoded)| {
                if encoded { format!("%{:02x}", u32::from(character)) } else { character.to_string() }
            })
            .collect();
        let path = format!("/copyleaks/indexed/{path}");
        let arrived = RequestPath::parse(&path)
            .ok()
            .and_then(|path| status_route().matches(&path))
            .and_then(|webhook| webhook.scan_id);
        prop_assert_eq!(arrived, ScanId::parse(&id).ok());
    }

    /// Nothing panics, and what is taken decodes to no character that splits a path again.
    #[test]
    fn what_is_taken_means_one_thing(path in "(/([a-z.%/\\\\]|%[0-9a-f]{2}|.){0,8}){0,4}") {
        if let Ok(parsed) = RequestPath::parse(&path) {
            for segment in parsed.segments() {
                prop_assert!(!segment.is_empty());
                let lower = segment.to_lowercase();
                for trap in ["%2f", "%5c", "%25", "%00", "\\", "/"] {
                    prop_assert!(!lower.contains(trap), "{path}");
                }
                prop_assert!(!matches!(lower.replace("%2e", ".").as_str(), "." | ".."), "{path}");
            }
            let _ = status_route().matches(&parsed);
        }
    }

    #[test]
    fn scan_ids_read_back(text in ".{0,40}") {
        if let Ok(id) = ScanId::parse(&text) {
            prop_assert_eq!(id.as_str(), text.as_str());
        }
    }
}
