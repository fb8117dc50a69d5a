/// Why the first bytes of a connection are no PROXY protocol header.
///
/// The connection is to be closed: nothing that follows can be attributed to anyone.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyProtocolError {
    /// The connection starts with something else.
    #[error("the connection does not start with a PROXY protocol header")]
    Absent,

    /// A line of version 1 has no end within its limit.
    #[error("PROXY line is longer than {limit} bytes")]
    LineTooLong {
        /// The longest line, with its end, in bytes.
        limit: usize,
    },

    /// A line of version 1 has a CR or LF that is not its end.
    #[error("PROXY line is not ended by CR LF: byte {offset}")]
    LineEnd {
        /// Where it stands, from the start of the header.
        offset: usize,
    },

    /// A line of version 1 does not have this part where it belongs.
    #[error("PROXY line: expected {expected}")]
    Line {
        /// The part.
        expected: &'static str,
    },

    /// Neither version 2, nor a command or transport that the version defines.
    #[error("unsupported PROXY protocol {field} {value:#04x}")]
    Unsupported {
        /// Which field: version and command, or transport.
        field: &'static str,
        /// Its value.
        value: u8,
    },

    /// The header says that it is longer than [`MAX_PROXY_HEADER_LEN`](crate::MAX_PROXY_HEADER_LEN).
    #[error("PROXY protocol header of {found} bytes is longer than {limit}")]
    TooLong {
        /// The longest header that is read, in bytes.
        limit: usize,
        /// Its length, in bytes.
        found: usize,
    },

    /// The header ends within this part.
    #[error("PROXY protocol header ends within {part}")]
    Truncated {
        /// The part.
        part: &'static str,
    },

    /// A field occurs twice that may occur once.
    #[error("PROXY protocol header has a second field of type {kind:#04x}")]
    RepeatedTlv {
        /// The type of the field.
        kind: u8,
    },

    /// The checksum is not that of the header.
    #[error("PROXY protocol checksum is {found:#010x}, but the header's is {computed:#010x}")]
    Checksum {
        /// What the header says.
        found: u32,
        /// What it is.
        computed: u32,
    },

    /// There is a client certificate, but the flags say that the client presented none.
    #[error("PROXY protocol header has a client certificate that was not presented")]
    CertificateNotPresented,
}
