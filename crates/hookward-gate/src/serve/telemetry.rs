//! What the gate keeps of its requests, for as long as the process runs.

use std::sync::Arc;

use hookward::Guard;
use hookward_hyper::{BufferBudget, Clock, ConnectionCounts, Observer};

use crate::metrics::{Counted, Metrics, Reloads, State};
use crate::refreshed::ListStatus;
use crate::refusals::{Recorder, Recording, Refusals};
use crate::serve::usage::Usage;

/// Another configuration begins none of this anew.
#[derive(Debug)]
pub(crate) struct Telemetry {
    pub(crate) metrics: Arc<Metrics>,
    recorder: Arc<Recorder>,
    connections: [(&'static str, Arc<ConnectionCounts>); 3],
}

/// What takes connections.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Door {
    Webhooks,
    ForwardAuth,
    Admin,
}

impl Telemetry {
    pub(crate) fn new(clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            metrics: Metrics::new(),
            recorder: Recorder::new(clock),
            connections: ["webhooks", "forward_auth", "admin"].map(|name| (name, Arc::default())),
        })
    }

    /// Counts and records what `guard` decides, and passes it on.
    pub(crate) fn observer<O: Observer>(&self, guard: &Guard, next: O) -> Counted<Recording<O>> {
        let recorder = Arc::clone(&self.recorder);
        self.metrics.observer(guard, Recording { recorder, next })
    }

    /// Where the connections that come in there are counted.
    pub(crate) fn connections(&self, door: Door) -> Arc<ConnectionCounts> {
        let (_, counts) = &self.connections[door as usize];
        Arc::clone(counts)
    }

    /// The last requests that were refused.
    pub(crate) fn refusals(&self) -> Refusals {
        self.recorder.refusals()
    }

    /// Everything that is counted, and what is the case, as Prometheus reads it.
    pub(crate) fn metrics(
        &self,
        lists: &[ListStatus],
        secrets: &Usage,
        budget: &BufferBudget,
        reloads: Reloads,
    ) -> Result<String, core::fmt::Error> {
        self.metrics.encode(&State {
            lists,
            secrets,
            budget,
            connections: &self.connections,
            reloads,
        })
    }
}
