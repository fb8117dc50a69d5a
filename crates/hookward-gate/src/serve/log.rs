//! The log, on standard error.

use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat};
use crate::serve::log_text::TextLines;
use crate::serve::log_writer::LogWriter;

/// The libraries between the socket and the guard.
const WIRE: [&str; 6] = [
    "h2",
    "hyper",
    "hyper_util",
    "reqwest",
    "rustls",
    "tokio_rustls",
];

/// Starts the log of this process, once.
pub(crate) fn install(log: &Log) {
    let lines = match log.format {
        LogFormat::Text => TextLines.boxed(),
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_target(false)
            .with_writer(LogWriter)
            .boxed(),
    };
    // Below this level the libraries of the wire show what was sent: URLs and headers.
    let filter = WIRE.iter().fold(log.filter.clone(), |filter, library| {
        filter.with_target(*library, LevelFilter::WARN)
    });
    registry().with(lines).with(filter).init();
}
