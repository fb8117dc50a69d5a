//! Where the strings of a block are, and whether their text is right.

use crate::classes::{BLOCK, Classify, TextClasses};

/// The text of a block.
pub(crate) struct Text {
    /// The quotes that start and end strings.
    pub(crate) quotes: u64,
    /// Each string with its opening quote and without its closing one.
    pub(crate) strings: u64,
    pub(crate) backslashes: u64,
    /// How many bytes are whole characters and escapes.
    pub(crate) len: usize,
    /// Broken escapes, and control characters in strings.
    pub(crate) errors: u64,
}

impl Text {
    /// Reads the text of a block, at the start of which a string goes on if `string` is 1 and not 0, or nothing if the block is not
    /// UTF-8.
    #[inline(always)]
    pub(crate) fn read<C: Classify>(
        classes: C,
        block: C::Block,
        bytes: &[u8; BLOCK],
        string: u64,
    ) -> Option<Self> {
        let quotes = classes.quotes(block);
        if classes.is_plain(block) {
            return Some(Self {
                quotes,
                strings: strings(classes, quotes, string),
                backslashes: 0,
                len: BLOCK,
                errors: 0,
            });
        }
        Self::read_unusual(classes, block, bytes, quotes, string)
    }

    /// Reads the text of a block that has some of the [`TextClasses`].
    #[inline(always)]
    fn read_unusual<C: Classify>(
        classes: C,
        block: C::Block,
        bytes: &[u8; BLOCK],
        mut quotes: u64,
        string: u64,
    ) -> Option<Self> {
        let TextClasses {
            backslashes,
            controls,
            non_ascii,
        } = classes.text(block);
        let mut len = BLOCK;
        let mut errors = 0;
        if non_ascii != 0 {
            if !classes.is_utf8(block) {
                return None;
            }
            len = whole_characters(bytes);
        }
        if backslashes != 0 {
            let escapes = classes.escapes(block);
            let starts = escape_starts(backslashes);
            let escaped = starts << 1;
            let unicode = escaped & escapes.unicode;
            let digits = unicode << 1 | unicode << 2 | unicode << 3 | unicode << 4;
            errors |= escaped & !(escapes.short | escapes.unicode);
            errors |= digits & !escapes.hexadecimal;
            quotes &= !escaped;
            let cut = starts & (1 << 63) | unicode >> 1 & (0xF << 59);
            len = len.min(cut.trailing_zeros() as usize);
        }
        let strings = strings(classes, quotes, string);
        errors |= controls & strings;
        Some(Self {
            quotes,
            strings,
            backslashes,
            len,
            errors,
        })
    }
}

/// Each string with its opening quote and without its closing one.
#[inline(always)]
fn strings(classes: impl Classify, quotes: u64, string: u64) -> u64 {
    classes.parity(quotes) ^ string.wrapping_neg()
}

/// Every other backslash of each run, from its first.
fn escape_starts(backslashes: u64) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let run_starts = backslashes & !(backslashes << 1);
    // a carry runs through each run that starts at an even place, and clears it
    let others = backslashes & backslashes.wrapping_add(run_starts & EVEN);
    (backslashes & !others & EVEN) | (others & !EVEN)
}

/// How many of the bytes, which are UTF-8 but for a last character that is cut short, are whole characters.
fn whole_characters(bytes: &[u8; BLOCK]) -> usize {
    let [.., third_last, second_last, last] = *bytes;
    if last >= 0xC0 {
        BLOCK - 1
    } else if second_last >= 0xE0 {
        BLOCK - 2
    } else if third_last >= 0xF0 {
        BLOCK - 3
    } else {
        BLOCK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_backslash_of_a_run_starts_an_escape() {
        for start in 0..60 {
            for len in 0..=64 - start {
                let runs = (1_u64.unbounded_shl(len).wrapping_sub(1)) << start | 1 << 62;
                let mut expected = 0;
                let mut at = 0;
                while at < 64 {
                    if runs >> at & 1 == 1 {
                        expected |= 1 << at;
                        at += 1;
                    }
                    at += 1;
                }
                assert_eq!(escape_starts(runs), expected, "{runs:b}");
            }
        }
    }
}
