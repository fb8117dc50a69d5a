//! The document at rest.

use rustls_pki_types::UnixTime;

use crate::Validators;

/// A document with what has to be kept beside it to go on from it after a restart.
///
/// Make one from [`Current`] after each [`Event::Accepted`](crate::Event::Accepted) and
/// [`Event::Confirmed`](crate::Event::Confirmed). It is believed as it is: keep it where only the owner can write.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Snapshot<D> {
    /// The document.
    pub document: D,
    /// The validators that came with this document, and no other.
    pub validators: Validators,
    /// When the document was last confirmed. If that lies in the future, the document counts as expired.
    pub checked_at: UnixTime,
}

/// The document in force, with its dates.
#[derive(Debug)]
#[non_exhaustive]
pub struct Current<'a, D> {
    /// The document.
    pub document: &'a D,
    /// The validators that came with it.
    pub validators: &'a Validators,
    /// When it was last confirmed: the start of the fetch that did so.
    pub checked_at: UnixTime,
    /// From when on it must not be trusted, by the wall clock as it is set now.
    pub expires_at: UnixTime,
}
