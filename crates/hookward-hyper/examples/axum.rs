//! A webhook receiver with axum: the guard accepts one request and refuses another.

use axum::{Router, body::Body, http::Request, routing::post};
use hookward_hyper::hookward::{Guard, GuardedRoute, Route, Secret, SecretRing};
use hookward_hyper::{Admitted, GuardLayer, SharedLists};
use tower::{Layer, ServiceExt};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn core::error::Error>> {
    let secret: String = core::iter::repeat_with(|| getrandom::u32().map(|n| format!("{n:08x}")))
        .take(4)
        .collect::<Result<_, _>>()?;
    let ring = SecretRing::builder()
        .secret("2026-11", Secret::new(secret.as_str())?)
        .build()?;
    let route = Route::parse("/copyleaks/{status}/{scan_id}", None)?;
    let guard = Guard::builder()
        .header_secret("x-webhook-secret".parse()?, ring)
        .route(GuardedRoute::new(route, "header_secret".parse()?))
        .build()?;

    let handler = |admitted: Admitted| async move { admitted.webhook().event.to_string() };
    let app = Router::new().route("/copyleaks/{status}/{scan_id}", post(handler));
    let app = GuardLayer::new(guard, SharedLists::default())
        .marked()
        .layer(app);

    let request = || Request::post("/copyleaks/completed/scan-1");
    let genuine = request()
        .header("x-webhook-secret", &secret)
        .body(Body::empty())?;
    assert_eq!(app.clone().oneshot(genuine).await?.status(), 200);
    let forged = request().body(Body::empty())?;
    assert_eq!(app.oneshot(forged).await?.status(), 403);
    Ok(())
}
