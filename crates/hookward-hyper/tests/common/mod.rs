//! A gate between a raw client and a raw upstream, all on loopback.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod client;
pub mod tls;
pub mod upstream;

use alloc::sync::Arc;
use core::net::SocketAddr;
use core::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use hookward_hyper::hookward::{
    Event, Guard, GuardedRoute, Lists, Route, Secret, SecretRing, UnixTime,
};
use hookward_hyper::{
    Accept, BodyTimes, BufferBudget, Clock, Forwarder, ForwarderBuilder, GuardLayer, Observer,
    Server, ServerLimits, SharedLists, SharedTls, Unobserved,
};
use rustls::version::TLS13;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower::Layer;

use client::Client;
use tls::TlsServer;
use upstream::{Behaviour, Upstream};

pub const SECRET_HEADER: &str = "x-webhook-secret";
pub const PATH: &str = "/copyleaks/completed/scan-1";

/// What a test wants to be different.
pub struct Options {
    pub policy: &'static str,
    pub trial: Option<&'static str>,
    pub body_limit: u64,
    pub budget: usize,
    /// Of a connection, and of a source.
    pub shares: Option<(usize, usize)>,
    pub times: BodyTimes,
    pub limits: ServerLimits,
    pub tls: Option<SharedTls>,
    pub lists: Lists,
    pub clock: Clock,
    pub observer: Arc<dyn Observer>,
    pub behaviour: Behaviour,
    pub forwarder: fn(ForwarderBuilder, &Guard) -> ForwarderBuilder,
    pub server: fn(Server) -> Server,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            policy: "header_secret",
            trial: None,
            body_limit: 1 << 20,
            budget: BufferBudget::DEFAULT,
            shares: None,
            times: BodyTimes::default(),
            limits: ServerLimits::default(),
            tls: None,
            lists: Lists::default(),
            clock: Clock::system(),
            observer: Arc::new(Unobserved),
            behaviour: Behaviour::Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
            forwarder: |builder, _| builder,
            server: |server| server,
        }
    }
}

pub struct Gate {
    pub address: SocketAddr,
    pub upstream: Upstream,
    pub lists: SharedLists,
    pub budget: BufferBudget,
    pub header_secret: String,
    pub payload_secret: String,
    pub server: Server,
    pub stop: Option<oneshot::Sender<()>>,
    pub task: JoinHandle<()>,
}

pub fn random() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    bytes
        .iter()
        .map(|byte| char::from(b'a' + byte % 26))
        .collect()
}

pub fn guard(policy: &str, body_limit: u64, header_secret: &str, payload_secret: &str) -> Guard {
    guard_with_trial(policy, None, body_limit, header_secret, payload_secret)
}

pub fn guard_with_trial(
    policy: &str,
    trial: Option<&str>,
    body_limit: u64,
    header_secret: &str,
    payload_secret: &str,
) -> Guard {
    let ring = |label, secret: &str| {
        SecretRing::builder()
            .secret(label, Secret::new(secret).unwrap())
            .build()
            .unwrap()
    };
    let route = |template, event| {
        let route = Route::parse(template, event).unwrap();
        let route = GuardedRoute::new(route, policy.parse().unwrap()).with_body_limit(body_limit);
        match trial {
            Some(trial) => route.with_trial(trial.parse().unwrap()),
            None => route,
        }
    };
    let builder = Guard::builder()
        .header_secret(
            SECRET_HEADER.parse().unwrap(),
            ring("header-1", header_secret),
        )
        .developer_payload(ring("payload-1", payload_secret))
        .route(route("/copyleaks/{status}/{scan_id}", None));
    let payload = |policy: &str| policy.contains("developer_payload");
    let builder = if payload(policy) || trial.is_some_and(payload) {
        builder
    } else {
        builder.route(route("/exports/{scan_id}", Some(Event::ExportUpload)))
    };
    builder.build().unwrap()
}

impl Gate {
    pub async fn start(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self::start_on(listener, address, options).await
    }

    pub async fn start_on(
        listener: impl Accept + 'static,
        address: SocketAddr,
        options: Options,
    ) -> Self {
        let upstream = Upstream::start(options.behaviour).await;
        let (header_secret, payload_secret) = (random(), random());
        let guard = guard_with_trial(
            options.policy,
            options.trial,
            options.body_limit,
            &header_secret,
            &payload_secret,
        );
        let forwarder = Forwarder::builder(upstream.url().parse().unwrap(), &guard);
        let forwarder = (options.forwarder)(forwarder, &guard).build();
        let lists = SharedLists::new(options.lists);
        let budget = BufferBudget::new(options.budget);
        let budget = match options.shares {
            Some((connection, source)) => budget.with_shares(connection, source),
            None => budget,
        };
        let service = GuardLayer::new(guard, lists.clone())
            .with_budget(budget.clone())
            .with_clock(options.clock)
            .with_body_times(options.times)
            .with_observer(options.observer)
            .layer(forwarder);
        let server = match options.tls {
            Some(tls) => Server::tls(tls, options.limits),
            None => Server::without_tls(options.limits),
        };
        let server = (options.server)(server);
        let (stop, stopped) = oneshot::channel::<()>();
        let running = server.clone();
        let task = tokio::spawn(async move {
            let stopped = async { stopped.await.unwrap_or_default() };
            running.serve(listener, service, stopped).await;
        });
        Self {
            address,
            upstream,
            lists,
            budget,
            header_secret,
            payload_secret,
            server,
            stop: Some(stop),
            task,
        }
    }

    /// A gate behind TLS, requests on an HTTP/2 connection to it, and what becomes of the connection.
    pub async fn start_with_http2() -> (Self, SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>)
    {
        let tls = TlsServer::new();
        let gate = Self::start(Options {
            tls: Some(tls.shared.clone()),
            ..Options::default()
        })
        .await;
        let io = tls.client(None, &[&TLS13], "h2").open(gate.address).await;
        let (requests, connection) = h2::client::handshake(io).await.unwrap();
        (gate, requests, tokio::spawn(connection))
    }

    pub async fn connect(&self) -> Client<TcpStream> {
        Client::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// Connects from another address of this machine.
    pub async fn connect_from(&self, address: &str) -> Client<TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        socket
            .bind(format!("{address}:0").parse().unwrap())
            .unwrap();
        Client::new(socket.connect(self.address).await.unwrap())
    }

    /// The head of a request that passes, with more lines; each ends in CRLF.
    pub fn head(&self, lines: &str) -> String {
        self.head_to(PATH, lines)
    }

    pub fn head_to(&self, target: &str, lines: &str) -> String {
        let secret = &self.header_secret;
        format!("POST {target} HTTP/1.1\r\nHost: gate\r\n{SECRET_HEADER}: {secret}\r\n{lines}\r\n")
    }

    /// A body with the payload that passes.
    pub fn body(&self) -> String {
        format!(
            r#"{{"status":0,"developerPayload":"{}"}}"#,
            self.payload_secret
        )
    }
}

/// A whole request that needs no header secret.
pub fn post(body: &str) -> String {
    let len = body.len();
    format!("POST {PATH} HTTP/1.1\r\nHost: gate\r\nContent-Length: {len}\r\n\r\n{body}")
}

/// Short enough for a test to wait for.
pub const SHORT: Duration = Duration::from_millis(50);

pub fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}
