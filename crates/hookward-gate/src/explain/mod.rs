//! `hookward explain`: judges a recorded request, and says why.

mod answer;
mod recording;

use core::time::Duration;
use std::io::{self, Write};

use hookward::{
    ClientCertificate, Connection, Decision, Framing, Guard, Head, Lists, Step, UnixTime,
};
use rustls::crypto::CryptoProvider;

use crate::cli::ExplainArgs;
use crate::config::{Config, Purpose};
use crate::exit::Exit;
use crate::{file, input, located};
use answer::Answer;
use recording::{RecordedCertificate, Recording};

/// Larger than any webhook, even in base64.
const LIMIT: u64 = 256 << 20;

/// Judges the request, and prints the verdict.
pub(crate) fn run(args: &ExplainArgs, provider: &CryptoProvider) -> io::Result<Exit> {
    let mut stderr = io::stderr().lock();
    let now = match args.now.map(|now| Duration::try_from(now.as_duration())) {
        None => UnixTime::now(),
        Some(Ok(now)) => UnixTime::since_unix_epoch(now),
        Some(Err(_)) => {
            writeln!(stderr, "--now: expected a time after 1970")?;
            return Ok(Exit::Unusable);
        }
    };
    let path = located::configuration(&args.config);
    let (config, report) = Config::read(&path.file, Purpose::Judge, provider, now);
    if !report.is_empty() {
        writeln!(stderr, "{report}")?;
    }
    let Some(config) = config else {
        path.explain_missing(&mut stderr)?;
        return Ok(Exit::Unusable);
    };
    let recording = match read_recording(args) {
        Ok(recording) => recording,
        Err(error) => {
            writeln!(stderr, "{error}")?;
            return Ok(Exit::Unusable);
        }
    };
    let mut lists = config.lists.clone();
    for list in &config.refreshed {
        if let Err(error) = list.load(&config.state, &mut lists, now) {
            writeln!(stderr, "{}: {error}", list.name())?;
        }
    }
    let decision = judge(&config.guard, &lists, &recording, now);
    let answer = Answer::of(&decision);
    let mut stdout = io::stdout().lock();
    if args.json {
        writeln!(stdout, "{}", serde_json::to_string_pretty(&answer)?)?;
    } else {
        writeln!(stdout, "{answer}")?;
    }
    Ok(if decision.is_accepted() {
        Exit::Success
    } else {
        Exit::Negative
    })
}

fn read_recording(args: &ExplainArgs) -> Result<Recording, String> {
    let shown = args.request.display();
    let json = input::open(&args.request)
        .and_then(|input| file::read_at_most(input, LIMIT))
        .map_err(|error| format!("cannot read {shown}: {error}"))?
        .ok_or_else(|| format!("{shown} is larger than {LIMIT} bytes"))?;
    Recording::parse(&json).map_err(|error| format!("{shown}: {error}"))
}

/// Shows the request to the guard, as a server would.
fn judge<'g>(guard: &'g Guard, lists: &Lists, request: &Recording, now: UnixTime) -> Decision<'g> {
    let connection = Connection {
        client_address: request.peer,
        certificate: match &request.certificate {
            RecordedCertificate::Missing => None,
            RecordedCertificate::Leaf(leaf) => Some(ClientCertificate::Leaf(leaf)),
            RecordedCertificate::Unreadable => Some(ClientCertificate::Unreadable),
        },
    };
    let head = Head {
        method: &request.method,
        authority: None,
        path: &request.path,
        headers: &request.headers,
        framing: Framing::Clear,
    };
    match guard.inspect(lists, &connection, &head, now) {
        Step::Decided(decision) => decision,
        Step::NeedsBody(body) => match body.push(&request.body) {
            Step::Decided(decision) => decision,
            Step::NeedsBody(body) => body.finish(),
        },
    }
}
