//! What requests tell of a list that is behind.

use std::sync::Arc;

use hookward::{Answer, Check, Outcome, Reason, Trial};
use hookward_hyper::{Observer, Record};

use crate::refreshed::Watched;

/// Hints at the lists for want of which a request could not be judged, and passes every decision
/// on.
///
/// A request that is refused for other reasons hints at nothing, so that it does not spend what
/// hints may cost.
pub(crate) struct Hints<O> {
    /// The lists that are fetched, each with the check that needs it.
    pub(crate) lists: Vec<(Check, Arc<dyn Watched>)>,
    pub(crate) next: O,
}

impl<O: Observer> Observer for Hints<O> {
    fn decided(&self, record: &Record<'_>) {
        let decision = record.decision;
        if decision.reason().map(Reason::answer) == Some(Answer::ServiceUnavailable) {
            for (check, outcome) in decision.outcomes() {
                if let Outcome::Unavailable(_) = outcome {
                    let needed = self.lists.iter().filter(|(other, _)| *other == check);
                    needed.for_each(|(_, list)| list.hint());
                }
            }
        }
        self.next.decided(record);
    }

    fn tried(&self, trial: &Trial<'_>) {
        self.next.tried(trial);
    }
}
