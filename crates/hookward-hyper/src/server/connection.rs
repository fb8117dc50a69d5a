use alloc::sync::Arc;
use core::net::IpAddr;
use core::pin::{Pin, pin};
use std::io;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tower::{Service, ServiceExt};

use crate::framing::FramingWatch;
use crate::metered::BoxError;
use crate::peer::{FramingFlag, Peer, PeerCertificate, Scheme};
use crate::server::activity::{ActiveBody, Activity};
use crate::server::entrance::Entrance;
use crate::server::patience::Patience;
use crate::server::{ConnectionCounts, Lingering, ServerLimits, SharedTls};

/// What every connection is served with.
#[derive(Debug)]
pub(crate) struct Acceptor {
    pub(crate) tls: Option<SharedTls>,
    pub(crate) entrance: Entrance,
    pub(crate) limits: ServerLimits,
    pub(crate) counts: ConnectionCounts,
}

/// One service for one connection: each request gets its peer.
struct PeerService<S> {
    peer: Peer,
    activity: Activity,
    service: S,
}

impl Acceptor {
    /// Serves one connection until its end. Whatever goes wrong ends this connection only.
    pub(crate) async fn serve<I, S, R>(
        self: Arc<Self>,
        mut io: I,
        address: Option<IpAddr>,
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
        let entering = self.entrance.enter(&mut io, address);
        let peer = match timeout(self.limits.handshake, entering).await {
            Ok(Ok(peer)) => peer,
            Ok(Err(error)) => return self.handshake_failed(address, &error),
            Err(_) => return self.handshake_failed(address, &io::ErrorKind::TimedOut.into()),
        };
        let Some(tls) = &self.tls else {
            return self.serve_http1(io, peer, service, stopping).await;
        };
        let handshake = TlsAcceptor::from(tls.load()).accept(io);
        let tls = match timeout(self.limits.handshake, handshake).await {
            Ok(Ok(tls)) => tls,
            Ok(Err(error)) => return self.handshake_failed(address, &error),
            Err(_) => return self.handshake_failed(address, &io::ErrorKind::TimedOut.into()),
        };
        let (_, session) = tls.get_ref();
        let peer = peer
            .with_scheme(Scheme::Https)
            .with_certificate(PeerCertificate::of(session));
        if session.alpn_protocol() == Some(b"h2") {
            self.serve_http2(tls, peer, service, stopping).await;
        } else {
            self.serve_http1(tls, peer, service, stopping).await;
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
        let activity = Activity::new();
        let service = PeerService {
            peer: peer.with_framing(flag),
            activity: activity.clone(),
            service,
        };
        let head_bytes = usize::try_from(self.limits.head_bytes).unwrap_or(usize::MAX);
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
        let activity = Activity::new();
        let service = PeerService {
            peer,
            activity: activity.clone(),
            service,
        };
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.limits.streams)
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
        let mut idle_until = activity.idle_deadline(self.limits.idle);
        let mut closing = false;
        loop {
            tokio::select! {
                result = connection.as_mut() => {
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
                () = sleep_until(idle_until) => {
                    let deadline = activity.idle_deadline(self.limits.idle);
                    if deadline > Instant::now() {
                        idle_until = deadline;
                    } else if closing {
                        // It was asked to end long ago.
                        return;
                    } else {
                        closing = true;
                        connection.as_mut().graceful_shutdown();
                        idle_until = Instant::now() + self.limits.idle;
                    }
                }
            }
        }
    }
}

/// The smallest buffer that hyper takes for an HTTP/1 connection, in bytes.
const MIN_BUFFER: usize = 8 << 10;

impl<S, R> hyper::service::Service<Request<Incoming>> for PeerService<S>
where
    S: Service<Request<Lingering>, Response = Response<R>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    R: 'static,
{
    type Response = Response<ActiveBody<R>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let in_progress = self.activity.begin();
        request.extensions_mut().insert(self.peer.clone());
        let service = self.service.clone();
        Box::pin(async move {
            let response = service
                .oneshot(Lingering::wrap(request))
                .await
                .map_err(Into::into)?;
            Ok(response.map(|body| in_progress.attach(body)))
        })
    }
}
