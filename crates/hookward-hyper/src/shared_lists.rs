use alloc::sync::Arc;

use arc_swap::ArcSwap;
use hookward::Lists;

/// The lists that all requests are judged by, swapped whole.
///
/// A request takes the lists that are current when it is judged, so that a change takes effect on
/// the next request of every connection. Clones share the same lists.
#[derive(Clone, Debug, Default)]
pub struct SharedLists(Arc<ArcSwap<Lists>>);

impl SharedLists {
    /// Shares `lists`.
    #[must_use]
    pub fn new(lists: Lists) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(lists)))
    }

    /// The lists that are current now.
    #[must_use]
    pub fn load(&self) -> Arc<Lists> {
        self.0.load_full()
    }

    /// Puts `lists` in place of the current ones.
    pub fn store(&self, lists: Lists) {
        self.0.store(Arc::new(lists));
    }

    /// Changes the lists. When several change them at the same time, `change` is called again on
    /// what the others have made of them, so that no change is lost.
    pub fn update(&self, mut change: impl FnMut(&mut Lists)) {
        self.0.rcu(|current| {
            let mut lists = Lists::clone(current);
            change(&mut lists);
            lists
        });
    }
}
