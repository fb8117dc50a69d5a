//! Compares hookward with programs that were not written here: `cargo xtask interop --help`.

mod languages;
mod program;
mod recorder;
mod sdks;
mod seal;

use std::process::ExitCode;

/// Nothing, or a sentence on what failed.
type Outcome<T = ()> = Result<T, Box<dyn core::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["sdks"] => sdks::run(),
        ["seal"] => seal::run(),
        ["languages"] => languages::run(),
        _ => Err("expected one of sdks, seal and languages".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("interop: {error}");
            ExitCode::FAILURE
        }
    }
}
