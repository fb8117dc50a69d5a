//! The URLs that Copyleaks may be asked to send webhooks to.

use hookward_copyleaks::{
    Event, PathError, RequestPath, Route, ScanId, WebhookUrl, WebhookUrlError,
};
use proptest::prelude::*;

fn parse(text: &str) -> Result<String, WebhookUrlError> {
    let url = WebhookUrl::parse(text, &ScanId::parse("scan-1").unwrap())?;
    Ok(url.as_str().to_owned())
}

#[test]
fn tokens_are_put_in_place() {
    for (template, url) in [
        (
            "https://a.example/{STATUS}/{scan_id}",
            "https://a.example/{STATUS}/scan-1",
        ),
        ("https://a.example/{status}", "https://a.example/{STATUS}"),
        ("HTTPS://A.example:8443/x", "https://A.example:8443/x"),
        ("https://192.0.2.1/a?b=c%2fd", "https://192.0.2.1/a?b=c%2fd"),
        ("https://[2001:db8::1]:443/a", "https://[2001:db8::1]:443/a"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
        ("https://localhost/", "https://localhost/"),
    ] {
        assert_eq!(parse(template).as_deref(), Ok(url), "{template}");
    }
}

#[test]
fn each_broken_rule_has_its_name() {
    use WebhookUrlError as E;
    for (text, error) in [
        ("", E::NotHttps),
        ("http://a.example/", E::NotHttps),
        ("//a.example/", E::NotHttps),
        ("/a", E::NotHttps),
        ("ftp://a.example/", E::NotHttps),
        ("https:/a.example/", E::NotHttps),
        (" https://a.example/", E::NotHttps),
        ("httpsé//a.example/", E::NotHttps),
        ("https://user@a.example/", E::UserInfo),
        ("https://user:pw@a.example/", E::UserInfo),
        ("https:///a", E::Host),
        ("https://:443/a", E::Host),
        ("https://a.example:/a", E::Host),
        ("https://a.example:0/a", E::Host),
        ("https://a.example:65536/a", E::Host),
        ("https://a.example:+1/a", E::Host),
        ("https://a..example/a", E::Host),
        ("https://a.example./a", E::Host),
        ("https://-a.example/a", E::Host),
        ("https://a_b.example/a", E::Host),
        ("https://a%2eb/a", E::Host),
        ("https://{scan_id}.example/a", E::Host),
        ("https://[::1/a", E::Host),
        ("https://[1]/a", E::Host),
        ("https://2001:db8::1/a", E::Host),
        ("https://a.example/a#b", E::Fragment { offset: 19 }),
        ("https://a.example/a b", E::Character { offset: 19 }),
        ("https://a.example/\u{e9}", E::Character { offset: 18 }),
        ("https://a.example/a\\b", E::Character { offset: 19 }),
        ("https://a.example/a\n", E::Character { offset: 19 }),
        ("https://a.example/?a=%2", E::Character { offset: 21 }),
        ("https://a.example/?a=%zz", E::Character { offset: 21 }),
        ("https://a.example/{SCAN_ID}", E::Token { offset: 18 }),
        ("https://a.example/a/x{status}", E::Token { offset: 20 }),
        ("https://a.example/}", E::Token { offset: 18 }),
        ("https://a.example/a?s={STATUS}", E::Token { offset: 22 }),
        (
            "https://a.example/{STATUS}/{status}",
            E::RepeatedToken { offset: 27 },
        ),
        (
            "https://a.example/{scan_id}/{scan_id}",
            E::RepeatedToken { offset: 28 },
        ),
        ("https://a.example", E::Path(PathError::NotAbsolute)),
        ("https://a.example?a=b", E::Path(PathError::NotAbsolute)),
        (
            "https://a.example/a//b",
            E::Path(PathError::EmptySegment { offset: 3 }),
        ),
        (
            "https://a.example/a/",
            E::Path(PathError::EmptySegment { offset: 3 }),
        ),
        (
            "https://a.example/../b",
            E::Path(PathError::DotSegment { offset: 1 }),
        ),
        (
            "https://a.example/a%2fb",
            E::Path(PathError::Character { offset: 2 }),
        ),
        (
            "https://a.example/a%",
            E::Path(PathError::Escape { offset: 2 }),
        ),
    ] {
        assert_eq!(parse(text), Err(error), "{text}");
    }
}

proptest! {
    /// Whatever the id, a route reads back the same one from the path, and the status with it.
    #[test]
    fn a_route_reads_the_scan_id_back(text in "[a-z0-9!@$&=_()';:.,~^+{}<>\"|`-]{3,36}") {
        let Ok(scan_id) = ScanId::parse(&text) else { return Ok(()) };
        let url = WebhookUrl::parse("https://a.example/c/{status}/{scan_id}", &scan_id).unwrap();
        let route = Route::parse("/c/{status}/{scan_id}", None).unwrap();
        for event in Event::STATUSES {
            let path = url.path(event);
            let webhook = route.matches(&RequestPath::parse(&path).unwrap()).unwrap();
            prop_assert_eq!((webhook.event, webhook.scan_id), (event, Some(scan_id)));
        }
    }

    #[test]
    fn nothing_panics(text in "(https://)?\\PC{0,40}") {
        let _ = parse(&text);
    }
}

#[test]
fn a_token_is_known_by_how_it_begins_and_how_long_it_is() {
    let holds = |rest: &str| {
        let scan_id = ScanId::parse("scan-1").unwrap();
        let url = WebhookUrl::parse(&format!("https://{rest}"), &scan_id).unwrap();
        url.holds_token("v4.local.")
    };
    let (long, short) = ("Az09-_A".repeat(7), "A".repeat(42));
    assert!(holds(&format!("a.example/?t=v4.local.{long}")));
    assert!(holds(&format!("a.example/v4.local.{long}.x/{{STATUS}}")));
    assert!(holds(&format!("a.example/?t=v4%2elocal.%41{short}&a=b")));
    assert!(!holds(&format!("a.example/?t=v4.local.{short}")));
    // The name of a host is none.
    assert!(!holds("v4.local.example.com/{STATUS}"));
}
