use core::time::Duration;

/// What a [`Server`](crate::Server) allows its clients.
///
/// The defaults suit webhooks: few, small requests from a sender that knows HTTP.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ServerLimits {
    /// Connections at a time. More wait in the queue of the listener, and for each of them one without an
    /// accepted request is closed: of the source that has most of those, the one that has been open
    /// longest, and where no source has more than others, for a second at least. Default: 1024.
    pub connections: usize,
    /// Connections at a time from one IPv4 address or IPv6 /64; more are closed at once. Trusted
    /// proxies are not limited; behind PROXY protocol it is the client that counts. Default: 256.
    pub connections_per_source: usize,
    /// TLS handshakes at a time, counted from when the client has said hello. More wait, and others
    /// give way to them as with `connections`. Default: 128.
    pub handshakes: usize,
    /// The time for a TLS handshake, waiting for its turn and a PROXY protocol header before it
    /// included. Default: 10 s.
    pub handshake: Duration,
    /// The time for the head of an HTTP/1 request, counted from when the one before was answered:
    /// it limits idle HTTP/1 connections as well. Default: 15 s.
    pub head: Duration,
    /// How long a connection stays open with no request in progress. Default: 60 s.
    pub idle: Duration,
    /// How long a client may take none of what is sent to it; over HTTP/2, also none of one answer.
    /// Default: 20 s.
    pub stalled_write: Duration,
    /// Bytes of a request head: request line and header. Default: 32 KiB, twice what is usual, for
    /// proxies that forward a certificate in a header.
    pub head_bytes: u32,
    /// Field lines of an HTTP/1 request head. In HTTP/2 `head_bytes` limits them, each counting 32
    /// bytes more than it has. Default: 100.
    pub head_fields: usize,
    /// HTTP/2 requests at a time on one connection. Default: 64.
    pub streams: u32,
    /// HTTP/2 streams that a client may have opened and reset without our having taken note, and
    /// streams that we may have reset because of the client's errors. A connection with more is closed
    /// (CVE-2023-44487, CVE-2019-9514). Default: 20.
    pub pending_resets: usize,
    /// How long connections may go on when the server stops. Default: 60 s, the longest that a
    /// request that is being forwarded takes.
    pub shutdown: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 1024,
            connections_per_source: 256,
            handshakes: 128,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(15),
            idle: Duration::from_secs(60),
            stalled_write: Duration::from_secs(20),
            head_bytes: 32 << 10,
            head_fields: 100,
            streams: 64,
            pending_resets: 20,
            shutdown: Duration::from_secs(60),
        }
    }
}
