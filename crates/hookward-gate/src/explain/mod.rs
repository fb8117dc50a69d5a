//! `hookward explain`: judges a recorded request, and says why.

mod answer;
mod recording;
mod refusal;

use core::time::Duration;
use std::io::{self, Write};
use std::path::Path;

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
use refusal::Rejudged;

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
    let mut lists = config.lists.clone();
    for list in &config.refreshed {
        if let Err(error) = list.load(&config.state, &mut lists, now) {
            writeln!(stderr, "{}: {error}", list.name())?;
        }
    }
    let (said, json, accepted) = match &args.refusal {
        Some(path) => {
            let rejudged = refusal::read(path)
                .and_then(|refusal| Rejudged::of(path, refusal, &config.guard, &lists, now));
            match rejudged {
                Ok(said) => (said.to_string(), to_json(&said)?, said.is_accepted()),
                Err(error) => {
                    writeln!(stderr, "{error}")?;
                    return Ok(Exit::Unusable);
                }
            }
        }
        None => {
            let path = args.request.as_deref().unwrap_or(Path::new("-"));
            let recording = match read_recording(path) {
                Ok(recording) => recording,
                Err(error) => {
                    writeln!(stderr, "{error}")?;
                    return Ok(Exit::Unusable);
                }
            };
            let client = client(config.entrances.first(), &recording);
            let decision = judge(&config.guard, &lists, &client, &recording, now);
            let trial = decision.trial().map(|trial| watched(trial, &recording));
            let said = Answer::of(&decision, trial.as_ref(), client.found);
            (said.to_string(), to_json(&said)?, decision.is_accepted())
        }
    };
    writeln!(io::stdout(), "{}", if args.json { json } else { said })?;
    Ok(if accepted {
        Exit::Success
    } else {
        Exit::Negative
    })
}

fn to_json(said: &impl serde::Serialize) -> io::Result<String> {
    serde_json::to_string_pretty(said).map_err(io::Error::other)
}

fn read_recording(path: &Path) -> Result<Recording, String> {
    let shown = path.display();
    let json = input::open(path)
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
