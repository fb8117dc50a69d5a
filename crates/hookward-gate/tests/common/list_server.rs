//! A server of lists on loopback, over TLS.

use core::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::thread;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::crypto::ring;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{Site, identity::Identity};

/// What the server does with a request.
#[derive(Clone)]
enum Answer {
    List(Vec<String>),
    Status(u16),
}

pub(crate) struct ListServer {
    pub(crate) url: String,
    answer: Arc<Mutex<Answer>>,
    /// The heads of the requests so far.
    seen: Arc<Mutex<Vec<HeaderMap>>>,
}

impl ListServer {
    /// Serves an error, until it is told otherwise. Its certificate is `lists.pem` of the site.
    pub(crate) fn new(site: &Site) -> Self {
        let identity = Identity::new("localhost");
        site.write("lists.pem", identity.pem());
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![identity.certificate()], identity.key())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!(
            "https://localhost:{}/lists?key=hidden",
            listener.local_addr().unwrap().port()
        );
        let answer = Arc::new(Mutex::new(Answer::Status(500)));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let server = (Arc::clone(&answer), Arc::clone(&seen));
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(accept(listener, acceptor, server.0, server.1));
        });
        Self { url, answer, seen }
    }

    /// From now on answers with this list.
    pub(crate) fn serve(&self, entries: &[String]) {
        *self.answer.lock().unwrap() = Answer::List(entries.to_vec());
    }

    /// From now on answers with an error.
    pub(crate) fn fail(&self) {
        *self.answer.lock().unwrap() = Answer::Status(503);
    }

    pub(crate) fn fetches(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    pub(crate) fn last_head(&self) -> HeaderMap {
        self.seen.lock().unwrap().last().expect("a fetch").clone()
    }
}

async fn accept(
    listener: std::net::TcpListener,
    acceptor: TlsAcceptor,
    answer: Arc<Mutex<Answer>>,
    seen: Arc<Mutex<Vec<HeaderMap>>>,
) {
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let Ok(stream) = acceptor.accept(stream).await else {
            continue;
        };
        let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
        let service = service_fn(move |request: Request<Incoming>| {
            seen.lock().unwrap().push(request.headers().clone());
            let response = match answer.lock().unwrap().clone() {
                Answer::List(entries) => {
                    Response::new(Full::<Bytes>::from(serde_json::to_vec(&entries).unwrap()))
                }
                Answer::Status(status) => {
                    let mut response = Response::new(Full::default());
                    *response.status_mut() = status.try_into().unwrap();
                    response
                }
            };
            async move { Ok::<_, Infallible>(response) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
