//! Where a list goes that is kept current.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hookward::Lists;
use hookward_hyper::SharedLists;

/// The lists that requests are judged by, of the configuration in force; and while another one is
/// about to be, those of that one as well.
///
/// Clones are the same destination.
#[derive(Clone, Debug)]
pub(crate) struct Destination(Arc<Mutex<Vec<SharedLists>>>);

impl Destination {
    pub(crate) fn new(lists: SharedLists) -> Self {
        Self(Arc::new(Mutex::new(vec![lists])))
    }

    /// Changes the lists everywhere.
    pub(crate) fn update(&self, change: impl Fn(&mut Lists)) {
        for lists in &*self.everywhere() {
            lists.update(&change);
        }
    }

    /// From now on goes to `next` as well, beginning with what is in force now. A change that comes
    /// meanwhile is not lost. An earlier one that was added in vain is forgotten.
    pub(crate) fn add(&self, next: &SharedLists, copy: impl Fn(&Lists, &mut Lists)) {
        let mut everywhere = self.everywhere();
        everywhere.truncate(1);
        if let Some(current) = everywhere.first().map(SharedLists::load) {
            next.update(|lists| copy(&current, lists));
        }
        everywhere.push(next.clone());
    }

    /// From now on goes only to what was added last.
    pub(crate) fn leave_the_former(&self) {
        let mut everywhere = self.everywhere();
        let former = everywhere.len().saturating_sub(1);
        everywhere.drain(..former);
    }

    fn everywhere(&self) -> MutexGuard<'_, Vec<SharedLists>> {
        // Nothing that holds the lock leaves a list half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use hookward::{Allowlist, Snapshot};

    use super::*;

    fn set(network: &'static str) -> impl Fn(&mut Lists) {
        let list = Allowlist::builder().text(network).build().unwrap();
        move |lists| lists.addresses = Some(Snapshot::fixed(list.clone()))
    }

    fn networks(lists: &SharedLists) -> Vec<String> {
        let lists = lists.load();
        let addresses = lists.addresses.iter();
        addresses
            .flat_map(|list| list.list().entries().map(|entry| entry.to_string()))
            .collect()
    }

    #[test]
    fn a_change_between_two_configurations_reaches_both_and_later_the_second_alone() {
        let (old, vain, new) = <(SharedLists, SharedLists, SharedLists)>::default();
        let destination = Destination::new(old.clone());
        let copy = |from: &Lists, to: &mut Lists| to.addresses = from.addresses.clone();
        destination.update(set("192.0.2.0/30"));
        destination.add(&vain, copy);
        destination.add(&new, copy);
        assert_eq!(networks(&new), ["192.0.2.0/30"]);
        destination.update(set("192.0.2.4/30"));
        assert_eq!(networks(&old), networks(&new));
        assert_eq!(networks(&vain), ["192.0.2.0/30"]);
        destination.leave_the_former();
        destination.update(set("192.0.2.8/30"));
        assert_eq!(networks(&old), ["192.0.2.4/30"]);
        assert_eq!(networks(&new), ["192.0.2.8/30"]);
    }
}
