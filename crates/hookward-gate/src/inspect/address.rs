//! Whether a list of networks admits an address, and how a client's address is derived.

use core::fmt::{self, Display};
use core::net::IpAddr;
use std::io::{self, Read};

use hookward::Allowlist;
use hookward_forwarded::{AddressForm, AddressRule, Derivation, Peer, TrustedProxies};
use hookward_ip::{AllowlistError, Explanation, Rule, canonical};
use serde::Serialize;

use crate::cli::AddressArgs;
use crate::file;
use crate::inspect::failure::Failure;

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
}

impl From<Rule> for Line {
    fn from(rule: Rule) -> Self {
        Self {
            index: rule.place.index,
            network: rule.network.to_string(),
        }
    }
}

/// Asks the list that the arguments make, about the address or about the client's.
pub(crate) fn inspect(args: &AddressArgs) -> Result<Address, Failure> {
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
    let judged = match networks {
        [] if args.except.is_empty() => None,
        networks => Some(judge(networks, &args.except, address)?),
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
    let explanation = list.explain(address);
    let (entry, exception) = match explanation {
        Explanation::Admitted(entry) => (Some(entry), None),
        Explanation::Excepted { entry, exception } => (Some(entry), Some(exception)),
        Explanation::NotListed => (None, None),
    };
    Ok(Judged {
        admitted: explanation.is_admitted(),
        entry: entry.map(Line::from),
        exception: exception.map(Line::from),
        explanation,
    })
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
        write!(f, "{}: {verdict}: {}", self.address, judged.explanation)
    }
}
