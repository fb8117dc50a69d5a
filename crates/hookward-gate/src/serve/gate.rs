//! A gate: everything that a configuration names, put together and bound to its addresses.

use core::future::Future;
use core::net::SocketAddr;
use std::io;
use std::sync::Arc;

use hookward_hyper::{
    BufferBudget, Clock, Forwarder, GuardLayer, GuardService, Server, SharedLists, SharedTls,
};
use hookward_rustls::PossessionVerifier;
use rustls::crypto::CryptoProvider;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use thiserror::Error;
use tokio::net::TcpListener;
use tower::Layer;

use crate::config::{Config, Identity, Serving};
use crate::identity::{self, IdentityError};
use crate::serve::admin::Admin;
use crate::serve::decision_log::{DecisionLog, Logged};
use crate::serve::hints::Hints;
use crate::serve::refreshing::Refreshing;
use crate::state::{StateDirectory, StateError};

/// A gate that is bound, and serves once it is [run](Self::run).
pub(crate) struct Gate {
    listener: TcpListener,
    address: SocketAddr,
    server: Server,
    service: Logged<GuardService<Forwarder>>,
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
    #[error("cannot listen on {address}: {source}")]
    Bind {
        address: SocketAddr,
        source: io::Error,
    },
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
        let Serving {
            upstream,
            address,
            identity,
            admin,
        } = config.serving.ok_or(GateError::NotForServing)?;

        let certificate = Arc::new(SingleCertAndKey::from(certified_key(identity, &provider)?));
        let verifier = PossessionVerifier::observe(&provider);
        let protocols = ["h2", "http/1.1"];
        let tls = hookward_rustls::server_config(provider, verifier, certificate, protocols)?;

        let guard = Arc::new(config.guard);
        let lists = SharedLists::new(config.lists);
        let refreshing = if config.refreshed.is_empty() {
            Refreshing::nothing()
        } else {
            let state = StateDirectory::open(&config.state)?;
            Refreshing::start(&config.refreshed, &state, &lists)?
        };
        let forwarder = Forwarder::builder(upstream, &guard)
            .secret_header(&guard, config.secret_header)
            .deadline(limits.request_timeout)
            .connect_timeout(limits.upstream_connect_timeout)
            .build();
        let service = GuardLayer::new(Arc::clone(&guard), lists.clone())
            .with_budget(BufferBudget::new(limits.buffered_bytes))
            .with_body_times(limits.body_times)
            .with_observer(Arc::new(Hints {
                lists: refreshing.watched(),
                next: DecisionLog,
            }))
            .layer(forwarder);

        let listener = bind(address).await?;
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
            address: listener.local_addr()?,
            listener,
            server: Server::tls(SharedTls::new(tls), limits.server),
            service: Logged::new(service),
            lists,
            refreshing,
            admin,
        })
    }

    /// Where webhooks come in.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
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
        self.server
            .serve(self.listener, self.service, shutdown)
            .await;
        refreshing.abort();
        if let Some(admin) = admin {
            admin.abort();
        }
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, GateError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| GateError::Bind { address, source })
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
