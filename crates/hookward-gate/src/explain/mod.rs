//! `hookward explain`: judges a recorded request, and says why.

mod answer;
mod recording;

use core::time::Duration;
use std::io::{self, Write};

use hookward::{Decision, Framing, Guard, Head, Lists, Step, Trial, UnixTime};
use hookward_hyper::Peer;
use rustls::crypto::CryptoProvider;

use crate::cli::ExplainArgs;
use crate::config::{Config, Entrance, Purpose};
use crate::exit::Exit;
use crate::provenance::{Client, Provenance};
use crate::{file, input, located};
use answer::Answer;
use recording::Recording;

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
    let client = client(config.entrances.first(), &recording);
    let decision = judge(&config.guard, &lists, &client, &recording, now);
    let trial = decision.trial().map(|trial| watched(trial, &recording));
    let answer = Answer::of(&decision, trial.as_ref(), client.found);
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

/// Finds the client, as the listener would.
fn client(entrance: Option<&Entrance>, request: &Recording) -> Client {
    let (provenance, peer) = match entrance {
        Some(entrance) => (&entrance.provenance, entrance.peer(request.peer)),
        None => (&Provenance::CONNECTION, request.peer.map(Into::into)),
    };
    provenance.client(peer, &request.certificate, |wanted| {
        let headers = request.headers.iter();
        let lines = headers.filter(move |(name, _)| name.eq_ignore_ascii_case(wanted));
        lines.map(|(_, value)| value.as_bytes()).collect::<Vec<_>>()
    })
}

/// Shows the request to the guard, as a server would.
fn judge<'g>(
    guard: &'g Guard,
    lists: &Lists,
    client: &Client,
    request: &Recording,
    now: UnixTime,
) -> Decision<'g> {
    let peer = Peer::new(client.address).with_certificate(client.certificate.clone());
    let head = Head {
        method: &request.method,
        authority: request.authority.as_deref(),
        path: &request.path,
        headers: &request.headers,
        framing: Framing::Clear,
    };
    match guard.inspect(lists, &peer.connection(), &head, now) {
        // A body that is not judged is forwarded, but only so much of it.
        Step::Decided(decision) => decision.with_body_length(request.body.len() as u64),
        Step::NeedsBody(body) => match body.push(&request.body) {
            Step::Decided(decision) => decision,
            Step::NeedsBody(body) => body.finish(),
        },
    }
}

/// Shows the body to a trial, as a server would that hands it on.
fn watched<'g>(trial: Trial<'g>, request: &Recording) -> Trial<'g> {
    match trial.watch() {
        Some(mut watch) => {
            watch.push(&request.body);
            trial.conclude(watch)
        }
        None => trial,
    }
}
