use hookward_thumbprint::ThumbprintError;

/// Why there is no telling which certificate a connection has.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LeafError {
    /// The handshake goes on or has failed: nothing is proved yet.
    #[error("the TLS handshake is not finished")]
    HandshakeNotFinished,

    /// The peer proved that it holds the key of a certificate that [`Leaf`](hookward_thumbprint::Leaf) does not take.
    #[error("client certificate: {0}")]
    Certificate(#[from] ThumbprintError),
}
