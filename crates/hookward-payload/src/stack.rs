//! The containers that are open.

use crate::PayloadErrorKind;
use crate::nesting::Nesting;

/// The deepest nesting that the bits have room for.
pub(crate) const MAX_DEPTH: u8 = 128;

/// What a container is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Container {
    Object,
    Array,
}

/// One bit for each open container, the innermost lowest; a set bit is an array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContainerStack {
    bits: u128,
    depth: u8,
    limit: u8,
}

impl ContainerStack {
    /// An empty stack that takes [`MAX_DEPTH`] containers.
    pub(crate) fn new() -> Self {
        Self {
            bits: 0,
            depth: 0,
            limit: MAX_DEPTH,
        }
    }

    /// Takes up to `limit` containers from now on, and never more than [`MAX_DEPTH`].
    pub(crate) fn set_limit(&mut self, limit: u8) {
        self.limit = limit.min(MAX_DEPTH);
    }

    /// Opens `container` inside the innermost one.
    pub(crate) fn push(&mut self, container: Container) -> Result<(), PayloadErrorKind> {
        if self.depth >= self.limit {
            return Err(PayloadErrorKind::TooDeep { limit: self.limit });
        }
        self.bits = (self.bits << 1) | u128::from(container == Container::Array);
        self.depth += 1;
        Ok(())
    }

    /// Closes the innermost container, if one is open.
    pub(crate) fn pop(&mut self) {
        self.bits >>= 1;
        self.depth = self.depth.saturating_sub(1);
    }

    /// The open containers, if they fit a [`Nesting`].
    pub(crate) fn nesting(&self) -> Option<Nesting> {
        (self.depth <= Nesting::ROOM).then(|| Nesting::new(self.bits as u64, self.depth))
    }

    /// The deepest [`Nesting`] that is allowed.
    pub(crate) fn deepest_nesting(&self) -> Nesting {
        let depth = self.limit.min(Nesting::ROOM);
        Nesting::new((1 << depth) - 1, depth)
    }

    /// Has exactly the containers of `nesting` open.
    pub(crate) fn set_nesting(&mut self, nesting: Nesting) {
        self.bits = nesting.arrays().into();
        self.depth = nesting.depth();
    }

    /// The innermost open container.
    pub(crate) fn innermost(&self) -> Option<Container> {
        match (self.depth, self.bits & 1) {
            (0, _) => None,
            (_, 0) => Some(Container::Object),
            _ => Some(Container::Array),
        }
    }

    /// How many containers are open.
    pub(crate) fn depth(&self) -> u8 {
        self.depth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_one_of_128_levels_is_remembered() {
        let kind = |level: u8| match level % 3 {
            0 => Container::Array,
            _ => Container::Object,
        };
        let mut stack = ContainerStack::new();
        stack.set_limit(u8::MAX);
        for level in 0..MAX_DEPTH {
            assert_eq!(stack.push(kind(level)), Ok(()));
        }
        assert_eq!(
            stack.push(Container::Array),
            Err(PayloadErrorKind::TooDeep { limit: 128 })
        );
        for level in (0..MAX_DEPTH).rev() {
            assert_eq!(stack.depth(), level + 1);
            assert_eq!(stack.innermost(), Some(kind(level)));
            stack.pop();
        }
        assert_eq!((stack.depth(), stack.innermost()), (0, None));
    }

    #[test]
    fn whatever_is_within_the_limit_is_no_deeper_than_the_deepest() {
        for container in [Container::Object, Container::Array] {
            for limit in 1..=Nesting::ROOM {
                let mut stack = ContainerStack::new();
                stack.set_limit(limit);
                while stack.push(container).is_ok() {
                    assert!(stack.nesting() <= Some(stack.deepest_nesting()));
                }
                assert_eq!(stack.depth(), limit);
                assert_eq!(stack.nesting().map(Nesting::depth), Some(limit));
            }
        }
    }

    #[test]
    fn a_limit_of_zero_takes_nothing() {
        let mut stack = ContainerStack::new();
        stack.set_limit(0);
        assert_eq!(
            stack.push(Container::Object),
            Err(PayloadErrorKind::TooDeep { limit: 0 })
        );
    }
}
