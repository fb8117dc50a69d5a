//! nftables.

use alloc::string::String;

use hookward_ip::IpNet;

use crate::text::push;
use crate::{FirewallError, RuleText, Rules};

/// A table that drops packets to this TCP port from addresses that are not listed. Loading it again
/// replaces it at once; nothing else in the ruleset is touched.
///
/// A packet filter knows no paths: every route behind the port is meant. Headers are not said here.
///
/// # Errors
/// [`FirewallError::AddressesMissing`].
pub fn nftables(rules: &Rules<'_>, port: u16) -> Result<RuleText, FirewallError> {
    let target = "nftables";
    let Some(addresses) = &rules.addresses else {
        return Err(FirewallError::AddressesMissing { target });
    };
    let mut text = String::new();
    text.push_str(
        "# Load with: nft -f FILE\n\
         table inet hookward\n\
         delete table inet hookward\n\
         table inet hookward {\n",
    );
    push_set(
        &mut text,
        "ipv4",
        addresses.networks.iter().filter(|network| is_v4(network)),
    );
    push_set(
        &mut text,
        "ipv6",
        addresses.networks.iter().filter(|network| !is_v4(network)),
    );
    push(
        &mut text,
        format_args!(
            "    chain source_address {{\n        \
         type filter hook input priority filter; policy accept;\n        \
         tcp dport {port} ip saddr != @source_ipv4 drop\n        \
         tcp dport {port} ip6 saddr != @source_ipv6 drop\n    \
         }}\n\
         }}\n"
        ),
    );
    Ok(RuleText::new(text, false))
}

const fn is_v4(network: &IpNet) -> bool {
    matches!(network, IpNet::V4(_))
}

fn push_set<'n>(text: &mut String, family: &str, networks: impl Iterator<Item = &'n IpNet>) {
    push(
        text,
        format_args!(
            "    set source_{family} {{\n        \
         type {family}_addr\n        \
         flags interval\n"
        ),
    );
    let mut networks = networks.peekable();
    if networks.peek().is_some() {
        text.push_str("        elements = {\n");
        for network in networks {
            push(text, format_args!("            {network},\n"));
        }
        text.push_str("        }\n");
    }
    text.push_str("    }\n");
}
