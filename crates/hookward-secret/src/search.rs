//! The search that takes the same time whatever it finds.

use subtle::{Choice, ConditionallySelectable};

/// Where the only true one of `comparisons` stands, the last place if there are several.
///
/// Every comparison is made, whichever one is true and whether or not any is. The branch at the
/// end tells a match from none, which is what the caller is about to tell the world.
pub(crate) fn position(comparisons: impl IntoIterator<Item = Choice>) -> Option<usize> {
    let mut found = Choice::from(0);
    let mut at = 0;
    for (index, same) in (0_u64..).zip(comparisons) {
        at.conditional_assign(&index, same);
        found |= same;
    }
    bool::from(found).then_some(at as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;
    use subtle::ConstantTimeEq;

    /// The position of `wanted` among 0..5, and the number of comparisons that it took.
    fn search(wanted: u8) -> (Option<usize>, usize) {
        let made = Cell::new(0);
        let compared = (0..5_u8).map(|value| {
            made.set(made.get() + 1);
            value.ct_eq(&wanted)
        });
        (position(compared), made.get())
    }

    #[test]
    fn every_comparison_is_made_wherever_the_match_stands() {
        for wanted in 0..5 {
            assert_eq!(search(wanted), (Some(usize::from(wanted)), 5));
        }
        assert_eq!(search(5), (None, 5));
    }

    #[test]
    fn nothing_stands_in_nothing() {
        assert_eq!(position([]), None);
    }
}
