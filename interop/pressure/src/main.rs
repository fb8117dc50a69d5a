//! Puts a gate under pressure: thousands of slow clients and a flood of forged requests, while
//! genuine webhooks come in. Prints what became of those, and how much memory the gate took.
//!
//! `hookward-pressure GATE SECONDS`: the path of the `hookward` program, and how long to press.

mod application;
mod client;
mod flood;
mod genuine;
mod memory;
mod site;
mod slow;

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use rustix::process::{Resource, getrlimit, setrlimit};

use flood::Flood;
use genuine::Genuine;
use memory::Memory;
use site::Site;
use slow::Slowness;

/// How many slow clients there are. Each comes back when it is cut off.
const SLOW_CLIENTS: usize = 2000;

/// How many addresses they have.
const SOURCES: usize = 50;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let gate = args.next().map(PathBuf::from);
    let seconds = args.next().and_then(|text| text.to_str()?.parse().ok());
    let (Some(gate), Some(seconds)) = (gate, seconds) else {
        eprintln!("usage: hookward-pressure GATE SECONDS");
        return ExitCode::FAILURE;
    };
    match press(&gate, Duration::from_secs(seconds)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("pressure: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all genuine webhooks succeeded within the memory that the gate may take.
fn press(gate: &Path, time: Duration) -> io::Result<bool> {
    // Each connection has a file on both sides.
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    setrlimit(Resource::Nofile, files)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let application = application::start().await?;
        let site = Arc::new(Site::start(gate, application).await?);
        let calm = Genuine::send(&site, time / 4).await;
        let memory = Memory::of(site.gate());
        let idle = memory.now()?;

        let opened = Arc::new(AtomicU64::new(0));
        for number in 0..SLOW_CLIENTS {
            let (site, opened) = (Arc::clone(&site), Arc::clone(&opened));
            let slowness = Slowness::ALL[number % Slowness::ALL.len()];
            let source = [127, 0, 1, byte(number % SOURCES)];
            tokio::spawn(async move { slowness.stay(&site, source.into(), &opened).await });
        }
        let flood = Flood::start(&site);
        let pressed = Genuine::send(&site, time).await;
        let forged = flood.stop();
        let peak = memory.peak()?;

        println!("calm:    {calm}");
        println!("pressed: {pressed}");
        println!(
            "against: {SLOW_CLIENTS} slow clients from {SOURCES} addresses, which opened {} connections; {forged}",
            opened.load(Ordering::Relaxed)
        );
        println!(
            "memory:  {} MiB when calm, {} MiB at most, of {} MiB that the limits allow",
            idle >> 20,
            peak >> 20,
            site::MEMORY_BUDGET >> 20
        );
        for line in site.metrics().await? {
            println!("  {line}");
        }
        Ok(calm.is_flawless() && pressed.is_flawless() && peak <= site::MEMORY_BUDGET)
    })
}

/// The last byte of an address.
fn byte(number: usize) -> u8 {
    u8::try_from(number % 250 + 1).unwrap_or(1)
}
