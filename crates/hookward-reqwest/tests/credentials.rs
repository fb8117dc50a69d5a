//! Tokens are shown where they belong, kept while they last, and told nobody.

mod common;

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::Arc;

use common::{Answer, Running, Server, run};
use hookward_reqwest::hookward_refresh::Config;
use hookward_reqwest::{BearerToken, CopyleaksLogin, Credentials};
use hookward_secret::Secret;

fn random() -> String {
    (0..40).map(|_| fastrand::alphanumeric()).collect()
}

fn token_answer(token: &str, expires: &str) -> Answer {
    Answer::ok(format!(
        r#"{{"access_token":"{token}",".issued":"2026-06-01T10:00:00.1234567Z",".expires":"{expires}"}}"#
    ))
}

const IN_TWO_DAYS: &str = "2026-06-03T10:00:00.1234567Z";

/// Gives out `t1`, `t2`, … and counts.
async fn login_server(expires: &'static str) -> (Server, Arc<AtomicUsize>) {
    let logins = Arc::new(AtomicUsize::new(0));
    let count = logins.clone();
    let server = Server::tls("localhost", move |_| {
        let number = 1 + count.fetch_add(1, Ordering::SeqCst);
        token_answer(&format!("t{number}"), expires)
    })
    .await;
    (server, logins)
}

fn login(server: &Server, key: &str) -> Credentials {
    let endpoint = server.endpoint().build().unwrap();
    let key = Secret::new(key).unwrap();
    Credentials::Copyleaks(Arc::new(
        CopyleaksLogin::new(endpoint, "account@example.com", key).unwrap(),
    ))
}

/// Fetches a few times.
async fn fetch_often(running: &mut Running, times: usize) {
    let mut starts = 0;
    running
        .until(|status| {
            starts += usize::from(status.next_fetch_at.is_none());
            starts > times
        })
        .await;
}

fn eager() -> Config {
    let mut config = common::quick();
    config.interval = config.least_interval;
    config
}

#[tokio::test]
async fn a_bearer_token_is_shown_to_the_endpoint() {
    let token = random();
    let server = Server::tls("localhost", |_| Answer::ok("1")).await;
    let credentials = Credentials::Bearer(Arc::new(BearerToken::new(token.clone()).unwrap()));
    assert!(!format!("{credentials:?}").contains(&token));
    run(server.driver().credentials(credentials))
        .loaded(&[1])
        .await;
    let expected = format!("Bearer {token}");
    assert_eq!(
        server.seen()[0].header("authorization"),
        Some(expected.as_str())
    );
}

#[tokio::test]
async fn a_login_is_made_once_for_all_lists_while_its_token_lasts() {
    let key = random();
    let (logins, count) = login_server(IN_TWO_DAYS).await;
    let credentials = login(&logins, &key);
    let lists = Server::tls("localhost", |_| Answer::ok("1")).await;
    let start = || {
        run(lists
            .driver()
            .config(eager())
            .credentials(credentials.clone()))
    };
    let (mut one, mut other) = (start(), start());
    fetch_often(&mut one, 3).await;
    fetch_often(&mut other, 3).await;
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert!(
        lists
            .seen()
            .iter()
            .all(|seen| seen.header("authorization") == Some("Bearer t1"))
    );

    let seen = &logins.seen()[0];
    assert_eq!(seen.method, "POST");
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("authorization"), None);
    let body: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
    let expected = serde_json::json!({ "email": "account@example.com", "key": key });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_token_whose_time_is_over_is_not_shown_again() {
    let (logins, count) = login_server("2026-06-01T10:04:00Z").await;
    let lists = Server::tls("localhost", |_| Answer::ok("1")).await;
    let driver = lists
        .driver()
        .config(eager())
        .credentials(login(&logins, &random()));
    fetch_often(&mut run(driver), 3).await;
    assert!(count.load(Ordering::SeqCst) >= 3);
    let seen = lists.seen();
    assert_eq!(seen[0].header("authorization"), Some("Bearer t1"));
    assert_eq!(seen[1].header("authorization"), Some("Bearer t2"));
}

#[tokio::test]
async fn a_token_that_is_refused_early_is_replaced_at_once_and_once() {
    let (logins, count) = login_server(IN_TWO_DAYS).await;
    let mut asked = 0;
    let lists = Server::tls("localhost", move |seen| {
        asked += 1;
        match seen.header("authorization") {
            Some("Bearer t1") if asked > 1 => Answer::status(401),
            _ => Answer::ok("1"),
        }
    })
    .await;
    let driver = lists
        .driver()
        .config(eager())
        .credentials(login(&logins, &random()));
    let mut running = run(driver);
    fetch_often(&mut running, 3).await;
    assert_eq!(count.load(Ordering::SeqCst), 2);
    assert_eq!(running.handle.status().last_error, None);
}

#[tokio::test]
async fn an_account_that_may_not_is_no_reason_to_log_in_twice() {
    let (logins, count) = login_server(IN_TWO_DAYS).await;
    let lists = Server::tls("localhost", |_| Answer::status(401)).await;
    let mut config = common::quick();
    config.longest_backoff = Duration::from_secs(3600);
    config.spacing = config.longest_backoff;
    let driver = lists
        .driver()
        .config(config)
        .credentials(login(&logins, &random()));
    let message = run(driver).failed().await;
    assert_eq!(message, "the server answered 401");
    assert_eq!((count.load(Ordering::SeqCst), lists.seen().len()), (1, 1));
}

#[tokio::test]
async fn what_is_wrong_with_a_login_is_told_without_its_secrets() {
    let (key, token) = (random(), random());
    let lists = Server::tls("localhost", |_| Answer::ok("1")).await;
    let logins = Server::tls("localhost", |_| Answer::status(401)).await;
    for (answer, expected) in [
        (Answer::status(401), "the login was answered 401"),
        (Answer::status(304), "the login was answered 304"),
        (
            Answer::ok(format!("{token} {key}")),
            "something else than a token",
        ),
        (
            Answer::ok(format!(r#"{{"access_token":7,"x":"{token}"}}"#)),
            "something else than a token",
        ),
        (
            token_answer(&format!("{token}\\n"), IN_TWO_DAYS),
            "a token that is none",
        ),
        (Answer::ok(vec![b' '; 100_000]), "the body is too long"),
        (
            Answer::status(302).with("location", "https://other.example/"),
            "redirects elsewhere",
        ),
    ] {
        logins.set(answer);
        let mut running = run(lists.driver().credentials(login(&logins, &key)));
        let message = running.failed().await;
        assert!(message.contains(expected), "{message}");
        let told = format!(
            "{:?} {:?} {:?}",
            running.handle,
            login(&logins, &key),
            message
        );
        assert!(!told.contains(&key) && !told.contains(&token), "{told}");
    }
    assert!(lists.seen().is_empty());
}

#[tokio::test]
async fn a_login_that_is_refused_for_a_while_is_not_repeated_before() {
    let logins = Server::tls("localhost", |_| {
        Answer::status(429).with("retry-after", "3600")
    })
    .await;
    let lists = Server::tls("localhost", |_| Answer::ok("1")).await;
    let mut config = common::quick();
    config.longest_retry_after = Duration::from_secs(3600);
    let driver = lists
        .driver()
        .config(config)
        .credentials(login(&logins, &random()));
    let mut running = run(driver);
    running.failed().await;
    let status = running.handle.status();
    let left = status.next_fetch_at.unwrap().as_secs() - status.last_error.unwrap().at.as_secs();
    assert!(left >= 3595, "{left}");
}
