//! `cargo xtask simulate`: years in virtual time, and what came of them.

#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(about = "Simulates years of a refresher's life, and exits with 1 if a rule was violated")]
struct Args {
    /// How many years. Each is a life of its own.
    #[arg(long)]
    years: u64,
    /// The seed of the first year; the others take the numbers that follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> io::Result<ExitCode> {
    let args = Args::parse();
    let report = hookward_simulation::run(args.years, args.seed);
    writeln!(io::stdout(), "{report}")?;
    Ok(match report.violations() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}
