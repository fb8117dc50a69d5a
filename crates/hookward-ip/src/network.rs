//! Addresses and networks in the one form in which they are compared.

use core::fmt;
use core::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use crate::error::quoted;
use crate::{AllowlistError, Place};

/// The bits that IPv4-mapped addresses have in common: `::ffff:0:0/96`.
/// <https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2>
const MAPPED_PREFIX_LEN: u8 = 96;

/// The form in which an address is compared: an IPv4-mapped IPv6 address is its IPv4 address.
///
/// Every other address is returned as it is. Canonicalising twice changes nothing.
///
/// ```
/// use core::net::IpAddr;
///
/// let mapped: IpAddr = "::ffff:192.0.2.7".parse()?;
/// let loopback: IpAddr = "::1".parse()?;
/// assert_eq!(hookward_ip::canonical(mapped).to_string(), "192.0.2.7");
/// assert_eq!(hookward_ip::canonical(loopback), loopback);
/// # Ok::<(), core::net::AddrParseError>(())
/// ```
pub fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Reads `192.0.2.0/24`, or a single address.
pub(crate) fn parse(text: &str, place: Place) -> Result<IpNet, AllowlistError> {
    let unparsable = |expected| AllowlistError::Unparsable {
        place,
        entry: quoted(text),
        expected,
    };
    let (address, prefix_len) = match text.split_once('/') {
        Some((address, prefix_len)) => (address, Some(prefix_len)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| {
        unparsable("an IPv4 or IPv6 address, alone or followed by `/` and a prefix length")
    })?;
    let network = match prefix_len {
        None => IpNet::from(address),
        Some(digits) => decimal(digits)
            .and_then(|prefix_len| IpNet::new(address, prefix_len).ok())
            .ok_or_else(|| {
                unparsable(match address {
                    IpAddr::V4(_) => "a prefix length of 0 to 32 after the `/`",
                    IpAddr::V6(_) => "a prefix length of 0 to 128 after the `/`",
                })
            })?,
    };
    check(network, place, text)
}

/// A number as it is written: without a sign, and without zeros before it, which may mean octal.
fn decimal(digits: &str) -> Option<u8> {
    match digits.as_bytes() {
        [b'0'] | [b'1'..=b'9', ..] => digits.parse().ok(),
        _ => None,
    }
}

/// The canonical form of a network that means one thing only. `written` is for the error.
pub(crate) fn check(
    network: IpNet,
    place: Place,
    written: impl fmt::Display,
) -> Result<IpNet, AllowlistError> {
    let network = match mapped(network) {
        None => network,
        Some(Ok(network)) => network.into(),
        Some(Err(prefix_len)) => {
            return Err(AllowlistError::MappedPrefixTooShort {
                place,
                entry: quoted(written),
                prefix_len,
                min: MAPPED_PREFIX_LEN,
            });
        }
    };
    let suggestion = network.trunc();
    if network == suggestion {
        Ok(network)
    } else {
        Err(AllowlistError::HostBitsSet {
            place,
            entry: quoted(written),
            suggestion,
        })
    }
}

/// The IPv4 network of a mapped one, or its prefix length if that is too short to be one.
fn mapped(network: IpNet) -> Option<Result<Ipv4Net, u8>> {
    let IpNet::V6(network) = network else {
        return None;
    };
    let address = network.addr().to_ipv4_mapped()?;
    let prefix_len = network.prefix_len();
    Some(match prefix_len.checked_sub(MAPPED_PREFIX_LEN) {
        Some(rest) => Ok(Ipv4Net::new(address, rest).expect("128 bits less 96 are at most 32")),
        None => Err(prefix_len),
    })
}
