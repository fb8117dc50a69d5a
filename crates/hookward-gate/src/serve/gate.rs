//! A gate: everything that a configuration names, put together and bound to its addresses.

use core::future::Future;
use core::net::SocketAddr;
use std::io;
use std::sync::Arc;

use hookward_hyper::{
    BufferBudget, Clock, Forwarder, GuardLayer, GuardService, Server, ServerLimits, SharedLists,
    SharedTls,
};
use hookward_rustls::PossessionVerifier;
use rustls::crypto::CryptoProvider;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::Layer;

use crate::config::{Admitted, Config, Entrance, FirewallHeader, Identity, Serving, Socket};
use crate::identity::{self, IdentityError};
use crate::serve::admin::Admin;
use crate::serve::attribution::Attributed;
use crate::serve::decision_log::{DecisionLog, Logged};
use crate::serve::forward_auth::{Admit, Asked};
use crate::serve::hints::Hints;
use crate::serve::listener::Listener;
use crate::serve::refreshing::Refreshing;
use crate::state::{StateDirectory, StateError};

/// Judges webhooks and hands them on.
type Webhooks = Attributed<Logged<GuardService<Forwarder>>>;
/// Judges webhooks that a proxy asks about.
type Questions = Attributed<Asked<Logged<GuardService<Admit>>>>;

/// A gate that is bound, and serves once it is [run](Self::run).
pub(crate) struct Gate {
    webhooks: Option<Listener<Webhooks>>,
    forward_auth: Option<Listener<Questions>>,
    lists: SharedLists,
    refreshing: Refreshing,
    admin: Option<Admin>,
}

/// Why a gate cannot be put together.
#[derive(Debug, Error)]
pub(crate) enum GateError {
    /// The configuration was not read to serve with.
    #[error("the configuration does not say where to listen")]
    NotForServing,
    /// An address cannot be bound.
    #[error("cannot listen on {socket}: {source}")]
    Bind { socket: Socket, source: io::Error },
    /// The directory for the self-signed certificate is not ours alone.
    #[error(transparent)]
    State(#[from] StateError),
    /// There is no certificate to serve with.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The TLS library refuses the configuration.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// A list cannot be kept current.
    #[error("cannot keep the lists current: {0}")]
    Refreshing(#[from] hookward_reqwest::DriverError),
    /// Something that the system does not let us do.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Gate {
    /// Puts a gate together and binds its addresses. From now on connections wait in the queue.
    pub(crate) async fn bind(
        config: Config,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, GateError> {
        let limits = config.limits;
        let Serving { webhooks, admin } = config.serving.ok_or(GateError::NotForServing)?;
        let guard = Arc::new(config.guard);
        let lists = SharedLists::new(config.lists);
        let refreshing = if config.refreshed.is_empty() {
            Refreshing::nothing()
        } else {
            let state = StateDirectory::open(&config.state)?;
            Refreshing::start(&config.refreshed, &state, &lists)?
        };
        let layer = GuardLayer::new(Arc::clone(&guard), lists.clone())
            .with_budget(BufferBudget::new(limits.buffered_bytes))
            .with_body_times(limits.body_times)
            .with_observer(Arc::new(Hints {
                lists: refreshing.watched(),
                next: DecisionLog,
            }));

        let webhooks = match webhooks.zip(config.entrances.webhooks) {
            None => None,
            Some((webhooks, entrance)) => {
                let mut forwarder = Forwarder::builder(webhooks.upstream, &guard)
                    .secret_header(&guard, config.secret_header)
                    .deadline(limits.request_timeout)
                    .connect_timeout(limits.upstream_connect_timeout);
                if let Some(FirewallHeader::Own(name)) = config.firewall_header {
                    forwarder = forwarder.remove_header(name);
                }
                let forwarder = forwarder.build();
                let tls = match webhooks.identity {
                    Some(identity) => Some(shared_tls(identity, provider)?),
                    None => None,
                };
                let service = Logged::new(layer.layer(forwarder));
                Some(listen(entrance, tls, limits.server.clone(), service).await?)
            }
        };
        let forward_auth = match config.entrances.forward_auth {
            None => None,
            Some(auth) => {
                let service = Asked::new(auth.form, Logged::new(layer.layer(Admit)));
                Some(listen(auth.entrance, None, limits.server, service).await?)
            }
        };
        let admin = match admin {
            Some(address) => {
                let listener = bind(address).await?;
                Some(Admin::new(
                    listener,
                    guard,
                    lists.clone(),
                    refreshing.watched(),
                    Clock::system(),
                )?)
            }
            None => None,
        };
        Ok(Self {
            webhooks,
            forward_auth,
            lists,
            refreshing,
            admin,
        })
    }

    /// Where webhooks come in, if they do.
    pub(crate) fn webhooks(&self) -> Option<&Socket> {
        self.webhooks.as_ref().map(Listener::socket)
    }

    /// Where proxies ask, if they do.
    pub(crate) fn forward_auth(&self) -> Option<&Socket> {
        self.forward_auth.as_ref().map(Listener::socket)
    }

    /// Where the gate answers questions about itself, if anywhere.
    pub(crate) fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(Admin::address)
    }

    /// The lists that requests are judged by. A change takes effect on the next request.
    pub(crate) const fn lists(&self) -> &SharedLists {
        &self.lists
    }

    /// Serves until `shutdown` is ready; then finishes the requests in progress.
    pub(crate) async fn run(self, shutdown: impl Future<Output = ()>) {
        let refreshing = tokio::spawn(self.refreshing.run());
        let admin = self.admin.map(|admin| tokio::spawn(admin.run()));
        let (stop, stopping) = watch::channel(false);
        let stopped = || {
            let mut stopping = stopping.clone();
            // An error means that nobody can say so any more, which is a reason to stop as well.
            async move { drop(stopping.wait_for(|stop| *stop).await) }
        };
        let webhooks = self.webhooks.map(|listener| listener.run(stopped()));
        let forward_auth = self.forward_auth.map(|listener| listener.run(stopped()));
        tokio::join!(maybe(webhooks), maybe(forward_auth), async {
            shutdown.await;
            stop.send_replace(true);
        });
        refreshing.abort();
        if let Some(admin) = admin {
            admin.abort();
        }
    }
}

async fn maybe(future: Option<impl Future<Output = ()>>) {
    if let Some(future) = future {
        future.await;
    }
}

/// Binds a listener, and puts what it believes of its peers before `service`.
async fn listen<S>(
    entrance: Entrance,
    tls: Option<SharedTls>,
    limits: ServerLimits,
    service: S,
) -> Result<Listener<Attributed<S>>, GateError> {
    let server = match tls {
        Some(tls) => Server::tls(tls, limits),
        None => Server::without_tls(limits),
    };
    let server = match &entrance.admitted {
        Admitted::Anyone => server,
        Admitted::Proxies(proxies) => server.only_from(proxies.clone()),
        Admitted::ProxyProtocol(proxies) => server.behind_proxy_protocol(proxies.clone()),
    };
    let socket = entrance.socket.clone();
    Listener::bind(socket.clone(), server, Attributed::new(entrance, service))
        .await
        .map_err(|source| GateError::Bind { socket, source })
}

async fn bind(address: SocketAddr) -> Result<TcpListener, GateError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| GateError::Bind {
            socket: Socket::Tcp(address),
            source,
        })
}

fn shared_tls(identity: Identity, provider: Arc<CryptoProvider>) -> Result<SharedTls, GateError> {
    let certificate = Arc::new(SingleCertAndKey::from(certified_key(identity, &provider)?));
    let verifier = PossessionVerifier::observe(&provider);
    let protocols = ["h2", "http/1.1"];
    let tls = hookward_rustls::server_config(provider, verifier, certificate, protocols)?;
    Ok(SharedTls::new(tls))
}

fn certified_key(identity: Identity, provider: &CryptoProvider) -> Result<CertifiedKey, GateError> {
    match identity {
        Identity::Configured(key) => Ok(key),
        Identity::SelfSigned { state, names } => {
            let state = StateDirectory::open(&state)?;
            Ok(identity::keep_self_signed(&state, &names, provider)?)
        }
    }
}
