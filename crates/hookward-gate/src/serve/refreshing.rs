//! Keeping the lists current while the gate serves.

use std::sync::Arc;

use hookward::Check;
use hookward_hyper::SharedLists;
use hookward_reqwest::DriverError;
use tokio::task::JoinSet;

use crate::refreshed::{Driven, Refresh, Watched};
use crate::state::StateDirectory;

/// Every list that is fetched.
pub(crate) struct Refreshing(Vec<Driven>);

impl Refreshing {
    /// Puts the lists as they were kept into `lists`.
    pub(crate) fn start(
        refreshed: &[Box<dyn Refresh>],
        state: &StateDirectory,
        lists: &SharedLists,
    ) -> Result<Self, DriverError> {
        refreshed
            .iter()
            .map(|list| list.start(state, lists))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// No lists.
    pub(crate) const fn nothing() -> Self {
        Self(Vec::new())
    }

    /// The lists, each with the check that needs it.
    pub(crate) fn watched(&self) -> Vec<(Check, Arc<dyn Watched>)> {
        self.0
            .iter()
            .map(|list| (list.check, Arc::clone(&list.watched)))
            .collect()
    }

    /// Keeps the lists current for as long as it is polled.
    pub(crate) async fn run(self) {
        let mut drivers = JoinSet::new();
        let mut names = Vec::new();
        for list in self.0 {
            names.push((drivers.spawn(list.driver).id(), list.name));
        }
        while let Some(Err(error)) = drivers.join_next().await {
            let name = names.iter().find(|(id, _)| *id == error.id());
            tracing::error!(
                list = name.map(|(_, name)| name),
                %error,
                "the list is not kept current any more: it expires by its date; restart the gate"
            );
        }
    }
}
