//! `hookward check`: reads everything as `serve` would, and says what is wrong.

use core::fmt::{self, Display};
use std::io::{self, Write};

use hookward::{Check, UnixTime};
use hookward_forwarded::BodySupport;
use rustls::crypto::CryptoProvider;

use crate::cli::CheckArgs;
use crate::config::{Config, Entrances, FirewallHeader, ForwardAuth, Identity, Purpose, Severity};
use crate::exit::Exit;
use crate::located;

/// Reads the configuration, and prints the report and what is configured.
pub(crate) fn run(args: &CheckArgs, provider: &CryptoProvider) -> io::Result<Exit> {
    let path = located::configuration(&args.config);
    let (config, report) = Config::read(&path.file, Purpose::Check, provider, UnixTime::now());
    let mut stderr = io::stderr().lock();
    if !report.is_empty() {
        writeln!(stderr, "{report}")?;
    }
    let denied = args.deny.is_some() && report.count(Severity::Warning) > 0;
    let Some(config) = config.filter(|_| !denied) else {
        path.explain_missing(&mut stderr)?;
        let (errors, warnings) = (
            report.count(Severity::Error),
            report.count(Severity::Warning),
        );
        writeln!(
            stderr,
            "{}: errors: {errors}, warnings: {warnings}",
            path.file.display()
        )?;
        return Ok(Exit::Negative);
    };
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{} is in order", path.file.display())?;
    writeln!(stdout, "{}", Summary(&config))?;
    Ok(Exit::Success)
}

/// Why a firewall cannot help with what is configured, and what would.
const PER_SCAN: &str =
    "    its secrets are those of one scan each, so no firewall in front can match \
them. If there is one, add beside them a static header for it alone, which `hookward submission` \
puts in and `hookward firewall` matches:
      [firewall]
      header = \"x-firewall-secret\"
      secrets = [{ label = \"first\", env = \"HOOKWARD_FIREWALL\" }]";

/// What is configured, for somebody who wants to see whether it is what was meant.
struct Summary<'c>(&'c Config);

impl Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(config) = self;
        if let Some(serving) = &config.serving {
            if let Some((webhooks, entrance)) = serving
                .webhooks
                .as_ref()
                .zip(config.entrances.webhooks.as_ref())
            {
                let tls = match &webhooks.identity {
                    Some(Identity::Configured(_)) => "with the configured certificate",
                    Some(Identity::SelfSigned { .. }) => "with a self-signed certificate",
                    None => "without TLS",
                };
                writeln!(f, "  listen: {} {tls}", entrance.socket)?;
                write!(f, "{}", entrance.provenance)?;
                writeln!(f, "  upstream: {}", webhooks.upstream)?;
            }
            if let Some(ForwardAuth { form, entrance }) = &config.entrances.forward_auth {
                writeln!(f, "  forward_auth: {} for {form}", entrance.socket)?;
                if let BodySupport::Configured { settings } = form.body() {
                    writeln!(f, "    body: only with {settings}")?;
                }
                write!(f, "{}", entrance.provenance)?;
            }
            match &serving.admin {
                Some(admin) => writeln!(f, "  admin: {}", admin.address)?,
                None => writeln!(f, "  admin: off")?,
            }
        }
        if let Some(list) = &config.lists.thumbprints {
            writeln!(
                f,
                "  {}: {} thumbprints",
                Check::ClientCertificate,
                list.list().len()
            )?;
        }
        if let Some(list) = &config.lists.addresses {
            writeln!(
                f,
                "  {}: {} entries",
                Check::SourceAddress,
                list.list().len()
            )?;
        }
        for list in &config.refreshed {
            writeln!(f, "  {}: fetched from {}", list.check(), list.source())?;
        }
        if let Some(header) = config.guard.secret_header() {
            writeln!(f, "  {}: in {header}", Check::HeaderSecret)?;
        }
        match &config.firewall_header {
            Some(FirewallHeader::Own(name)) => {
                let Entrances {
                    webhooks,
                    forward_auth,
                } = &config.entrances;
                let removes = match (webhooks, forward_auth) {
                    (_, None) => "the gate removes",
                    (None, Some(_)) => "the proxy that asks has to remove",
                    (Some(_), Some(_)) => "the gate removes, and the proxy that asks has to",
                };
                writeln!(
                    f,
                    "  firewall: knows webhooks by {name}, which submissions get and {removes}"
                )?;
            }
            Some(FirewallHeader::PerScan) => writeln!(f, "{PER_SCAN}")?,
            Some(FirewallHeader::OfCheck) | None => {}
        }
        f.write_str("  routes:")?;
        for route in config.guard.routes() {
            write!(f, "\n    {}: {}", route.route().template(), route.policy())?;
            if let Some(trial) = route.trial() {
                write!(f, "\n      trial: {trial}")?;
            }
        }
        Ok(())
    }
}
