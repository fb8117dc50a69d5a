//! Loads the rules of `hookward firewall` into real firewalls, and prints what came of each request
//! and address.
//!
//! `hookward-interop-firewalls GATE`: the path of the `hookward` program.

mod addresses;
#[allow(dead_code, reason = "the harness of the proxies looks at more of it")]
#[path = "../../proxies/src/application.rs"]
mod application;
mod cases;
mod haproxy;
mod matrix;
mod modsecurity;
mod nftables;
mod nginx;
mod probe;
mod request;
#[path = "../../proxies/src/running.rs"]
mod running;
mod schemas;
mod setting;

use core::error::Error;
use std::path::Path;
use std::process::ExitCode;

use matrix::Matrix;
use setting::Setting;

/// What a part comes to.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let outcome = match args[..] {
        ["inside", rules, port, addresses] => {
            nftables::inside(Path::new(rules), port, Path::new(addresses)).map(|()| true)
        }
        [gate] => play(Path::new(gate)),
        _ => Err("usage: hookward-interop-firewalls GATE".into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("interop firewalls: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything was as expected.
fn play(gate: &Path) -> Outcome<bool> {
    let setting = Setting::make(gate)?;
    let mut matrix = Matrix::new();
    modsecurity::play(&setting, &mut matrix)?;
    nginx::play(&setting, &mut matrix)?;
    haproxy::play(&setting, &mut matrix)?;
    nftables::play(&setting, &mut matrix)?;
    schemas::play(&setting, &mut matrix)?;
    Ok(matrix.is_good())
}
