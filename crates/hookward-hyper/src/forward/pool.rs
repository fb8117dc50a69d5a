use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};
use core::time::Duration;
use std::io;
use std::sync::{Mutex, PoisonError};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use pin_project_lite::pin_project;
use tokio::net::TcpStream;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::{Instant, Sleep, sleep_until, timeout, timeout_at};

use crate::forward::delivery::DeliveredBody;
use crate::forward::error::ForwardError;
use crate::forward::upstream::Upstream;

/// Connections to the application that wait for their next request.
///
/// Nobody polls them meanwhile: one that the application has closed is let go when a request comes
/// across it, or when others are put back after its time.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    upstream: Upstream,
    connect_timeout: Duration,
    idle_timeout: Duration,
    idle_connections: usize,
    /// By how long they have waited, the longest first.
    idle: Mutex<VecDeque<Idle>>,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    since: Instant,
}

/// One connection to the application, for one request at a time. It is cut off when it is dropped.
///
/// It is no task of its own: it makes progress while whoever waits for something polls it, so that
/// nothing is handed to another task and back.
#[derive(Debug)]
pub(crate) struct Connection(Box<Link>);

#[derive(Debug)]
struct Link {
    sender: http1::SendRequest<DeliveredBody>,
    /// `None` once it has ended.
    driver: Option<http1::Connection<TokioIo<TcpStream>, DeliveredBody>>,
    /// Made when there is something to wait for, and kept: to set a timer costs more than to look
    /// at one.
    timer: Option<Pin<Box<Sleep>>>,
}

pin_project! {
    /// A request on its way to the application, and the head of its answer on its way back.
    pub(crate) struct Sending<'c, A> {
        #[pin]
        answer: Unconstrained<A>,
        connection: &'c mut Connection,
        deadline: Instant,
    }
}

impl<A> Future for Sending<'_, A>
where
    A: Future<Output = hyper::Result<Response<Incoming>>>,
{
    type Output = Result<Response<Incoming>, ForwardError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.connection.progress(cx);
        // Nothing but this progress brings it on: it does not have to wake anybody.
        let mut quietly = Context::from_waker(Waker::noop());
        if let Poll::Ready(answer) = this.answer.poll(&mut quietly) {
            return Poll::Ready(answer.map_err(|error| ForwardError::Broken(Arc::new(error))));
        }
        ready!(this.connection.poll_late(*this.deadline, cx));
        Poll::Ready(Err(ForwardError::TooSlow))
    }
}

/// How much of an answer is read before the sender takes it, in bytes. Its head has to fit.
const ANSWER_BUFFER: usize = 32 << 10;

impl Connection {
    /// Sends a request. Ready with the head of its answer, or once `deadline` has passed. It is
    /// never sent twice.
    pub(crate) fn send(
        &mut self,
        request: Request<DeliveredBody>,
        deadline: Instant,
    ) -> Sending<'_, impl Future<Output = hyper::Result<Response<Incoming>>>> {
        Sending {
            answer: unconstrained(self.0.sender.send_request(request)),
            connection: self,
            deadline,
        }
    }

    /// Ready once `deadline` has passed.
    pub(crate) fn poll_late(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let timer = &mut self.0.timer;
        let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if deadline < timer.deadline() {
            timer.as_mut().reset(deadline);
        }
        // It may have been set for a request before.
        while timer.deadline() < deadline {
            ready!(timer.as_mut().poll(cx));
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(cx)
    }

    /// Writes and reads what can be written and read now, and has `cx` woken once there is more.
    pub(crate) fn progress(&mut self, cx: &mut Context<'_>) {
        if let Some(driver) = &mut self.0.driver
            && let Poll::Ready(ended) = Pin::new(driver).poll(cx)
        {
            if let Err(error) = ended {
                tracing::debug!(%error, "upstream connection ended");
            }
            self.0.driver = None;
        }
    }

    /// Whether it can take a request, by all that is known now. The application may have closed it
    /// meanwhile.
    fn is_ready(&mut self) -> bool {
        self.progress(&mut Context::from_waker(Waker::noop()));
        self.0.sender.is_ready()
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
            idle: Mutex::default(),
        }))
    }

    pub(crate) fn upstream(&self) -> &Upstream {
        &self.0.upstream
    }

    /// A connection that is ready for a request: one that waits, or a new one by `deadline`.
    pub(crate) async fn connection(&self, deadline: Instant) -> Result<Connection, ForwardError> {
        while let Some(mut connection) = self.take() {
            if connection.is_ready() {
                return Ok(connection);
            }
        }
        timeout_at(deadline, Box::pin(self.connect()))
            .await
            .unwrap_or(Err(ForwardError::TooSlow))
    }

    /// Keeps a connection whose request was sent and answered whole.
    pub(crate) fn put_back(&self, connection: Connection) {
        if connection.0.sender.is_closed() {
            return;
        }
        let now = Instant::now();
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while idle.front().is_some_and(|first| self.is_old(first, now)) {
            idle.pop_front();
        }
        if idle.len() < self.0.idle_connections {
            idle.push_back(Idle {
                connection,
                since: now,
            });
        }
    }

    /// The connection that was used last, so that those not needed grow old.
    fn take(&self) -> Option<Connection> {
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let last = idle.pop_back()?;
        if !self.is_old(&last, Instant::now()) {
            return Some(last.connection);
        }
        // The others have waited longer still.
        idle.clear();
        None
    }

    fn is_old(&self, idle: &Idle, now: Instant) -> bool {
        now - idle.since >= self.0.idle_timeout
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
            // The system takes one buffer for less than a list of them, and a usual webhook fits into one.
            // It keeps the room that parts of a large body took: up to 128 KiB, or more if larger heads are allowed.
            .writev(false)
            .max_buf_size(ANSWER_BUFFER)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| ForwardError::Broken(Arc::new(error)))?;
        Ok(Connection(Box::new(Link {
            sender,
            driver: Some(driver),
            timer: None,
        })))
    }
}
