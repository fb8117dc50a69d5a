//! How far a document can be relied on.

/// How far the document can be relied on, from best to worst.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// Confirmed lately.
    Fresh,
    /// Not confirmed for longer than [`Config::stale_after`](crate::Config::stale_after): still trusted, but somebody
    /// should look.
    Stale,
    /// Not confirmed for [`Config::expired_after`](crate::Config::expired_after), or dated in the future: not trusted.
    Expired,
    /// There has been no document yet.
    Absent,
}
