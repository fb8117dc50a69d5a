use alloc::sync::Arc;
use core::time::Duration;
use std::io;
use std::sync::{Mutex, PoisonError};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::forward::delivery::DeliveredBody;
use crate::forward::error::ForwardError;
use crate::forward::upstream::Upstream;

/// Connections to the application that wait for their next request.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    upstream: Upstream,
    connect_timeout: Duration,
    idle_timeout: Duration,
    idle_connections: usize,
    idle: Mutex<Vec<Idle>>,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    since: Instant,
}

/// One connection to the application, for one request at a time. It is cut off when it is dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: http1::SendRequest<DeliveredBody>,
    driver: JoinHandle<()>,
}

/// How much of an answer is read before the sender takes it, in bytes. Its head has to fit.
const ANSWER_BUFFER: usize = 32 << 10;

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Sends a request, and waits for the head of its answer. It is never sent twice.
    pub(crate) async fn send(
        &mut self,
        request: Request<DeliveredBody>,
    ) -> Result<Response<Incoming>, ForwardError> {
        self.sender
            .send_request(request)
            .await
            .map_err(|error| ForwardError::Broken(Arc::new(error)))
    }
}

impl Pool {
    pub(crate) fn new(
        upstream: Upstream,
        connect_timeout: Duration,
        idle_timeout: Duration,
        idle_connections: usize,
    ) -> Self {
        Self(Arc::new(Shared {
            upstream,
            connect_timeout,
            idle_timeout,
            idle_connections,
            idle: Mutex::new(Vec::new()),
        }))
    }

    pub(crate) fn upstream(&self) -> &Upstream {
        &self.0.upstream
    }

    /// A connection that is ready for a request: one that waits, or a new one.
    pub(crate) async fn connection(&self) -> Result<Connection, ForwardError> {
        while let Some(mut connection) = self.take() {
            if connection.sender.ready().await.is_ok() {
                return Ok(connection);
            }
        }
        self.connect().await
    }

    /// Keeps a connection whose request was sent and answered whole.
    pub(crate) fn put_back(&self, connection: Connection) {
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let idle_timeout = self.0.idle_timeout;
        idle.retain(|idle| {
            idle.since.elapsed() < idle_timeout && !idle.connection.sender.is_closed()
        });
        if idle.len() < self.0.idle_connections {
            idle.push(Idle {
                connection,
                since: Instant::now(),
            });
        }
    }

    /// The connection that was used last, so that those not needed grow old.
    fn take(&self) -> Option<Connection> {
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let Idle { connection, since } = idle.pop()?;
        if since.elapsed() < self.0.idle_timeout {
            return Some(connection);
        }
        // The others have waited longer still.
        idle.clear();
        None
    }

    async fn connect(&self) -> Result<Connection, ForwardError> {
        let unreachable = |error: io::Error| ForwardError::Unreachable(Arc::new(error));
        let upstream = &self.0.upstream;
        let stream = timeout(
            self.0.connect_timeout,
            TcpStream::connect((upstream.host(), upstream.port())),
        )
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        let (sender, driver) = http1::Builder::new()
            .max_buf_size(ANSWER_BUFFER)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| ForwardError::Broken(Arc::new(error)))?;
        let driver = tokio::spawn(async move {
            if let Err(error) = driver.await {
                tracing::debug!(%error, "upstream connection ended");
            }
        });
        Ok(Connection { sender, driver })
    }
}
