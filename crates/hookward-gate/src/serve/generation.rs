//! What a configuration that is in force comes to, for those who only look at it.

use std::sync::Arc;

use arc_swap::ArcSwap;
use hookward::{Check, Guard};
use hookward_hyper::{BufferBudget, SharedLists};

use crate::refreshed::Watched;
use crate::serve::usage::Usage;

/// The guard, and the lists that it judges by. They belong together, and are swapped together.
pub(crate) struct Generation {
    pub(crate) guard: Arc<Guard>,
    pub(crate) lists: SharedLists,
    /// The lists that are fetched, each with the check that needs it.
    pub(crate) watched: Vec<(Check, Arc<dyn Watched>)>,
    /// What requests that wait for their bodies may take.
    pub(crate) budget: BufferBudget,
    pub(crate) usage: Arc<Usage>,
}

/// The generation that is in force.
pub(crate) type Current = Arc<ArcSwap<Generation>>;
