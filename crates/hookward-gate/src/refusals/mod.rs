//! The last requests that were refused: kept by the gate, shown by `hookward refusals`.

mod recorder;
mod refusal;

use core::net::SocketAddr;
use std::io::{self, Write};

use hookward::UnixTime;
use rustls::crypto::CryptoProvider;

use crate::cli::RefusalsArgs;
use crate::config::{Config, Purpose};
use crate::exit::Exit;
use crate::{located, question};

pub(crate) use recorder::{Recorder, Recording};
pub(crate) use refusal::{Checked, Refusal, Refusals};

/// Where the gate answers with them.
pub(crate) const PATH: &str = "/refusals";

/// Asks the running gate, and prints what it has.
pub(crate) fn run(args: &RefusalsArgs, provider: &CryptoProvider) -> io::Result<Exit> {
    let mut stderr = io::stderr().lock();
    let admin = match args.admin {
        Some(admin) => admin,
        None => {
            let path = located::configuration(&args.config);
            let now = UnixTime::now();
            let (config, report) = Config::read(&path.file, Purpose::Serve, provider, now);
            let Some(config) = config else {
                writeln!(stderr, "{report}")?;
                path.explain_missing(&mut stderr)?;
                writeln!(stderr, "{}", question::WITHOUT_CONFIGURATION)?;
                return Ok(Exit::Unusable);
            };
            let Some(admin) = admin_address(&config) else {
                writeln!(stderr, "the configuration has no admin address to ask")?;
                return Ok(Exit::Unusable);
            };
            admin
        }
    };
    let found: Refusals = match question::ask(admin, PATH) {
        Ok(found) => found,
        Err(error) => {
            writeln!(stderr, "cannot ask the gate at {admin}: {error}")?;
            return Ok(Exit::Negative);
        }
    };
    let mut stdout = io::stdout().lock();
    if args.json {
        for refusal in &found.refusals {
            writeln!(stdout, "{}", serde_json::to_string(refusal)?)?;
        }
    } else if found.refusals.is_empty() {
        writeln!(stdout, "nothing was refused since the gate was started")?;
    } else {
        for refusal in &found.refusals {
            writeln!(stdout, "{refusal}")?;
        }
    }
    Ok(Exit::Success)
}

fn admin_address(config: &Config) -> Option<SocketAddr> {
    Some(config.serving.as_ref()?.admin.as_ref()?.address)
}
