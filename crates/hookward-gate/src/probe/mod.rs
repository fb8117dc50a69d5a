//! `hookward probe`: sends webhook-like requests to the user's own endpoint, and says what was blocked
//! on the way.

mod exchange;
mod fingerprint;
mod plan;
mod report;
mod trust;

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use hookward::UnixTime;
use rustls::crypto::CryptoProvider;
use zeroize::Zeroizing;

use crate::cli::ProbeArgs;
use crate::config::{Config, FirewallHeader, Purpose};
use crate::exit::Exit;
use plan::{Header, Target};
use report::{Report, Tried};

/// Probes, or shows what would be sent.
pub(crate) fn run(args: &ProbeArgs, provider: &Arc<CryptoProvider>) -> io::Result<Exit> {
    let mut stderr = io::stderr().lock();
    let target = match Target::parse(&args.url) {
        Ok(target) if !target.tls && !args.allow_plain_http => {
            let message = "--url: over plain http anybody on the way reads the secret; --allow-plain-http \
                           sends it all the same";
            writeln!(stderr, "{message}")?;
            return Ok(Exit::Unusable);
        }
        Ok(target) => target,
        Err(error) => {
            writeln!(stderr, "--url: {error}")?;
            return Ok(Exit::Unusable);
        }
    };
    let header = match &args.config {
        None => None,
        Some(path) => match configured(path, provider, &mut stderr)? {
            Some(header) => header,
            None => return Ok(Exit::Unusable),
        },
    };
    let planned = plan::requests(header.is_some());
    let mut stdout = io::stdout().lock();
    if args.dry_run {
        writeln!(
            stdout,
            "these would be sent to {}:{}",
            target.host, target.port
        )?;
        for (index, planned) in planned.iter().enumerate() {
            let shown = planned.shown(&target, header.as_ref());
            writeln!(stdout, "\n{}. {planned}\n  {shown}", index + 1)?;
        }
        return Ok(Exit::Success);
    }
    let tls = if target.tls {
        match trust::client_config(args, provider) {
            Ok(config) => Some(Arc::new(config)),
            Err(error) => {
                writeln!(stderr, "{error}")?;
                return Ok(Exit::Unusable);
            }
        }
    } else {
        None
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let tried: Vec<_> = runtime.block_on(async {
        let mut tried = Vec::new();
        for planned in planned {
            let answer = exchange::send(planned, &target, header.as_ref(), tls.as_ref()).await;
            tried.push(Tried { planned, answer });
        }
        tried
    });
    let report = Report::of(&tried, header.as_ref().map(|header| &header.name));
    if args.json {
        writeln!(stdout, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        writeln!(stdout, "{report}")?;
    }
    Ok(if report.webhooks_pass {
        Exit::Success
    } else {
        Exit::Negative
    })
}

/// The header that a firewall can match, with a secret that is valid now. `None` if the
/// configuration cannot be used.
fn configured(
    path: &Path,
    provider: &CryptoProvider,
    stderr: &mut impl Write,
) -> io::Result<Option<Option<Header>>> {
    let now = UnixTime::now();
    let (config, report) = Config::read(path, Purpose::Submit, provider, now);
    if !report.is_empty() {
        writeln!(stderr, "{report}")?;
    }
    let Some(config) = config else {
        return Ok(None);
    };
    let issuers = config.issuers.as_ref();
    let found = match &config.firewall_header {
        Some(FirewallHeader::Own(_)) => issuers
            .and_then(|issuers| issuers.firewall.as_ref())
            .map(|(name, issuer)| (name, issuer)),
        Some(FirewallHeader::OfCheck) => config
            .guard
            .secret_header()
            .zip(issuers.and_then(|issuers| issuers.header.as_ref())),
        Some(FirewallHeader::PerScan) | None => {
            writeln!(
                stderr,
                "the configuration has no header that a firewall could match; probing without"
            )?;
            return Ok(Some(None));
        }
    };
    let header = found.and_then(|(name, issuer)| {
        let (_, secret) = issuer.fixed(now).next()?;
        Some(Header {
            name: name.clone(),
            secret: Zeroizing::new(secret.to_owned()),
        })
    });
    if header.is_none() {
        writeln!(
            stderr,
            "no secret for the header is valid now: all of them are too old or too new"
        )?;
        return Ok(None);
    }
    Ok(Some(header))
}
