//! PROXY protocol headers: genuine, cut, damaged, and not there at all.

#[path = "oracle/proxy_header.rs"]
mod oracle;

use core::net::{IpAddr, SocketAddr};

use hookward_forwarded::{
    MAX_PROXY_HEADER_LEN, Progress, ProxiedConnection, ProxyHeader, ProxyProtocol,
    ProxyProtocolError, ProxyVersion,
};
use oracle::{SIGNATURE, checksum, print, tlv};
use proptest::prelude::*;

/// Pushes all at once.
fn read(bytes: &[u8]) -> Result<Progress, ProxyProtocolError> {
    ProxyProtocol::new().push(bytes)
}

/// The header that `bytes` are, to the last of them.
fn header(bytes: &[u8]) -> ProxyHeader {
    match read(bytes) {
        Ok(Progress::Complete { consumed, header }) if consumed == bytes.len() => header,
        other => panic!("{bytes:02x?}: {other:?}"),
    }
}

fn line(text: &str) -> Result<ProxiedConnection, ProxyProtocolError> {
    match read(text.as_bytes())? {
        Progress::Complete { header, .. } => Ok(header.connection()),
        Progress::NeedsMore => panic!("{text:?} is not complete"),
    }
}

/// A header of version 2.
fn v2(command: u8, transport: u8, rest: &[u8]) -> Vec<u8> {
    let len = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [&SIGNATURE[..], &[command, transport], &len, rest].concat()
}

/// Client 203.0.113.9:4711, server 192.0.2.1:443, and fields.
fn tcp4(fields: &[u8]) -> Vec<u8> {
    let addresses = [203, 0, 113, 9, 192, 0, 2, 1, 0x12, 0x67, 0x01, 0xbb];
    v2(0x21, 0x11, &[&addresses[..], fields].concat())
}

fn client() -> SocketAddr {
    "203.0.113.9:4711".parse().unwrap()
}

#[test]
fn lines_of_version_1_are_read() {
    let tcp = header(b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 443\r\n");
    assert_eq!(
        (tcp.version(), tcp.client()),
        (ProxyVersion::V1, Some(client()))
    );
    assert_eq!(tcp.tlvs().count(), 0);
    assert_eq!(tcp.tls(), None);
    let longest = "PROXY TCP6 ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"
        .replace("ffff:f...f:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    assert!(matches!(line(&longest), Ok(ProxiedConnection::Tcp { .. })));
    let mapped = header(b"PROXY TCP6 ::ffff:203.0.113.9 ::ffff:192.0.2.1 4711 0\r\n");
    assert_eq!(mapped.client(), Some(client()));
    for unknown in [
        "PROXY UNKNOWN\r\n",
        "PROXY UNKNOWN ffff::1 ::1 65535 x y z\r\n",
    ] {
        assert_eq!(line(unknown), Ok(ProxiedConnection::Unknown));
        assert_eq!(header(unknown.as_bytes()).client(), None);
    }
}

#[test]
fn lines_that_are_not_exact_are_refused() {
    for text in [
        "PROXY TCP4 203.0.113.9 192.0.2.1 04711 443\r\n",
        "PROXY TCP4 203.0.113.9 192.0.2.1 +711 443\r\n",
        "PROXY TCP4 203.0.113.9 192.0.2.1 65536 443\r\n",
        "PROXY TCP4 203.0.113.9 192.0.2.1 4711 \r\n",
        "PROXY TCP4 203.0.113.9 192.0.2.1 4711\r\n",
        "PROXY TCP4 203.0.113.9 192.0.2.1 4711 443 \r\n",
        "PROXY TCP4 203.0.113.9 192.0.2.1 4711 443 x\r\n",
        "PROXY TCP4  203.0.113.9 192.0.2.1 4711 443\r\n",
        "PROXY TCP4 203.0.113.009 192.0.2.1 4711 443\r\n",
        "PROXY TCP4 ::1 ::1 4711 443\r\n",
        "PROXY TCP6 203.0.113.9 192.0.2.1 4711 443\r\n",
        "PROXY TCP6 fe80::1%1 ::1 4711 443\r\n",
        "PROXY UDP4 203.0.113.9 192.0.2.1 4711 443\r\n",
        "PROXY tcp4 203.0.113.9 192.0.2.1 4711 443\r\n",
        "PROXY UNKNOWNX\r\n",
        "PROXY  UNKNOWN\r\n",
    ] {
        assert!(
            matches!(line(text), Err(ProxyProtocolError::Line { .. })),
            "{text:?}"
        );
    }
    assert_eq!(
        line("PROXY UNKNOWN x\ny\r\n"),
        Err(ProxyProtocolError::LineEnd { offset: 15 })
    );
    assert_eq!(
        line("PROXY UNKNOWN x\ry\r\n"),
        Err(ProxyProtocolError::LineEnd { offset: 15 })
    );
    assert_eq!(
        line("PROXY UNKNOWN\n"),
        Err(ProxyProtocolError::LineEnd { offset: 13 })
    );
    let padded = |len: usize| format!("PROXY UNKNOWN {}\r\n", "x".repeat(len - 16));
    assert_eq!(line(&padded(107)), Ok(ProxiedConnection::Unknown));
    assert_eq!(
        line(&padded(108)),
        Err(ProxyProtocolError::LineTooLong { limit: 107 })
    );
    // Refused as soon as no end can come in time.
    assert_eq!(
        read(&[b"PROXY UNKNOWN "[..].to_vec(), vec![b'x'; 200]].concat()),
        Err(ProxyProtocolError::LineTooLong { limit: 107 })
    );
}

#[test]
fn what_is_no_header_is_refused_at_its_first_byte() {
    for bytes in [
        &b"G"[..],
        b"proxy",
        b"PROXYTCP4 ",
        b"\x16\x03\x01",
        b"\r\n\r\n\0\r\nQUIZ",
        b"PRI * HTTP/2.0",
        b"\0",
    ] {
        assert_eq!(read(bytes), Err(ProxyProtocolError::Absent), "{bytes:?}");
    }
    assert_eq!(read(b""), Ok(Progress::NeedsMore));
    assert_eq!(read(b"\r\n\r\n"), Ok(Progress::NeedsMore));
}

#[test]
fn headers_of_version_2_are_read() {
    let tcp = header(&tcp4(&[]));
    assert_eq!(
        (tcp.version(), tcp.client()),
        (ProxyVersion::V2, Some(client()))
    );
    let addresses = [[0x20; 16], [0x30; 16]].concat();
    let tcp = header(&v2(0x21, 0x21, &[&addresses[..], &[0, 80, 1, 0]].concat()));
    let ProxiedConnection::Tcp {
        source,
        destination,
    } = tcp.connection()
    else {
        panic!("{tcp:?}");
    };
    assert_eq!((source.ip(), source.port()), (IpAddr::from([0x20; 16]), 80));
    assert_eq!(
        (destination.ip(), destination.port()),
        (IpAddr::from([0x30; 16]), 256)
    );
}

#[test]
fn without_a_client_there_is_no_address() {
    // What follows LOCAL and an unspecified transport is not looked at.
    for (bytes, expected) in [
        (v2(0x20, 0x00, &[]), ProxiedConnection::Local),
        (v2(0x20, 0x11, &[1; 12]), ProxiedConnection::Local),
        (v2(0x20, 0xff, &[0xff; 5]), ProxiedConnection::Local),
        (v2(0x21, 0x00, &[0xff; 5]), ProxiedConnection::Unknown),
        (v2(0x21, 0x12, &[1; 12]), ProxiedConnection::Unknown),
        (v2(0x21, 0x22, &[1; 36]), ProxiedConnection::Unknown),
        (v2(0x21, 0x31, &[1; 216]), ProxiedConnection::Unknown),
        (v2(0x21, 0x32, &[1; 216]), ProxiedConnection::Unknown),
    ] {
        let header = header(&bytes);
        assert_eq!((header.connection(), header.client()), (expected, None));
    }
}

#[test]
fn damaged_headers_of_version_2_are_refused() {
    for (command, transport) in [
        (0x22, 0x11),
        (0x11, 0x11),
        (0x31, 0x11),
        (0x21, 0x10),
        (0x21, 0x13),
        (0x21, 0x41),
    ] {
        let found = read(&v2(command, transport, &[0; 216]));
        assert!(
            matches!(found, Err(ProxyProtocolError::Unsupported { .. })),
            "{found:?}"
        );
    }
    for (transport, len) in [
        (0x11, 11),
        (0x21, 35),
        (0x12, 11),
        (0x22, 35),
        (0x31, 215),
        (0x32, 0),
    ] {
        let found = read(&v2(0x21, transport, &vec![0; len]));
        assert_eq!(
            found,
            Err(ProxyProtocolError::Truncated {
                part: "the addresses"
            })
        );
    }
    let limit = MAX_PROXY_HEADER_LEN;
    assert!(
        header(&tcp4(&tlv(0xea, &vec![0; limit - 31])))
            .client()
            .is_some()
    );
    let too_long = tcp4(&tlv(0xea, &vec![0; limit - 30]));
    let found = limit + 1;
    // Refused by its length, before it is there.
    assert_eq!(
        read(&too_long[..16]),
        Err(ProxyProtocolError::TooLong { limit, found })
    );
}

#[test]
fn fields_are_whole_and_unambiguous() {
    let header = header(&tcp4(
        &[tlv(0x01, b"h2"), tlv(0xea, &[]), tlv(0x01, b"x")].concat(),
    ));
    let fields: Vec<_> = header
        .tlvs()
        .map(|field| (field.kind, field.value))
        .collect();
    assert_eq!(fields, [(0x01, &b"h2"[..]), (0xea, b""), (0x01, b"x")]);

    let truncated = |part| Err(ProxyProtocolError::Truncated { part });
    assert_eq!(read(&tcp4(&[0x01])), truncated("a field"));
    assert_eq!(read(&tcp4(&[0x01, 0])), truncated("a field"));
    assert_eq!(read(&tcp4(&[0x01, 0, 3, 1, 2])), truncated("a field"));
    assert_eq!(read(&tcp4(&tlv(0x03, &[0; 3]))), truncated("the checksum"));
    assert_eq!(
        read(&tcp4(&tlv(0x20, &[7, 0, 0, 0]))),
        truncated("the TLS field")
    );
    assert_eq!(
        read(&tcp4(&tlv(0x20, &[7, 0, 0, 0, 0, 0x28, 0]))),
        truncated("a field of the TLS field")
    );
    for kind in [0x03, 0x20] {
        let twice = [tlv(kind, &[0; 4]), tlv(kind, &[0; 4])].concat();
        let found = read(&tcp4(&twice));
        assert_eq!(found, Err(ProxyProtocolError::RepeatedTlv { kind }));
    }
}

#[test]
fn the_checksum_is_that_of_every_byte() {
    let mut genuine = tcp4(&[tlv(0x01, b"h2"), tlv(0x03, &[0; 4]), tlv(0xea, &[9])].concat());
    let at = genuine.len() - 4 - 4;
    let sum = checksum(&genuine);
    genuine[at..at + 4].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(header(&genuine).client(), Some(client()));
    // Any byte after the length, but the type of the checksum: as another type it is no checksum.
    let kind = at - 3;
    for changed in (16..genuine.len()).filter(|changed| *changed != kind) {
        let mut forged = genuine.clone();
        forged[changed] ^= 1;
        assert!(read(&forged).is_err(), "byte {changed}");
    }
}

#[test]
fn the_checksum_is_castagnolis() {
    // The check value that every catalogue gives for CRC-32C.
    assert_eq!(checksum(b"123456789"), 0xe306_9283);
}

#[test]
fn a_client_certificate_was_presented() {
    let ssl = |flags: u8, verify: u32, fields: &[u8]| {
        tlv(
            0x20,
            &[&[flags][..], &verify.to_be_bytes(), fields].concat(),
        )
    };
    let certificate = tlv(0x28, b"der");
    for flags in [0x03, 0x05, 0x07] {
        let header = header(&tcp4(&ssl(
            flags,
            18,
            &[tlv(0x22, b"cn"), certificate.clone()].concat(),
        )));
        let tls = header.tls().unwrap();
        assert_eq!(tls.client_certificate(), Some(&b"der"[..]));
        assert!(tls.certificate_presented());
        assert_eq!(tls.verify(), 18);
        assert_eq!(tls.tlvs().count(), 2);
    }
    for flags in [0x00, 0x01, 0x02, 0x04, 0x06] {
        let found = read(&tcp4(&ssl(flags, 0, &certificate)));
        assert_eq!(
            found,
            Err(ProxyProtocolError::CertificateNotPresented),
            "{flags}"
        );
        let without = header(&tcp4(&ssl(flags, 0, &[])));
        assert_eq!(
            without
                .tls()
                .map(|tls| (tls.certificate_presented(), tls.client_certificate())),
            Some((false, None))
        );
    }
    let twice = [certificate.clone(), certificate.clone()].concat();
    assert_eq!(
        read(&tcp4(&ssl(7, 0, &twice))),
        Err(ProxyProtocolError::RepeatedTlv { kind: 0x28 })
    );
    // On the outside the type means nothing.
    assert_eq!(header(&tcp4(&certificate)).tls(), None);
}

#[test]
fn a_spent_parser_refuses_everything() {
    let mut parser = ProxyProtocol::new();
    assert!(parser.push(b"PROXY UNKNOWN\r\n").is_ok());
    assert_eq!(
        parser.push(b"PROXY UNKNOWN\r\n"),
        Err(ProxyProtocolError::Absent)
    );
    let mut parser = ProxyProtocol::new();
    assert!(parser.push(b"GET").is_err());
    assert_eq!(
        parser.push(b"PROXY UNKNOWN\r\n"),
        Err(ProxyProtocolError::Absent)
    );
}

/// Pushes the pieces of `bytes` that `cuts` make, and sums up what was consumed.
fn in_pieces(
    bytes: &[u8],
    cuts: &[prop::sample::Index],
) -> Result<(usize, Option<ProxyHeader>), ProxyProtocolError> {
    let mut ends: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    ends.push(bytes.len());
    ends.sort_unstable();
    let mut parser = ProxyProtocol::new();
    let mut start = 0;
    for end in ends {
        match parser.push(&bytes[start..end])? {
            Progress::NeedsMore => start = end,
            Progress::Complete { consumed, header } => return Ok((start + consumed, Some(header))),
        }
    }
    Ok((start, None))
}

/// Reads no more than is wanted.
fn exactly(bytes: &[u8]) -> Result<(usize, Option<ProxyHeader>), ProxyProtocolError> {
    let mut parser = ProxyProtocol::new();
    let mut at = 0;
    loop {
        let wanted = parser.wanted()?;
        let piece = &bytes[at..bytes.len().min(at + wanted)];
        at += piece.len();
        match parser.push(piece)? {
            Progress::NeedsMore if piece.len() < wanted => return Ok((at, None)),
            Progress::NeedsMore => {}
            Progress::Complete { consumed, header } => {
                assert_eq!(consumed, wanted, "more was read than is the header's");
                return Ok((at, Some(header)));
            }
        }
    }
}

#[test]
fn a_line_is_too_long_however_it_arrives() {
    let too_long = Err(ProxyProtocolError::LineTooLong { limit: 107 });
    for end in ["\n", "\r\n", "\rx", "xx"] {
        let line = format!("PROXY UNKNOWN {}{end}", "x".repeat(106 - 14));
        for size in 1..=line.len() {
            let mut parser = ProxyProtocol::new();
            let mut pieces = line.as_bytes().chunks(size).map(|piece| parser.push(piece));
            let last = pieces.find(|found| *found != Ok(Progress::NeedsMore));
            assert_eq!(last, Some(too_long.clone()), "{size}, {end:?}");
        }
    }
}

fn headers() -> impl Strategy<Value = Vec<u8>> {
    let socket = || (any::<IpAddr>(), any::<u16>()).prop_map(SocketAddr::from);
    let fields = || {
        prop::collection::vec(
            (any::<u8>(), prop::collection::vec(any::<u8>(), 0..20)),
            0..4,
        )
        .prop_map(|fields| {
            fields
                .iter()
                .flat_map(|(kind, value)| tlv(kind | 0x80, value))
                .collect::<Vec<_>>()
        })
    };
    prop_oneof![
        (socket(), socket(), any::<bool>())
            .prop_map(|(source, destination, v1)| { oracle::tcp(v1, source, destination, &[]) }),
        (socket(), socket(), fields()).prop_map(|(source, destination, fields)| {
            oracle::tcp(false, source, destination, &fields)
        }),
        // Over a Unix socket.
        fields().prop_map(|fields| v2(0x21, 0x31, &[&[0; 216][..], &fields].concat())),
        Just(b"PROXY UNKNOWN\r\n".to_vec()),
        Just(v2(0x20, 0, &[])),
    ]
}

proptest! {
    #[test]
    fn what_is_printed_parses_and_prints_the_same(bytes in headers()) {
        let header = header(&bytes);
        let printed = print(&header);
        prop_assert_eq!(&self::header(&printed), &header);
        prop_assert_eq!(print(&self::header(&printed)), printed);
    }

    #[test]
    fn pieces_change_nothing(
        mut bytes in headers(),
        after in prop::collection::vec(any::<u8>(), 0..20),
        damage in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let len = bytes.len();
        bytes.extend(after);
        if let Some((at, byte)) = damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let whole = in_pieces(&bytes, &[]);
        prop_assert_eq!(&in_pieces(&bytes, &cuts), &whole);
        prop_assert_eq!(&exactly(&bytes), &whole);
        if damage.is_none() {
            prop_assert_eq!(whole.unwrap().0, len);
        }
    }

    #[test]
    fn no_beginning_is_a_header(bytes in headers(), cut in any::<prop::sample::Index>()) {
        let beginning = &bytes[..cut.index(bytes.len())];
        prop_assert_eq!(read(beginning), Ok(Progress::NeedsMore));
    }
}
