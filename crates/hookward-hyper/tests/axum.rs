//! The extractor for axum handlers.
#![cfg(feature = "axum")]

extern crate alloc;

mod common;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use common::{PATH, SECRET_HEADER, guard, random};
use hookward_hyper::{Admitted, GuardLayer, SharedLists};
use http::Request;
use tower::{Layer, ServiceExt};

async fn handler(admitted: Admitted, body: String) -> String {
    format!("{} {body}", admitted.webhook().event)
}

fn router() -> Router {
    Router::new().route("/copyleaks/{status}/{scan_id}", post(handler))
}

fn request(secret: &str) -> Request<Body> {
    Request::post(PATH)
        .header(SECRET_HEADER, secret)
        .body(Body::from("body"))
        .unwrap()
}

#[tokio::test]
async fn a_handler_behind_the_guard_sees_what_was_admitted() {
    let secret = random();
    let guard = guard("header_secret", 100, &secret, &random());
    let app = GuardLayer::new(guard, SharedLists::default())
        .marked()
        .layer(router());
    let response = app.clone().oneshot(request(&secret)).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 100)
        .await
        .unwrap();
    assert_eq!(body, "completed body");
    assert_eq!(app.oneshot(request(&random())).await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_handler_without_the_guard_fails_loudly() {
    let response = router().oneshot(request(&random())).await.unwrap();
    assert_eq!(response.status(), 500);
}
