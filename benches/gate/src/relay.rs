//! What the gate is built on, and nothing else: hyper, tokio and rustls as a proxy that judges nothing, limits nothing, counts
//! nothing and writes no log. What the gate is slower than this is for its own work.

use core::convert::Infallible;
use core::net::SocketAddr;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::Arc;

use http_body_util::{BodyExt, Empty, combinators::BoxBody};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The first argument of the process that is one.
pub(crate) const NAME: &str = "relay";

/// Serves until the process ends: its arguments are a folder with the server's certificate, where to listen, and the application.
pub(crate) fn serve(mut args: impl Iterator<Item = OsString>) -> io::Result<()> {
    let mut next = || {
        args.next()
            .and_then(|arg| arg.into_string().ok())
            .ok_or(io::ErrorKind::InvalidInput)
    };
    let folder = next()?;
    let address: SocketAddr = next()?.parse().map_err(io::Error::other)?;
    let upstream: SocketAddr = next()?.parse().map_err(io::Error::other)?;
    let acceptor = acceptor(Path::new(&folder))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            let acceptor = acceptor.clone();
            tokio::spawn(async move { drop(relay(stream, &acceptor, upstream).await) });
        }
    })
}

/// Takes client certificates as the gate does: possession is proven, and nothing else.
fn acceptor(folder: &Path) -> io::Result<TlsAcceptor> {
    let provider = Arc::new(ring::default_provider());
    let certificate =
        CertificateDer::from_pem_file(folder.join("server.crt")).map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).map_err(io::Error::other)?;
    let key =
        CertifiedKey::from_der(vec![certificate], key, &provider).map_err(io::Error::other)?;
    let verifier = hookward_rustls::PossessionVerifier::observe(&provider);
    let config = hookward_rustls::server_config(
        provider,
        verifier,
        Arc::new(SingleCertAndKey::from(key)),
        ["http/1.1"],
    )
    .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Relays the requests of one connection over one to the application.
async fn relay(stream: TcpStream, acceptor: &TlsAcceptor, upstream: SocketAddr) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let stream = acceptor.accept(stream).await?;
    let application = TcpStream::connect(upstream).await?;
    application.set_nodelay(true)?;
    let (sender, connection) = client::Builder::new()
        .writev(false)
        .handshake(TokioIo::new(application))
        .await
        .map_err(io::Error::other)?;
    tokio::spawn(connection);
    let sender = tokio::sync::Mutex::new(sender);
    let service = service_fn(|request: Request<Incoming>| async {
        let answer = sender.lock().await.send_request(request).await;
        Ok::<_, Infallible>(
            answer
                .map(|a| a.map(|b| b.boxed()))
                .unwrap_or_else(|_| bad_gateway()),
        )
    });
    server::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await
        .map_err(io::Error::other)
}

fn bad_gateway() -> Response<BoxBody<Bytes, hyper::Error>> {
    let mut answer = Response::new(Empty::new().map_err(|never| match never {}).boxed());
    *answer.status_mut() = StatusCode::BAD_GATEWAY;
    answer
}
