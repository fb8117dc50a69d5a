use core::net::IpAddr;
use std::io;

use hookward_forwarded::{Progress, ProxyHeader, ProxyProtocol, TrustedProxies};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::peer::{Peer, PeerCertificate};

/// Whose connections are served, and who says who the client is.
#[derive(Clone, Debug)]
pub(crate) enum Entrance {
    /// Everybody's: the peer is the client.
    Anyone,
    /// Everybody's: the peer is the client, unless it is one of these proxies.
    AnyoneAnd(TrustedProxies),
    /// Those of these proxies.
    Only(TrustedProxies),
    /// Those of these proxies, each with a PROXY protocol header.
    ProxyProtocol(TrustedProxies),
}

impl Entrance {
    /// Whether whoever connects from this address is a client, and not a proxy of many.
    pub(crate) fn limits(&self, address: IpAddr) -> bool {
        match self {
            Self::Anyone => true,
            Self::AnyoneAnd(proxies) => !proxies.trusts(hookward_forwarded::Peer::Address(address)),
            Self::Only(_) | Self::ProxyProtocol(_) => false,
        }
    }

    /// Whether the client is known only once it has entered.
    pub(crate) const fn names_clients(&self) -> bool {
        matches!(self, Self::ProxyProtocol(_))
    }

    /// Reads what comes before TLS and HTTP, and not a byte more.
    pub(crate) async fn enter<I>(&self, io: &mut I, address: Option<IpAddr>) -> io::Result<Peer>
    where
        I: AsyncRead + Unpin,
    {
        let (Self::Only(proxies) | Self::ProxyProtocol(proxies)) = self else {
            return Ok(Peer::new(address));
        };
        let peer = match address {
            Some(address) => hookward_forwarded::Peer::Address(address),
            None => hookward_forwarded::Peer::UnixSocket,
        };
        if !proxies.trusts(peer) {
            let message = format!("{peer} is no listed proxy");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
        match self {
            Self::ProxyProtocol(_) => Ok(client(&read_header(io).await?)),
            _ => Ok(Peer::new(address)),
        }
    }
}

/// The client that a header names. Whoever reads a certificate over TLS replaces this one.
fn client(header: &ProxyHeader) -> Peer {
    let address = header.client().map(|client| client.ip());
    let certificate = header
        .tls()
        .and_then(|tls| tls.client_certificate())
        .map_or(PeerCertificate::Missing, PeerCertificate::forwarded);
    Peer::new(address).with_certificate(certificate)
}

async fn read_header(io: &mut (impl AsyncRead + Unpin)) -> io::Result<ProxyHeader> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
    let mut protocol = ProxyProtocol::new();
    loop {
        let mut chunk = vec![0; protocol.wanted().map_err(invalid)?];
        io.read_exact(&mut chunk).await?;
        if let Progress::Complete { header, .. } = protocol.push(&chunk).map_err(invalid)? {
            return Ok(header);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookward::Allowlist;

    fn proxies() -> TrustedProxies {
        TrustedProxies::networks(Allowlist::builder().text("10.0.0.1").build().unwrap())
    }

    async fn enter(entrance: &Entrance, from: &str, bytes: &[u8]) -> (io::Result<Peer>, usize) {
        let mut io = bytes;
        let peer = entrance.enter(&mut io, Some(from.parse().unwrap())).await;
        (peer, io.len())
    }

    #[tokio::test]
    async fn a_proxy_protocol_header_names_the_client_and_nothing_more_is_read() {
        let entrance = Entrance::ProxyProtocol(proxies());
        let bytes = b"PROXY TCP6 ::ffff:203.0.113.9 ::1 1 2\r\nGET";
        let (peer, left) = enter(&entrance, "10.0.0.1", bytes).await;
        let client = peer.unwrap().client_address();
        assert_eq!((client, left), (Some("203.0.113.9".parse().unwrap()), 3));

        let (peer, _) = enter(&entrance, "::ffff:10.0.0.1", b"PROXY UNKNOWN\r\n").await;
        assert_eq!(peer.unwrap().client_address(), None);
    }

    #[tokio::test]
    async fn without_a_header_or_from_anyone_else_nobody_enters() {
        let header = b"PROXY TCP4 203.0.113.9 10.0.0.1 1 2\r\n";
        let entrance = Entrance::ProxyProtocol(proxies());
        let (peer, _) = enter(&entrance, "10.0.0.1", b"GET / HTTP/1.1\r\n").await;
        assert_eq!(peer.unwrap_err().kind(), io::ErrorKind::InvalidData);
        let (peer, _) = enter(&entrance, "10.0.0.1", &header[..20]).await;
        assert_eq!(peer.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        for entrance in [entrance, Entrance::Only(proxies())] {
            let (peer, left) = enter(&entrance, "10.0.0.2", header).await;
            assert_eq!(peer.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
            assert_eq!(left, header.len());
            let peer = entrance.enter(&mut &header[..], None).await;
            assert_eq!(peer.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        }
        let (peer, left) = enter(&Entrance::Only(proxies()), "10.0.0.1", b"GET").await;
        assert_eq!((peer.is_ok(), left), (true, 3));
    }
}
