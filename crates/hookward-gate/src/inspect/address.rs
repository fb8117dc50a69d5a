//! Whether a list of networks admits an address.

use core::fmt::{self, Display};
use core::net::IpAddr;
use std::path::Path;

use hookward::{Allowlist, Check, UnixTime};
use hookward_ip::{AllowlistError, Explanation, Role, Rule, canonical};
use rustls::crypto::CryptoProvider;
use serde::Serialize;

use crate::cli::AddressArgs;
use crate::config::{AddressSources, Config, Purpose};
use crate::inspect::failure::Failure;
use crate::refreshed::ListState;

/// Whether an address is admitted, and by which line.
#[derive(Debug, Serialize)]
pub(crate) struct Address {
    /// In its canonical form.
    address: IpAddr,
    admitted: bool,
    /// The first entry that covers it.
    entry: Option<Line>,
    /// The first exception that takes it out again.
    exception: Option<Line>,
    #[serde(skip)]
    explanation: Explanation,
}

/// A line of the list.
#[derive(Debug, Serialize)]
struct Line {
    /// Counted from 0, entries and exceptions apart.
    index: usize,
    network: String,
    /// Where it stands, for a list that has several sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

/// Asks the list that the arguments make, or that of a configuration.
pub(crate) fn inspect(args: &AddressArgs, provider: &CryptoProvider) -> Result<Address, Failure> {
    let (networks, address) = args
        .networks_and_address()
        .ok_or_else(|| Failure::new("no_address", "expected an address after the networks"))?;
    let address: IpAddr = address.parse().map_err(|_| {
        let shown = address.escape_debug().take(64).collect::<String>();
        Failure::new(
            "not_an_address",
            format_args!("expected an address, found `{shown}`"),
        )
    })?;
    if let Some(config) = &args.config {
        return configured(config, address, provider);
    }
    let list = networks
        .iter()
        .fold(Allowlist::builder(), |list, network| list.text(network));
    let list = args
        .except
        .iter()
        .fold(list, |list, network| list.except_text(network))
        .build()
        .map_err(failure)?;
    Ok(answer(&list, address, |_| None))
}

/// Asks the list of a configuration, with what was fetched for it.
fn configured(path: &Path, address: IpAddr, provider: &CryptoProvider) -> Result<Address, Failure> {
    let now = UnixTime::now();
    let (config, report) = Config::read(path, Purpose::Judge, provider, now);
    let config = config.ok_or_else(|| Failure::new("configuration", &report))?;
    let mut lists = config.lists;
    let mut fetched = config.refreshed.iter();
    let fetched = fetched.find(|list| list.check() == Check::SourceAddress);
    if let Some(list) = fetched {
        let status = list.load(&config.state, &mut lists, now);
        let status = status.map_err(|error| Failure::new("list_unusable", error))?;
        match status.state {
            ListState::Absent => {
                let message = format!("the list was never fetched from {}", list.source());
                return Err(Failure::new("list_absent", message));
            }
            ListState::Expired => {
                let message = "the list has expired, so that the gate answers 503";
                return Err(Failure::new("list_expired", message));
            }
            ListState::Fixed | ListState::Fresh | ListState::Stale => {}
        }
    }
    let Some(list) = &lists.addresses else {
        let message = "no [source_address] is configured";
        return Err(Failure::new("no_list", message));
    };
    let remote = fetched.map(|list| list.source());
    let sources = &config.address_sources;
    Ok(answer(list.list(), address, |rule| {
        Some(source(sources, remote, path, rule))
    }))
}

/// Where a line of a configured list stands.
fn source(sources: &AddressSources, remote: Option<&str>, config: &Path, rule: &Rule) -> String {
    let index = rule.place.index;
    let config = config.display();
    if rule.place.role == Role::Exception {
        return format!("source_address.except[{index}] in {config}");
    }
    let Some(index) = index.checked_sub(sources.allow) else {
        return format!("source_address.allow[{index}] in {config}");
    };
    let in_file = sources.file.as_ref().map_or(0, |(_, entries)| *entries);
    match (index.checked_sub(in_file), &sources.file) {
        (None, Some((file, _))) => {
            let path = file.path().display();
            match file.line_of(index) {
                Some(line) => format!("{path}:{line}"),
                None => format!("entry {index} of {path}"),
            }
        }
        (index, _) => format!(
            "entry {} of the list from {}",
            index.unwrap_or_default(),
            remote.unwrap_or("nowhere")
        ),
    }
}

fn answer(list: &Allowlist, address: IpAddr, source: impl Fn(&Rule) -> Option<String>) -> Address {
    let explanation = list.explain(address);
    let (entry, exception) = match explanation {
        Explanation::Admitted(entry) => (Some(entry), None),
        Explanation::Excepted { entry, exception } => (Some(entry), Some(exception)),
        Explanation::NotListed => (None, None),
    };
    let line = |rule: Rule| Line {
        index: rule.place.index,
        network: rule.network.to_string(),
        source: source(&rule),
    };
    Address {
        address: canonical(address),
        admitted: explanation.is_admitted(),
        entry: entry.map(line),
        exception: exception.map(line),
        explanation,
    }
}

fn failure(error: AllowlistError) -> Failure {
    let kind = match error {
        AllowlistError::Empty => "empty",
        AllowlistError::NothingLeft => "nothing_left",
        AllowlistError::Unparsable { .. } => "not_a_network",
        AllowlistError::HostBitsSet { .. } => "host_bits_set",
        AllowlistError::MappedPrefixTooShort { .. } => "mapped_prefix_too_short",
        _ => "refused",
    };
    Failure::new(kind, error)
}

impl Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.admitted {
            "admitted"
        } else {
            "not admitted"
        };
        write!(f, "{}: {verdict}: {}", self.address, self.explanation)?;
        for line in [&self.entry, &self.exception].into_iter().flatten() {
            if let Some(source) = &line.source {
                write!(f, "\n  {}: {source}", line.network)?;
            }
        }
        Ok(())
    }
}
