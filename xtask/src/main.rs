//! Every chore, and every step of CI, as one command: `cargo xtask --help`.

mod bench;
mod chores;
mod command;
mod firewalls;
mod fuzz;
mod instructions;
mod interop;
mod pressure;
mod proxies;
mod soak;

use core::num::NonZeroU32;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::command::Outcome;

#[derive(Parser)]
#[command(
    bin_name = "cargo xtask",
    about = "The chores of the hookward workspace"
)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Everything that decides whether a change lands, but for `test`.
    Ci,
    /// Formatting and clippy, with warnings denied.
    Lint,
    /// All tests: the command of the README.
    Test,
    /// The tests that need openssl, curl and promtool, and the example with axum.
    TestWithPrograms,
    /// Builds and runs a program without std that uses every crate of layers 1 and 2.
    NoStd,
    /// The documentation, with warnings denied.
    Doc,
    /// Packages every published crate and builds it from its package.
    Package,
    /// Licences, bans, sources and duplicate versions (needs cargo-deny).
    Deny,
    /// Runs fuzz targets (needs cargo-fuzz and a nightly toolchain).
    Fuzz {
        /// How long each target runs.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Tries the same inputs in the same order each time that `fuzz/corpus` is the same.
        #[arg(long)]
        seed: Option<NonZeroU32>,
        /// The targets; all of them when none is named.
        targets: Vec<String>,
    },
    /// Simulates years of keeping a list current in a faulty world, and fails if a rule was violated.
    Simulate {
        /// How many years. Each is a life of its own.
        #[arg(long)]
        years: u64,
        /// The seed of the first year; the others take the numbers that follow.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Compares with programs that were not written here; with all of them when none is named.
    Interop {
        #[command(subcommand)]
        with: Option<interop::Interop>,
    },
    /// Puts a gate under pressure: 2,000 slow clients and a flood of forged requests, while genuine
    /// webhooks come in. Fails if one of those is not accepted, or if the gate takes more memory than
    /// its limits allow.
    Pressure {
        /// How long to press.
        #[arg(long, default_value_t = 20)]
        seconds: u64,
    },
    /// Counts what scanning, looking up and deciding take in instructions, beside what is committed (needs valgrind).
    Instructions {
        /// Puts these counts in the place of those that are committed.
        #[arg(long)]
        accept: bool,
    },
    /// Swaps configuration, secrets, certificates and lists of a gate under load, and fails if anything
    /// was lost (needs oha).
    Soak {
        /// How often.
        #[arg(long, default_value_t = 500)]
        swaps: usize,
    },
    /// Measures how fast things are, each beside its peers; everything when nothing is named.
    Bench {
        #[command(subcommand)]
        what: Option<bench::Bench>,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().chore {
        Chore::Ci => ci(),
        Chore::Lint => chores::lint(),
        Chore::Test => chores::test(),
        Chore::TestWithPrograms => chores::test_with_programs(),
        Chore::NoStd => chores::no_std(),
        Chore::Doc => chores::doc(),
        Chore::Package => chores::package(),
        Chore::Deny => chores::deny(),
        Chore::Fuzz {
            seconds,
            seed,
            targets,
        } => fuzz::run(seconds, seed, &targets),
        Chore::Simulate { years, seed } => chores::simulate(years, seed),
        Chore::Interop { with } => interop::compare(with),
        Chore::Pressure { seconds } => pressure::run_for(seconds),
        Chore::Instructions { accept } => instructions::check(accept),
        Chore::Soak { swaps } => soak::run(swaps),
        Chore::Bench { what } => bench::measure(what),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// How long a fuzz target runs in CI: enough to replay its seeds and try their neighbours.
const SMOKE_SECONDS: u32 = 5;
/// Always the same neighbours, so that a change is not held up by what it did not do.
const SMOKE_SEED: NonZeroU32 = NonZeroU32::MIN;

fn ci() -> Outcome {
    chores::lint()?;
    chores::test_with_programs()?;
    chores::no_std()?;
    chores::doc()?;
    chores::package()?;
    chores::deny()?;
    interop::compare(None)?;
    fuzz::run(SMOKE_SECONDS, Some(SMOKE_SEED), &[])
}
