//! A listener that runs, and can be changed while it does.

use core::convert::Infallible;
use core::time::Duration;
use std::fs::Permissions;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use hookward_hyper::{ConnectionCounts, Lingering, Server, ServerLimits, SharedTls};
use http::{Request, Response};
use http_body::Body;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::Service;

use crate::config::{Admitted, Socket};
use crate::serve::activation::Activated;
use crate::serve::swapped::Swapped;

/// How long a listener that stops goes on to accept, and how often its queue is looked at.
const PATIENCE: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(1);

type BoxError = Box<dyn core::error::Error + Send + Sync>;

/// What a listener is to be like.
pub(crate) struct Wanted<S> {
    pub(crate) socket: Socket,
    pub(crate) admitted: Admitted,
    pub(crate) limits: ServerLimits,
    /// `None` where TLS does not end here.
    pub(crate) tls: Option<Tls>,
    /// Where its connections are counted.
    pub(crate) counts: Arc<ConnectionCounts>,
    pub(crate) service: S,
}

/// How TLS ends here.
pub(crate) struct Tls {
    /// The certificates that are shown. The key belongs to the first.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) config: Arc<ServerConfig>,
}

/// A listener, and what serves its connections. Once it is dropped no more are accepted, and the
/// requests in progress are finished.
pub(crate) struct Listener<S> {
    /// What was asked for. Port 0 comes to another one.
    asked: Socket,
    socket: Socket,
    bound: Arc<Bound>,
    settings: Settings,
    tls: Option<Ending>,
    counts: Arc<ConnectionCounts>,
    service: Swapped<S>,
    stop: watch::Sender<()>,
}

/// How TLS ends on new connections.
struct Ending {
    chain: Vec<CertificateDer<'static>>,
    shared: SharedTls,
}

/// What open connections keep until their end, so that a change of it ends them.
#[derive(Clone, Eq, PartialEq)]
struct Settings {
    admitted: Admitted,
    limits: ServerLimits,
    ends_tls: bool,
}

impl Settings {
    /// Whether what serves these connections can serve those as well: it is shown who connected, and
    /// decides by itself whether that is a proxy. Whom a PROXY protocol header names is believed
    /// because of whose header it was.
    fn judge_like(&self, before: &Self) -> bool {
        let named = |settings: &Self| matches!(settings.admitted, Admitted::ProxyProtocol(_));
        self.admitted == before.admitted || !(named(self) || named(before))
    }
}

/// A change of a listener that cannot fail any more.
pub(crate) enum Prepared<S> {
    /// Everything but what serves the connections stays.
    Same { tls: Option<Tls>, service: S },
    /// It is bound, and connections wait in its queue.
    New {
        listener: Box<Listener<S>>,
        accepting: Accepting,
        service: S,
    },
}

/// Our own hold on a queue of connections, to hand it from one server to the next.
enum Bound {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener),
}

/// A server's hold on it.
pub(crate) enum Accepting {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl<S> Listener<S> {
    /// Gets everything ready for `current` to become as it is wanted. Nothing changes yet.
    pub(crate) async fn prepare(
        current: Option<&Self>,
        wanted: Wanted<S>,
        sockets: &Activated,
    ) -> io::Result<Prepared<S>> {
        let settings = Settings {
            admitted: wanted.admitted,
            limits: wanted.limits,
            ends_tls: wanted.tls.is_some(),
        };
        let (bound, socket) = match current.filter(|current| current.asked == wanted.socket) {
            Some(current) if current.settings == settings => {
                return Ok(Prepared::Same {
                    tls: wanted.tls,
                    service: wanted.service,
                });
            }
            // The queue is shared, so that no connection is lost between the two.
            Some(current) => (current.bound.try_clone()?, current.socket.clone()),
            None => Bound::bind(&wanted.socket, sockets).await?,
        };
        let accepting = bound.accepting()?;
        let before = current.filter(|current| settings.judge_like(&current.settings));
        let listener = Self {
            asked: wanted.socket,
            socket,
            bound: Arc::new(bound),
            settings,
            tls: wanted.tls.map(Ending::new),
            counts: wanted.counts,
            service: before.map_or_else(Swapped::default, |before| before.service.clone()),
            stop: watch::Sender::new(()),
        };
        Ok(Prepared::New {
            listener: Box::new(listener),
            accepting,
            service: wanted.service,
        })
    }

    /// The name of its socket, if systemd has opened it.
    pub(crate) fn systemd_name(&self) -> Option<&str> {
        match &self.asked {
            Socket::Systemd(name) | Socket::SystemdUnix(name) => Some(name),
            Socket::Tcp(_) | Socket::Unix(_) => None,
        }
    }

    /// Where it is bound.
    pub(crate) const fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Puts a change in force, or stops the listener where there is none to be. What is served is
    /// a task of `serving`, and ends when the last request in progress is finished.
    pub(crate) fn commit<R>(
        current: &mut Option<Self>,
        prepared: Option<Prepared<S>>,
        serving: &mut JoinSet<()>,
    ) where
        S: Service<Request<Lingering>, Response = Response<R>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        match (prepared, current.as_mut()) {
            (Some(Prepared::Same { tls, service }), Some(current)) => {
                if let (Some(ending), Some(tls)) = (&mut current.tls, tls) {
                    ending.change(tls);
                }
                current.service.store(service);
            }
            (
                Some(Prepared::New {
                    listener,
                    accepting,
                    service,
                }),
                before,
            ) => {
                // What is asked from here on is judged by what is in force now, on connections that
                // are being ended too. Where they cannot be, it is not asked.
                if let Some(before) = before {
                    before.service.retire();
                }
                listener.service.store(service);
                listener.start(accepting, serving);
                *current = Some(*listener);
            }
            (None | Some(Prepared::Same { .. }), before) => {
                if let Some(before) = before {
                    before.service.retire();
                }
                *current = None;
            }
        }
    }

    fn start<R>(&self, accepting: Accepting, serving: &mut JoinSet<()>)
    where
        S: Service<Request<Lingering>, Response = Response<R>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        let (server, service) = (self.server(), self.service.clone());
        let (mut stopping, bound) = (self.stop.subscribe(), Arc::clone(&self.bound));
        let stopped = async move {
            // The only change is that the sender is gone.
            drop(stopping.changed().await);
            bound.wait_until_nobody_waits().await;
        };
        match accepting {
            Accepting::Tcp(listener) => {
                serving.spawn(async move { server.serve(listener, service, stopped).await });
            }
            Accepting::Unix(listener) => {
                serving.spawn(async move { server.serve(listener, service, stopped).await });
            }
        }
    }

    fn server(&self) -> Server {
        let limits = self.settings.limits.clone();
        let server = match &self.tls {
            Some(tls) => Server::tls(tls.shared.clone(), limits),
            None => Server::without_tls(limits),
        };
        let server = server.with_counts(Arc::clone(&self.counts));
        match &self.settings.admitted {
            Admitted::Anyone => server,
            Admitted::AnyoneAnd(proxies) => server.beside(proxies.clone()),
            Admitted::Proxies(proxies) => server.only_from(proxies.clone()),
            Admitted::ProxyProtocol(proxies) => server.behind_proxy_protocol(proxies.clone()),
        }
    }
}

impl Ending {
    fn new(tls: Tls) -> Self {
        Self {
            chain: tls.chain,
            shared: SharedTls::new(tls.config),
        }
    }

    /// Another certificate comes with session storage of its own. Where it is the same, sessions go
    /// on: what they are good for is decided with each request.
    fn change(&mut self, tls: Tls) {
        if self.chain != tls.chain {
            self.chain = tls.chain;
            self.shared.store(tls.config);
        }
    }
}

impl Bound {
    async fn bind(socket: &Socket, sockets: &Activated) -> io::Result<(Self, Socket)> {
        Ok(match socket {
            Socket::Tcp(address) => {
                let listener = TcpListener::bind(address).await?.into_std()?;
                let address = listener.local_addr()?;
                (Self::Tcp(listener), Socket::Tcp(address))
            }
            Socket::Unix(path) => {
                let listener = bind_unix(path).await?.into_std()?;
                (Self::Unix(listener), Socket::Unix(path.clone()))
            }
            Socket::Systemd(name) => {
                let listener = sockets.tcp(name)?;
                let address = listener.local_addr()?;
                (Self::Tcp(listener), Socket::Tcp(address))
            }
            Socket::SystemdUnix(name) => (Self::Unix(sockets.unix(name)?), socket.clone()),
        })
    }

    fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Tcp(listener) => Self::Tcp(listener.try_clone()?),
            Self::Unix(listener) => Self::Unix(listener.try_clone()?),
        })
    }

    /// Waits until every connection in the queue was accepted, but not for long: closing the queue
    /// cuts off those that are still in it.
    async fn wait_until_nobody_waits(&self) {
        let emptied = async {
            while self.somebody_waits() {
                sleep(LOOK).await;
            }
        };
        // A gate that has as many connections as it may have accepts no more.
        let _ = timeout(PATIENCE, emptied).await;
    }

    fn somebody_waits(&self) -> bool {
        let queue = match self {
            Self::Tcp(listener) => listener.as_fd(),
            Self::Unix(listener) => listener.as_fd(),
        };
        let mut queue = [PollFd::from_borrowed_fd(queue, PollFlags::IN)];
        poll(&mut queue, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }

    fn accepting(&self) -> io::Result<Accepting> {
        Ok(match self.try_clone()? {
            Self::Tcp(listener) => Accepting::Tcp(TcpListener::from_std(listener)?),
            Self::Unix(listener) => Accepting::Unix(UnixListener::from_std(listener)?),
        })
    }
}

/// Who can connect to a Unix socket, whatever the umask: whoever does is taken for the proxy.
const SOCKET_MODE: u32 = 0o660;

/// Binds a Unix socket, in place of one that a gate left behind which does not run any more.
async fn bind_unix(path: &Path) -> io::Result<UnixListener> {
    let listener = bind_in_place(path).await?;
    std::fs::set_permissions(path, Permissions::from_mode(SOCKET_MODE))?;
    Ok(listener)
}

async fn bind_in_place(path: &Path) -> io::Result<UnixListener> {
    match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let is_socket = std::fs::symlink_metadata(path)?.file_type().is_socket();
            match UnixStream::connect(path).await {
                Err(refused) if is_socket && refused.kind() == io::ErrorKind::ConnectionRefused => {
                    std::fs::remove_file(path)?;
                    UnixListener::bind(path)
                }
                _ => Err(error),
            }
        }
        bound => bound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_queue_is_let_go_once_it_is_empty() {
        let anywhere = Socket::Tcp(([127, 0, 0, 1], 0).into());
        let bound = Bound::bind(&anywhere, &Activated::default()).await;
        let (bound, Socket::Tcp(address)) = bound.unwrap() else {
            panic!("no address");
        };
        assert!(!bound.somebody_waits());
        bound.wait_until_nobody_waits().await;
        let _client = tokio::net::TcpStream::connect(address).await.unwrap();
        assert!(bound.somebody_waits());
        let Accepting::Tcp(listener) = bound.accepting().unwrap() else {
            panic!("{address}");
        };
        let (accepted, ()) = tokio::join!(listener.accept(), bound.wait_until_nobody_waits());
        accepted.unwrap();
        assert!(!bound.somebody_waits());
    }

    #[tokio::test]
    async fn a_socket_that_was_left_behind_is_replaced_and_nothing_else_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("gate.sock");
        let first = bind_unix(&path).await.unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, SOCKET_MODE);
        let in_use = bind_unix(&path).await.unwrap_err();
        assert_eq!(in_use.kind(), io::ErrorKind::AddrInUse);
        drop(first);
        bind_unix(&path).await.unwrap();

        let file = directory.path().join("file");
        std::fs::write(&file, "kept").unwrap();
        assert!(bind_unix(&file).await.is_err());
        assert_eq!(std::fs::read_to_string(file).unwrap(), "kept");
    }
}
