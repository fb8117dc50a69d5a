//! Whether a list of networks admits an address, and how a client's address is derived.

use core::fmt::{self, Display};
use core::net::IpAddr;
use std::io::{self, Read};
use std::path::Path;

use hookward::{Allowlist, Check, UnixTime};
use hookward_forwarded::{AddressForm, AddressRule, Derivation, Peer, TrustedProxies};
use hookward_ip::{AllowlistError, Explanation, Role, Rule, canonical};
use rustls::crypto::CryptoProvider;
use serde::Serialize;

use crate::cli::AddressArgs;
use crate::config::{AddressSources, Config, Purpose};
use crate::file;
use crate::inspect::failure::Failure;
use crate::refreshed::ListState;

/// A header of this length is longer than any that the gate takes.
const LIMIT: u64 = 1 << 20;

/// Whether an address is admitted, and by which line.
#[derive(Debug, Serialize)]
pub(crate) struct Address {
    /// In its canonical form.
    address: IpAddr,
    /// How it was derived, step by step.
    #[serde(skip_serializing_if = "Option::is_none")]
    derivation: Option<Vec<String>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    judged: Option<Judged>,
}

/// What the list says.
#[derive(Debug, Serialize)]
struct Judged {
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

/// Asks the list that the arguments make, or that of a configuration, about the address or about the
/// client's.
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
    let (address, derivation) = match &args.form {
        None => (canonical(address), None),
        Some(form) => {
            let derivation = derive(args, form, address, io::stdin().lock())?;
            let steps = derivation.steps().map(|step| step.to_string()).collect();
            // The peer has an address, so the client has one.
            let client = derivation.address().unwrap_or(address);
            (client, Some(steps))
        }
    };
    let judged = match (&args.config, networks) {
        (Some(config), _) => Some(configured(config, address, provider)?),
        (None, []) if args.except.is_empty() => None,
        (None, networks) => Some(judge(networks, &args.except, address)?),
    };
    Ok(Address {
        address,
        derivation,
        judged,
    })
}

fn judge(networks: &[String], except: &[String], address: IpAddr) -> Result<Judged, Failure> {
    let list = networks
        .iter()
        .fold(Allowlist::builder(), |list, network| list.text(network));
    let list = except
        .iter()
        .fold(list, |list, network| list.except_text(network))
        .build()
        .map_err(failure)?;
    Ok(answer(&list, address, |_| None))
}

/// Asks the list of a configuration, with what was fetched for it.
fn configured(path: &Path, address: IpAddr, provider: &CryptoProvider) -> Result<Judged, Failure> {
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

fn answer(list: &Allowlist, address: IpAddr, source: impl Fn(&Rule) -> Option<String>) -> Judged {
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
    Judged {
        admitted: explanation.is_admitted(),
        entry: entry.map(line),
        exception: exception.map(line),
        explanation,
    }
}

/// Derives the client's address from the lines of a header that came from `peer`.
fn derive(
    args: &AddressArgs,
    form: &AddressForm,
    peer: IpAddr,
    header: impl Read,
) -> Result<Derivation, Failure> {
    let listed = args
        .proxies
        .iter()
        .fold(Allowlist::builder(), |list, network| list.text(network))
        .build()
        .map_err(failure)?;
    let proxies = TrustedProxies::networks(listed);
    let proxies = match args.hops {
        None => Ok(proxies),
        Some(hops) => proxies.with_hops(hops),
    };
    let rule = proxies
        .and_then(|proxies| AddressRule::new(proxies, form.clone()))
        .map_err(|error| Failure::new("no_rule", error))?;
    let bytes = file::read_at_most(header, LIMIT)
        .map_err(|error| Failure::new("unreadable", error))?
        .ok_or_else(|| Failure::too_large(LIMIT))?;
    let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    rule.derive(Peer::Address(peer), lines.filter(|_| !bytes.is_empty()))
        .map_err(|error| Failure::new("no_client_address", error))
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
        let mut lines = self.derivation.iter().flatten();
        if let Some(first) = lines.next() {
            f.write_str(first)?;
        }
        for line in lines {
            write!(f, "\n{line}")?;
        }
        let Some(judged) = &self.judged else {
            return Ok(());
        };
        if self.derivation.is_some() {
            writeln!(f)?;
        }
        let verdict = if judged.admitted {
            "admitted"
        } else {
            "not admitted"
        };
        write!(f, "{}: {verdict}: {}", self.address, judged.explanation)?;
        for line in [&judged.entry, &judged.exception].into_iter().flatten() {
            if let Some(source) = &line.source {
                write!(f, "\n  {}: {source}", line.network)?;
            }
        }
        Ok(())
    }
}
