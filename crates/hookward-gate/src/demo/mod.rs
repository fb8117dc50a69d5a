//! `hookward demo`: a gate with an application behind it, and senders in front of it, genuine and
//! not, all in one process and over real TLS.

mod cases;
mod reasons;
mod sender;
mod sessions;
mod setting;
mod table;
mod upstream;

use core::net::{IpAddr, SocketAddr};
use std::io;
use std::sync::Arc;

use hookward::UnixTime;
use hookward_hyper::SharedLists;
use rustls::SupportedProtocolVersion;
use rustls::crypto::CryptoProvider;

use crate::config::{Config, Purpose, Socket};
use crate::exit::Exit;
use crate::serve::{Activated, Gate};
use cases::{Case, Expected, Over, Who};
use reasons::Decisions;
use sender::{Answer, Client};

pub(crate) use sender::AnyServer;
use setting::{CONFIGURATION, GENUINE_ADDRESS, OTHER_ADDRESS, Setting};
use table::{Outcome, Table};

/// Sends every webhook and prints what became of it. Succeeds if everything is as it should be.
pub(crate) fn run(provider: Arc<CryptoProvider>) -> io::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let table = runtime.block_on(play(provider))?;
    table.print(&mut io::stdout().lock())?;
    Ok(if table.is_as_expected() {
        Exit::Success
    } else {
        Exit::Negative
    })
}

async fn play(provider: Arc<CryptoProvider>) -> io::Result<Table> {
    let folder = tempfile::tempdir()?;
    let decisions = Decisions::listen();
    let (upstream, seen) = upstream::start().await?;
    let setting = Setting::make()?;
    setting.write(folder.path(), upstream)?;

    let path = folder.path().join(CONFIGURATION);
    let (config, report) = Config::read(&path, Purpose::Serve, &provider, UnixTime::now());
    let config = config.ok_or_else(|| io::Error::other(report.to_string()))?;
    let gate = Gate::start(config, Arc::clone(&provider), Activated::default())
        .await
        .map_err(io::Error::other)?;
    let Some(&Socket::Tcp(address)) = gate.webhooks() else {
        return Err(io::Error::other("the gate of the demo has no address"));
    };
    let mut stage = Stage {
        address,
        lists: gate.lists(),
        provider,
        setting,
        decisions,
        seen,
    };

    let mut table = Table::default();
    for case in cases::all(&stage.setting) {
        let outcome = stage.play(&case).await;
        table.add(case.name, case.expected, outcome);
    }
    sessions::play(&mut stage, &mut table).await?;
    gate.stop().await;
    Ok(table)
}

/// Everything that a case is played with.
struct Stage {
    address: SocketAddr,
    lists: SharedLists,
    provider: Arc<CryptoProvider>,
    setting: Setting,
    decisions: Decisions,
    seen: Arc<upstream::Seen>,
}

impl Stage {
    async fn play(&mut self, case: &Case) -> Outcome {
        let version = match case.over {
            Over::Tls12 => &rustls::version::TLS12,
            Over::Tls13 => &rustls::version::TLS13,
        };
        let before = self.seen.webhooks();
        let sent = match self.client(case.who, version, Some("http/1.1")) {
            Ok(client) => self.send(&client, source(case.who), &case.request).await,
            Err(error) => Err(io::Error::other(error)),
        };
        let decision = match case.expected {
            // There is no request to decide on.
            Expected::NoHandshake => None,
            _ => self.decisions.next().await,
        };
        self.outcome(sent, decision, before, case.request.len())
    }

    async fn send(&self, client: &Client, source: IpAddr, request: &[u8]) -> io::Result<Answer> {
        client
            .connect(self.address, source)
            .await?
            .send(request)
            .await
    }

    /// What became of a request of `length` bytes that was sent when the application had seen
    /// `before` webhooks.
    fn outcome(
        &mut self,
        sent: io::Result<Answer>,
        decision: Option<Result<(), hookward::Reason>>,
        before: usize,
        length: usize,
    ) -> Outcome {
        Outcome {
            answer: sent.map_err(|error| error.to_string()),
            decision,
            length,
            arrived: self.seen.webhooks() - before,
            silent_since: self.decisions.is_silent(),
        }
    }

    fn client(
        &self,
        who: Who,
        version: &'static SupportedProtocolVersion,
        protocol: Option<&str>,
    ) -> Result<Client, rustls::Error> {
        let setting = &self.setting;
        let own = |identity: &setting::Identity| (vec![identity.certificate()], identity.key());
        let identity = match who {
            Who::Sender | Who::SenderFromElsewhere => Some(own(&setting.sender)),
            Who::NobodyInParticular => None,
            Who::Stranger => Some(own(&setting.stranger)),
            Who::Impostor => Some((vec![setting.sender.certificate()], setting.stranger.key())),
            Who::StrangerWithChain => Some((
                vec![setting.stranger.certificate(), setting.sender.certificate()],
                setting.stranger.key(),
            )),
            Who::Expired => Some(own(&setting.expired)),
            Who::Future => Some(own(&setting.future)),
        };
        Client::new(&self.provider, identity, version, protocol)
    }
}

const fn source(who: Who) -> IpAddr {
    match who {
        Who::SenderFromElsewhere => OTHER_ADDRESS,
        _ => GENUINE_ADDRESS,
    }
}
