//! An application behind the gate: it takes every webhook, and counts them.

use core::net::{Ipv4Addr, SocketAddr};
use core::sync::atomic::{AtomicUsize, Ordering};
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// How many webhooks arrived whole.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    webhooks: AtomicUsize,
}

impl Seen {
    pub(crate) fn webhooks(&self) -> usize {
        self.webhooks.load(Ordering::SeqCst)
    }
}

/// Starts the application; it runs as long as the runtime does.
pub(crate) async fn start() -> io::Result<(SocketAddr, Arc<Seen>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let seen = Arc::new(Seen::default());
    let counter = Arc::clone(&seen);
    tokio::spawn(async move {
        // A listener on loopback fails only when there is no more of something; the demo then
        // fails as well, because its webhooks do not arrive.
        while let Ok((stream, _)) = listener.accept().await {
            let counter = Arc::clone(&counter);
            let service = service_fn(move |request| take(request, Arc::clone(&counter)));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    Ok((address, seen))
}

async fn take(request: Request<Incoming>, seen: Arc<Seen>) -> hyper::Result<Response<Full<Bytes>>> {
    request.into_body().collect().await?;
    seen.webhooks.fetch_add(1, Ordering::SeqCst);
    Ok(Response::new(Full::from("received")))
}
