//! The `hookward` command: a gate for Copyleaks webhooks in front of any application.

#![forbid(unsafe_code)]

extern crate alloc;

mod check;
mod cli;
mod config;
mod demo;
mod exit;
mod explain;
mod file;
mod identity;
mod input;
mod inspect;
mod issuer;
mod located;
mod metrics;
mod moment;
mod pages;
mod provenance;
mod question;
mod reasons;
mod refreshed;
mod refusals;
mod secret;
mod serve;
mod starter;
mod state;
mod submit;
mod thumbprint_file;
mod thumbprints;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use hookward::Event;

use cli::{Cli, Command};
use exit::Exit;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli.command) {
        Ok(exit) => exit.into(),
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Negative.into(),
        Err(error) => {
            // There is nowhere to say that standard error is gone.
            let _ = writeln!(io::stderr(), "hookward: {error}");
            Exit::Negative.into()
        }
    }
}

fn run(command: &Command) -> io::Result<Exit> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    match command {
        Command::Serve(args) => serve::run(args, provider),
        Command::Check(args) => check::run(args, &provider),
        Command::Explain(args) => explain::run(args, &provider),
        Command::Reasons(args) => reasons::run(args),
        Command::Inspect(what) => inspect::run(what),
        Command::Demo => demo::run(provider),
        Command::Refusals(args) => refusals::run(args, &provider),
        Command::Thumbprints(args) => thumbprints::run(args, &provider),
        Command::Secret(args) => {
            let secret = args.kind.fresh().map_err(io::Error::other)?;
            writeln!(io::stdout(), "{secret}")?;
            Ok(Exit::Success)
        }
        Command::Completions { shell } => pages::completions(*shell),
        Command::Man(args) => pages::man(args),
        Command::Schema => pages::schema(),
        Command::Submission(args) => submit::submission(args, &provider),
        Command::Export(args) => submit::export(args, &provider),
        Command::Deletion(args) => submit::deletion(args, &provider),
        Command::AiImage(args) => submit::ai_detection(args, Event::AiImage, &provider),
        Command::AiVideo(args) => submit::ai_detection(args, Event::AiVideo, &provider),
    }
}
