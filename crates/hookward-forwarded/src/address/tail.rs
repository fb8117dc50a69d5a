//! The right end of a list that may have any length.

/// The most proxies that a walk passes.
pub const MAX_HOPS: usize = 32;

/// An entry as it was found.
#[derive(Clone, Copy)]
pub(super) enum Entry<'a> {
    /// What should be an address, without whitespace around it.
    Node(&'a [u8]),
    /// Not of the form; what stands left of it cannot be told apart.
    Malformed,
}

/// The last entries that were pushed, [`MAX_HOPS`] at most, and how many there were.
pub(super) struct Tail<'a> {
    /// The entry number `n` stands at `n % MAX_HOPS`.
    ring: [Entry<'a>; MAX_HOPS],
    count: usize,
}

impl<'a> Tail<'a> {
    pub(super) const fn new() -> Self {
        Self {
            ring: [Entry::Malformed; MAX_HOPS],
            count: 0,
        }
    }

    pub(super) fn push(&mut self, entry: Entry<'a>) {
        self.ring[self.count % MAX_HOPS] = entry;
        self.count += 1;
    }

    /// How many entries were pushed.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// The kept entries, from the last to the first.
    pub(super) fn rightmost(&self) -> impl Iterator<Item = Entry<'a>> {
        let first = self.count.saturating_sub(MAX_HOPS);
        (first..self.count)
            .rev()
            .map(|number| self.ring[number % MAX_HOPS])
    }
}
