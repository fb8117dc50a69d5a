//! Keeping the lists current while the gate serves, from one configuration to the next.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hookward::{Check, Lists};
use hookward_hyper::SharedLists;
use thiserror::Error;
use tokio::task::AbortHandle;

use crate::refreshed::{Destination, Driven, Refresh, Watched};
use crate::state::{StateDirectory, StateError};

/// Every list that is fetched. Dropping it stops them.
#[derive(Default)]
pub(crate) struct Refreshing {
    state: PathBuf,
    running: Vec<Running>,
}

/// A list that is kept current.
struct Running {
    list: Box<dyn Refresh>,
    watched: Arc<dyn Watched>,
    destination: Destination,
    task: AbortHandle,
}

/// What is to be fetched from now on. Nothing is fetched before it is in force.
pub(crate) struct Plan {
    state: PathBuf,
    lists: Vec<Planned>,
}

enum Planned {
    /// The list of this index goes on as it is.
    Kept(usize),
    New(Box<dyn Refresh>, Destination, Driven),
}

/// Why a list cannot be kept current.
#[derive(Debug, Error)]
pub(crate) enum RefreshingError {
    /// The directory that lists are kept in is not ours alone.
    #[error(transparent)]
    State(#[from] StateError),
    /// The list cannot be fetched, whatever the server says.
    #[error("cannot keep the lists current: {0}")]
    Driver(#[from] hookward_reqwest::DriverError),
}

impl Refreshing {
    /// Puts the lists as they are, or as they were kept on disk, into `lists`. Those that are
    /// configured as before go on, so that nothing is fetched because of a reload.
    pub(crate) fn plan(
        &self,
        wanted: Vec<Box<dyn Refresh>>,
        state: &Path,
        lists: &SharedLists,
    ) -> Result<Plan, RefreshingError> {
        let directory = match wanted.is_empty() {
            true => None,
            false => Some(StateDirectory::open(state)?),
        };
        let mut planned = Vec::new();
        for list in wanted {
            let kept = self
                .running
                .iter()
                .position(|running| state == self.state && running.list.is_same_as(list.as_ref()));
            planned.push(match (kept, &directory) {
                (Some(index), _) => {
                    let check = self.running[index].list.check();
                    self.running[index]
                        .destination
                        .add(lists, |from, to| copy(check, from, to));
                    Planned::Kept(index)
                }
                (None, Some(directory)) => {
                    let destination = Destination::new(lists.clone());
                    let driven = list.start(directory, destination.clone())?;
                    Planned::New(list, destination, driven)
                }
                (None, None) => continue,
            });
        }
        Ok(Plan {
            state: state.to_owned(),
            lists: planned,
        })
    }

    /// The lists of a plan, each with the check that needs it.
    pub(crate) fn watched(&self, plan: &Plan) -> Vec<(Check, Arc<dyn Watched>)> {
        let of = |planned: &Planned| match planned {
            Planned::Kept(index) => {
                let running = &self.running[*index];
                (running.list.check(), Arc::clone(&running.watched))
            }
            Planned::New(list, _, driven) => (list.check(), Arc::clone(&driven.watched)),
        };
        plan.lists.iter().map(of).collect()
    }

    /// Puts a plan of this one's own in force: what it leaves out is not fetched any more.
    pub(crate) fn commit(&mut self, plan: Plan) {
        let mut before: Vec<_> = core::mem::take(&mut self.running)
            .into_iter()
            .map(Some)
            .collect();
        self.state = plan.state;
        self.running = plan
            .lists
            .into_iter()
            .filter_map(|planned| match planned {
                Planned::Kept(index) => {
                    let running = before.get_mut(index)?.take()?;
                    running.destination.leave_the_former();
                    Some(running)
                }
                Planned::New(list, destination, driven) => {
                    Some(Running::start(list, destination, driven))
                }
            })
            .collect();
    }
}

impl Running {
    fn start(list: Box<dyn Refresh>, destination: Destination, driven: Driven) -> Self {
        let name = list.name();
        let driver = tokio::spawn(driven.driver);
        let task = driver.abort_handle();
        tokio::spawn(async move {
            if let Err(error) = driver.await
                && error.is_panic()
            {
                tracing::error!(
                    list = name,
                    %error,
                    "the list is not kept current any more: it expires by its date; restart the gate"
                );
            }
        });
        Self {
            list,
            watched: driven.watched,
            destination,
            task,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Copies the list that a check needs.
fn copy(check: Check, from: &Lists, to: &mut Lists) {
    match check {
        Check::ClientCertificate => to.thumbprints = from.thumbprints.clone(),
        Check::SourceAddress => to.addresses = from.addresses.clone(),
        Check::HeaderSecret | Check::DeveloperPayload => {}
    }
}
