//! Sends one request, and reads what is answered.

use core::time::Duration;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::probe::plan::{Header, Planned, Target};

/// Copyleaks waits longer, but a firewall answers at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pages of firewalls are shorter.
const BODY_LIMIT: usize = 256 << 10;

/// How long the rest of an answer is waited for, once its head is there.
const BODY_PATIENCE: Duration = Duration::from_secs(5);

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// Sends a request on a connection of its own. The error says in words why there is no answer.
pub(super) async fn send(
    planned: Planned,
    target: &Target,
    header: Option<&Header>,
    tls: Option<&Arc<ClientConfig>>,
) -> Result<Answer, String> {
    match tokio::time::timeout(PATIENCE, exchange(planned, target, header, tls)).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

async fn exchange(
    planned: Planned,
    target: &Target,
    header: Option<&Header>,
    tls: Option<&Arc<ClientConfig>>,
) -> Result<Answer, String> {
    let failed = |error: &dyn core::error::Error| causes(error);
    let request = request(planned, target, header).map_err(|error| failed(&error))?;
    let stream = TcpStream::connect((target.host.as_str(), target.port))
        .await
        .map_err(|error| failed(&error))?;
    match tls {
        None => speak(stream, request).await,
        Some(config) => {
            let name = ServerName::try_from(target.host.clone()).map_err(|error| failed(&error))?;
            let connector = TlsConnector::from(Arc::clone(config));
            let stream = connector.connect(name, stream).await;
            speak(stream.map_err(|error: io::Error| failed(&error))?, request).await
        }
    }
}

fn request(
    planned: Planned,
    target: &Target,
    header: Option<&Header>,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let mut request = Request::post(target.path.as_str())
        .header(HOST, target.authority.as_str())
        .header(CONTENT_TYPE, "application/json");
    if let Some(name) = planned.kind.user_agent() {
        request = request.header(USER_AGENT, name);
    }
    if let Some(Header { name, .. }) = header {
        for value in planned.values(header) {
            let mut value = HeaderValue::try_from(value.as_str())?;
            value.set_sensitive(true);
            request = request.header(HeaderName::try_from(name.as_str())?, value);
        }
    }
    request.body(Full::from(planned.kind.body()))
}

async fn speak<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| causes(&error))?;
    let connection = tokio::spawn(connection);
    let answer = async {
        let answer = sender
            .send_request(request)
            .await
            .map_err(|error| causes(&error))?;
        let (parts, body) = answer.into_parts();
        let mut read = Vec::new();
        // A page that is longer, breaks off or does not end is known by what came of it.
        let _ = tokio::time::timeout(BODY_PATIENCE, read_page(body, &mut read)).await;
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&read).into_owned(),
        })
    }
    .await;
    connection.abort();
    answer
}

/// Reads a body as far as it goes, and not much beyond the limit.
async fn read_page(mut body: Incoming, read: &mut Vec<u8>) {
    while read.len() < BODY_LIMIT
        && let Some(Ok(frame)) = body.frame().await
    {
        if let Some(data) = frame.data_ref() {
            read.extend_from_slice(data);
        }
    }
}

/// An error with what caused it.
fn causes(error: &dyn core::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text += &format!(": {more}");
        }
        cause = error.source();
    }
    text
}
