//! One address in a header, in the forms in which proxies write it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hookward_ip::canonical;

use super::AddressError;

/// Reads a `for` value of `Forwarded`, without its quotes
/// ([RFC 7239, section 6](https://www.rfc-editor.org/rfc/rfc7239#section-6)).
///
/// An escaped character is not read: no node needs one.
pub(super) fn forwarded(text: &[u8], entry: usize) -> Result<IpAddr, AddressError> {
    let unreadable = AddressError::Unreadable { entry };
    if let Some(obfuscated) = text.strip_prefix(b"_") {
        let name = obfuscated.split(|byte| *byte == b':').next();
        return Err(match name {
            Some(name) if is_obfuscated(name) => AddressError::Obfuscated { entry },
            _ => unreadable,
        });
    }
    let text = str::from_utf8(text).map_err(|_| unreadable)?;
    if is_unknown(text.split(':').next().unwrap_or_default()) {
        return Err(AddressError::Unknown { entry });
    }
    let (address, rest) = match text.strip_prefix('[') {
        Some(bracketed) => {
            let (address, rest) = bracketed.split_once(']').ok_or(unreadable)?;
            let address = address.parse::<Ipv6Addr>().map_err(|_| unreadable)?;
            (IpAddr::V6(address), rest)
        }
        None => {
            let (address, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
            let address = address.parse::<Ipv4Addr>().map_err(|_| unreadable)?;
            (IpAddr::V4(address), rest)
        }
    };
    let obfuscated_port = |port: &str| {
        port.strip_prefix('_')
            .is_some_and(|p| is_obfuscated(p.as_bytes()))
    };
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Ok(canonical(address)),
        Some(port) if is_port(port) || obfuscated_port(port) => Ok(canonical(address)),
        _ => Err(unreadable),
    }
}

/// Reads an entry of `X-Forwarded-For`.
pub(super) fn x_forwarded_for(text: &[u8], entry: usize) -> Result<IpAddr, AddressError> {
    if let Some(address) = bare(text) {
        return Ok(address);
    }
    // All the forms with ports are those of `Forwarded`.
    match forwarded(text, entry) {
        Err(AddressError::Obfuscated { .. }) => Err(AddressError::Unreadable { entry }),
        other => other,
    }
}

/// Reads an address without port or brackets.
pub(super) fn bare(text: &[u8]) -> Option<IpAddr> {
    let address = str::from_utf8(text).ok()?.parse().ok()?;
    Some(canonical(address))
}

/// Reads an address and, after the last colon, a port. An IPv6 address may have brackets.
pub(super) fn with_port(text: &[u8]) -> Option<IpAddr> {
    let (address, port) = str::from_utf8(text).ok()?.rsplit_once(':')?;
    if !is_port(port) {
        return None;
    }
    let bracketed = address
        .strip_prefix('[')
        .and_then(|address| address.strip_suffix(']'));
    let address = match bracketed {
        Some(address) => address.parse::<Ipv6Addr>().ok()?.into(),
        None => address.parse().ok()?,
    };
    Some(canonical(address))
}

/// One to five digits, at most 65535.
fn is_port(text: &str) -> bool {
    text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// What follows the `_` of an obfuscated identifier.
fn is_obfuscated(text: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !text.is_empty() && text.iter().all(allowed)
}

fn is_unknown(text: &str) -> bool {
    text.eq_ignore_ascii_case("unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: &str = "203.0.113.9";
    const V6: &str = "2001:db8::9";

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn forwarded_nodes_are_those_of_the_rfc() {
        for (text, expected) in [
            ("203.0.113.9", V4),
            ("203.0.113.9:4711", V4),
            ("203.0.113.9:_p.1-x", V4),
            ("[2001:db8::9]", V6),
            ("[2001:DB8::9]:00080", V6),
            ("[::ffff:203.0.113.9]", V4),
        ] {
            assert_eq!(
                forwarded(text.as_bytes(), 0),
                Ok(address(expected)),
                "{text}"
            );
        }
        for text in ["unknown", "UNKNOWN", "unknown:80"] {
            let found = forwarded(text.as_bytes(), 3);
            assert_eq!(found, Err(AddressError::Unknown { entry: 3 }), "{text}");
        }
        for text in ["_gazonk", "_SEVKISEK", "_000000007F2F367E:60138"] {
            let found = forwarded(text.as_bytes(), 3);
            assert_eq!(found, Err(AddressError::Obfuscated { entry: 3 }), "{text}");
        }
    }

    #[test]
    fn anything_else_is_unreadable() {
        let unreadable = Err(AddressError::Unreadable { entry: 0 });
        for text in [
            "",
            " ",
            "_",
            "_:1",
            "_a b",
            ":80",
            "203.0.113.9:",
            "203.0.113.9:65536",
            "203.0.113.9:+80",
            "203.0.113.9:000080",
            "203.0.113.9:80:80",
            "203.0.113.9/32",
            "203.0.113.09",
            "0xcb.0.113.9",
            "203.0.113",
            "3405803785",
            "[203.0.113.9]",
            "[2001:db8::9",
            "2001:db8::9]",
            "[2001:db8::9]80",
            "[fe80::1%eth0]",
            "[fe80::1%1]",
            "203.0.113.9\n",
            "203.0.113.9, 192.0.2.1",
            "unknow",
            "\u{661}.1.1.1",
            "203.0.113.9:_",
            "example.com",
        ] {
            assert_eq!(forwarded(text.as_bytes(), 0), unreadable, "{text}");
            assert_eq!(x_forwarded_for(text.as_bytes(), 0), unreadable, "{text}");
            assert_eq!(bare(text.as_bytes()), None, "{text}");
            assert_eq!(with_port(text.as_bytes()), None, "{text}");
        }
        assert_eq!(forwarded(b"2001:db8::9", 0), unreadable);
        assert_eq!(forwarded(b"\xff", 0), unreadable);
        assert_eq!(x_forwarded_for(b"_gazonk", 0), unreadable);
        assert_eq!(bare(b"203.0.113.9:80"), None);
        assert_eq!(bare(b"[2001:db8::9]"), None);
        assert_eq!(with_port(b"203.0.113.9"), None);
    }

    #[test]
    fn each_form_reads_the_ports_that_it_allows() {
        for text in ["2001:db8::9", "[2001:db8::9]", "[2001:db8::9]:443"] {
            assert_eq!(
                x_forwarded_for(text.as_bytes(), 0),
                Ok(address(V6)),
                "{text}"
            );
        }
        for text in ["2001:db8::9:443", "[2001:db8::9]:443"] {
            assert_eq!(with_port(text.as_bytes()), Some(address(V6)), "{text}");
        }
        assert_eq!(with_port(b"203.0.113.9:443"), Some(address(V4)));
        assert_eq!(bare(b"::ffff:203.0.113.9"), Some(address(V4)));
    }
}
