//! Requests whose outcome depends on what happened before: open connections, resumed sessions,
//! lists that change, and HTTP/2.

use core::time::Duration;
use std::io;

use bytes::Bytes;
use hookward::{Algorithm, Lists, Reason, Snapshot, Thumbprint, ThumbprintSet, UnixTime};
use http::Request;
use http_body_util::Full;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::SupportedProtocolVersion;

use crate::demo::Stage;
use crate::demo::cases::{self, Expected, Who};
use crate::demo::sender::Answer;
use crate::demo::setting::{GENUINE_ADDRESS, SECRET_HEADER};
use crate::demo::table::Table;

pub(crate) async fn play(stage: &mut Stage, table: &mut Table) -> io::Result<()> {
    open_connection(stage, table).await?;
    let [before, resumed] = [
        "completed, on a new session, TLS 1.2",
        "a delisted certificate, session resumed, TLS 1.2",
    ];
    resumption(stage, table, &rustls::version::TLS12, before, resumed).await?;
    let [before, resumed] = [
        "completed, on a new session, TLS 1.3",
        "a delisted certificate, session resumed, TLS 1.3",
    ];
    resumption(stage, table, &rustls::version::TLS13, before, resumed).await?;
    changed_lists(stage, table).await?;
    http2(stage, table).await
}

/// The list as it was, and one that no longer has the sender on it.
fn lists(stage: &Stage) -> io::Result<(Lists, Lists)> {
    let listed = Lists::clone(&stage.lists.load());
    let others = Thumbprint::of(Algorithm::Sha256, b"somebody else");
    let delisted = Lists {
        thumbprints: Some(Snapshot::fixed(
            ThumbprintSet::new([others]).map_err(io::Error::other)?,
        )),
        addresses: listed.addresses.clone(),
    };
    Ok((listed, delisted))
}

async fn open_connection(stage: &mut Stage, table: &mut Table) -> io::Result<()> {
    let (listed, delisted) = lists(stage)?;
    let request = cases::completed(&stage.setting);
    let client = stage
        .client(Who::Sender, &rustls::version::TLS13, Some("http/1.1"))
        .map_err(io::Error::other)?;
    let mut connection = client.connect(stage.address, GENUINE_ADDRESS).await?;
    for (name, lists, expected) in [
        (
            "completed, on a connection kept open",
            &listed,
            Expected::Accepted,
        ),
        (
            "the same connection, certificate delisted",
            &delisted,
            Expected::Refused(Reason::CertificateNotListed),
        ),
    ] {
        stage.lists.store(lists.clone());
        let before = stage.seen.webhooks();
        let sent = connection.send(&request).await;
        let decision = stage.decisions.next().await;
        let outcome = stage.outcome(sent, decision, before, request.len());
        table.add(name, expected, outcome);
    }
    stage.lists.store(listed);
    Ok(())
}

async fn resumption(
    stage: &mut Stage,
    table: &mut Table,
    version: &'static SupportedProtocolVersion,
    before_name: &'static str,
    resumed_name: &'static str,
) -> io::Result<()> {
    let (listed, delisted) = lists(stage)?;
    let request = cases::completed(&stage.setting);
    let client = stage
        .client(Who::Sender, version, Some("http/1.1"))
        .map_err(io::Error::other)?;
    for (name, lists, resumed, expected) in [
        (before_name, &listed, false, Expected::Accepted),
        (
            resumed_name,
            &delisted,
            true,
            Expected::Refused(Reason::CertificateNotListed),
        ),
    ] {
        stage.lists.store(lists.clone());
        let before = stage.seen.webhooks();
        let mut connection = client.connect(stage.address, GENUINE_ADDRESS).await?;
        let sent = if connection.is_resumed() == resumed {
            connection.send(&request).await
        } else {
            Err(io::Error::other("the session is not what it should be"))
        };
        let decision = stage.decisions.next().await;
        let outcome = stage.outcome(sent, decision, before, request.len());
        table.add(name, expected, outcome);
    }
    stage.lists.store(listed);
    Ok(())
}

async fn changed_lists(stage: &mut Stage, table: &mut Table) -> io::Result<()> {
    let (listed, _) = lists(stage)?;
    let set = match &listed.thumbprints {
        Some(snapshot) => snapshot.list().clone(),
        None => return Err(io::Error::other("the gate has no thumbprints")),
    };
    let now = UnixTime::now().as_secs();
    let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let thumbprints =
        |checked_at, expires_at| Some(Snapshot::dated(set.clone(), at(checked_at), at(expires_at)));
    let request = cases::completed(&stage.setting);
    let client = stage
        .client(Who::Sender, &rustls::version::TLS13, Some("http/1.1"))
        .map_err(io::Error::other)?;
    for (name, thumbprints, reason) in [
        (
            "an expired list",
            thumbprints(now - 7200, now - 3600),
            Reason::ThumbprintsExpired,
        ),
        (
            "a list from the future",
            thumbprints(now + 3600, now + 7200),
            Reason::ThumbprintsExpired,
        ),
        ("no list yet", None, Reason::ThumbprintsNotLoaded),
    ] {
        stage
            .lists
            .update(|lists| lists.thumbprints = thumbprints.clone());
        let before = stage.seen.webhooks();
        let sent = stage.send(&client, GENUINE_ADDRESS, &request).await;
        let decision = stage.decisions.next().await;
        let outcome = stage.outcome(sent, decision, before, request.len());
        table.add(name, Expected::Refused(reason), outcome);
    }
    stage.lists.store(listed);
    Ok(())
}

async fn http2(stage: &mut Stage, table: &mut Table) -> io::Result<()> {
    let client = stage
        .client(Who::Sender, &rustls::version::TLS13, Some("h2"))
        .map_err(io::Error::other)?;
    let stream = client
        .connect(stage.address, GENUINE_ADDRESS)
        .await?
        .into_stream();
    let (mut requests, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let connection = tokio::spawn(connection);
    let body = format!(
        r#"{{"status":0,"developerPayload":"{}"}}"#,
        stage.setting.payload
    );
    let draft = |host: Option<&str>| {
        let builder = Request::post("https://hooks.example/copyleaks/completed/demo-scan")
            .header(SECRET_HEADER, &stage.setting.header_secret);
        match host {
            Some(host) => builder.header("host", host),
            None => builder,
        }
        .body(Full::<Bytes>::from(body.clone()))
        .map_err(io::Error::other)
    };
    let (genuine, two_hosts) = (draft(None)?, draft(Some("other.example"))?);
    for (name, request, expected) in [
        ("completed, over HTTP/2", genuine, Expected::Accepted),
        (
            "a host that is not the authority, over HTTP/2",
            two_hosts,
            Expected::Refused(Reason::HostAmbiguous),
        ),
    ] {
        let before = stage.seen.webhooks();
        let sent = match requests.send_request(request).await {
            Ok(response) => Ok(Answer {
                status: response.status().as_u16(),
                written: body.len(),
            }),
            Err(error) => Err(io::Error::other(error)),
        };
        let decision = stage.decisions.next().await;
        let outcome = stage.outcome(sent, decision, before, body.len());
        table.add(name, expected, outcome);
    }
    drop(requests);
    connection.abort();
    Ok(())
}
