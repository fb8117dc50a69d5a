//! What the driver is asked to do.

use crate::Validators;

/// Names one fetch, within one [`Refresher`](crate::Refresher).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FetchId(u64);

impl FetchId {
    pub(crate) const FIRST: Self = Self(0);

    pub(crate) fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// A request to make for the document.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Fetch {
    /// To be given back with the answer.
    pub id: FetchId,
    /// Why the document is fetched now.
    pub cause: Cause,
    /// Makes the request conditional: `If-None-Match` and `If-Modified-Since`. `None` for an unconditional request, which
    /// must not be answered with 304.
    pub validators: Option<Validators>,
    /// Whether caches on the way may answer.
    pub caching: Caching,
}

/// Why a document is fetched.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// Its time has come, or there is no document yet.
    Schedule,
    /// The fetch before failed.
    Retry,
    /// The answer before was doubtful and needs to be confirmed.
    Confirmation,
    /// Something showed up that the document does not know, or it was needed and not trusted.
    Hint,
    /// The clocks disagree about the document's age: the wall clock was set, or the machine slept.
    Clock,
}

/// Whether caches on the way may answer a fetch.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Caching {
    /// They may.
    Allowed,
    /// They may not: send `Cache-Control: no-cache`, which has them ask the origin ([RFC 9111 section 5.2.1.4]).
    ///
    /// [RFC 9111 section 5.2.1.4]: https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1.4
    Bypassed,
}
