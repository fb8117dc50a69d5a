//! What happens when.

use alloc::collections::BTreeMap;

/// Things to happen, by time and, at the same time, in the order in which they were planned.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    items: BTreeMap<(u64, u64), T>,
    planned: u64,
}

impl<T> Agenda<T> {
    pub(crate) fn new() -> Self {
        Self {
            items: BTreeMap::new(),
            planned: 0,
        }
    }

    pub(crate) fn plan(&mut self, at: u64, item: T) {
        self.items.insert((at, self.planned), item);
        self.planned += 1;
    }

    pub(crate) fn next(&mut self) -> Option<(u64, T)> {
        let ((at, _), item) = self.items.pop_first()?;
        Some((at, item))
    }
}
