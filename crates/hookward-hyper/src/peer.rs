use alloc::sync::Arc;
use core::net::IpAddr;
use core::sync::atomic::{AtomicBool, Ordering};

use hookward::{Algorithms, ClientCertificate, Connection, Framing, Leaf, Thumbprint};
use http::HeaderValue;
use rustls::ServerConnection;

use crate::standing::Standing;

/// What is known of the connection that a request came over, as an extension of the request.
///
/// The [`Server`](crate::Server) puts one into every request. Whoever accepts connections
/// otherwise makes one per connection and puts a clone into each of its requests, which also keeps
/// them to the connection's share of a [`BufferBudget`](crate::BufferBudget); a request without one
/// comes from nowhere and without a certificate, as far as the guard is concerned.
#[derive(Clone, Debug)]
pub struct Peer(
    // Shared by the requests of a connection.
    Arc<Shown>,
);

#[derive(Clone, Debug)]
struct Shown {
    client_address: Option<IpAddr>,
    /// The same as text.
    address_text: Option<HeaderValue>,
    certificate: PeerCertificate,
    scheme: Scheme,
    framing: FramingFlag,
    standing: Standing,
    derivation: Option<Arc<str>>,
    host_missing: bool,
}

/// The certificate that a client has proved to hold.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum PeerCertificate {
    /// It presented none.
    #[default]
    Missing,
    /// The leaf, parsed once for the connection.
    Leaf(Arc<Leaf>),
    /// A trusted proxy has seen it, and passes on its thumbprint only.
    Thumbprint(Thumbprint),
    /// It presented one that could not be read.
    Unreadable,
}

/// Whether the connection is encrypted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Scheme {
    /// No TLS on this connection.
    #[default]
    Http,
    /// TLS ended here.
    Https,
}

/// Set once the heads or bodies of a connection can be read in two ways; never unset.
#[derive(Clone, Debug, Default)]
pub(crate) struct FramingFlag(Arc<AtomicBool>);

impl FramingFlag {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn get(&self) -> Framing {
        if self.0.load(Ordering::Acquire) {
            Framing::Ambiguous
        } else {
            Framing::Clear
        }
    }
}

impl PeerCertificate {
    /// The leaf of a finished handshake, parsed.
    #[must_use]
    pub fn of(connection: &ServerConnection) -> Self {
        // Which algorithms a list uses may change while the connection is open, and each digest
        // takes microseconds, once per connection.
        match hookward_rustls::leaf(connection, Algorithms::ALL) {
            Ok(Some(leaf)) => Self::Leaf(Arc::new(leaf)),
            Ok(None) => Self::Missing,
            Err(error) => Self::unreadable(&error),
        }
    }

    /// A certificate that a trusted proxy passes on, from its DER. The proxy has to have seen that
    /// the client holds the key.
    #[must_use]
    pub fn forwarded(der: &[u8]) -> Self {
        // Digests are computed when a list asks for them: this certificate is good for one request.
        match Leaf::parse(der, Algorithms::NONE) {
            Ok(leaf) => Self::Leaf(Arc::new(leaf)),
            Err(error) => Self::unreadable(&error),
        }
    }

    fn unreadable(error: &dyn core::fmt::Display) -> Self {
        tracing::debug!(%error, "the client certificate cannot be read");
        Self::Unreadable
    }
}

impl Scheme {
    /// `http` or `https`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl Peer {
    /// A client at `client_address`: the TCP peer, or what a trusted proxy says it is. An
    /// IPv4-mapped address is taken as its IPv4 address.
    #[must_use]
    pub fn new(client_address: Option<IpAddr>) -> Self {
        Self(Arc::new(Shown {
            client_address: None,
            address_text: None,
            certificate: PeerCertificate::Missing,
            scheme: Scheme::Http,
            framing: FramingFlag::default(),
            standing: Standing::default(),
            derivation: None,
            host_missing: false,
        }))
        .with_client_address(client_address)
    }

    /// Says who the client is, where that differs from what the connection says: each request that
    /// a proxy passes on has a client of its own.
    #[must_use]
    pub fn with_client_address(mut self, client_address: Option<IpAddr>) -> Self {
        let shown = self.change();
        shown.client_address = client_address.map(|address| address.to_canonical());
        shown.address_text = (shown.client_address)
            .and_then(|address| HeaderValue::try_from(address.to_string()).ok());
        self
    }

    /// Says in words how it was found who the client is, for logs.
    #[must_use]
    pub fn with_derivation(mut self, derivation: impl Into<Arc<str>>) -> Self {
        self.change().derivation = Some(derivation.into());
        self
    }

    /// Adds what TLS has shown, here or at a trusted proxy.
    #[must_use]
    pub fn with_certificate(mut self, certificate: PeerCertificate) -> Self {
        self.change().certificate = certificate;
        self
    }

    /// Says whether the connection is encrypted.
    #[must_use]
    pub fn with_scheme(mut self, scheme: Scheme) -> Self {
        self.change().scheme = scheme;
        self
    }

    pub(crate) fn with_framing(mut self, framing: FramingFlag) -> Self {
        self.change().framing = framing;
        self
    }

    pub(crate) fn with_standing(mut self, standing: Standing) -> Self {
        self.change().standing = standing;
        self
    }

    /// Says whether the request lacks the host that its version demands.
    pub(crate) fn with_host_missing(mut self, missing: bool) -> Self {
        if self.0.host_missing != missing {
            self.change().host_missing = missing;
        }
        self
    }

    fn change(&mut self) -> &mut Shown {
        Arc::make_mut(&mut self.0)
    }

    pub(crate) fn is_host_missing(&self) -> bool {
        self.0.host_missing
    }

    pub(crate) fn standing(&self) -> &Standing {
        &self.0.standing
    }

    /// The address of the client as text, for a header.
    pub(crate) fn address_value(&self) -> Option<&HeaderValue> {
        self.0.address_text.as_ref()
    }

    /// The address of the client.
    #[must_use]
    pub fn client_address(&self) -> Option<IpAddr> {
        self.0.client_address
    }

    /// The address of the client as text.
    #[must_use]
    pub fn address_text(&self) -> Option<&str> {
        self.address_value()?.to_str().ok()
    }

    /// How it was found who the client is, where that is not what the connection shows.
    #[must_use]
    pub fn derivation(&self) -> Option<&Arc<str>> {
        self.0.derivation.as_ref()
    }

    /// The certificate of the client.
    #[must_use]
    pub fn certificate(&self) -> &PeerCertificate {
        &self.0.certificate
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.0.scheme
    }

    /// Whether each message on the connection has had one length only, so far.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.0.framing.get()
    }

    /// The peer as the guard sees it.
    #[must_use]
    pub fn connection(&self) -> Connection<'_> {
        Connection {
            client_address: self.0.client_address,
            certificate: match &self.0.certificate {
                PeerCertificate::Missing => None,
                PeerCertificate::Leaf(leaf) => Some(ClientCertificate::Leaf(leaf)),
                PeerCertificate::Thumbprint(thumbprint) => {
                    Some(ClientCertificate::Thumbprint(*thumbprint))
                }
                PeerCertificate::Unreadable => Some(ClientCertificate::Unreadable),
            },
        }
    }
}
