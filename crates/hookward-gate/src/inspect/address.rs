//! Whether a list of networks admits an address.

use core::fmt::{self, Display};
use core::net::IpAddr;

use hookward::Allowlist;
use hookward_ip::{AllowlistError, Explanation, Rule, canonical};
use serde::Serialize;

use crate::cli::AddressArgs;
use crate::inspect::failure::Failure;

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
}

impl From<Rule> for Line {
    fn from(rule: Rule) -> Self {
        Self {
            index: rule.place.index,
            network: rule.network.to_string(),
        }
    }
}

/// Asks the list that the arguments make.
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
    let list = networks
        .iter()
        .fold(Allowlist::builder(), |list, network| list.text(network));
    let list = args
        .except
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
    Ok(Address {
        address: canonical(address),
        admitted: explanation.is_admitted(),
        entry: entry.map(Line::from),
        exception: exception.map(Line::from),
        explanation,
    })
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
        write!(f, "{}: {verdict}: {}", self.address, self.explanation)
    }
}
