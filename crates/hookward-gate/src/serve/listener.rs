//! A listener that is bound, on an address or on a Unix socket.

use core::future::Future;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;

use hookward_hyper::{Lingering, Server};
use http::{Request, Response};
use http_body::Body;
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tower::Service;

use crate::config::Socket;

type BoxError = Box<dyn core::error::Error + Send + Sync>;

/// A listener, and what serves its connections.
pub(crate) struct Listener<S> {
    socket: Socket,
    bound: Bound,
    server: Server,
    service: S,
}

enum Bound {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl<S> Listener<S> {
    /// Binds `socket`. From now on connections wait in the queue.
    pub(crate) async fn bind(socket: Socket, server: Server, service: S) -> io::Result<Self> {
        let (bound, socket) = match socket {
            Socket::Tcp(address) => {
                let listener = TcpListener::bind(address).await?;
                let address = listener.local_addr()?;
                (Bound::Tcp(listener), Socket::Tcp(address))
            }
            Socket::Unix(path) => (Bound::Unix(bind_unix(&path).await?), Socket::Unix(path)),
        };
        Ok(Self {
            socket,
            bound,
            server,
            service,
        })
    }

    /// Where it is bound.
    pub(crate) const fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Serves until `shutdown` is ready; then finishes the requests in progress.
    pub(crate) async fn run<R>(self, shutdown: impl Future<Output = ()>)
    where
        S: Service<Request<Lingering>, Response = Response<R>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        match self.bound {
            Bound::Tcp(listener) => self.server.serve(listener, self.service, shutdown).await,
            Bound::Unix(listener) => self.server.serve(listener, self.service, shutdown).await,
        }
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
