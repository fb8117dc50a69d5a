//! Where in the document a block starts or ends.

use crate::expected::{Expected, Member};

/// Where a block starts or ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// Between two tokens, inside the outermost object.
    Between(Expected),
    /// In the text of a key two or more levels deep.
    Key,
    /// In the text of a skipped value.
    Value,
}

/// What stands before a block, each as its lowest bit: 1 or 0. A token may be two of them: the end of a key is an end as well.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Before {
    /// An opening quote without its closing one.
    pub(crate) string: u64,
    /// That of a key. Implies `string`.
    pub(crate) key: u64,
    /// The end of a key or of a value.
    pub(crate) end: u64,
    /// The end of a key.
    pub(crate) key_end: u64,
    /// An opening bracket.
    pub(crate) open: u64,
    /// `{`, or the comma of an object: a key has to follow.
    pub(crate) member: u64,
}

impl From<Place> for Before {
    fn from(place: Place) -> Self {
        let mut before = Self::default();
        match place {
            Place::Key => (before.string, before.key) = (1, 1),
            Place::Value => before.string = 1,
            Place::Between(expected) => match expected {
                Expected::FirstKey => (before.open, before.member) = (1, 1),
                Expected::FirstElement => before.open = 1,
                Expected::NextKey => before.member = 1,
                Expected::Colon(_) => (before.end, before.key_end) = (1, 1),
                Expected::Separator => before.end = 1,
                Expected::Value(_) | Expected::Root | Expected::End => {}
            },
        }
        before
    }
}

impl From<Before> for Place {
    fn from(before: Before) -> Self {
        if before.string == 1 {
            return if before.key == 1 {
                Self::Key
            } else {
                Self::Value
            };
        }
        Self::Between(match before {
            Before { key_end: 1, .. } => Expected::Colon(Member::Other),
            Before { end: 1, .. } => Expected::Separator,
            Before {
                open: 1, member: 1, ..
            } => Expected::FirstKey,
            Before { open: 1, .. } => Expected::FirstElement,
            Before { member: 1, .. } => Expected::NextKey,
            _ => Expected::Value(Member::Other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_survive_the_masks() {
        for place in [
            Place::Key,
            Place::Value,
            Place::Between(Expected::FirstKey),
            Place::Between(Expected::NextKey),
            Place::Between(Expected::Colon(Member::Other)),
            Place::Between(Expected::Value(Member::Other)),
            Place::Between(Expected::FirstElement),
            Place::Between(Expected::Separator),
        ] {
            assert_eq!(Place::from(Before::from(place)), place);
        }
    }
}
