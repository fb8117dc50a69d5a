use alloc::sync::Arc;
use core::future::poll_fn;
use core::net::IpAddr;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, ready};
use std::io;

use http::{Request, Response, Version, header};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tower::util::Oneshot;
use tower::{Service, ServiceExt};

use crate::framing::FramingWatch;
use crate::metered::BoxError;
use crate::peer::{FramingFlag, Peer, PeerCertificate, Scheme};
use crate::server::activity::{ActiveBody, Activity, Due, InProgress, Patiences};
use crate::server::crowd::Crowd;
use crate::server::entrance::Entrance;
use crate::server::patience::Patience;
use crate::server::read_ahead::ReadAhead;
use crate::server::{ConnectionCounts, Lingering, ServerLimits, SharedTls};
use crate::source::{Source, SourceCounts, SourceSlot};
use crate::standing::Standing;
use crate::waking::ConnectionWaker;

/// What every connection is served with.
#[derive(Clone, Debug)]
pub(crate) struct Acceptor {
    pub(crate) tls: Option<SharedTls>,
    pub(crate) entrance: Entrance,
    pub(crate) limits: ServerLimits,
    pub(crate) counts: Arc<ConnectionCounts>,
    pub(crate) connections: Arc<Crowd>,
    pub(crate) handshakes: Arc<Crowd>,
    pub(crate) sources: SourceCounts,
}

/// What one connection came with.
pub(crate) struct Arrived<I> {
    pub(crate) io: I,
    pub(crate) address: Option<IpAddr>,
    pub(crate) standing: Standing,
}

/// One service for one connection: each request gets its peer.
struct PeerService<S> {
    peer: Peer,
    activity: Activity,
    service: S,
}

impl Acceptor {
    pub(crate) fn new(tls: Option<SharedTls>, limits: ServerLimits) -> Self {
        Self {
            tls,
            entrance: Entrance::Anyone,
            counts: Arc::default(),
            connections: Crowd::new(limits.connections),
            handshakes: Crowd::new(limits.handshakes),
            sources: SourceCounts::default(),
            limits,
        }
    }

    /// The client that connects from there, unless that is a proxy of many.
    pub(crate) fn source(&self, address: Option<IpAddr>) -> Option<Source> {
        address
            .filter(|address| self.entrance.limits(*address))
            .map(Source::from)
    }

    /// Counts a connection of a client.
    pub(crate) fn count(&self, source: Source) -> Result<SourceSlot, TooMany> {
        let limit = self.limits.connections_per_source;
        let slot = self.sources.enter(source, limit);
        slot.ok_or_else(|| {
            self.counts.too_many_of_source();
            tracing::debug!(?source, "too many connections of one source");
            TooMany
        })
    }

    /// Serves one connection until its end. Whatever goes wrong ends this connection only.
    pub(crate) async fn serve<I, S, R>(
        self: Arc<Self>,
        arrived: Arrived<I>,
        service: S,
        stopping: watch::Receiver<bool>,
    ) where
        I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        S: Service<Request<Lingering>, Response = Response<R>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        let Arrived {
            mut io,
            address,
            standing,
        } = arrived;
        let deadline = Instant::now() + self.limits.handshake;
        let entering = self.entrance.enter(&mut io, address);
        let peer = match timeout_at(deadline, entering).await {
            Ok(Ok(peer)) => peer.with_standing(standing),
            Ok(Err(error)) => return self.handshake_failed(address, &error),
            Err(_) => return self.handshake_failed(address, &io::ErrorKind::TimedOut.into()),
        };
        let named = peer
            .client_address()
            .filter(|_| self.entrance.names_clients())
            .map(Source::from);
        let Ok(_slot) = named.map(|client| self.count(client)).transpose() else {
            return;
        };
        let source = named.or_else(|| self.source(address));
        let Some(tls) = &self.tls else {
            return Box::pin(self.serve_http1(io, peer, service, stopping)).await;
        };
        let handshake = self.handshake(tls, io, source, peer.standing());
        let tls = match timeout_at(deadline, handshake).await {
            Ok(Ok(Some(tls))) => tls,
            Ok(Ok(None)) => return self.counts.gave_way(),
            Ok(Err(error)) => return self.handshake_failed(address, &error),
            Err(_) => return self.handshake_failed(address, &io::ErrorKind::TimedOut.into()),
        };
        let (_, session) = tls.get_ref();
        let peer = peer
            .with_scheme(Scheme::Https)
            .with_certificate(PeerCertificate::of(session));
        if session.alpn_protocol() == Some(b"h2") {
            Box::pin(self.serve_http2(tls, peer, service, stopping)).await;
        } else {
            Box::pin(self.serve_http1(tls, peer, service, stopping)).await;
        }
    }

    /// Ends with `None` if others need the place. Whoever has not said hello takes none.
    async fn handshake<I>(
        &self,
        tls: &SharedTls,
        io: I,
        source: Option<Source>,
        standing: &Standing,
    ) -> io::Result<Option<TlsStream<ReadAhead<I>>>>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        let hello = rustls::server::Acceptor::default();
        let hello = LazyConfigAcceptor::new(hello, ReadAhead::new(io)).await?;
        let Some(place) = self.handshakes.enter(source, standing).await else {
            return Ok(None);
        };
        let _ongoing = self.counts.handshake();
        tokio::select! {
            tls = hello.into_stream(tls.load()) => {
                let tls = tls?;
                self.counts.handshake_completed();
                Ok(Some(tls))
            }
            () = place.needed() => Ok(None),
        }
    }

    fn handshake_failed(&self, address: Option<IpAddr>, error: &io::Error) {
        self.counts.handshake_failed();
        tracing::debug!(?address, %error, "handshake failed");
    }

    async fn serve_http1<I, S, R>(
        &self,
        io: I,
        peer: Peer,
        service: S,
        stopping: watch::Receiver<bool>,
    ) where
        I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        S: Service<Request<Lingering>, Response = Response<R>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        let flag = FramingFlag::default();
        let io = Patience::new(io, self.limits.stalled_write);
        let io = TokioIo::new(FramingWatch::new(io, flag.clone()));
        // The time for the first head is the library's to keep.
        let activity = Activity::new(self.limits.idle);
        let service = PeerService {
            peer: peer.with_framing(flag),
            activity: activity.clone(),
            service,
        };
        let head_bytes = usize::try_from(self.limits.head_bytes).unwrap_or(usize::MAX);
        // Answers are written as lists of buffers: one that they are copied into would stay as large as
        // they were, for as long as the connection waits.
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .max_header_size(head_bytes)
            .max_buf_size(head_bytes.max(MIN_BUFFER))
            .max_headers(self.limits.head_fields)
            .serve_connection(io, service);
        self.drive(connection, &activity, stopping).await;
    }

    async fn serve_http2<I, S, R>(
        &self,
        io: I,
        peer: Peer,
        service: S,
        stopping: watch::Receiver<bool>,
    ) where
        I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        S: Service<Request<Lingering>, Response = Response<R>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        let io = TokioIo::new(Patience::new(io, self.limits.stalled_write));
        let activity = Activity::new(self.limits.head);
        let service = PeerService {
            peer,
            activity: activity.clone(),
            service,
        };
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.limits.streams)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buf_size(SEND_BUFFER)
            .max_header_list_size(self.limits.head_bytes)
            .max_pending_accept_reset_streams(self.limits.pending_resets)
            .max_local_error_reset_streams(self.limits.pending_resets)
            .keep_alive_interval(self.limits.idle)
            .serve_connection(io, service);
        self.drive(connection, &activity, stopping).await;
    }

    /// Runs a connection until its end: its own, the server's, or that of our patience.
    async fn drive<C>(
        &self,
        connection: C,
        activity: &Activity,
        mut stopping: watch::Receiver<bool>,
    ) where
        C: GracefulConnection<Error = hyper::Error>,
    {
        let mut connection = pin!(connection);
        let patiences = Patiences {
            idle: self.limits.idle,
            stalled: self.limits.stalled_write,
        };
        let waker = ConnectionWaker::new();
        let mut look_at = Instant::now();
        let mut closing = false;
        loop {
            tokio::select! {
                result = poll_fn(|cx| connection.as_mut().poll(&mut waker.context(cx))) => {
                    if let Err(error) = result {
                        self.counts.connection_failed(&error);
                        if error.is_parse() {
                            // The guard never sees it, so nobody else says that it was refused.
                            tracing::warn!(%error, "a request was refused by its form");
                        } else {
                            tracing::debug!(%error, "connection ended");
                        }
                    }
                    return;
                }
                // An error means that the server is gone, which is a reason to stop as well.
                _ = stopping.wait_for(|stop| *stop), if !closing => {
                    closing = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = sleep_until(look_at) => match activity.due(patiences) {
                    Due::Later(at) => look_at = at,
                    Due::Stalled => return self.counts.answer_stalled(),
                    // It was asked to end before.
                    Due::Idle if closing => return,
                    Due::Idle => {
                        closing = true;
                        connection.as_mut().graceful_shutdown();
                        look_at = Instant::now() + self.limits.idle.min(self.limits.head);
                    }
                },
            }
        }
    }
}

/// The source has as many connections as it may.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooMany;

/// What a client may send over HTTP/2 before it is read, in bytes: on one stream, what HTTP/2 has
/// unless told otherwise. It is all that a connection takes besides what a budget counts.
const STREAM_WINDOW: u32 = 64 << 10;
const CONNECTION_WINDOW: u32 = 128 << 10;

/// How much of an answer waits for its client on one stream, in bytes.
const SEND_BUFFER: usize = 64 << 10;

/// The smallest buffer that hyper takes for an HTTP/1 connection, in bytes.
const MIN_BUFFER: usize = 8 << 10;

pin_project! {
    /// The answer to a request that is in progress.
    struct Answer<S: Service<Request<Lingering>>> {
        #[pin]
        answer: Oneshot<S, Request<Lingering>>,
        in_progress: Option<InProgress>,
    }
}

impl<S, R> Future for Answer<S>
where
    S: Service<Request<Lingering>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    R: Body,
{
    type Output = Result<Response<ActiveBody<R>>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.answer.poll(cx)).map_err(Into::into)?;
        let in_progress = this.in_progress.take().expect("there is one answer");
        Poll::Ready(Ok(response.map(|body| in_progress.attach(body))))
    }
}

impl<S, R> hyper::service::Service<Request<Incoming>> for PeerService<S>
where
    S: Service<Request<Lingering>, Response = Response<R>> + Clone,
    S::Error: Into<BoxError>,
    R: Body,
{
    type Response = Response<ActiveBody<R>>;
    type Error = BoxError;
    type Future = Answer<S>;

    fn call(&self, mut request: Request<Incoming>) -> Answer<S> {
        let in_progress = self.activity.begin();
        // https://www.rfc-editor.org/rfc/rfc9112#section-3.2
        let host_missing =
            request.version() == Version::HTTP_11 && !request.headers().contains_key(header::HOST);
        let peer = self.peer.clone().with_host_missing(host_missing);
        request.extensions_mut().insert(peer);
        Answer {
            answer: self.service.clone().oneshot(Lingering::wrap(request)),
            in_progress: Some(in_progress),
        }
    }
}
