use alloc::sync::Arc;
use core::fmt;

use hookward_copyleaks::{Event, ScanId};
use thiserror::Error;

use crate::reason::Reason;

/// Proof that a request was accepted by the policy of its route.
///
/// Only [`Decision::admit`](crate::Decision::admit) makes one. A handler that asks for a
/// `Verified` cannot be reached by a request that was not judged. It is not `Clone`: one decision
/// stands for one request.
#[derive(Debug)]
pub struct Verified<T> {
    inner: T,
    webhook: Webhook,
}

impl<T> Verified<T> {
    pub(crate) const fn new(inner: T, webhook: Webhook) -> Self {
        Self { inner, webhook }
    }

    /// What the guard knows of the webhook.
    #[must_use]
    pub const fn webhook(&self) -> &Webhook {
        &self.webhook
    }

    /// The request.
    #[must_use]
    pub const fn get_ref(&self) -> &T {
        &self.inner
    }

    /// The request, without the proof.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.inner
    }

    /// The proof's knowledge and the request, apart.
    #[must_use]
    pub fn into_parts(self) -> (Webhook, T) {
        (self.webhook, self.inner)
    }
}

/// What the guard knows of an accepted webhook.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Webhook {
    /// What Copyleaks reports.
    pub event: Event,
    /// The scan, where the route names it.
    pub scan_id: Option<ScanId>,
    /// The label of the secret in the header, if that check passed.
    pub header_secret: Option<Arc<str>>,
    /// The label of the secret in the developer payload, if that check passed.
    pub developer_payload: Option<Arc<str>>,
}

/// A request was refused.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub struct Refusal {
    reason: Reason,
}

impl Refusal {
    pub(crate) const fn new(reason: Reason) -> Self {
        Self { reason }
    }

    /// Why.
    #[must_use]
    pub const fn reason(self) -> Reason {
        self.reason
    }

    /// The HTTP status to answer with.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.reason.answer().status()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {}", self.reason)
    }
}
