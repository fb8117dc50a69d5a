//! Swaps everything that can be swapped under steady load, and prints what came of it.
//!
//! `hookward-interop-soak GATE SWAPS`: the path of the `hookward` program, and how often. The load
//! is that of `oha`, with a client certificate, and of connections of our own that are held open
//! throughout.

mod application;
mod gate;
mod held;
mod load;
mod site;
mod swap;

use core::time::Duration;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use gate::Gate;
use held::Held;
use load::Load;
use site::Site;
use swap::Swaps;

/// The time from one swap to the next, at least.
const PACE: Duration = Duration::from_millis(150);

/// How many connections are held open.
const HELD: usize = 16;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let gate = args.next().map(PathBuf::from);
    let swaps = args.next().and_then(|count| count.to_str()?.parse().ok());
    let (Some(gate), Some(swaps)) = (gate, swaps) else {
        eprintln!("usage: hookward-interop-soak GATE SWAPS");
        return ExitCode::FAILURE;
    };
    match play(&gate, swaps) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing was lost.
fn play(program: &Path, count: usize) -> io::Result<bool> {
    let mut stdout = io::stdout().lock();
    let mut site = Site::new()?;
    let gate = Gate::start(program, &site)?;
    writeln!(stdout, "{}", load::version()?)?;

    let held = Held::open(HELD, &site, gate.address)?;
    let loads = Load::all(&site, gate.address)?;
    let mut swaps = Swaps::default();
    let start = Instant::now();
    for index in 0..count {
        if index == count / 10 {
            writeln!(stdout, "after a tenth, the gate holds {}", gate.holdings()?)?;
        }
        let next = Instant::now() + PACE;
        swaps.one(index, &mut site, &gate)?;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    let took = start.elapsed();
    writeln!(stdout, "after all, the gate holds {}", gate.holdings()?)?;
    // One more, so that the log has been read up to here: oha breaks off what it has when it is ended.
    gate.signal()?;
    gate.wait_for_reload()?;
    let refused = gate.refused();
    let last = swaps.succeeded() as u64 + 2;
    let mut good = gate.generation() == last;
    writeln!(
        stdout,
        "{swaps} in {took:.1?}; the last configuration is {}",
        gate.generation()
    )?;

    for load in loads {
        let outcome = load.finish()?;
        good &= outcome.is_clean();
        writeln!(stdout, "{outcome}")?;
    }
    let served = held::server_certificate(&site, gate.address)?;
    let is_newest = served == site.server_certificate();
    let held = held.finish();
    good &= held.is_clean() && is_newest;
    writeln!(stdout, "{held}")?;
    let what = if is_newest {
        "the newest"
    } else {
        "an old one"
    };
    writeln!(stdout, "the server's certificate at the end: {what}")?;
    gate.stop()?;
    good &= refused == 0;
    writeln!(
        stdout,
        "requests that the gate has refused by its log, before the load was ended: {refused}"
    )?;
    Ok(good)
}
