//! `hookward firewall`: rules for the firewall in front, that say what the gate's checks say.

mod output;

use std::io::{self, Write};

use hookward::{Allowlist, Check, GuardedRoute, HeaderName, Lists, Route, UnixTime};
use hookward_firewall::{AddressRule, FirewallError, HeaderRule, RuleText, Rules};
use hookward_policy::Level;
use rustls::crypto::CryptoProvider;
use thiserror::Error;

use crate::cli::{FirewallArgs, FirewallTarget};
use crate::config::{Config, FirewallHeader, Purpose, Socket};
use crate::exit::Exit;
use crate::issuer::Issuer;
use crate::located;
use crate::moment::rfc3339;

/// Why there are no rules.
#[derive(Debug, Error)]
enum RulesError {
    /// The header's secrets are of no use to a firewall.
    #[error(
        "no firewall can match header_secret, whose secrets are those of one scan each; \
         add [firewall] with a header and a static secret for the firewall alone"
    )]
    PerScan,
    /// All secrets have windows, and none of them is open.
    #[error("no secret for {0} is valid now: all of them are too old or too new")]
    NoneValid(HeaderName),
    /// The list was never fetched, or what was kept cannot be used.
    #[error("the list of addresses is not there: {0}")]
    ListMissing(String),
    /// The list is too old to say who may come in.
    #[error("the list of addresses has expired; `hookward serve` refreshes it")]
    ListExpired,
    /// Packet filters want a port.
    #[error("--port: expected the TCP port on which webhooks arrive")]
    PortMissing,
    /// The firewall cannot say it.
    #[error(transparent)]
    Firewall(#[from] FirewallError),
}

/// Writes the rules, or says why there are none.
pub(crate) fn run(args: &FirewallArgs, provider: &CryptoProvider) -> io::Result<Exit> {
    let mut stderr = io::stderr().lock();
    let path = located::configuration(&args.config);
    let now = UnixTime::now();
    let (config, report) = Config::read(&path.file, Purpose::Submit, provider, now);
    if !report.is_empty() {
        writeln!(stderr, "{report}")?;
    }
    let Some(config) = config else {
        path.explain_missing(&mut stderr)?;
        return Ok(Exit::Negative);
    };
    let mut notes = Vec::new();
    let made = match make(args, &config, now, &mut notes) {
        Ok(made) => made,
        Err(error) => {
            writeln!(stderr, "hookward: {error}")?;
            return Ok(Exit::Negative);
        }
    };
    if let Some(file) = &args.output {
        if let Err(error) = output::write(file, made.as_str()) {
            writeln!(stderr, "hookward: cannot write {}: {error}", file.display())?;
            return Ok(Exit::Negative);
        }
        let holds = if made.holds_secret() {
            "; it holds secrets, so that only the firewall may read it"
        } else {
            ""
        };
        writeln!(stderr, "wrote {}{holds}", file.display())?;
    } else {
        io::stdout().lock().write_all(made.as_str().as_bytes())?;
        if made.holds_secret() {
            writeln!(stderr, "what was printed holds secrets")?;
        }
    }
    for note in notes {
        writeln!(stderr, "{note}")?;
    }
    Ok(Exit::Success)
}

fn make(
    args: &FirewallArgs,
    config: &Config,
    now: UnixTime,
    notes: &mut Vec<String>,
) -> Result<RuleText, RulesError> {
    let routes = config.guard.routes();
    let mut rules = Rules::new();
    if wants_header(args.target)
        && let Some((name, issuer, routes)) = header(config)?
    {
        let mut rule = HeaderRule::new(name.clone(), routes)?;
        let mut secrets = issuer.fixed(now).peekable();
        if secrets.peek().is_none() {
            return Err(RulesError::NoneValid(name.clone()));
        }
        for (label, secret) in secrets {
            rule = rule.secret(label, secret)?;
        }
        if let Some(moment) = issuer.next_change(now) {
            notes.push(format!(
                "make these rules again at {}: other secrets are valid from then on",
                rfc3339(moment)
            ));
        }
        rules = rules.with_header(rule);
    }
    let lists = if wants_addresses(args.target) {
        lists(config, now)?
    } else {
        Lists::default()
    };
    if let Some(snapshot) = &lists.addresses {
        let list: &Allowlist = snapshot.trusted(now).ok_or(RulesError::ListExpired)?;
        if let Some(moment) = snapshot.checked_at() {
            notes.push(format!(
                "the addresses are those of {}; make these rules again when the list changes",
                rfc3339(moment)
            ));
        }
        let closed = routes.iter().filter(|route| needs_address(route));
        rules = rules.with_addresses(AddressRule::new(list, closed.map(GuardedRoute::route)));
    }
    match args.target {
        FirewallTarget::Modsecurity => Ok(hookward_firewall::modsecurity(&rules)?),
        FirewallTarget::Nginx => Ok(hookward_firewall::nginx(&rules)?),
        FirewallTarget::Haproxy => Ok(hookward_firewall::haproxy(&rules)?),
        FirewallTarget::Nftables => {
            let port = args.port.or_else(|| listening_port(config));
            let made = hookward_firewall::nftables(&rules, port.ok_or(RulesError::PortMissing)?)?;
            for route in routes.iter().filter(|route| !needs_address(route)) {
                notes.push(format!(
                    "warning: the policy of {} takes webhooks from other addresses as well; \
                     these rules drop them",
                    route.route().template()
                ));
            }
            Ok(made)
        }
        FirewallTarget::AwsWaf => {
            let arns: Vec<_> = args.ip_set_arn.iter().map(String::as_str).collect();
            if lists.addresses.is_some() && arns.is_empty() {
                notes.push(
                    "no rule uses the IP sets yet: make them, then name them with --ip-set-arn"
                        .to_owned(),
                );
            }
            Ok(hookward_firewall::aws_waf(&rules, &arns)?)
        }
        FirewallTarget::Cloudflare => Ok(hookward_firewall::cloudflare(&rules)?),
        FirewallTarget::CloudflareTerraform => Ok(hookward_firewall::cloudflare_terraform(&rules)?),
    }
}

const fn wants_header(target: FirewallTarget) -> bool {
    !matches!(target, FirewallTarget::Nftables)
}

const fn wants_addresses(target: FirewallTarget) -> bool {
    !matches!(target, FirewallTarget::Modsecurity)
}

/// The header that the firewall can match, its secrets, and the routes whose webhooks carry it.
type Header<'c> = (&'c HeaderName, &'c Issuer, Vec<&'c Route>);

/// `None` where no header is configured.
fn header(config: &Config) -> Result<Option<Header<'_>>, RulesError> {
    let issuers = config.issuers.as_ref();
    let routes = config.guard.routes().iter();
    let (name, issuer, of_check) = match &config.firewall_header {
        None => return Ok(None),
        Some(FirewallHeader::PerScan) => return Err(RulesError::PerScan),
        Some(FirewallHeader::OfCheck) => {
            let issuer = issuers.and_then(|issuers| issuers.header.as_ref());
            (config.guard.secret_header(), issuer, true)
        }
        Some(FirewallHeader::Own(name)) => {
            let firewall = issuers.and_then(|issuers| issuers.firewall.as_ref());
            (Some(name), firewall.map(|(_, issuer)| issuer), false)
        }
    };
    let looks_at = |route: &&GuardedRoute| {
        let mut checks = route.policy().checks();
        !of_check || checks.any(|check| *check == Check::HeaderSecret)
    };
    let routes = routes.filter(looks_at).map(GuardedRoute::route).collect();
    Ok(name
        .zip(issuer)
        .map(|(name, issuer)| (name, issuer, routes)))
}

/// The list of addresses, as it is configured or was kept.
fn lists(config: &Config, now: UnixTime) -> Result<Lists, RulesError> {
    let mut lists = config.lists.clone();
    let mut fetched = config.refreshed.iter();
    if let Some(list) = fetched.find(|list| list.check() == Check::SourceAddress) {
        list.load(&config.state, &mut lists, now)
            .map_err(RulesError::ListMissing)?;
        if lists.addresses.is_none() {
            let error = format!("it was never fetched from {}", list.source());
            return Err(RulesError::ListMissing(error));
        }
    }
    Ok(lists)
}

/// Whether webhooks from an address that is not listed are refused, whatever else they show.
fn needs_address(route: &GuardedRoute) -> bool {
    let without = route.policy().level(|check| match check {
        Check::SourceAddress => Level::Fail,
        _ => Level::Pass,
    });
    without != Level::Pass
}

fn listening_port(config: &Config) -> Option<u16> {
    match &config.entrances.webhooks.as_ref()?.socket {
        // Any port that is free stands for none that rules could name.
        Socket::Tcp(address) => Some(address.port()).filter(|port| *port != 0),
        Socket::Unix(_) | Socket::Systemd(_) | Socket::SystemdUnix(_) => None,
    }
}
