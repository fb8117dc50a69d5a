//! A gate: everything that a configuration names, put together and bound to its addresses.

use std::io;
use std::sync::Arc;

use arc_swap::ArcSwap;
use hookward_hyper::{BufferBudget, Clock, Forwarder, GuardLayer, GuardService, SharedLists};
use hookward_rustls::PossessionVerifier;
use rustls::crypto::CryptoProvider;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use thiserror::Error;
use tokio::task::JoinSet;
use tower::Layer;

use crate::config::{Admitted, Config, FirewallHeader, Identity, Serving, Socket};
use crate::identity::{self, IdentityError};
use crate::metrics::{Answered, Forwarded};
use crate::serve::activation::Activated;
use crate::serve::admin::{self, Admin};
use crate::serve::attribution::Attributed;
use crate::serve::decision_log::{DecisionLog, Logged};
use crate::serve::forward_auth::{Admit, Asked};
use crate::serve::generation::{Current, Generation};
use crate::serve::hints::Hints;
use crate::serve::hosts::Hosts;
use crate::serve::listener::{Listener, Prepared, Tls, Wanted};
use crate::serve::refreshing::{Plan, Refreshing, RefreshingError};
use crate::serve::status::Status;
use crate::serve::telemetry::{Door, Telemetry};
use crate::serve::usage::{Matches, Usage};
use crate::state::{StateDirectory, StateError};

/// Judges webhooks and hands them on.
type Webhooks = Attributed<Answered<Logged<GuardService<Forwarded<Forwarder>>>>>;
/// Judges webhooks that a proxy asks about.
type Questions = Attributed<Answered<Asked<Logged<GuardService<Admit>>>>>;

/// A gate that serves. Another configuration can be put in force at any time.
pub(crate) struct Gate {
    provider: Arc<CryptoProvider>,
    /// What systemd has opened for this process.
    sockets: Activated,
    current: Current,
    status: Arc<Status>,
    telemetry: Arc<Telemetry>,
    budget: BufferBudget,
    usage: Arc<Usage>,
    refreshing: Refreshing,
    webhooks: Option<Listener<Webhooks>>,
    forward_auth: Option<Listener<Questions>>,
    admin: Option<Listener<Admin>>,
    /// The listeners of webhooks, those that are gone but still finish requests included.
    serving: JoinSet<()>,
    /// Those of the admin address, which is there to the end.
    answering: JoinSet<()>,
}

/// Everything that a configuration names, put together, and not in force yet.
struct Next {
    current: Current,
    status: Arc<Status>,
    telemetry: Arc<Telemetry>,
    generation: Arc<Generation>,
    budget: BufferBudget,
    usage: Arc<Usage>,
    plan: Plan,
    webhooks: Option<Prepared<Webhooks>>,
    forward_auth: Option<Prepared<Questions>>,
    admin: Option<Prepared<Admin>>,
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
    #[error(transparent)]
    Refreshing(#[from] RefreshingError),
    /// Something that the system does not let us do.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Gate {
    /// Puts a gate together, binds its addresses and begins to serve.
    pub(crate) async fn start(
        config: Config,
        provider: Arc<CryptoProvider>,
        sockets: Activated,
    ) -> Result<Self, GateError> {
        let next = Next::prepare(config, &provider, &sockets, None).await?;
        let mut gate = Self {
            provider,
            sockets,
            current: Arc::clone(&next.current),
            status: Arc::clone(&next.status),
            telemetry: Arc::clone(&next.telemetry),
            budget: next.budget.clone(),
            usage: Arc::clone(&next.usage),
            refreshing: Refreshing::default(),
            webhooks: None,
            forward_auth: None,
            admin: None,
            serving: JoinSet::new(),
            answering: JoinSet::new(),
        };
        gate.commit(next);
        Ok(gate)
    }

    /// Puts another configuration in force, whole or not at all.
    ///
    /// Requests in progress are finished as they began. What listens as before goes on; what does
    /// not is bound before anything is let go.
    pub(crate) async fn reload(&mut self, config: Config) -> Result<(), GateError> {
        let next = Next::prepare(config, &self.provider, &self.sockets, Some(self)).await?;
        self.commit(next);
        Ok(())
    }

    /// From here on nothing can fail, and nothing waits.
    fn commit(&mut self, next: Next) {
        self.refreshing.commit(next.plan);
        self.budget = next.budget;
        self.usage = next.usage;
        self.current.store(next.generation);
        Listener::commit(&mut self.webhooks, next.webhooks, &mut self.serving);
        Listener::commit(&mut self.forward_auth, next.forward_auth, &mut self.serving);
        Listener::commit(&mut self.admin, next.admin, &mut self.answering);
        // What has ended since the last time.
        while self.serving.try_join_next().is_some() || self.answering.try_join_next().is_some() {}
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
    pub(crate) fn admin(&self) -> Option<&Socket> {
        self.admin.as_ref().map(Listener::socket)
    }

    /// The sockets that systemd has opened and nobody listens on: whoever connects there waits for
    /// ever.
    pub(crate) fn unused_sockets(&self) -> impl Iterator<Item = &str> {
        let webhooks = self.webhooks.as_ref().and_then(Listener::systemd_name);
        let forward_auth = self.forward_auth.as_ref().and_then(Listener::systemd_name);
        (self.sockets.names()).filter(move |name| ![webhooks, forward_auth].contains(&Some(name)))
    }

    /// How it went with reloading.
    pub(crate) const fn status(&self) -> &Arc<Status> {
        &self.status
    }

    /// When each secret last matched.
    pub(crate) fn usage(&self) -> &Usage {
        &self.usage
    }

    /// The lists that requests are judged by. A change takes effect on the next request.
    pub(crate) fn lists(&self) -> SharedLists {
        self.current.load().lists.clone()
    }

    /// Takes no more connections, and finishes the requests in progress.
    pub(crate) async fn stop(mut self) {
        self.status.stop();
        self.webhooks = None;
        self.forward_auth = None;
        while self.serving.join_next().await.is_some() {}
    }
}

impl Next {
    async fn prepare(
        config: Config,
        provider: &Arc<CryptoProvider>,
        sockets: &Activated,
        before: Option<&Gate>,
    ) -> Result<Self, GateError> {
        let clock = Clock::system();
        let limits = config.limits;
        let Serving { webhooks, admin } = config.serving.ok_or(GateError::NotForServing)?;
        let guard = Arc::new(config.guard);
        let lists = SharedLists::new(config.lists);
        let nothing = Refreshing::default();
        let refreshing = before.map_or(&nothing, |gate| &gate.refreshing);
        let plan = refreshing.plan(config.refreshed, &config.state, &lists)?;
        let watched = refreshing.watched(&plan);
        // Bodies that are being read go on counting.
        let budget = match before.map(|gate| &gate.budget) {
            Some(budget) if limits.are_of(budget) => budget.clone(),
            _ => limits.budget(),
        };
        let telemetry = match before {
            Some(gate) => Arc::clone(&gate.telemetry),
            None => Telemetry::new(clock.clone()),
        };
        let metrics = &telemetry.metrics;
        let usage = before.map(|gate| gate.usage.as_ref());
        let usage = Arc::new(Usage::new(&config.rotation, usage, clock.now()));
        let observer = Hints {
            lists: watched.clone(),
            next: Matches {
                usage: Arc::clone(&usage),
                clock: clock.clone(),
                next: DecisionLog,
            },
        };
        let layer = GuardLayer::new(Arc::clone(&guard), lists.clone())
            .with_budget(budget.clone())
            .with_body_times(limits.body_times)
            .with_observer(Arc::new(telemetry.observer(&guard, observer)));
        let generation = Arc::new(Generation {
            guard: Arc::clone(&guard),
            lists,
            watched,
            budget: budget.clone(),
            usage: Arc::clone(&usage),
        });
        let current = match before {
            Some(gate) => Arc::clone(&gate.current),
            None => Arc::new(ArcSwap::new(Arc::clone(&generation))),
        };
        let status = match before {
            Some(gate) => Arc::clone(&gate.status),
            None => Arc::new(Status::new(clock.now())),
        };

        let webhooks = match webhooks.zip(config.entrances.webhooks) {
            None => None,
            Some((webhooks, entrance)) => {
                let mut forwarder = Forwarder::builder(webhooks.upstream, &guard)
                    .secret_header(&guard, config.secret_header)
                    .deadline(limits.request_timeout)
                    .connect_timeout(limits.upstream_connect_timeout)
                    .idle_timeout(limits.upstream_idle_timeout)
                    .idle_connections(limits.upstream_idle_connections)
                    .count_body_bytes(metrics.forwarded_body_bytes());
                if let Some(FirewallHeader::Own(name)) = config.firewall_header {
                    forwarder = forwarder.remove_header(name);
                }
                let forwarded = Forwarded::new(metrics, forwarder.build());
                let judged = Logged::new(layer.layer(forwarded));
                let tls = match webhooks.identity {
                    Some(identity) => Some(tls(identity, provider)?),
                    None => None,
                };
                let wanted = Wanted {
                    socket: entrance.socket.clone(),
                    admitted: entrance.admitted.clone(),
                    limits: limits.server.clone(),
                    tls,
                    counts: telemetry.connections(Door::Webhooks),
                    service: Attributed::new(entrance, Answered::new(metrics, judged)),
                };
                Some(
                    prepare(
                        before.and_then(|gate| gate.webhooks.as_ref()),
                        wanted,
                        sockets,
                    )
                    .await?,
                )
            }
        };
        let forward_auth = match config.entrances.forward_auth {
            None => None,
            Some(auth) => {
                let asked = Asked::new(auth.form, metrics, Logged::new(layer.layer(Admit)));
                let wanted = Wanted {
                    socket: auth.entrance.socket.clone(),
                    admitted: auth.entrance.admitted.clone(),
                    limits: limits.server,
                    tls: None,
                    counts: telemetry.connections(Door::ForwardAuth),
                    service: Attributed::new(auth.entrance, Answered::new(metrics, asked)),
                };
                Some(
                    prepare(
                        before.and_then(|gate| gate.forward_auth.as_ref()),
                        wanted,
                        sockets,
                    )
                    .await?,
                )
            }
        };
        let admin = match admin {
            None => None,
            Some(settings) => {
                let wanted = Wanted {
                    socket: Socket::Tcp(settings.address),
                    admitted: Admitted::Anyone,
                    limits: admin::limits(),
                    tls: None,
                    counts: telemetry.connections(Door::Admin),
                    service: Admin {
                        current: Arc::clone(&current),
                        status: Arc::clone(&status),
                        telemetry: Arc::clone(&telemetry),
                        hosts: Hosts::new(settings.address.ip(), settings.hosts),
                        clock,
                    },
                };
                Some(prepare(before.and_then(|gate| gate.admin.as_ref()), wanted, sockets).await?)
            }
        };
        Ok(Self {
            current,
            status,
            telemetry,
            generation,
            budget,
            usage,
            plan,
            webhooks,
            forward_auth,
            admin,
        })
    }
}

async fn prepare<S>(
    current: Option<&Listener<S>>,
    wanted: Wanted<S>,
    sockets: &Activated,
) -> Result<Prepared<S>, GateError> {
    let socket = wanted.socket.clone();
    Listener::prepare(current, wanted, sockets)
        .await
        .map_err(|source| GateError::Bind { socket, source })
}

fn tls(identity: Identity, provider: &Arc<CryptoProvider>) -> Result<Tls, GateError> {
    let certificate = certified_key(identity, provider)?;
    let chain = certificate.cert.clone();
    let certificate = Arc::new(SingleCertAndKey::from(certificate));
    let verifier = PossessionVerifier::observe(provider);
    let provider = Arc::clone(provider);
    let protocols = ["h2", "http/1.1"];
    let config = hookward_rustls::server_config(provider, verifier, certificate, protocols)?;
    Ok(Tls {
        chain,
        config: Arc::new(config),
    })
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
