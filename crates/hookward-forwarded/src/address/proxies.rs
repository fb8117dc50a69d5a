use core::fmt;
use core::net::IpAddr;

use hookward_ip::Allowlist;

use super::{AddressError, MAX_HOPS};

/// The other end of a connection.
///
/// Exhaustive on purpose: a listener has one or the other.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Peer {
    /// An address: of the TCP connection, or the source that a PROXY protocol header from a trusted
    /// peer names.
    Address(IpAddr),
    /// A program on this machine, on a Unix socket. Who may connect is up to the socket's permissions.
    UnixSocket,
}

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        Self::Address(address)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::UnixSocket => f.write_str("the Unix socket"),
        }
    }
}

/// The proxies whose word is taken.
///
/// List every proxy, and nothing but proxies: whoever sends from a listed address says who the
/// client is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustedProxies {
    networks: Option<Allowlist>,
    unix_socket: bool,
    hops: Option<usize>,
}

impl TrustedProxies {
    /// Trusts the peers with these addresses.
    #[must_use]
    pub const fn networks(networks: Allowlist) -> Self {
        Self {
            networks: Some(networks),
            unix_socket: false,
            hops: None,
        }
    }

    /// Trusts every peer on a Unix socket.
    #[must_use]
    pub const fn unix_socket() -> Self {
        Self {
            networks: None,
            unix_socket: true,
            hops: None,
        }
    }

    /// Also trusts every peer on a Unix socket.
    #[must_use]
    pub fn and_unix_socket(self) -> Self {
        Self {
            unix_socket: true,
            ..self
        }
    }

    /// Also trusts peers with these addresses, in place of any given before.
    #[must_use]
    pub fn and_networks(self, networks: Allowlist) -> Self {
        Self {
            networks: Some(networks),
            ..self
        }
    }

    /// Says how many proxies every request passes, the peer included: the client is then that entry
    /// from the right, whether or not the entries before it are listed.
    ///
    /// For load balancers whose own addresses, as they write them into the header, cannot be listed.
    /// Google Cloud, for instance, appends the client and its own address: 2. A number larger than
    /// that of the proxies lets the client write its own address.
    ///
    /// # Errors
    ///
    /// [`AddressError::HopCount`] for 0 and for more than [`MAX_HOPS`].
    pub fn with_hops(self, hops: usize) -> Result<Self, AddressError> {
        if !(1..=MAX_HOPS).contains(&hops) {
            return Err(AddressError::HopCount {
                hops,
                limit: MAX_HOPS,
            });
        }
        Ok(Self {
            hops: Some(hops),
            ..self
        })
    }

    /// Whether what this peer says of its client is believed.
    ///
    /// This is also the question to ask before a forwarded certificate, a PROXY protocol header or
    /// a forward-auth request is read.
    #[must_use]
    pub fn trusts(&self, peer: Peer) -> bool {
        match peer {
            Peer::Address(address) => self.lists(address),
            Peer::UnixSocket => self.unix_socket,
        }
    }

    /// Whether an address is that of a trusted proxy.
    pub(super) fn lists(&self, address: IpAddr) -> bool {
        self.networks
            .as_ref()
            .is_some_and(|networks| networks.contains(address))
    }

    /// The number of proxies, if it is given.
    #[must_use]
    pub const fn hops(&self) -> Option<usize> {
        self.hops
    }

    /// The listed addresses, to explain which line trusts a proxy.
    #[must_use]
    pub const fn listed(&self) -> Option<&Allowlist> {
        self.networks.as_ref()
    }
}
