//! Asking a running gate about itself.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A gate that takes longer does not answer at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// Twice ten thousand entries, and as many that changed, are less, in bytes.
const LIMIT: usize = 16 << 20;

/// What to do where the configuration cannot be read, as in a shell without the variables of the service.
pub(crate) const WITHOUT_CONFIGURATION: &str =
    "a running gate can be asked without its configuration: name its admin address with --admin";

/// Asks the gate whose admin address this is for the JSON at `path`.
pub(crate) fn ask<T: DeserializeOwned>(admin: SocketAddr, path: &str) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let answer = runtime.block_on(async { timeout(PATIENCE, exchange(admin, path)).await });
    answer.map_err(|_| io::ErrorKind::TimedOut)?
}

async fn exchange<T: DeserializeOwned>(admin: SocketAddr, path: &str) -> io::Result<T> {
    let stream = TcpStream::connect(admin).await?;
    // Where the gate listens on every address, this is the one that was reached.
    let reached = stream.peer_addr()?;
    let (mut gate, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let request = Request::get(path)
        .header(header::HOST, reached.to_string())
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    let answered = async {
        let response = gate.send_request(request).await.map_err(io::Error::other)?;
        let status = response.status();
        if status != StatusCode::OK {
            return Err(io::Error::other(format!("it answered {status}")));
        }
        let body = Limited::new(response.into_body(), LIMIT)
            .collect()
            .await
            .map_err(io::Error::other)?;
        serde_json::from_slice(&body.to_bytes()).map_err(io::Error::other)
    };
    tokio::pin!(answered);
    tokio::select! {
        answer = &mut answered => answer,
        ended = connection => match ended {
            // What it sent before it ended can still be read.
            Ok(()) => answered.await,
            Err(error) => Err(io::Error::other(error)),
        },
    }
}
