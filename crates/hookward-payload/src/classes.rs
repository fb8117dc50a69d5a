//! Which bytes of a block belong to which class, one bit for each byte, the first byte lowest.

/// How many bytes a block has: one for each bit of a mask.
pub(crate) const BLOCK: usize = u64::BITS as usize;

/// The bytes that matter within strings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TextClasses {
    pub(crate) quotes: u64,
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
    /// `{` and `[`
    pub(crate) open: u64,
    /// `}` and `]`
    pub(crate) close: u64,
    /// `{` and `}`; what it says of other bytes means nothing.
    pub(crate) curly: u64,
    pub(crate) colons: u64,
    pub(crate) commas: u64,
    pub(crate) white: u64,
}

/// The bytes of integers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct IntegerClasses {
    pub(crate) digits: u64,
    pub(crate) zeros: u64,
    pub(crate) minuses: u64,
}

/// The letters of `true`, `false` and `null`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LetterClasses {
    pub(crate) a: u64,
    pub(crate) e: u64,
    pub(crate) f: u64,
    pub(crate) l: u64,
    pub(crate) n: u64,
    pub(crate) r: u64,
    pub(crate) s: u64,
    pub(crate) t: u64,
    pub(crate) u: u64,
}

impl LetterClasses {
    /// What `equal` says of each letter.
    #[inline(always)]
    pub(crate) fn new(mut equal: impl FnMut(u8) -> u64) -> Self {
        Self {
            a: equal(b'a'),
            e: equal(b'e'),
            f: equal(b'f'),
            l: equal(b'l'),
            n: equal(b'n'),
            r: equal(b'r'),
            s: equal(b's'),
            t: equal(b't'),
            u: equal(b'u'),
        }
    }
}

/// Sorts the bytes of a block.
pub(crate) trait Classify: Copy {
    /// A block in the form that this implementation works on.
    type Block: Copy;

    fn load(self, bytes: &[u8; BLOCK]) -> Self::Block;
    fn text(self, block: Self::Block) -> TextClasses;
    fn escapes(self, block: Self::Block) -> EscapeClasses;
    fn punctuation(self, block: Self::Block) -> PunctuationClasses;
    fn integers(self, block: Self::Block) -> IntegerClasses;
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

    fn text(self, block: Self::Block) -> TextClasses {
        TextClasses {
            quotes: which(&block, |byte| byte == b'"'),
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
            open: which(&block, |byte| b"{[".contains(&byte)),
            close: which(&block, |byte| b"}]".contains(&byte)),
            curly: which(&block, |byte| b"{}".contains(&byte)),
            colons: which(&block, |byte| byte == b':'),
            commas: which(&block, |byte| byte == b','),
            white: which(&block, |byte| b" \t\n\r".contains(&byte)),
        }
    }

    fn integers(self, block: Self::Block) -> IntegerClasses {
        IntegerClasses {
            digits: which(&block, |byte| byte.is_ascii_digit()),
            zeros: which(&block, |byte| byte == b'0'),
            minuses: which(&block, |byte| byte == b'-'),
        }
    }

    fn letters(self, block: Self::Block) -> LetterClasses {
        LetterClasses::new(|letter| which(&block, |byte| byte == letter))
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
