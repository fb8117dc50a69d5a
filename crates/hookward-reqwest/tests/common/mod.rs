//! A server on loopback that answers as it is told, and what talks to it.

// Each test takes what it needs.
#![allow(dead_code)]

use core::convert::Infallible;
use core::num::ParseIntError;
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hookward_reqwest::hookward_refresh::{Config, Document};
use hookward_reqwest::{Driver, DriverBuilder, Endpoint, EndpointBuilder, Handle, Status};
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// One number on each line.
pub(crate) struct Numbers(pub(crate) Vec<u32>);

impl Document for Numbers {
    type Entry = u32;
    type Error = ParseIntError;

    fn parse(body: &[u8]) -> Result<Self, ParseIntError> {
        let text = str::from_utf8(body).unwrap_or("not text");
        text.lines()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn entries(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

/// What the server does with a request.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A status, headers, and a body with its right length.
    Http(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes as they are, in place of a response, and then the end of the connection.
    Raw(Vec<u8>),
    /// These bytes, and then nothing more.
    Stuck(Vec<u8>),
}

impl Answer {
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::Http(200, Vec::new(), body.into())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Http(status, Vec::new(), Vec::new())
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Http(_, headers, _) = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

/// What the server was asked.
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

type Script = Box<dyn FnMut(&Seen) -> Answer + Send>;

struct Shared {
    script: Mutex<Script>,
    seen: Mutex<VecDeque<Seen>>,
}

pub(crate) struct Server {
    pub(crate) url: String,
    /// Trusts the server, if it speaks TLS.
    pub(crate) roots: RootCertStore,
    /// The server's certificate, if it speaks TLS.
    pub(crate) certificate: Option<CertificateDer<'static>>,
    shared: Arc<Shared>,
    _connections: JoinSet<()>,
}

impl Server {
    pub(crate) async fn plain(script: impl FnMut(&Seen) -> Answer + Send + 'static) -> Self {
        Self::start(None, script).await
    }

    /// With a certificate for `name`, of its own authority.
    pub(crate) async fn tls(
        name: &str,
        script: impl FnMut(&Seen) -> Answer + Send + 'static,
    ) -> Self {
        Self::start(Some(name), script).await
    }

    async fn start(
        tls_name: Option<&str>,
        script: impl FnMut(&Seen) -> Answer + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            script: Mutex::new(Box::new(script)),
            seen: Mutex::default(),
        });
        let mut roots = RootCertStore::empty();
        let mut certificate = None;
        let acceptor = tls_name.map(|name| {
            let key = rcgen::KeyPair::generate().unwrap();
            let own = rcgen::CertificateParams::new([name.to_owned()])
                .unwrap()
                .self_signed(&key)
                .unwrap();
            roots.add(own.der().clone()).unwrap();
            certificate = Some(own.der().clone());
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = rustls::ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![own.der().clone()], key.into())
                .unwrap();
            TlsAcceptor::from(Arc::new(config))
        });
        let mut connections = JoinSet::new();
        let scheme = if tls_name.is_some() { "https" } else { "http" };
        connections.spawn(accept(listener, acceptor, shared.clone()));
        Self {
            url: format!("{scheme}://localhost:{port}/list"),
            roots,
            certificate,
            shared,
            _connections: connections,
        }
    }

    pub(crate) fn set(&self, answer: Answer) {
        *self.shared.script.lock().unwrap() = Box::new(move |_| answer.clone());
    }

    pub(crate) fn seen(&self) -> VecDeque<Seen> {
        core::mem::take(&mut *self.shared.seen.lock().unwrap())
    }

    pub(crate) fn endpoint(&self) -> EndpointBuilder {
        Endpoint::builder(&self.url)
            .roots(self.roots.clone())
            .allow_plain_http()
    }

    pub(crate) fn driver(&self) -> DriverBuilder<Numbers> {
        Driver::builder(self.endpoint().build().unwrap()).config(quick())
    }
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let (tcp, _) = listener.accept().await.unwrap();
        let (acceptor, shared) = (acceptor.clone(), shared.clone());
        connections.spawn(async move {
            match acceptor {
                None => serve(tcp, shared).await,
                Some(acceptor) => {
                    // The client may not like the certificate.
                    if let Ok(tls) = acceptor.accept(tcp).await {
                        serve(tls, shared).await;
                    }
                }
            }
        });
    }
}

/// Reads the head, asks the script, and either lets hyper answer or does so itself.
async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    shared: Arc<Shared>,
) {
    let raw = Arc::new(Mutex::new(None));
    let service = service_fn(|request: Request<Incoming>| {
        let (shared, raw) = (shared.clone(), raw.clone());
        async move {
            let (head, body) = request.into_parts();
            let seen = Seen {
                method: head.method,
                uri: head.uri,
                headers: head.headers,
                body: body.collect().await.unwrap().to_bytes(),
            };
            let answer = (shared.script.lock().unwrap())(&seen);
            shared.seen.lock().unwrap().push_back(seen);
            match answer {
                Answer::Http(status, headers, body) => {
                    let mut response = Response::new(Full::new(Bytes::from(body)));
                    *response.status_mut() = status.try_into().unwrap();
                    for (name, value) in headers {
                        response.headers_mut().append(name, value.parse().unwrap());
                    }
                    Ok::<_, String>(response)
                }
                answer => {
                    *raw.lock().unwrap() = Some(answer);
                    Err("the rest is written by hand".to_owned())
                }
            }
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(&mut stream), service);
    let _ = connection.await;
    let (bytes, stuck) = match raw.lock().unwrap().take() {
        Some(Answer::Raw(bytes)) => (bytes, false),
        Some(Answer::Stuck(bytes)) => (bytes, true),
        _ => return,
    };
    // Whoever has heard enough hangs up.
    let _ = stream.write_all(&bytes).await;
    let _ = stream.flush().await;
    if stuck {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
}

/// Everything a thousand times as fast as usual, or as fast as the rules allow.
pub(crate) fn quick() -> Config {
    let mut config = Config::default();
    config.interval = Duration::from_millis(1000);
    config.least_interval = Duration::from_millis(20);
    config.spacing = Duration::from_millis(20);
    config.longest_backoff = Duration::from_millis(40);
    config.longest_retry_after = Duration::from_secs(2);
    config
}

pub(crate) struct Running {
    pub(crate) handle: Handle<Numbers>,
    pub(crate) task: tokio::task::JoinHandle<Infallible>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn run(builder: DriverBuilder<Numbers>) -> Running {
    let (driver, handle) = builder.build().unwrap();
    Running {
        handle,
        task: tokio::spawn(driver.run()),
    }
}

impl Running {
    pub(crate) async fn until(
        &mut self,
        mut reached: impl FnMut(&Status<Numbers>) -> bool,
    ) -> Status<Numbers> {
        let wait = async {
            loop {
                let status = self.handle.changed().await.expect("the driver is there");
                if reached(&status) {
                    return status;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait)
            .await
            .expect("it is reached within a minute")
    }

    pub(crate) async fn loaded(&mut self, expected: &[u32]) -> Status<Numbers> {
        self.until(|status| numbers(status) == expected).await
    }

    /// What the first failed fetch is said to have failed with.
    pub(crate) async fn failed(&mut self) -> String {
        let status = self.until(|status| status.failures > 0).await;
        status.last_error.unwrap().message
    }
}

pub(crate) fn numbers(status: &Status<Numbers>) -> &[u32] {
    status
        .current
        .as_ref()
        .map_or(&[], |current| &current.document.0)
}
