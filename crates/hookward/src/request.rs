use alloc::vec::Vec;
use core::net::IpAddr;

use hookward_thumbprint::{Leaf, Thumbprint};

/// What is known of the connection that a request came over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Connection<'a> {
    /// The address of the client: the TCP peer, or what a trusted proxy says it is.
    /// `None` where there is no such address, as on a Unix socket.
    pub client_address: Option<IpAddr>,
    /// The certificate whose key the client has proved to hold.
    /// `None` when the client presented none.
    pub certificate: Option<ClientCertificate<'a>>,
}

/// A client certificate whose possession was proved in a TLS handshake, ours or a trusted proxy's.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ClientCertificate<'a> {
    /// The whole certificate.
    Leaf(&'a Leaf),
    /// Only its thumbprint, as some proxies forward it. It has no validity dates.
    Thumbprint(Thumbprint),
    /// A certificate was presented, but it could not be read.
    Unreadable,
}

/// The head of a request, as the guard judges it.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// The method, as sent: methods are case-sensitive (RFC 9110 section 9.1).
    pub method: &'a str,
    /// The `:authority` of HTTP/2, or the authority of a request target in absolute form.
    /// `None` when the target has none, as is usual for HTTP/1.1. Empty when the request names no
    /// host at all though it has to, as HTTP/1.1 without `Host` (RFC 9112 section 3.2).
    pub authority: Option<&'a str>,
    /// The path, still percent-encoded, without the query.
    pub path: &'a str,
    /// Every field line, trailers excluded.
    pub headers: &'a dyn Headers,
    /// Whether the server saw how long the body is in one way only.
    pub framing: Framing,
}

/// What the HTTP server saw of how the length of a body is told.
///
/// Servers differ in whether they show both headers of an ambiguous message, so the server says
/// what it saw. The guard looks at the headers as well.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Framing {
    /// One length, or none.
    #[default]
    Clear,
    /// Both Transfer-Encoding and Content-Length (RFC 9112 section 6.1).
    Ambiguous,
}

/// The field lines of a request head.
pub trait Headers {
    /// Calls `visit` with the name and value of each line, repeated names included.
    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8]));
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for &[(N, V)] {
    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in *self {
            visit(name.as_ref(), value.as_ref());
        }
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for Vec<(N, V)> {
    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        Headers::for_each(&self.as_slice(), visit);
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const LINES: usize> Headers for [(N, V); LINES] {
    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        Headers::for_each(&self.as_slice(), visit);
    }
}

impl core::fmt::Debug for Head<'_> {
    /// Leaves out the headers: they hold secrets.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Head")
            .field("method", &self.method)
            .field("authority", &self.authority)
            .field("path", &self.path)
            .field("framing", &self.framing)
            .finish_non_exhaustive()
    }
}
