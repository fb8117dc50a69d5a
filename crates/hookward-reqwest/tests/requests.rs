//! What is asked, and what is made of the answer.

mod common;

use core::time::Duration;

use common::{Answer, Server, run};
use hookward_reqwest::hookward_refresh::{Config, State};
use hookward_reqwest::{Driver, Endpoint};

#[tokio::test]
async fn a_request_says_who_asks_and_for_what() {
    let server = Server::tls("localhost", |_| Answer::ok("1")).await;
    run(server.driver()).loaded(&[1]).await;
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].method, "GET");
    assert_eq!(seen[0].uri.path(), "/list");
    assert!(
        seen[0]
            .header("user-agent")
            .unwrap()
            .starts_with("hookward/")
    );
    assert_eq!(seen[0].header("accept"), Some("application/json"));
    for absent in [
        "authorization",
        "if-none-match",
        "if-modified-since",
        "cookie",
        "referer",
    ] {
        assert_eq!(seen[0].header(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn an_unchanged_document_is_asked_for_conditionally_and_confirmed() {
    const DATE: &str = "Mon, 01 Jun 2026 00:00:00 GMT";
    let server = Server::plain(|seen| match seen.header("if-none-match") {
        Some("\"v1\"") => Answer::status(304).with("cache-control", "max-age=0"),
        _ => Answer::ok("1")
            .with("etag", "\"v1\"")
            .with("last-modified", DATE)
            .with("cache-control", "public, max-age=0"),
    })
    .await;
    let mut running = run(server.driver());
    running.loaded(&[1]).await;
    // `max-age` is clamped to the least interval: twenty milliseconds instead of a second.
    let mut starts = 0;
    running
        .until(|status| {
            starts += usize::from(status.next_fetch_at.is_none());
            starts == 3
        })
        .await;
    let seen = server.seen();
    assert_eq!(seen[1].header("if-none-match"), Some("\"v1\""));
    assert_eq!(seen[1].header("if-modified-since"), Some(DATE));
    assert_eq!(seen[1].header("cache-control"), None);
    let status = running.handle.status();
    assert_eq!((status.state, status.failures), (State::Fresh, 0));
    assert_eq!(status.last_error, None);
}

#[tokio::test]
async fn a_hint_goes_past_caches_and_picks_up_a_rotation() {
    let server = Server::plain(|_| Answer::ok("1\n2").with("etag", "\"v1\"")).await;
    let mut config = common::quick();
    config.interval = Duration::from_secs(24 * 60 * 60);
    let mut running = run(server.driver().config(config));
    running.loaded(&[1, 2]).await;
    server.set(Answer::ok("2\n3"));
    running.handle.hint();
    let status = running.loaded(&[2, 3]).await;
    let change = status.last_change.unwrap();
    assert_eq!((change.added, change.removed), (vec![3], vec![1]));
    let seen = server.seen();
    assert_eq!(seen[1].header("cache-control"), Some("no-cache"));
    assert_eq!(seen[1].header("if-none-match"), None);
}

#[tokio::test]
async fn ten_thousand_hints_cause_no_more_fetches_than_the_bucket_allows() {
    let server = Server::plain(|_| Answer::ok("1")).await;
    let mut config = Config::default();
    config.spacing = Duration::from_millis(10);
    config.hint_burst = 3;
    let mut running = run(server.driver().config(config));
    running.loaded(&[1]).await;
    let mut fetches = 0;
    for _ in 0..10_000 {
        running.handle.hint();
        tokio::task::yield_now().await;
    }
    // The first fetch of all, and the burst; the next hint is worth a fetch only in ten minutes.
    while fetches < 4 {
        running.handle.hint();
        running.until(|status| status.next_fetch_at.is_some()).await;
        fetches += server.seen().len();
    }
    for _ in 0..10_000 {
        running.handle.hint();
        tokio::task::yield_now().await;
    }
    let left = running
        .handle
        .status()
        .next_fetch_at
        .expect("none is under way")
        .as_secs()
        - rustls::pki_types::UnixTime::now().as_secs();
    assert!((500..=600).contains(&left), "{left}");
    assert_eq!(fetches + server.seen().len(), 4);
}

#[tokio::test]
async fn a_proxy_is_asked_if_there_is_one() {
    let proxy = Server::plain(|_| Answer::ok("1")).await;
    let builder = Endpoint::builder("http://lists.example/list").allow_plain_http();
    let endpoint = builder.proxy(proxy.url.replace("//", "//user:password@"));
    assert!(!format!("{endpoint:?}").contains("password"));
    let endpoint = endpoint.build().unwrap();
    assert!(!format!("{endpoint:?}").contains("password"));
    run(Driver::builder(endpoint)).loaded(&[1]).await;
    let seen = &proxy.seen()[0];
    assert_eq!(seen.uri, "http://lists.example/list");
    assert!(seen.header("proxy-authorization").is_some());
}
