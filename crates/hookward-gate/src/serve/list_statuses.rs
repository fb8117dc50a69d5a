//! How the lists are doing.

use std::sync::Arc;

use hookward::{Check, Lists, UnixTime};

use crate::refreshed::{ADDRESSES, ListStatus, THUMBPRINTS, Watched};

/// The lists that are fetched, and those of the configuration.
pub(crate) fn all(
    watched: &[(Check, Arc<dyn Watched>)],
    lists: &Lists,
    now: UnixTime,
) -> Vec<ListStatus> {
    let fetched = |check| watched.iter().any(|(other, _)| *other == check);
    let mut all: Vec<ListStatus> = watched.iter().map(|(_, list)| list.status(now)).collect();
    if let Some(list) = &lists.thumbprints
        && !fetched(Check::ClientCertificate)
    {
        let entries = list.list().iter();
        all.push(ListStatus::configured(THUMBPRINTS, entries, list, now));
    }
    if let Some(list) = &lists.addresses
        && !fetched(Check::SourceAddress)
    {
        let entries = list.list().entries();
        all.push(ListStatus::configured(ADDRESSES, entries, list, now));
    }
    all
}
