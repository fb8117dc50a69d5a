use hookward_ip::{Allowlist, AllowlistError};

use crate::list::{Vocabulary, entries, refuse_contradiction};
use crate::list_error::ListError;

/// What lists of addresses are called.
const WORDS: Vocabulary = Vocabulary {
    containers: &[
        "addresses",
        "cidrs",
        "data",
        "ipaddresses",
        "ipranges",
        "ips",
        "items",
        "list",
        "networks",
        "prefixes",
        "ranges",
        "result",
        "results",
        "servers",
        "value",
        "values",
    ],
    parts: &[
        "ipv4",
        "ipv6",
        "v4",
        "v6",
        "ipv4addresses",
        "ipv6addresses",
        "ipv4cidrs",
        "ipv6cidrs",
    ],
    is_value: |name| {
        matches!(
            name,
            "address"
                | "cidr"
                | "ip"
                | "ipaddress"
                | "ipprefix"
                | "iprange"
                | "ipv4"
                | "ipv4prefix"
                | "ipv6"
                | "ipv6prefix"
                | "mask"
                | "masklen"
                | "netmask"
                | "network"
                | "prefix"
                | "prefixlen"
                | "prefixlength"
                | "range"
                | "subnet"
                | "subnetmask"
        )
    },
    expected: "an address or network, or an object that holds one",
    max_entries: 10_000,
};

/// Reads a list of source addresses: single addresses and CIDR networks, IPv4 and IPv6.
///
/// The shape of the list that Copyleaks publishes is not documented, so every plausible one is
/// taken, as by [`parse_thumbprint_list`](crate::parse_thumbprint_list). What an entry may be is
/// decided by [`hookward_ip`]: host bits beyond the prefix, for instance, are an error.
///
/// ```
/// use hookward_copyleaks::{ListError, parse_address_list};
///
/// let listed = parse_address_list(br#"{"ips": ["192.0.2.0/24", "2001:db8::1"]}"#)?;
/// assert!(listed.contains("192.0.2.7".parse().unwrap()));
///
/// let error = parse_address_list(br#"["192.0.2.0/24", "192.0.2.1/24"]"#).unwrap_err();
/// assert!(error.to_string().starts_with("$[1]: "), "{error}");
/// # Ok::<(), ListError>(())
/// ```
///
/// # Errors
/// [`ListError`] says where the document cannot be read. One entry that cannot be read refuses it whole.
pub fn parse_address_list(document: &[u8]) -> Result<Allowlist, ListError> {
    let entries = entries(document, &WORDS)?;
    for (at, entry) in entries.iter().enumerate() {
        // An address beside its network, or beside its mask, leaves open which of them is listed.
        refuse_contradiction(&entries, at, |other| {
            let (one, other) = (family(&entry.name), family(&entries[other].name));
            one.is_none() || other.is_none() || one == other
        })?;
    }
    let builder = entries.iter().fold(Allowlist::builder(), |builder, entry| {
        builder.text(entry.text.trim())
    });
    builder.build().map_err(|problem| {
        let place = match &problem {
            AllowlistError::Unparsable { place, .. }
            | AllowlistError::HostBitsSet { place, .. }
            | AllowlistError::MappedPrefixTooShort { place, .. } => entries.get(place.index),
            _ => None,
        };
        ListError::Address {
            path: place.map_or_else(|| "$".into(), |entry| entry.path.clone()),
            problem,
        }
    })
}

/// The address family that a plain field name names.
fn family(name: &str) -> Option<&str> {
    ["ipv4", "ipv6"]
        .into_iter()
        .find(|family| name.starts_with(family))
}
