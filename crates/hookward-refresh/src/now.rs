//! The present, by both clocks.

use rustls_pki_types::UnixTime;

use crate::Instant;

/// What both of the caller's clocks say at one moment.
///
/// The monotonic clock times everything. The wall clock dates documents, for those who judge requests by it; it may step in
/// either direction, and such a step never makes a document trusted for longer. There is no third clock, so the fields stay.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Now {
    /// The monotonic clock.
    pub instant: Instant,
    /// The wall clock, in whole seconds, rounded down.
    pub wall: UnixTime,
}
