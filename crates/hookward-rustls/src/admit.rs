use core::fmt::Debug;

use hookward_thumbprint::{Algorithms, Leaf, Mismatch, ThumbprintSet};
use rustls::pki_types::UnixTime;

/// Decides during the handshake whether the holder of a certificate may connect.
///
/// For [`PossessionVerifier::require`](crate::PossessionVerifier::require). A [`ThumbprintSet`] is one; a list that
/// changes is a type of the caller's that holds the current one. Called on the thread that drives the connection, so
/// it must not block.
pub trait Admit: Debug + Send + Sync {
    /// The digests to compute of each certificate before [`admit`](Self::admit) is asked.
    ///
    /// A matter of speed: a [`Leaf`] computes the others when it is asked for them.
    fn wanted(&self) -> Algorithms;

    /// Judges the certificate that the peer presents for itself. Others that it sends are not shown.
    ///
    /// `now` is the time of the configuration's clock.
    ///
    /// # Errors
    ///
    /// A [`Mismatch`] refuses the connection. Without a list to ask, that is [`Mismatch::NotListed`].
    fn admit(&self, leaf: &Leaf, now: UnixTime) -> Result<(), Mismatch>;
}

impl Admit for ThumbprintSet {
    fn wanted(&self) -> Algorithms {
        self.algorithms()
    }

    fn admit(&self, leaf: &Leaf, now: UnixTime) -> Result<(), Mismatch> {
        self.matches(leaf, now).map(drop)
    }
}
