//! Version 2: binary (section 2.2).

use alloc::boxed::Box;
use core::net::{IpAddr, SocketAddr};

use crc::{CRC_32_ISCSI, Crc};
use hookward_ip::canonical;

use super::parser::MAX_PROXY_HEADER_LEN;
use super::{ProxiedConnection, ProxyHeader, ProxyProtocolError, ProxyVersion, tlv};

/// How every header starts.
pub(super) const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, transport, and the length of what follows.
const FIXED_LEN: usize = 16;

/// CRC-32C, under the name that catalogues of checksums give it.
static CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// How many more bytes certainly belong to the header; 0 if it is complete.
pub(super) fn wanted(header: &[u8]) -> Result<usize, ProxyProtocolError> {
    let Some(fixed) = header.first_chunk::<FIXED_LEN>() else {
        return Ok(FIXED_LEN - header.len());
    };
    let len = FIXED_LEN + usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    if len > MAX_PROXY_HEADER_LEN {
        return Err(ProxyProtocolError::TooLong {
            limit: MAX_PROXY_HEADER_LEN,
            found: len,
        });
    }
    Ok(len - header.len())
}

/// Reads a header that is complete.
pub(super) fn read(header: &[u8]) -> Result<ProxyHeader, ProxyProtocolError> {
    let Some((fixed, rest)) = header.split_first_chunk::<FIXED_LEN>() else {
        return Err(ProxyProtocolError::Truncated {
            part: "the fixed part",
        });
    };
    let (command, transport) = (fixed[12], fixed[13]);
    let without_address =
        |connection| ProxyHeader::new(ProxyVersion::V2, connection, Box::default());
    match command {
        // The transport and all that follows is to be ignored.
        0x20 => return Ok(without_address(ProxiedConnection::Local)),
        0x21 => {}
        value => {
            return Err(ProxyProtocolError::Unsupported {
                field: "version and command",
                value,
            });
        }
    }
    let truncated = ProxyProtocolError::Truncated {
        part: "the addresses",
    };
    let (connection, fields) = match transport {
        // Unspecified: all that follows is to be ignored.
        0x00 => return Ok(without_address(ProxiedConnection::Unknown)),
        // TCP over IPv4 and over IPv6.
        0x11 => addresses::<4>(rest).ok_or(truncated)?,
        0x21 => addresses::<16>(rest).ok_or(truncated)?,
        // UDP over either, and Unix sockets: known lengths, but no client address for HTTP over TCP.
        0x12 => (ProxiedConnection::Unknown, rest.get(12..).ok_or(truncated)?),
        0x22 => (ProxiedConnection::Unknown, rest.get(36..).ok_or(truncated)?),
        0x31 | 0x32 => (
            ProxiedConnection::Unknown,
            rest.get(216..).ok_or(truncated)?,
        ),
        value => {
            return Err(ProxyProtocolError::Unsupported {
                field: "transport",
                value,
            });
        }
    };
    if let Some(offset) = tlv::check(fields)? {
        verify(header, header.len() - fields.len() + offset)?;
    }
    Ok(ProxyHeader::new(
        ProxyVersion::V2,
        connection,
        fields.into(),
    ))
}

/// Source and destination address of `N` bytes each, then their ports, and what follows.
fn addresses<const N: usize>(rest: &[u8]) -> Option<(ProxiedConnection, &[u8])>
where
    IpAddr: From<[u8; N]>,
{
    let (source, rest) = rest.split_first_chunk::<N>()?;
    let (destination, rest) = rest.split_first_chunk::<N>()?;
    let (source_port, rest) = rest.split_first_chunk()?;
    let (destination_port, rest) = rest.split_first_chunk()?;
    let socket = |address: &[u8; N], port: &[u8; 2]| {
        SocketAddr::new(canonical(IpAddr::from(*address)), u16::from_be_bytes(*port))
    };
    let connection = ProxiedConnection::Tcp {
        source: socket(source, source_port),
        destination: socket(destination, destination_port),
    };
    Some((connection, rest))
}

/// Compares the checksum at `at` with that of the header, its own four bytes taken as zeros.
fn verify(header: &[u8], at: usize) -> Result<(), ProxyProtocolError> {
    let (before, rest) = header.split_at(at);
    let Some((found, after)) = rest.split_first_chunk() else {
        return Err(ProxyProtocolError::Truncated {
            part: "the checksum",
        });
    };
    let mut digest = CRC32C.digest();
    digest.update(before);
    digest.update(&[0; 4]);
    digest.update(after);
    let (found, computed) = (u32::from_be_bytes(*found), digest.finalize());
    if found != computed {
        return Err(ProxyProtocolError::Checksum { found, computed });
    }
    Ok(())
}
