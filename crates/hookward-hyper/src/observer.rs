use core::time::Duration;

use hookward::{Decision, Trial};

use crate::peer::Peer;

/// Is told of every decision, for logs and metrics.
///
/// It is called on the task of the request and has to return quickly. What it learns holds no
/// secrets.
pub trait Observer: Send + Sync {
    /// A request was judged. Called once per request, before it goes on or is answered.
    fn decided(&self, record: &Record<'_>);

    /// The trial of the route has come to an end. Called once for each decision that has a
    /// [trial](Decision::trial), after [`decided`](Self::decided): once the request was refused, or
    /// the service behind the guard has answered or was given up. What a body shows that streams
    /// is part of it if all of the body has passed by then.
    fn tried(&self, trial: &Trial<'_>) {
        let _ = trial;
    }
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
    /// The time that judging the head took.
    pub head: Duration,
    /// The time from the head to the decision, waiting for the body included.
    pub elapsed: Duration,
}

impl<'a> Record<'a> {
    /// A request that was decided at once, with nothing of its body.
    #[must_use]
    pub const fn new(decision: &'a Decision<'a>, peer: Option<&'a Peer>) -> Self {
        Self {
            decision,
            peer,
            body_received: 0,
            head: Duration::ZERO,
            elapsed: Duration::ZERO,
        }
    }
}

/// Observes nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn decided(&self, _: &Record<'_>) {}
}
