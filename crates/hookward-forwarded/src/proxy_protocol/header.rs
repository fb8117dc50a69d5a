use alloc::boxed::Box;
use core::net::SocketAddr;

use super::tlv::{self, ProxiedTls, Tlv};

/// The version of a header.
///
/// Exhaustive on purpose: a third version would be another signature.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ProxyVersion {
    /// A line of text.
    V1,
    /// Binary.
    V2,
}

/// What a header says of the connection that the proxy accepted.
///
/// Exhaustive on purpose: all else that a header can say gives no client address.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ProxiedConnection {
    /// The proxy speaks for itself, a health check for instance: there is no client.
    Local,
    /// The proxy does not say, or the connection was not TCP over IPv4 or IPv6.
    Unknown,
    /// A TCP connection.
    Tcp {
        /// The client. An IPv4 address in IPv6 form is given as IPv4.
        source: SocketAddr,
        /// What the client connected to, in the same form.
        destination: SocketAddr,
    },
}

/// A PROXY protocol header, completely read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProxyHeader {
    version: ProxyVersion,
    connection: ProxiedConnection,
    /// Well-formed: see [`tlv::check`].
    tlvs: Box<[u8]>,
}

impl ProxyHeader {
    /// `tlvs` were checked.
    pub(super) const fn new(
        version: ProxyVersion,
        connection: ProxiedConnection,
        tlvs: Box<[u8]>,
    ) -> Self {
        Self {
            version,
            connection,
            tlvs,
        }
    }

    /// The version in which it was written.
    #[must_use]
    pub const fn version(&self) -> ProxyVersion {
        self.version
    }

    /// What it says of the connection.
    #[must_use]
    pub const fn connection(&self) -> ProxiedConnection {
        self.connection
    }

    /// The client's address, if there is one.
    ///
    /// Where there is none, the address of the peer is not the client's either.
    #[must_use]
    pub const fn client(&self) -> Option<SocketAddr> {
        match self.connection {
            ProxiedConnection::Tcp { source, .. } => Some(source),
            ProxiedConnection::Local | ProxiedConnection::Unknown => None,
        }
    }

    /// The fields after the addresses, in order. Unknown ones are to be ignored.
    ///
    /// Empty for version 1, and where the connection is [`Local`](ProxiedConnection::Local) or of no
    /// transport that is named.
    pub fn tlvs(&self) -> impl Iterator<Item = Tlv<'_>> {
        tlv::fields(&self.tlvs)
    }

    /// What it says of the client's TLS connection, if it says anything.
    ///
    /// Of no use on a listener with TLS of its own, whose handshake is the only one that counts.
    #[must_use]
    pub fn tls(&self) -> Option<ProxiedTls<'_>> {
        tlv::tls(&self.tlvs)
    }
}
