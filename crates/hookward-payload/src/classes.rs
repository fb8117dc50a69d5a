//! Which bytes of a block belong to which class, one bit for each byte, the first byte lowest.

#[cfg(test)]
use crate::literal::{second, two_on};

/// How many bytes a block has: one for each bit of a mask.
pub(crate) const BLOCK: usize = u64::BITS as usize;

/// The bytes that text is seldom made of.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct TextClasses {
    pub(crate) backslashes: u64,
    /// Under 0x20.
    pub(crate) controls: u64,
    /// 0x80 and above.
    pub(crate) non_ascii: u64,
}

/// What may follow a backslash.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct EscapeClasses {
    /// `"\/bfnrt`, each an escape of its own.
    pub(crate) short: u64,
    /// `u`, which four hexadecimal digits follow.
    pub(crate) unicode: u64,
    pub(crate) hexadecimal: u64,
}

/// The bytes that stand for themselves between tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct PunctuationClasses {
    /// `{`, `[`, `}` and `]`
    pub(crate) brackets: u64,
    pub(crate) colons: u64,
    pub(crate) commas: u64,
}

/// The bit that `[` and `{`, and `]` and `}`, differ in.
pub(crate) const CURLY: u8 = b'[' ^ b'{';
/// A bit that opening brackets have and closing ones have not.
pub(crate) const OPEN: u8 = b'[' & b'{' & !b']' & !b'}';

/// What tells one bracket from another. What it says of other bytes means nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct BracketClasses {
    /// `{` and `[`
    pub(crate) open: u64,
    /// `{` and `}`
    pub(crate) curly: u64,
}

/// The bytes of most numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct DigitClasses {
    pub(crate) digits: u64,
    pub(crate) zeros: u64,
}

/// The letters of `true`, `false` and `null`, each where it may stand for what is before it in the block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LetterClasses {
    /// The first letter of each word.
    pub(crate) first: u64,
    /// The second letter of the word whose first letter is right before it. It means nothing where no first letter is.
    pub(crate) second: u64,
    /// The third or fourth letter of the word whose first or second letter is two before it. It means nothing where none is.
    pub(crate) two_on: u64,
    /// The first letter of the only word of five.
    pub(crate) f: u64,
    /// The last letter of that word.
    pub(crate) e: u64,
}

/// Sorts the bytes of a block.
pub(crate) trait Classify: Copy {
    /// A block in the form that this implementation works on.
    type Block: Copy;

    fn load(self, bytes: &[u8; BLOCK]) -> Self::Block;
    fn quotes(self, block: Self::Block) -> u64;

    /// Whether no byte is in one of the [`TextClasses`].
    fn is_plain(self, block: Self::Block) -> bool;

    fn text(self, block: Self::Block) -> TextClasses;
    fn escapes(self, block: Self::Block) -> EscapeClasses;
    fn punctuation(self, block: Self::Block) -> PunctuationClasses;
    fn white(self, block: Self::Block) -> u64;
    fn brackets(self, block: Self::Block) -> BracketClasses;
    fn digits(self, block: Self::Block) -> DigitClasses;
    fn minuses(self, block: Self::Block) -> u64;
    fn letters(self, block: Self::Block) -> LetterClasses;

    /// Whether the block starts with a character and is UTF-8, but for a last character that is cut short. A last byte that begins
    /// a character is not judged.
    fn is_utf8(self, block: Self::Block) -> bool;

    /// Whether the number of bits up to and including each is odd.
    fn parity(self, bits: u64) -> u64;
}

/// The safe twin of every faster implementation: what each class is, in plain words. Tests compare the others with it.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain;

#[cfg(test)]
impl Classify for Plain {
    type Block = [u8; BLOCK];

    fn load(self, bytes: &[u8; BLOCK]) -> Self::Block {
        *bytes
    }

    fn quotes(self, block: Self::Block) -> u64 {
        which(&block, |byte| byte == b'"')
    }

    fn is_plain(self, block: Self::Block) -> bool {
        self.text(block) == TextClasses::default()
    }

    fn text(self, block: Self::Block) -> TextClasses {
        TextClasses {
            backslashes: which(&block, |byte| byte == b'\\'),
            controls: which(&block, |byte| byte < 0x20),
            non_ascii: which(&block, |byte| byte >= 0x80),
        }
    }

    fn escapes(self, block: Self::Block) -> EscapeClasses {
        EscapeClasses {
            short: which(&block, |byte| br#""\/bfnrt"#.contains(&byte)),
            unicode: which(&block, |byte| byte == b'u'),
            hexadecimal: which(&block, |byte| byte.is_ascii_hexdigit()),
        }
    }

    fn punctuation(self, block: Self::Block) -> PunctuationClasses {
        PunctuationClasses {
            brackets: which(&block, |byte| b"{[}]".contains(&byte)),
            colons: which(&block, |byte| byte == b':'),
            commas: which(&block, |byte| byte == b','),
        }
    }

    fn white(self, block: Self::Block) -> u64 {
        which(&block, |byte| b" \t\n\r".contains(&byte))
    }

    fn brackets(self, block: Self::Block) -> BracketClasses {
        BracketClasses {
            open: which(&block, |byte| b"{[".contains(&byte)),
            curly: which(&block, |byte| b"{}".contains(&byte)),
        }
    }

    fn digits(self, block: Self::Block) -> DigitClasses {
        DigitClasses {
            digits: which(&block, |byte| byte.is_ascii_digit()),
            zeros: which(&block, |byte| byte == b'0'),
        }
    }

    fn minuses(self, block: Self::Block) -> u64 {
        which(&block, |byte| byte == b'-')
    }

    fn letters(self, block: Self::Block) -> LetterClasses {
        let behind = |distance, next: fn(u8) -> u8| {
            (distance..BLOCK)
                .filter(|&at| block[at] == next(block[at - distance]))
                .fold(0, |mask, at| mask | 1 << at)
        };
        LetterClasses {
            first: which(&block, |byte| b"tfn".contains(&byte)),
            second: behind(1, second),
            two_on: behind(2, two_on),
            f: which(&block, |byte| byte == b'f'),
            e: which(&block, |byte| byte == b'e'),
        }
    }

    fn is_utf8(self, block: Self::Block) -> bool {
        match str::from_utf8(&block) {
            Ok(_) => true,
            Err(error) if error.valid_up_to() == BLOCK - 1 => block[BLOCK - 1] >= 0xC0,
            Err(error) => error.error_len().is_none(),
        }
    }

    fn parity(self, bits: u64) -> u64 {
        [1, 2, 4, 8, 16, 32]
            .iter()
            .fold(bits, |bits, distance| bits ^ bits << distance)
    }
}

#[cfg(test)]
fn which(block: &[u8; BLOCK], class: impl Fn(u8) -> bool) -> u64 {
    (0..BLOCK)
        .filter(|&at| class(block[at]))
        .fold(0, |mask, at| mask | 1 << at)
}
