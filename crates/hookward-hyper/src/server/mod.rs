//! The accept loop.

mod activity;
mod connection;
mod counts;
mod crowd;
mod entrance;
mod limits;
mod lingering;
mod patience;
mod read_ahead;

use alloc::sync::Arc;
use core::net::IpAddr;
use core::pin::pin;
use core::time::Duration;
use std::io;

use arc_swap::ArcSwap;
use hookward_forwarded::TrustedProxies;
use http::{Request, Response};
use http_body::Body;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tower::Service;

use crate::metered::BoxError;
use crate::standing::Standing;
use connection::{Acceptor, Arrived};
pub use counts::ConnectionCounts;
use entrance::Entrance;
pub use limits::ServerLimits;
pub use lingering::Lingering;

/// How long to wait after an error of the listener, such as too many open files (EMFILE).
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);

/// Accepts connections and serves HTTP/1.1 and HTTP/2 on them.
///
/// Each request carries a [`Peer`](crate::Peer) with the address of the client and the certificate
/// that it has proved to hold, so that a [`GuardLayer`](crate::GuardLayer) can judge it.
///
/// With TLS, ALPN decides between HTTP/2 and HTTP/1.1: the configuration has to offer both for
/// HTTP/2 to be spoken. Without TLS it is HTTP/1.1 only.
#[derive(Clone, Debug)]
pub struct Server {
    acceptor: Arc<Acceptor>,
}

/// A TLS configuration that can be replaced. Connections that are open keep theirs.
///
/// Clones share the same configuration.
#[derive(Clone, Debug)]
pub struct SharedTls(Arc<ArcSwap<ServerConfig>>);

impl SharedTls {
    /// Shares `config`. It has to ask for client certificates, as
    /// `hookward_rustls::PossessionVerifier` does, for any to be seen.
    #[must_use]
    pub fn new(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self(Arc::new(ArcSwap::new(config.into())))
    }

    /// The configuration that new connections get.
    #[must_use]
    pub fn load(&self) -> Arc<ServerConfig> {
        self.0.load_full()
    }

    /// Puts `config` in place of the current one.
    pub fn store(&self, config: impl Into<Arc<ServerConfig>>) {
        self.0.store(config.into());
    }
}

/// Where connections come from.
pub trait Accept: Send {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// The next connection, and the address of its other end if it has one.
    ///
    /// Nothing is lost when the future is dropped before it is ready. An error does not end
    /// anything: the server waits a moment and asks again.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, Option<IpAddr>)>> + Send;
}

impl Accept for TcpListener {
    type Io = tokio::net::TcpStream;

    async fn accept(&mut self) -> io::Result<(Self::Io, Option<IpAddr>)> {
        let (stream, address) = Self::accept(self).await?;
        // An answer is small and complete: nothing is gained by waiting for more of it.
        stream.set_nodelay(true)?;
        Ok((stream, Some(address.ip())))
    }
}

/// A Unix socket has no addresses: who may connect is up to its permissions.
impl Accept for UnixListener {
    type Io = tokio::net::UnixStream;

    async fn accept(&mut self) -> io::Result<(Self::Io, Option<IpAddr>)> {
        let (stream, _) = Self::accept(self).await?;
        Ok((stream, None))
    }
}

impl Server {
    /// A server that ends TLS.
    #[must_use]
    pub fn tls(tls: SharedTls, limits: ServerLimits) -> Self {
        Self::of(Acceptor::new(Some(tls), limits))
    }

    /// A server without TLS, for a listener that only a proxy reaches. It sees no client
    /// certificates, and everything on the way can be read and changed.
    #[must_use]
    pub fn without_tls(limits: ServerLimits) -> Self {
        Self::of(Acceptor::new(None, limits))
    }

    /// Closes connections from anyone but `proxies`, before a byte is read. A peer without an address
    /// is one on a Unix socket.
    ///
    /// For listeners without TLS, where a peer says who its clients are.
    #[must_use]
    pub fn only_from(self, proxies: TrustedProxies) -> Self {
        self.with_entrance(Entrance::Only(proxies))
    }

    /// Demands a PROXY protocol header, version 1 or 2, at the start of every connection, before TLS;
    /// closes connections from anyone but `proxies`, and those without a header within
    /// [`ServerLimits::handshake`].
    ///
    /// The client is then whom the header names, or nobody if it names nobody. Without TLS here, a
    /// client certificate in the header is that of the client; with TLS, only the handshake's is.
    #[must_use]
    pub fn behind_proxy_protocol(self, proxies: TrustedProxies) -> Self {
        self.with_entrance(Entrance::ProxyProtocol(proxies))
    }

    /// Says which peers are proxies of many clients, where others may connect as well: they may have
    /// any number of connections.
    #[must_use]
    pub fn beside(self, proxies: TrustedProxies) -> Self {
        self.with_entrance(Entrance::AnyoneAnd(proxies))
    }

    /// Counts in `counts` from here on.
    #[must_use]
    pub fn with_counts(self, counts: Arc<ConnectionCounts>) -> Self {
        Self::of(Acceptor {
            counts,
            ..Acceptor::clone(&self.acceptor)
        })
    }

    fn with_entrance(self, entrance: Entrance) -> Self {
        Self::of(Acceptor {
            entrance,
            ..Acceptor::clone(&self.acceptor)
        })
    }

    fn of(acceptor: Acceptor) -> Self {
        Self {
            acceptor: Arc::new(acceptor),
        }
    }

    /// What became of connections, counted since the server was made.
    #[must_use]
    pub fn counts(&self) -> &Arc<ConnectionCounts> {
        &self.acceptor.counts
    }

    /// Serves connections from `listener` until `shutdown` is ready.
    ///
    /// Then no more are accepted, open ones finish the requests in progress, and after
    /// [`ServerLimits::shutdown`] what is left is cut off.
    pub async fn serve<L, S, R>(
        &self,
        mut listener: L,
        service: S,
        shutdown: impl Future<Output = ()>,
    ) where
        L: Accept,
        S: Service<Request<Lingering>, Response = Response<R>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        let acceptor = &self.acceptor;
        let (stop, stopping) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        'accepting: loop {
            let accepted = tokio::select! {
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => continue,
                accepted = listener.accept() => accepted,
            };
            let (io, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::select! {
                        () = &mut shutdown => break,
                        () = tokio::time::sleep(ACCEPT_BACKOFF) => continue,
                    }
                }
            };
            let source = acceptor.source(address);
            let Ok(slot) = source.map(|source| acceptor.count(source)).transpose() else {
                continue;
            };
            let standing = Standing::default();
            let mut entering = pin!(acceptor.connections.enter(source, &standing));
            let place = loop {
                tokio::select! {
                    () = &mut shutdown => break 'accepting,
                    Some(_) = connections.join_next() => {}
                    place = &mut entering => break place,
                }
            };
            let Some(place) = place else {
                acceptor.counts.gave_way();
                continue;
            };
            let counts = Arc::clone(&acceptor.counts);
            let arrived = Arrived {
                io,
                address,
                standing: standing.clone(),
            };
            let connection = Arc::clone(acceptor).serve(arrived, service.clone(), stopping.clone());
            connections.spawn(async move {
                let _open = counts.accepted();
                let _slot = slot;
                tokio::select! {
                    () = connection => {}
                    () = place.needed() => counts.gave_way(),
                }
            });
        }
        drop(listener);
        stop.send_replace(true);
        let finished = async { while connections.join_next().await.is_some() {} };
        if timeout(acceptor.limits.shutdown, finished).await.is_err() {
            tracing::warn!(connections = connections.len(), "connections are cut off");
            connections.shutdown().await;
        }
    }
}
