//! `hookward thumbprints`: what is on the list, how old it is, and how refreshing it goes.

use core::fmt::{self, Display};
use core::net::SocketAddr;
use std::io::{self, Write};

use hookward::{Check, Lists, UnixTime};
use rustls::crypto::CryptoProvider;

use crate::cli::ThumbprintsArgs;
use crate::config::{Config, Purpose};
use crate::exit::Exit;
use crate::refreshed::{ListState, ListStatus, Listed, THUMBPRINTS};
use crate::{located, question};

/// Asks the running gate, or reads what was kept, and prints it.
pub(crate) fn run(args: &ThumbprintsArgs, provider: &CryptoProvider) -> io::Result<Exit> {
    let mut stderr = io::stderr().lock();
    let found = match args.admin {
        // Whoever names the gate wants its answer and no other.
        Some(admin) => ask(admin).map_err(|error| unanswered(admin, &error)),
        None => {
            let path = located::configuration(&args.config);
            let now = UnixTime::now();
            let (config, report) = Config::read(&path.file, Purpose::Serve, provider, now);
            let Some(config) = config else {
                writeln!(stderr, "{report}")?;
                path.explain_missing(&mut stderr)?;
                writeln!(stderr, "{}", question::WITHOUT_CONFIGURATION)?;
                return Ok(Exit::Unusable);
            };
            find(&config, now, &mut stderr)?
        }
    };
    let found = match found {
        Ok(Some(found)) => found,
        Ok(None) => {
            writeln!(stderr, "no list of thumbprints is configured")?;
            return Ok(Exit::Negative);
        }
        Err(error) => {
            writeln!(stderr, "{error}")?;
            return Ok(Exit::Negative);
        }
    };
    let mut stdout = io::stdout().lock();
    if args.json {
        writeln!(stdout, "{}", serde_json::to_string_pretty(&found.status)?)?;
    } else {
        writeln!(stdout, "{found}")?;
    }
    Ok(match found.status.state {
        ListState::Fixed | ListState::Fresh | ListState::Stale => Exit::Success,
        ListState::Expired | ListState::Absent => Exit::Negative,
    })
}

/// The list, and the gate that was asked for it, if any was.
struct Found {
    status: ListStatus,
    gate: Option<SocketAddr>,
}

impl Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.gate {
            Some(gate) => writeln!(f, "as the gate at {gate} says:")?,
            None => writeln!(f, "as it was kept, because no gate is running:")?,
        }
        write!(f, "{}", self.status)
    }
}

fn ask(admin: SocketAddr) -> io::Result<Option<Found>> {
    let listed: Listed = question::ask(admin, "/lists")?;
    let status = (listed.lists.into_iter()).find(|status| status.name == THUMBPRINTS);
    Ok(status.map(|status| Found {
        status,
        gate: Some(admin),
    }))
}

fn unanswered(admin: SocketAddr, error: &io::Error) -> String {
    format!("cannot ask the gate at {admin}: {error}")
}

fn find(
    config: &Config,
    now: UnixTime,
    stderr: &mut impl Write,
) -> io::Result<Result<Option<Found>, String>> {
    let serving = config.serving.as_ref();
    if let Some(admin) = serving.and_then(|serving| serving.admin.as_ref()) {
        let admin = admin.address;
        match ask(admin) {
            Ok(found) => return Ok(Ok(found)),
            // That is how it looks when no gate is running.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
            Err(error) => writeln!(stderr, "{}", unanswered(admin, &error))?,
        }
    }
    let found = kept(config, now).map(|status| status.map(|status| Found { status, gate: None }));
    Ok(found)
}

/// The list without a gate: as it was kept, or as the configuration has it.
fn kept(config: &Config, now: UnixTime) -> Result<Option<ListStatus>, String> {
    let mut fetched = config.refreshed.iter();
    if let Some(list) = fetched.find(|list| list.check() == Check::ClientCertificate) {
        let mut lists = Lists::default();
        return list.load(&config.state, &mut lists, now).map(Some);
    }
    Ok((config.lists.thumbprints.as_ref())
        .map(|list| ListStatus::configured(THUMBPRINTS, list.list().iter(), list, now)))
}
