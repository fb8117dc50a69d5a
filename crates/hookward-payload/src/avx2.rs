//! The classes of a block with AVX2.

use core::arch::x86_64::*;

use crate::classes::{
    BracketClasses, CURLY, DigitClasses, EscapeClasses, LetterClasses, OPEN, PunctuationClasses,
    TextClasses,
};
use crate::ill_formed::{FIRST_HIGH, FIRST_LOW, SECOND_HIGH};
use crate::literal::{second, two_on};

/// Bytes 0 to 31 and bytes 32 to 63.
pub(crate) type Block = [__m256i; 2];

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn quotes(block: Block) -> u64 {
    mask(block.map(|half| equal(half, splat(b'"'))))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn is_plain(block: Block) -> bool {
    let [low, high] = block.map(|half| {
        // what is not ASCII is negative
        let others = _mm256_cmpgt_epi8(splat(0x20), half);
        _mm256_or_si256(others, equal(half, splat(b'\\')))
    });
    let found = _mm256_or_si256(low, high);
    _mm256_testz_si256(found, found) != 0
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn text(block: Block) -> TextClasses {
    let last_control = splat(0x1F);
    TextClasses {
        backslashes: mask(block.map(|half| equal(half, splat(b'\\')))),
        controls: mask(block.map(|half| equal(_mm256_max_epu8(half, last_control), last_control))),
        non_ascii: mask(block),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn escapes(block: Block) -> EscapeClasses {
    // all but two of the letters differ in their low halves
    let letters = table(|low| match low {
        0x2 => b'b',
        0x4 => b't',
        0x6 => b'f',
        0xC => b'\\',
        0xE => b'n',
        0xF => b'/',
        _ => NO_ASCII,
    });
    EscapeClasses {
        short: mask(block.map(|half| {
            let others = _mm256_or_si256(equal(half, splat(b'"')), equal(half, splat(b'r')));
            _mm256_or_si256(equal(half, _mm256_shuffle_epi8(letters, half)), others)
        })),
        unicode: mask(block.map(|half| equal(half, splat(b'u')))),
        hexadecimal: mask(block.map(|half| {
            let lower = _mm256_or_si256(half, splat(0x20));
            _mm256_or_si256(within(half, b'0', 9), within(lower, b'a', 5))
        })),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn punctuation(block: Block) -> PunctuationClasses {
    let curly = table(|low| match low {
        0xB => b'{',
        0xD => b'}',
        _ => NO_ASCII,
    });
    PunctuationClasses {
        brackets: mask(block.map(|half| {
            let half = _mm256_or_si256(half, splat(CURLY));
            equal(half, _mm256_shuffle_epi8(curly, half))
        })),
        colons: mask(block.map(|half| equal(half, splat(b':')))),
        commas: mask(block.map(|half| equal(half, splat(b',')))),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn white(block: Block) -> u64 {
    let white = table(|low| match low {
        0x0 => b' ',
        0x9 => b'\t',
        0xA => b'\n',
        0xD => b'\r',
        _ => NO_ASCII,
    });
    mask(block.map(|half| equal(half, _mm256_shuffle_epi8(white, half))))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn brackets(block: Block) -> BracketClasses {
    // each moves its bit to the top
    BracketClasses {
        open: mask(block.map(|half| _mm256_slli_epi16::<{ OPEN.leading_zeros() as i32 }>(half))),
        curly: mask(block.map(|half| _mm256_slli_epi16::<{ CURLY.leading_zeros() as i32 }>(half))),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn digits(block: Block) -> DigitClasses {
    DigitClasses {
        digits: mask(block.map(|half| within(half, b'0', 9))),
        zeros: mask(block.map(|half| equal(half, splat(b'0')))),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn minuses(block: Block) -> u64 {
    mask(block.map(|half| equal(half, splat(b'-'))))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn letters(block: Block) -> LetterClasses {
    // the first and second letters of words, which differ in their low halves
    const LETTERS: [u8; 16] = *b"\0ar\0tuf\0\0\0\0\0\0\0n\0";

    let first = table(|low| match second(LETTERS[low as usize]) {
        0 => NO_ASCII,
        _ => LETTERS[low as usize],
    });
    let second = table(|low| second(LETTERS[low as usize]));
    let two_on = table(|low| two_on(LETTERS[low as usize]));
    let [low, high] = block;
    let [before_low, before_high] = [last_16(low, low), last_16(low, high)];
    let one_before = [
        _mm256_alignr_epi8::<15>(low, before_low),
        _mm256_alignr_epi8::<15>(high, before_high),
    ];
    let two_before = [
        _mm256_alignr_epi8::<14>(low, before_low),
        _mm256_alignr_epi8::<14>(high, before_high),
    ];
    let behind = |before: Block, table| {
        mask([0, 1].map(|half: usize| equal(block[half], _mm256_shuffle_epi8(table, before[half]))))
    };
    LetterClasses {
        first: behind(block, first),
        second: behind(one_before, second),
        two_on: behind(two_before, two_on),
        f: mask(block.map(|half| equal(half, splat(b'f')))),
        e: mask(block.map(|half| equal(half, splat(b'e')))),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn is_utf8([first, second]: Block) -> bool {
    // a block starts with a character, so it is as if ASCII stood before it
    let wrong = _mm256_or_si256(
        ill_formed(_mm256_setzero_si256(), first),
        ill_formed(first, second),
    );
    _mm256_testz_si256(wrong, wrong) != 0
}

/// Not zero where a byte of `half` cannot stand behind those before it, the last of which are in `before`.
#[inline]
#[target_feature(enable = "avx2")]
fn ill_formed(before: __m256i, half: __m256i) -> __m256i {
    let before = last_16(before, half);
    let one_before = _mm256_alignr_epi8::<15>(half, before);
    let two_before = _mm256_alignr_epi8::<14>(half, before);
    let three_before = _mm256_alignr_epi8::<13>(half, before);

    let low_half = splat(0x0F);
    let high = |bytes| _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low_half);
    let first_high = _mm256_shuffle_epi8(repeat(FIRST_HIGH), high(one_before));
    let first_low = _mm256_shuffle_epi8(repeat(FIRST_LOW), _mm256_and_si256(one_before, low_half));
    let second_high = _mm256_shuffle_epi8(repeat(SECOND_HIGH), high(half));
    let pairs = _mm256_and_si256(_mm256_and_si256(first_high, first_low), second_high);

    // the top bit is set behind a lead of three or four bytes, where two continuations are right and anything else is wrong
    let third = _mm256_subs_epu8(two_before, splat(0xE0 - 0x80));
    let fourth = _mm256_subs_epu8(three_before, splat(0xF0 - 0x80));
    let continued = _mm256_and_si256(_mm256_or_si256(third, fourth), splat(0x80));
    _mm256_xor_si256(pairs, continued)
}

/// The 16 bytes before each 16 of `half`. A shift by bytes stays within 16, so these are brought beside them.
#[inline]
#[target_feature(enable = "avx2")]
fn last_16(before: __m256i, half: __m256i) -> __m256i {
    _mm256_permute2x128_si256::<0x21>(before, half)
}

/// A table entry that no byte equals: entries are only looked up for ASCII.
const NO_ASCII: u8 = 0xFF;

/// The table that `entry` gives for each low half of a byte.
#[inline]
#[target_feature(enable = "avx2")]
fn table(entry: impl Fn(u8) -> u8) -> __m256i {
    repeat(core::array::from_fn(|low| entry(low as u8)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn repeat(table: [u8; 16]) -> __m256i {
    let table = u128::from_le_bytes(table);
    let (low, high) = (table as i64, (table >> 64) as i64);
    _mm256_setr_epi64x(low, high, low, high)
}

#[inline]
#[target_feature(enable = "avx2")]
fn splat(byte: u8) -> __m256i {
    _mm256_set1_epi8(byte.cast_signed())
}

#[inline]
#[target_feature(enable = "avx2")]
fn equal(bytes: __m256i, others: __m256i) -> __m256i {
    _mm256_cmpeq_epi8(bytes, others)
}

/// Whether a byte is `first` or one of the `more` after it.
#[inline]
#[target_feature(enable = "avx2")]
fn within(bytes: __m256i, first: u8, more: u8) -> __m256i {
    let distance = _mm256_sub_epi8(bytes, splat(first));
    equal(_mm256_min_epu8(distance, splat(more)), distance)
}

/// The top bit of each byte.
#[inline]
#[target_feature(enable = "avx2")]
fn mask(block: Block) -> u64 {
    let [low, high] = block.map(|half| _mm256_movemask_epi8(half).cast_unsigned());
    u64::from(low) | u64::from(high) << 32
}
