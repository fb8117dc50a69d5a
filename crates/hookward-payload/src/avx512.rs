//! The classes of a block with AVX-512.

use core::arch::x86_64::*;

use crate::classes::{
    BLOCK, BracketClasses, CURLY, DigitClasses, EscapeClasses, LetterClasses, OPEN,
    PunctuationClasses, TextClasses,
};
use crate::ill_formed::{FIRST_HIGH, FIRST_LOW, SECOND_HIGH};
use crate::literal::{second, two_on};

pub(crate) type Block = __m512i;

/// A table of what the expression makes of each place in it.
macro_rules! table {
    (|$at:ident| $entry:expr) => {{
        const TABLE: [u8; BLOCK] = {
            let mut table = [0; BLOCK];
            let mut place = 0;
            while place < BLOCK {
                let $at = place as u8;
                table[place] = $entry;
                place += 1;
            }
            table
        };
        load(TABLE)
    }};
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(crate) fn quotes(block: Block) -> u64 {
    equal(block, b'"')
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(crate) fn is_plain(block: Block) -> bool {
    // what is not ASCII is negative
    let others = _mm512_cmplt_epi8_mask(block, splat(0x20));
    others | equal(block, b'\\') == 0
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(crate) fn text(block: Block) -> TextClasses {
    TextClasses {
        backslashes: equal(block, b'\\'),
        controls: _mm512_cmplt_epu8_mask(block, splat(0x20)),
        non_ascii: _mm512_movepi8_mask(block),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(crate) fn escapes(block: Block) -> EscapeClasses {
    const SHORT: u8 = 1;
    const UNICODE: u8 = 2;
    const HEXADECIMAL: u8 = 4;

    const fn classes_of(byte: u8) -> u8 {
        match byte {
            b'b' | b'f' => SHORT | HEXADECIMAL,
            b'"' | b'\\' | b'/' | b'n' | b'r' | b't' => SHORT,
            b'u' => UNICODE,
            _ if byte.is_ascii_hexdigit() => HEXADECIMAL,
            _ => 0,
        }
    }
    let (low, high) = (
        table!(|at| classes_of(at)),
        table!(|at| classes_of(at + 64)),
    );
    // seven bits of a byte are looked up; the eighth says that it is of no class
    let ascii = !_mm512_movepi8_mask(block);
    let classes = _mm512_maskz_permutex2var_epi8(ascii, low, block, high);
    let of = |class| _mm512_test_epi8_mask(classes, splat(class));
    EscapeClasses {
        short: of(SHORT),
        unicode: of(UNICODE),
        hexadecimal: of(HEXADECIMAL),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(crate) fn punctuation(block: Block) -> PunctuationClasses {
    // six bits of a byte are looked up: the byte itself where it is of the class, or else what it is not
    let curly = table!(|at| match at + 0x40 {
        b'{' | b'}' => at + 0x40,
        _ => !at,
    });
    PunctuationClasses {
        brackets: itself(curly, _mm512_or_si512(block, splat(CURLY))),
        colons: equal(block, b':'),
        commas: equal(block, b','),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(crate) fn white(block: Block) -> u64 {
    let white = table!(|at| match at {
        b' ' | b'\t' | b'\n' | b'\r' => at,
        _ => !at,
    });
    itself(white, block)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(crate) fn brackets(block: Block) -> BracketClasses {
    BracketClasses {
        open: _mm512_test_epi8_mask(block, splat(OPEN)),
        curly: _mm512_test_epi8_mask(block, splat(CURLY)),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(crate) fn digits(block: Block) -> DigitClasses {
    DigitClasses {
        digits: _mm512_cmple_epu8_mask(_mm512_sub_epi8(block, splat(b'0')), splat(9)),
        zeros: equal(block, b'0'),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(crate) fn minuses(block: Block) -> u64 {
    equal(block, b'-')
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(crate) fn letters(block: Block) -> LetterClasses {
    let first = table!(|at| match second(at + 0x40) {
        0 => !at,
        _ => at + 0x40,
    });
    let before = |places| _mm512_permutexvar_epi8(places, block);
    let next = |before, table| _mm512_permutexvar_epi8(before, table);
    // nothing is before the first bytes of the block, and what is said of them means nothing
    let one_before = before(table!(|at| at.wrapping_sub(1)));
    let two_before = before(table!(|at| at.wrapping_sub(2)));
    let second = next(one_before, table!(|at| second(at + 0x40)));
    let two_on = next(two_before, table!(|at| two_on(at + 0x40)));
    LetterClasses {
        first: itself(first, block),
        second: _mm512_cmpeq_epi8_mask(block, second),
        two_on: _mm512_cmpeq_epi8_mask(block, two_on),
        f: equal(block, b'f'),
        e: equal(block, b'e'),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(crate) fn is_utf8(block: Block) -> bool {
    // a block starts with a character, so it is as if ASCII stood before it
    let before = |distance: usize, places| {
        _mm512_maskz_permutexvar_epi8(u64::MAX << distance, places, block)
    };
    let one_before = before(1, table!(|at| at.wrapping_sub(1)));
    let two_before = before(2, table!(|at| at.wrapping_sub(2)));
    let three_before = before(3, table!(|at| at.wrapping_sub(3)));

    // six bits of a byte are looked up, and the tables repeat after four
    let high = |bytes| _mm512_srli_epi16::<4>(bytes);
    let of = |halves, ways| _mm512_permutexvar_epi8(halves, ways);
    let first_high = of(high(one_before), table!(|at| FIRST_HIGH[at as usize % 16]));
    let first_low = of(one_before, table!(|at| FIRST_LOW[at as usize % 16]));
    let second_high = of(high(block), table!(|at| SECOND_HIGH[at as usize % 16]));
    let pairs = _mm512_and_si512(_mm512_and_si512(first_high, first_low), second_high);

    // the top bit is set behind a lead of three or four bytes, where two continuations are right and anything else is wrong
    let third = _mm512_subs_epu8(two_before, splat(0xE0 - 0x80));
    let fourth = _mm512_subs_epu8(three_before, splat(0xF0 - 0x80));
    let continued = _mm512_and_si512(_mm512_or_si512(third, fourth), splat(0x80));
    _mm512_cmpneq_epi8_mask(pairs, continued) == 0
}

/// Where looking a byte up brings the byte.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn itself(table: __m512i, block: Block) -> u64 {
    _mm512_cmpeq_epi8_mask(block, _mm512_permutexvar_epi8(block, table))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(table: [u8; BLOCK]) -> __m512i {
    let (words, _) = table.as_chunks();
    let [a, b, c, d, e, f, g, h] = core::array::from_fn(|at| i64::from_le_bytes(words[at]));
    _mm512_setr_epi64(a, b, c, d, e, f, g, h)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(byte: u8) -> __m512i {
    _mm512_set1_epi8(byte.cast_signed())
}

/// Where `byte` stands.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn equal(block: Block, byte: u8) -> u64 {
    _mm512_cmpeq_epi8_mask(block, splat(byte))
}
