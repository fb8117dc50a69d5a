use core::fmt;
use core::net::IpAddr;

use super::{MAX_HOPS, Peer};

/// A client address and how it was derived.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Derivation {
    peer: Peer,
    /// The trusted proxies that were passed, then the client; empty where the peer is the client.
    entries: [Option<IpAddr>; MAX_HOPS],
    len: usize,
}

/// One step of a derivation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// The peer is no trusted proxy: it is the client, and no header was looked at.
    PeerIsClient(Peer),
    /// The peer is a trusted proxy.
    PeerIsProxy(Peer),
    /// An entry of the header was taken for a proxy, because it is listed or by the hop count.
    Proxy {
        /// Which entry, counted from the right, from 0.
        entry: usize,
        /// Its address.
        address: IpAddr,
    },
    /// An entry of the header is the client.
    Client {
        /// Which entry, counted from the right, from 0.
        entry: usize,
        /// Its address.
        address: IpAddr,
    },
}

impl Derivation {
    pub(super) const fn starting_at(peer: Peer) -> Self {
        Self {
            peer,
            entries: [None; MAX_HOPS],
            len: 0,
        }
    }

    /// Adds an entry; the last one added is the client.
    ///
    /// # Panics
    ///
    /// If there are [`MAX_HOPS`] entries.
    pub(super) fn push(&mut self, address: IpAddr) {
        self.entries[self.len] = Some(address);
        self.len += 1;
    }

    /// The client's address, in canonical form.
    ///
    /// `None` if the client is on a Unix socket, and the socket is not that of a trusted proxy.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        match (self.len.checked_sub(1), self.peer) {
            (Some(last), _) => self.entries[last],
            (None, Peer::Address(address)) => Some(address),
            (None, Peer::UnixSocket) => None,
        }
    }

    /// How the address was found: first the peer, last the client.
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        let peer = match self.len {
            0 => Step::PeerIsClient(self.peer),
            _ => Step::PeerIsProxy(self.peer),
        };
        let entries = self.entries.iter().flatten().enumerate();
        core::iter::once(peer).chain(entries.map(|(entry, &address)| {
            if entry + 1 == self.len {
                Step::Client { entry, address }
            } else {
                Step::Proxy { entry, address }
            }
        }))
    }
}

/// One step to a line.
impl fmt::Display for Derivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps().enumerate().try_for_each(|(index, step)| {
            if index > 0 {
                f.write_str("\n")?;
            }
            step.fmt(f)
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PeerIsClient(peer) => write!(f, "peer {peer}: not a trusted proxy, the client"),
            Self::PeerIsProxy(peer) => write!(f, "peer {peer}: a trusted proxy"),
            Self::Proxy { entry, address } => {
                write!(f, "entry {entry} from the right, {address}: a proxy")
            }
            Self::Client { entry, address } => {
                write!(f, "entry {entry} from the right, {address}: the client")
            }
        }
    }
}
