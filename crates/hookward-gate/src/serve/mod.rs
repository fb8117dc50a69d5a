//! `hookward serve`: a gate that runs until it is told to stop.

mod activation;
mod admin;
mod attribution;
mod decision_log;
mod files;
mod forward_auth;
mod gate;
mod generation;
mod hints;
mod hosts;
mod list_statuses;
mod listener;
mod log;
mod log_text;
mod log_writer;
mod refreshing;
mod reload;
mod status;
mod swapped;
mod systemd;
mod telemetry;
mod usage;
mod watch;

use core::num::NonZero;
use core::time::Duration;
use std::io::{self, Write};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::ConfigArgs;
use crate::config::Config;
use crate::exit::Exit;
use crate::{located, starter};
pub(crate) use activation::Activated;
pub(crate) use gate::Gate;
use reload::{Reload, Source};
pub(crate) use usage::Usage;

/// How long the threads of the gate have to write the end of the log.
const LAST_LINES: Duration = Duration::from_millis(500);

/// Reads the configuration and serves, until a signal says to stop.
pub(crate) fn run(args: &ConfigArgs, provider: Arc<CryptoProvider>) -> io::Result<Exit> {
    let path = located::configuration(args);
    if path.is_missing() {
        let mut stderr = io::stderr().lock();
        path.explain_missing(&mut stderr)?;
        writeln!(
            stderr,
            "this one, on standard output, is one to start from:"
        )?;
        write!(io::stdout(), "{}", starter::TEXT)?;
        return Ok(Exit::Unusable);
    }
    let mut source = Source::new(path.file, Arc::clone(&provider));
    let (config, report) = source.read();
    let Some(config) = config else {
        writeln!(io::stderr(), "{report}")?;
        return Ok(Exit::Negative);
    };
    log::install(&config.log);
    files::allow_all();
    for warning in report.warnings() {
        tracing::warn!("{warning}");
    }
    // While there is one thread: the variables that name them are removed.
    let sockets = Activated::take()?;
    let runtime = runtime()?;
    let served = runtime.block_on(serve(config, source, provider, sockets));
    // Its threads write what they have logged. What still waits for a file must not keep the gate from ending.
    runtime.shutdown_timeout(LAST_LINES);
    log_writer::keep_no_more();
    match served {
        Ok(()) => Ok(Exit::Success),
        Err(error) => {
            tracing::error!("{error}");
            Ok(Exit::Negative)
        }
    }
}

/// With one processor, one thread is enough, and none wakes another.
fn runtime() -> io::Result<Runtime> {
    let mut builder = match std::thread::available_parallelism() {
        Ok(NonZero::<usize>::MIN) => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder
        .enable_all()
        .on_thread_park(log_writer::about_to_wait)
        .build()
}

async fn serve(
    config: Config,
    source: Source,
    provider: Arc<CryptoProvider>,
    sockets: Activated,
) -> Result<(), gate::GateError> {
    // Before anybody is told that the gate runs, so that no signal finds it unprepared.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let reload = Reload::new(source, signal(SignalKind::hangup())?, &config);
    let mut gate = Gate::start(config, provider, sockets).await?;
    tracing::info!(
        address = gate.webhooks().map(tracing::field::display),
        forward_auth = gate.forward_auth().map(tracing::field::display),
        admin = gate.admin().map(tracing::field::display),
        "listening"
    );
    for socket in gate.unused_sockets() {
        tracing::warn!(
            socket,
            "systemd has opened a socket that the configuration does not use"
        );
    }
    systemd::ready(gate.status());
    let watchdog = tokio::spawn(systemd::keep_watchdog_quiet());
    let log = tokio::spawn(log_writer::write_in_time());
    let signal = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
        never = reload.run(&mut gate) => match never {},
    };
    tracing::info!(signal, "stopping: requests in progress are finished");
    systemd::stopping();
    gate.stop().await;
    watchdog.abort();
    log.abort();
    tracing::info!("stopped");
    Ok(())
}
