use core::time::Duration;

use hookward::Decision;

use crate::peer::Peer;

/// Is told of every decision, for logs and metrics.
///
/// It is called once per request, before the request goes on or is answered, on the task of the
/// request: it has to return quickly. What it learns holds no secrets.
pub trait Observer: Send + Sync {
    /// A request was judged.
    fn decided(&self, record: &Record<'_>);
}

/// How one request was judged.
#[derive(Debug)]
#[non_exhaustive]
pub struct Record<'a> {
    /// The decision: verdict, reason, route, scan, outcomes, and how much of the body was judged.
    pub decision: &'a Decision<'a>,
    /// The connection. `None` when nobody said what the request came over.
    pub peer: Option<&'a Peer>,
    /// How many bytes of the body arrived before the decision.
    pub body_received: u64,
    /// The time from the head to the decision, waiting for the body included.
    pub elapsed: Duration,
}

/// Observes nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn decided(&self, _: &Record<'_>) {}
}
