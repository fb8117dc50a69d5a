//! Prints PROXY protocol headers, and computes their checksum bit by bit.

use core::net::{IpAddr, Ipv6Addr, SocketAddr};

use hookward_forwarded::{ProxiedConnection, ProxyHeader, ProxyVersion};

/// How every header of version 2 starts.
pub(crate) const SIGNATURE: [u8; 12] = [
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
];

/// The header again, in the version in which it was read.
pub(crate) fn print(header: &ProxyHeader) -> Vec<u8> {
    let v1 = header.version() == ProxyVersion::V1;
    let fields: Vec<_> = header
        .tlvs()
        .flat_map(|field| tlv(field.kind, field.value))
        .collect();
    match header.connection() {
        ProxiedConnection::Tcp {
            source,
            destination,
        } => tcp(v1, source, destination, &fields),
        ProxiedConnection::Unknown if v1 => b"PROXY UNKNOWN\r\n".to_vec(),
        // Fields are looked at where the transport is known, as that of a Unix socket is, and ignored elsewhere.
        ProxiedConnection::Unknown if !fields.is_empty() => v2(0x31, &[0; 216], &fields),
        ProxiedConnection::Unknown => v2(0x00, &[], &[]),
        ProxiedConnection::Local => [&SIGNATURE[..], &[0x20, 0x00, 0, 0]].concat(),
    }
}

/// A header of a TCP connection. One IPv6 address makes both IPv6.
pub(crate) fn tcp(v1: bool, source: SocketAddr, destination: SocketAddr, fields: &[u8]) -> Vec<u8> {
    let v4 = source.is_ipv4() && destination.is_ipv4();
    let address = |socket: SocketAddr| match socket.ip() {
        IpAddr::V4(address) if !v4 => IpAddr::V6(address.to_ipv6_mapped()),
        address => address,
    };
    if v1 {
        let family = if v4 { "TCP4" } else { "TCP6" };
        let (from, to) = (address(source), address(destination));
        return format!(
            "PROXY {family} {from} {to} {} {}\r\n",
            source.port(),
            destination.port()
        )
        .into_bytes();
    }
    let bytes = |socket| match address(socket) {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => Ipv6Addr::octets(&address).to_vec(),
    };
    let addresses = [
        bytes(source),
        bytes(destination),
        source.port().to_be_bytes().to_vec(),
        destination.port().to_be_bytes().to_vec(),
    ]
    .concat();
    v2(if v4 { 0x11 } else { 0x21 }, &addresses, fields)
}

/// A header of version 2.
fn v2(transport: u8, addresses: &[u8], fields: &[u8]) -> Vec<u8> {
    let len = u16::try_from(addresses.len() + fields.len()).unwrap();
    let mut header = [
        &SIGNATURE[..],
        &[0x21, transport],
        &len.to_be_bytes(),
        addresses,
        fields,
    ]
    .concat();
    // A checksum that was there is made anew.
    let mut at = header.len() - fields.len();
    while at < header.len() {
        let value = at + 3;
        let len = usize::from(u16::from_be_bytes([header[at + 1], header[at + 2]]));
        if header[at] == 0x03 {
            header[value..value + 4].fill(0);
            let sum = checksum(&header).to_be_bytes();
            header[value..value + 4].copy_from_slice(&sum);
        }
        at = value + len;
    }
    header
}

/// A field: type, length and value.
pub(crate) fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&[kind][..], &len, value].concat()
}

/// CRC-32C, bit by bit.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 {
                sum >> 1 ^ 0x82f6_3b78
            } else {
                sum >> 1
            };
        }
    }
    !sum
}
