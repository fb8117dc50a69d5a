//! The layers without a server: any service, any source of requests.

extern crate alloc;

mod common;

use alloc::sync::Arc;
use core::convert::Infallible;
use core::future::{Ready, poll_fn, ready};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll};
use std::sync::Mutex;

use bytes::Bytes;
use common::{PATH, SECRET_HEADER, guard, random};
use hookward_hyper::hookward::{Allowlist, Lists, Reason, Snapshot, Verified};
use hookward_hyper::{Admitted, GuardLayer, GuardedBody, Observer, Peer, Record, SharedLists};
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Request, Response, Version};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, ServiceExt, service_fn};

type Body = Full<Bytes>;

fn request(secret: &str) -> Request<Body> {
    Request::post(PATH)
        .header(SECRET_HEADER, secret)
        .body(Body::from("body"))
        .unwrap()
}

fn layer(policy: &str, secret: &str) -> GuardLayer {
    GuardLayer::new(
        guard(policy, 100, secret, &random()),
        SharedLists::default(),
    )
}

async fn handle(
    verified: Verified<Request<GuardedBody<Body>>>,
) -> Result<Response<Body>, Infallible> {
    assert_eq!(verified.webhook().scan_id.unwrap().as_str(), "scan-1");
    let body = verified.into_inner().into_body().collect().await.unwrap();
    Ok(Response::new(Body::from(body.to_bytes())))
}

#[tokio::test]
async fn an_inner_service_gets_verified_requests_only() {
    let secret = random();
    let mut service = layer("header_secret", &secret).layer(service_fn(handle));
    let response = service
        .ready()
        .await
        .unwrap()
        .call(request(&secret))
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        "body"
    );

    let response = service.call(request(&random())).await.unwrap();
    assert_eq!(response.status(), 403);
    assert_eq!(
        response.extensions().get(),
        Some(&Reason::HeaderSecretWrong)
    );
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "");
}

/// A body as some layers put it in the place of the server's: it says neither its length nor its end.
struct Wrapped(Body);

impl http_body::Body for Wrapped {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }
}

#[tokio::test]
async fn an_http2_body_of_known_length_may_be_wrapped_in_front() {
    let (header, payload) = (random(), random());
    let guard = guard("developer_payload", 100, &header, &payload);
    let accept = |_: Verified<Request<GuardedBody<Wrapped>>>| async {
        Ok::<_, Infallible>(Response::new(Body::default()))
    };
    let service = GuardLayer::new(guard, SharedLists::default()).layer(service_fn(accept));
    let body = format!("{{\"developerPayload\":\"{payload}\"}}");
    for (length, status) in [
        (Some(body.len()), 200),
        (Some(body.len() + 1), 400),
        (None, 400),
    ] {
        let mut request = Request::post(PATH)
            .version(Version::HTTP_2)
            .body(Wrapped(Body::from(body.clone())))
            .unwrap();
        request
            .headers_mut()
            .extend(length.map(|length| (CONTENT_LENGTH, HeaderValue::from(length))));
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{length:?}");
    }
}

/// A service that has so many places, and gives none back.
#[derive(Clone)]
struct Places(Arc<AtomicUsize>);

impl<B> Service<Verified<Request<B>>> for Places {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        let taken = |free: usize| free.checked_sub(1);
        match self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, taken)
        {
            Ok(_) => Poll::Ready(Ok(())),
            Err(_) => Poll::Pending,
        }
    }

    fn call(&mut self, _: Verified<Request<B>>) -> Self::Future {
        ready(Ok(Response::new(Body::default())))
    }
}

#[tokio::test]
async fn what_is_refused_takes_no_place_behind_the_guard_and_waits_for_none() {
    let secret = random();
    let places = Places(Arc::new(AtomicUsize::new(1)));
    let service = layer("header_secret", &secret).layer(places.clone());
    for _ in 0..3 {
        let refused = service.clone().oneshot(request(&random())).await.unwrap();
        assert_eq!(refused.status(), 403);
    }
    let accepted = service.clone().oneshot(request(&secret)).await.unwrap();
    assert_eq!(accepted.status(), 200);

    // There is none left: forgeries are refused all the same, and what is genuine waits.
    let refused = service.clone().oneshot(request(&random())).await.unwrap();
    assert_eq!(refused.status(), 403);
    let mut waiting = pin!(service.oneshot(request(&secret)));
    let polled = poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx))).await;
    assert!(polled.is_pending());
    places.0.store(1, Ordering::SeqCst);
    assert_eq!(waiting.await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_refusal_tells_nothing_but_its_status() {
    let secret = random();
    let service = layer("header_secret", &secret).layer(service_fn(handle));
    for request in [
        request(&random()),
        Request::post(PATH).body(Body::default()).unwrap(),
    ] {
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 403);
        assert!(response.headers().keys().all(|name| name == "connection"));
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let secret = random();
    let service = layer("header_secret", &secret).layer(service_fn(handle));
    for (path, allow) in [(PATH, "POST"), ("/exports/scan-1", "PUT, POST")] {
        let request = Request::get(path).body(Body::default()).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 405);
        let mut allowed: Vec<_> = response.headers()["allow"]
            .to_str()
            .unwrap()
            .split(", ")
            .collect();
        let mut expected: Vec<_> = allow.split(", ").collect();
        allowed.sort_unstable();
        expected.sort_unstable();
        assert_eq!(allowed, expected);
    }
}

#[tokio::test]
async fn a_request_without_a_peer_is_denied_what_needs_one() {
    for (policy, reason) in [
        ("client_certificate", Reason::CertificateMissing),
        ("source_address", Reason::AddressUnknown),
    ] {
        let service = layer(policy, &random()).layer(service_fn(handle));
        let response = service.oneshot(request(&random())).await.unwrap();
        assert_eq!(response.status(), 403);
        assert_eq!(response.extensions().get(), Some(&reason));
    }
}

#[tokio::test]
async fn a_mapped_address_is_its_ipv4_address() {
    let address = Ipv4Addr::new(192, 0, 2, 1);
    let allowlist = Allowlist::builder().text("192.0.2.0/24").build().unwrap();
    let lists = SharedLists::new(Lists {
        thumbprints: None,
        addresses: Some(Snapshot::fixed(allowlist)),
    });
    let guard = guard("source_address", 100, &random(), &random());
    let service = GuardLayer::new(guard, lists).layer(service_fn(handle));
    for (address, status) in [
        (IpAddr::V4(address), 200),
        (IpAddr::V6(address.to_ipv6_mapped()), 200),
        (IpAddr::V6(Ipv6Addr::LOCALHOST), 403),
    ] {
        let mut request = request(&random());
        request.extensions_mut().insert(Peer::new(Some(address)));
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{address}");
    }
}

#[tokio::test]
async fn the_marked_layer_marks_what_it_accepts() {
    let secret = random();
    let inner = service_fn(async |request: Request<GuardedBody<Body>>| {
        let admitted = request.extensions().get::<Admitted>().expect("the mark");
        let text = admitted.webhook().event.to_string();
        Ok::<_, Infallible>(Response::new(Body::from(text)))
    });
    let service = layer("header_secret", &secret).marked().layer(inner);
    let response = service.clone().oneshot(request(&secret)).await.unwrap();
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        "completed"
    );
    let response = service.oneshot(request(&random())).await.unwrap();
    assert_eq!(response.status(), 403);
}

#[tokio::test]
async fn a_mark_that_came_in_is_removed() {
    // A mark of one request is no mark of another: two guards in a row, the inner one refuses.
    let (outer, inner) = (random(), random());
    let seen = Arc::new(Mutex::new(None));
    let mark = Arc::clone(&seen);
    let capture = service_fn(move |request: Request<GuardedBody<Body>>| {
        *mark.lock().unwrap() = request.extensions().get::<Admitted>().cloned();
        async { Ok::<_, Infallible>(Response::new(Body::default())) }
    });
    layer("header_secret", &outer)
        .marked()
        .layer(capture)
        .oneshot(request(&outer))
        .await
        .unwrap();
    let mark = seen.lock().unwrap().take().expect("a mark");

    let verify = service_fn(async |verified: Verified<Request<GuardedBody<Body>>>| {
        assert!(verified.get_ref().extensions().get::<Admitted>().is_none());
        Ok::<_, Infallible>(Response::new(Body::default()))
    });
    let service = layer("header_secret", &inner).layer(verify);
    let mut forged = request(&outer);
    forged.extensions_mut().insert(mark.clone());
    assert_eq!(service.clone().oneshot(forged).await.unwrap().status(), 403);
    let mut genuine = request(&inner);
    genuine.extensions_mut().insert(mark);
    assert_eq!(service.oneshot(genuine).await.unwrap().status(), 200);
}

#[derive(Default)]
struct Log(Mutex<Vec<(Option<Reason>, u64)>>);

impl Observer for Log {
    fn decided(&self, record: &Record<'_>) {
        let entry = (record.decision.reason(), record.body_received);
        self.0.lock().unwrap().push(entry);
    }
}

#[tokio::test]
async fn the_observer_is_told_of_every_decision_once() {
    let (header, payload) = (random(), random());
    let log = Arc::new(Log::default());
    let guard = guard(
        "header_secret and developer_payload",
        100,
        &header,
        &payload,
    );
    let service = GuardLayer::new(guard, SharedLists::default())
        .with_observer(Arc::clone(&log) as Arc<dyn Observer>)
        .layer(service_fn(handle));
    service.clone().oneshot(request(&random())).await.unwrap();
    service.clone().oneshot(request(&header)).await.unwrap();
    let body = format!(r#"{{"developerPayload":"{payload}"}}"#);
    let length = body.len() as u64;
    let genuine = request(&header).map(|_| Body::from(body));
    assert_eq!(service.oneshot(genuine).await.unwrap().status(), 200);
    let expected = [
        (Some(Reason::HeaderSecretWrong), 0),
        (Some(Reason::BodyMalformed), 4),
        (None, length),
    ];
    assert_eq!(*log.0.lock().unwrap(), expected);
}
