//! `hookward thumbprints`: what is on the list, how old it is, and how refreshing it goes.

mod question;

use core::net::SocketAddr;
use std::io::{self, Write};

use hookward::{Check, Lists, UnixTime};
use rustls::crypto::CryptoProvider;

use crate::cli::ThumbprintsArgs;
use crate::config::{Config, Purpose};
use crate::exit::Exit;
use crate::located;
use crate::refreshed::{ListState, ListStatus, Listed};

/// What the list is called, here and at the admin address.
const NAME: &str = "thumbprints";

/// Asks the running gate, or reads what was kept, and prints it.
pub(crate) fn run(args: &ThumbprintsArgs, provider: &CryptoProvider) -> io::Result<Exit> {
    let mut stderr = io::stderr().lock();
    let status = match args.admin {
        // Whoever names the gate wants its answer and no other.
        Some(admin) => match question::ask(admin) {
            Ok(listed) => Found::new(listed, Some(admin)),
            Err(error) => {
                writeln!(stderr, "cannot ask the gate at {admin}: {error}")?;
                return Ok(Exit::Negative);
            }
        },
        None => {
            let path = located::configuration(&args.config);
            let now = UnixTime::now();
            let (config, report) = Config::read(&path.file, Purpose::Serve, provider, now);
            let Some(config) = config else {
                writeln!(stderr, "{report}")?;
                path.explain_missing(&mut stderr)?;
                return Ok(Exit::Unusable);
            };
            find(&config, now, &mut stderr)?
        }
    };
    let mut stdout = io::stdout().lock();
    let Some(status) = status else {
        writeln!(stderr, "no list of thumbprints is configured")?;
        return Ok(Exit::Negative);
    };
    if args.json {
        writeln!(stdout, "{}", serde_json::to_string_pretty(&status.status)?)?;
    } else {
        writeln!(stdout, "{}", status.status)?;
        match status.gate {
            Some(gate) => writeln!(stdout, "  as the gate at {gate} says")?,
            None => writeln!(stdout, "  as it was kept: no gate is running")?,
        }
    }
    Ok(match status.status.state {
        ListState::Fixed | ListState::Fresh | ListState::Stale => Exit::Success,
        ListState::Expired | ListState::Absent => Exit::Negative,
    })
}

/// The list, and the gate that was asked for it, if any was.
struct Found {
    status: ListStatus,
    gate: Option<SocketAddr>,
}

impl Found {
    fn new(listed: Listed, gate: Option<SocketAddr>) -> Option<Self> {
        let status = (listed.lists.into_iter()).find(|status| status.name == NAME)?;
        Some(Self { status, gate })
    }
}

fn find(config: &Config, now: UnixTime, stderr: &mut impl Write) -> io::Result<Option<Found>> {
    if let Some(admin) = config.serving.as_ref().and_then(|serving| serving.admin) {
        match question::ask(admin) {
            Ok(listed) => return Ok(Found::new(listed, Some(admin))),
            // That is how it looks when no gate is running.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
            Err(error) => writeln!(stderr, "cannot ask the gate at {admin}: {error}")?,
        }
    }
    let status = kept(config, now).unwrap_or_else(|error| {
        // There is nowhere to say that standard error is gone.
        let _ = writeln!(stderr, "{error}");
        None
    });
    Ok(status.map(|status| Found { status, gate: None }))
}

/// The list without a gate: as it was kept, or as the configuration has it.
fn kept(config: &Config, now: UnixTime) -> Result<Option<ListStatus>, String> {
    let mut fetched = config.refreshed.iter();
    if let Some(list) = fetched.find(|list| list.check() == Check::ClientCertificate) {
        let mut lists = Lists::default();
        return list.load(&config.state, &mut lists, now).map(Some);
    }
    Ok((config.lists.thumbprints.as_ref())
        .map(|list| ListStatus::configured(NAME, list.list().iter(), list, now)))
}
