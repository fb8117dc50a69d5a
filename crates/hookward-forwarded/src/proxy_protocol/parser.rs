use alloc::vec::Vec;

use super::{ProxyHeader, ProxyProtocolError, v1, v2};

/// The longest header that is read, in bytes: 16 KiB.
///
/// Version 2 could say 64 KiB; certificates are what makes headers long, and those in use have a
/// few kilobytes.
pub const MAX_PROXY_HEADER_LEN: usize = 16 * 1024;

/// Reads the PROXY protocol header at the start of a connection, version 1 or 2.
///
/// [`push`](Self::push) it what arrives, in pieces of any size, until it says
/// [`Progress::Complete`]; what it did not consume is the connection's own. The size of the pieces
/// changes neither the result nor what is consumed. After an error or the header, the parser is spent and
/// refuses everything.
///
/// A listener demands a header on every connection or takes none: to look whether one is there would
/// let every client write its own. Take it from trusted peers only
/// ([`TrustedProxies::trusts`](crate::TrustedProxies::trusts)), and close the connection of any other.
/// How long to wait is up to the caller.
///
/// ```
/// use hookward_forwarded::{Progress, ProxyProtocol, ProxyProtocolError};
///
/// let bytes = b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 443\r\nGET / HTTP/1.1\r\n";
/// let Progress::Complete { consumed, header } = ProxyProtocol::new().push(bytes)? else {
///     panic!("the header is complete");
/// };
/// assert_eq!(header.client(), Some("203.0.113.9:4711".parse()?));
/// assert!(bytes[consumed..].starts_with(b"GET"));
///
/// let refused = ProxyProtocol::new().push(b"GET / HTTP/1.1\r\n");
/// assert_eq!(refused, Err(ProxyProtocolError::Absent));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct ProxyProtocol {
    received: Vec<u8>,
    spent: bool,
}

/// How far a header was read.
///
/// Exhaustive on purpose: the caller has to handle each.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Progress {
    /// All that was pushed was consumed, and the header goes on.
    NeedsMore,
    /// The header is complete.
    Complete {
        /// How many bytes of the last piece belong to the header.
        consumed: usize,
        /// What it says.
        header: ProxyHeader,
    },
}

impl ProxyProtocol {
    /// Starts at the first byte of a connection.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            received: Vec::new(),
            spent: false,
        }
    }

    /// How many more bytes certainly belong to the header.
    ///
    /// A caller that cannot give back what it read, reads no more than this. For version 2 that
    /// takes three reads; a line of version 1 is read two bytes at a time.
    ///
    /// # Errors
    ///
    /// What [`push`](Self::push) would return, whatever it is given.
    pub fn wanted(&self) -> Result<usize, ProxyProtocolError> {
        let received = &self.received;
        if self.spent {
            return Err(ProxyProtocolError::Absent);
        }
        let starts = |start: &[u8]| {
            let len = received.len().min(start.len());
            received[..len] == start[..len]
        };
        match received.len().checked_sub(v2::SIGNATURE.len()) {
            // Headers of both versions are longer than the signature.
            None if starts(v1::START) || starts(v2::SIGNATURE) => {
                Ok(v2::SIGNATURE.len() - received.len())
            }
            Some(_) if starts(v2::SIGNATURE) => v2::wanted(received),
            Some(_) if starts(v1::START) => v1::wanted(received),
            _ => Err(ProxyProtocolError::Absent),
        }
    }

    /// Takes the next bytes of the connection.
    ///
    /// # Errors
    ///
    /// Any [`ProxyProtocolError`], as soon as no continuation could be a header. The parser is then
    /// spent.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Progress, ProxyProtocolError> {
        let progress = self.advance(chunk);
        if !matches!(progress, Ok(Progress::NeedsMore)) {
            self.spent = true;
            self.received = Vec::new();
        }
        progress
    }

    fn advance(&mut self, chunk: &[u8]) -> Result<Progress, ProxyProtocolError> {
        let mut rest = chunk;
        loop {
            let wanted = self.wanted()?;
            if wanted == 0 {
                let header = if self.received.starts_with(v2::SIGNATURE) {
                    v2::read(&self.received)?
                } else {
                    v1::read(&self.received)?
                };
                return Ok(Progress::Complete {
                    consumed: chunk.len() - rest.len(),
                    header,
                });
            }
            if rest.is_empty() {
                return Ok(Progress::NeedsMore);
            }
            let (belongs, after) = rest.split_at(wanted.min(rest.len()));
            self.received.extend_from_slice(belongs);
            rest = after;
        }
    }
}
