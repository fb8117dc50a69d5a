//! `hookward inspect`: what the libraries see in one thing.

mod address;
mod certificate;
mod failure;
mod payload;

use core::fmt::Display;
use std::io::{self, Read, Write};
use std::path::Path;

use rustls::crypto::CryptoProvider;
use serde::Serialize;

use crate::cli::Inspect;
use crate::exit::Exit;
use crate::input;
use failure::Failure;

pub(crate) use certificate::only_der;

/// Inspects, and prints the answer.
pub(crate) fn run(what: &Inspect, provider: &CryptoProvider) -> io::Result<Exit> {
    match what {
        Inspect::Certificate(args) => answer(
            open(&args.input.file)
                .and_then(|input| certificate::inspect(input, &args.input.file, args.form)),
            args.input.json,
        ),
        Inspect::Payload(args) => answer(
            open(&args.file).and_then(|input| payload::inspect(input, &args.file)),
            args.json,
        ),
        Inspect::Address(args) => answer(address::inspect(args, provider), args.json),
    }
}

fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    input::open(path).map_err(|error| Failure::unreadable(path, &error))
}

/// With JSON, errors are answers as well, and go where answers go.
fn answer<T: Display + Serialize>(outcome: Result<T, Failure>, json: bool) -> io::Result<Exit> {
    let mut stdout = io::stdout().lock();
    match outcome {
        Ok(seen) if json => writeln!(stdout, "{}", serde_json::to_string_pretty(&seen)?)?,
        Ok(seen) => writeln!(stdout, "{seen}")?,
        Err(failure) if json => {
            writeln!(stdout, "{}", serde_json::to_string_pretty(&failure)?)?;
            return Ok(Exit::Negative);
        }
        Err(failure) => {
            writeln!(io::stderr().lock(), "{failure}")?;
            return Ok(Exit::Negative);
        }
    }
    Ok(Exit::Success)
}
