//! The open containers, few enough for a word.

use core::hint::select_unpredictable;

/// One bit for each open container, the innermost lowest, below a bit that marks the bottom; a set bit is an array.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Nesting(u64);

/// What the brackets of a block come to.
pub(crate) struct Brackets {
    /// `{` and `[`
    pub(crate) open: u64,
    /// `}` and `]`
    pub(crate) close: u64,
    /// `{` and `}`; what it says of other bytes means nothing.
    pub(crate) curly: u64,
    /// What is open behind the last of them. It means nothing if more was closed than is open, or more opened than there is room
    /// for.
    pub(crate) nesting: Nesting,
    /// As deep as the deepest on the way, and as the first that there was no room for.
    pub(crate) deepest: Nesting,
    /// The bytes whose innermost container is an object. An opening bracket stands in the container around its own, a closing one
    /// in its own.
    pub(crate) objects: u64,
    /// The bytes whose innermost container is the outermost.
    pub(crate) outermost: u64,
}

impl Nesting {
    /// How many containers there is room for.
    pub(crate) const ROOM: u8 = 62;

    /// The outermost object.
    pub(crate) const OUTERMOST: Self = Self(0b10);

    /// `depth` containers, the kinds of which are in the lowest bits of `arrays`.
    pub(crate) const fn new(arrays: u64, depth: u8) -> Self {
        Self(arrays | 1 << depth)
    }

    /// How many containers are open.
    pub(crate) fn depth(self) -> u8 {
        self.0.ilog2() as u8
    }

    /// One bit for each open container, the innermost lowest; a set bit is an array.
    pub(crate) fn arrays(self) -> u64 {
        self.0 ^ (1 << self.depth())
    }

    /// What no brackets at all come to.
    #[inline(always)]
    pub(crate) fn without_brackets(self) -> Brackets {
        Brackets {
            open: 0,
            close: 0,
            curly: 0,
            nesting: self,
            deepest: self,
            objects: self.is_object(),
            outermost: self.is_outermost(),
        }
    }

    /// Goes through the `brackets` of a block, which `open` and `curly` tell apart; what these say of other bytes means nothing.
    /// Whether one opens or closes decides no branch: nobody could foretell it.
    #[inline(always)]
    pub(crate) fn read(self, brackets: u64, open: u64, curly: u64) -> Brackets {
        let Self(mut deepest) = self;
        let mut nesting = self;
        let mut objects = self.is_object();
        let mut outermost = self.is_outermost();
        let mut rest = brackets;
        while rest != 0 {
            let bracket = rest & rest.wrapping_neg();
            rest ^= bracket;
            nesting = nesting.behind(open & bracket != 0, curly & bracket == 0);
            // what holds behind this bracket, until the next says otherwise
            let behind = (bracket << 1).wrapping_neg();
            objects ^= (objects ^ nesting.is_object()) & behind;
            outermost ^= (outermost ^ nesting.is_outermost()) & behind;
            deepest |= nesting.0;
        }
        Brackets {
            open: brackets & open,
            close: brackets & !open,
            curly,
            nesting,
            deepest: Self(deepest),
            objects,
            outermost,
        }
    }

    /// What is open behind a bracket.
    #[inline(always)]
    fn behind(self, opens: bool, square: bool) -> Self {
        let opened = self.0 << 1 | u64::from(square);
        Self(select_unpredictable(opens, opened, self.0 >> 1))
    }

    /// All bits if the innermost container is an object, or none.
    fn is_object(self) -> u64 {
        (self.0 & 1).wrapping_sub(1)
    }

    /// All bits if no more than the outermost container is open, or none.
    fn is_outermost(self) -> u64 {
        u64::from(self.0 < 0b100).wrapping_neg()
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use super::*;
    use crate::classes::BLOCK;

    fn read(nesting: Nesting, text: &str) -> Brackets {
        let which = |class: &str| mask(text, |byte| class.contains(char::from(byte)));
        nesting.read(which("{[}]"), which("{["), which("{}"))
    }

    fn mask(text: &str, class: impl Fn(u8) -> bool) -> u64 {
        (0..text.len())
            .filter(|&at| class(text.as_bytes()[at]))
            .fold(0, |mask, at| mask | 1 << at)
    }

    #[test]
    fn every_byte_is_in_the_container_around_it() {
        let text = "a,{b,[1,2],{c}},d";
        let objects = "ooooooaaaaooooooo";
        let outermost = "111------------11";
        let brackets = read(Nesting::OUTERMOST, text);
        let all = mask(text, |_| true);
        assert_eq!(brackets.objects & all, mask(objects, |byte| byte == b'o'));
        assert_eq!(
            brackets.outermost & all,
            mask(outermost, |byte| byte == b'1')
        );
        assert_eq!(brackets.nesting, Nesting::OUTERMOST);
        assert_eq!(brackets.deepest.depth(), 3);
    }

    #[test]
    fn what_is_open_is_remembered_in_order() {
        let brackets = read(Nesting::OUTERMOST, "[{[[");
        assert_eq!(brackets.nesting, Nesting::new(0b01011, 5));
        assert_eq!(
            read(brackets.nesting, "]]}[").nesting,
            Nesting::new(0b011, 3)
        );
        assert_eq!(
            (brackets.nesting.depth(), brackets.nesting.arrays()),
            (5, 0b01011)
        );
    }

    #[test]
    fn too_deep_is_seen_however_deep_it_goes() {
        let deepest = Nesting::new((1 << Nesting::ROOM) - 1, Nesting::ROOM);
        for outer in 1..=Nesting::ROOM {
            for inner in 1..=BLOCK / 2 {
                let text = "[".repeat(inner) + &"]".repeat(inner);
                let brackets = read(Nesting::new(0, outer), &text);
                let fits = usize::from(outer) + inner <= Nesting::ROOM.into();
                assert_eq!(brackets.deepest <= deepest, fits, "{outer} {inner}");
            }
        }
    }
}
