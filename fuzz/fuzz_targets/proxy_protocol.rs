//! However the start of a connection is cut, the parser says and consumes the same; and what it reads prints to a
//! header that reads the same.
//!
//! The first byte of an input is the size of the pieces; the rest is the connection.

#![no_main]

#[path = "../../crates/hookward-forwarded/tests/oracle/proxy_header.rs"]
mod oracle;

use hookward_forwarded::{
    MAX_PROXY_HEADER_LEN, Progress, ProxyHeader, ProxyProtocol, ProxyProtocolError,
};
use libfuzzer_sys::fuzz_target;

/// What was read, and how much of the connection it is.
type Found = Result<Option<(usize, ProxyHeader)>, ProxyProtocolError>;

fn in_pieces(connection: &[u8], size: usize) -> Found {
    let mut parser = ProxyProtocol::new();
    let mut before = 0;
    for piece in connection.chunks(size) {
        match parser.push(piece)? {
            Progress::NeedsMore => before += piece.len(),
            Progress::Complete { consumed, header } => {
                return Ok(Some((before + consumed, header)));
            }
        }
    }
    Ok(None)
}

/// Reads no more than is wanted.
fn exactly(connection: &[u8]) -> Found {
    let mut parser = ProxyProtocol::new();
    let mut at = 0;
    loop {
        let wanted = parser.wanted()?;
        assert!(wanted > 0);
        let piece = &connection[at..connection.len().min(at + wanted)];
        match parser.push(piece)? {
            Progress::NeedsMore if piece.len() < wanted => return Ok(None),
            Progress::NeedsMore => at += wanted,
            Progress::Complete { consumed, header } => {
                assert_eq!(consumed, wanted, "more was read than is the header's");
                return Ok(Some((at + consumed, header)));
            }
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((size, connection)) = input.split_first() else {
        return;
    };
    let found = in_pieces(connection, connection.len().max(1));
    assert_eq!(in_pieces(connection, usize::from(*size).max(1)), found);
    assert_eq!(exactly(connection), found);
    let Ok(Some((len, header))) = found else {
        return;
    };
    assert!(len <= MAX_PROXY_HEADER_LEN && len <= connection.len());
    // What follows the header is not looked at.
    assert_eq!(exactly(&connection[..len]), Ok(Some((len, header.clone()))));
    assert_eq!(exactly(&connection[..len - 1]), Ok(None));

    let printed = oracle::print(&header);
    assert_eq!(exactly(&printed), Ok(Some((printed.len(), header))));
});
