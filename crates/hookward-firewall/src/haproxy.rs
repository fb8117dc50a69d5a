//! HAProxy.

use alloc::string::String;

use hookward_ip::IpNet;
use zeroize::Zeroizing;

use crate::path::{Encoding, methods, pattern};
use crate::text::push;
use crate::{FirewallError, RuleText, Rules};

/// How many networks stand on a line: HAProxy reads 64 words of one.
const PER_LINE: usize = 32;

/// ACLs for a frontend: `hookward_header_secret`, `hookward_route` and `hookward_source_address`
/// hold where the header, the method and path, and the address are right.
///
/// `fhdr` takes the whole value of a line, where `hdr` would split it at commas. HAProxy also
/// compares IPv4 addresses with IPv6 networks that span their mapped form, and 6to4 addresses with
/// IPv4 networks; the list does neither, so the families are told apart.
///
/// # Errors
/// [`FirewallError::NothingToSay`] and [`FirewallError::SecretsMissing`].
pub fn haproxy(rules: &Rules<'_>) -> Result<RuleText, FirewallError> {
    rules.check()?;
    let mut text = Zeroizing::new(String::new());
    text.push_str("# For a frontend, before the rules that use it.\n");
    let header = rules.header()?;
    if let Some(header) = header {
        let name = &header.name;
        push(
            &mut text,
            format_args!(
                "# It holds secrets ({labels}): only the firewall may read it.\n\
             \n\
             acl hookward_header_once req.fhdr_cnt({name}) eq 1\n",
                labels = header.labels()
            ),
        );
        for secret in &header.secrets {
            push(
                &mut text,
                format_args!("acl hookward_header_value req.fhdr({name}) -m str -- "),
            );
            push_quoted(&mut text, &secret.text);
            text.push('\n');
        }
        push_variable(
            &mut text,
            "hookward_header_secret",
            &["hookward_header_once hookward_header_value"],
        );
        text.push('\n');
        for (index, route) in header.routes.iter().enumerate() {
            push(
                &mut text,
                format_args!(
                    "acl hookward_method_{index} method {methods}\n\
                 acl hookward_path_{index} path -m reg -- '^{path}$'\n\
                 http-request set-var(txn.hookward_route) bool(true) \
                 if hookward_method_{index} hookward_path_{index}\n",
                    methods = methods(route).join(" "),
                    path = pattern(route, Encoding::Sent)
                ),
            );
        }
        text.push_str("acl hookward_route var(txn.hookward_route) -m bool\n");
    }
    if let Some(addresses) = &rules.addresses {
        let (v4, v6): (alloc::vec::Vec<IpNet>, _) =
            (addresses.networks.iter()).partition(|network| matches!(network, IpNet::V4(_)));
        text.push_str("\nacl hookward_ipv4 src ::ffff:0:0/96\n");
        let mut conditions = alloc::vec::Vec::new();
        for (name, networks, condition) in [
            (
                "hookward_ipv4_listed",
                v4,
                "hookward_ipv4 hookward_ipv4_listed",
            ),
            (
                "hookward_ipv6_listed",
                v6,
                "!hookward_ipv4 hookward_ipv6_listed",
            ),
        ] {
            for networks in networks.chunks(PER_LINE) {
                push(&mut text, format_args!("acl {name} src"));
                for network in networks {
                    push(&mut text, format_args!(" {network}"));
                }
                text.push('\n');
            }
            if !networks.is_empty() {
                conditions.push(condition);
            }
        }
        push_variable(&mut text, "hookward_source_address", &conditions);
    }
    Ok(RuleText::new(text, header.is_some()))
}

/// One ACL that holds where one of the conditions does, which by themselves ACLs cannot say.
fn push_variable(text: &mut String, name: &str, conditions: &[&str]) {
    for condition in conditions {
        push(
            text,
            format_args!("http-request set-var(txn.{name}) bool(true) if {condition}\n"),
        );
    }
    push(text, format_args!("acl {name} var(txn.{name}) -m bool\n"));
}

/// Adds a word in single quotes, between which nothing but the quote itself is special
/// (<https://docs.haproxy.org/2.6/configuration.html#2.2>).
fn push_quoted(text: &mut String, word: &str) {
    text.push('\'');
    for character in word.chars() {
        match character {
            '\'' => text.push_str(r"'\''"),
            other => text.push(other),
        }
    }
    text.push('\'');
}
