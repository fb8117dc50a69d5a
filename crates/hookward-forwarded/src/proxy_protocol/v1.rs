//! Version 1: one line of text (section 2.1).

use alloc::boxed::Box;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hookward_ip::canonical;

use super::{ProxiedConnection, ProxyHeader, ProxyProtocolError, ProxyVersion};

/// How every line starts.
pub(super) const START: &[u8] = b"PROXY ";
/// The longest line, with its end.
pub(super) const MAX_LINE_LEN: usize = 107;

/// How many more bytes certainly belong to the line; 0 if it is complete.
pub(super) fn wanted(line: &[u8]) -> Result<usize, ProxyProtocolError> {
    // Where the CR may stand at the latest. What comes after it is not looked at, so that the
    // verdict does not depend on how much has arrived.
    const LAST_CR: usize = MAX_LINE_LEN - 2;
    let content = &line[..line.len().min(LAST_CR + 1)];
    match content
        .iter()
        .position(|byte| matches!(byte, b'\r' | b'\n'))
    {
        // Never more than two bytes are wanted, so a line cannot go on after its end.
        Some(end) if line[end..] == *b"\r\n" => Ok(0),
        Some(end) if line[end..] == *b"\r" => Ok(1),
        Some(offset) => Err(ProxyProtocolError::LineEnd { offset }),
        None if content.len() > LAST_CR => Err(ProxyProtocolError::LineTooLong {
            limit: MAX_LINE_LEN,
        }),
        None => Ok(2),
    }
}

/// Reads a line that is complete.
pub(super) fn read(line: &[u8]) -> Result<ProxyHeader, ProxyProtocolError> {
    let expected = |expected| ProxyProtocolError::Line { expected };
    let line = line
        .strip_prefix(START)
        .and_then(|line| line.strip_suffix(b"\r\n"))
        .ok_or(ProxyProtocolError::Absent)?;
    let mut words = line.split(|byte| *byte == b' ');
    let mut word = || words.next().and_then(|word| str::from_utf8(word).ok());
    let (source, destination): (IpAddr, IpAddr) = match word() {
        Some("TCP4") => (
            address::<Ipv4Addr>(word())?.into(),
            address::<Ipv4Addr>(word())?.into(),
        ),
        Some("TCP6") => (
            address::<Ipv6Addr>(word())?.into(),
            address::<Ipv6Addr>(word())?.into(),
        ),
        // What follows is ignored.
        Some("UNKNOWN") => return Ok(header(ProxiedConnection::Unknown)),
        _ => return Err(expected("TCP4, TCP6 or UNKNOWN")),
    };
    let source = SocketAddr::new(canonical(source), port(word())?);
    let destination = SocketAddr::new(canonical(destination), port(word())?);
    match words.next() {
        Some(_) => Err(expected("the end of the line after the ports")),
        None => Ok(header(ProxiedConnection::Tcp {
            source,
            destination,
        })),
    }
}

fn header(connection: ProxiedConnection) -> ProxyHeader {
    ProxyHeader::new(ProxyVersion::V1, connection, Box::default())
}

fn address<A: core::str::FromStr>(word: Option<&str>) -> Result<A, ProxyProtocolError> {
    word.and_then(|word| word.parse().ok())
        .ok_or(ProxyProtocolError::Line {
            expected: "an address of the family named",
        })
}

/// A decimal number without leading zeros.
fn port(word: Option<&str>) -> Result<u16, ProxyProtocolError> {
    word.filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|word| *word == "0" || !word.starts_with('0'))
        .and_then(|word| word.parse().ok())
        .ok_or(ProxyProtocolError::Line { expected: "a port" })
}
