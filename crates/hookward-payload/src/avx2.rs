//! The classes of a block with AVX2.

use core::arch::x86_64::*;

use crate::classes::{
    EscapeClasses, IntegerClasses, LetterClasses, PunctuationClasses, TextClasses,
};
use crate::ill_formed::{FIRST_HIGH, FIRST_LOW, SECOND_HIGH};

/// Bytes 0 to 31 and bytes 32 to 63.
pub(crate) type Block = [__m256i; 2];

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn text(block: Block) -> TextClasses {
    let last_control = splat(0x1F);
    TextClasses {
        quotes: mask(block.map(|half| equal(half, splat(b'"')))),
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
    // one bit is all that `[` and `{`, and `]` and `}`, differ in
    const CURLY: u8 = b'[' ^ b'{';
    let curly = block.map(|half| _mm256_or_si256(half, splat(CURLY)));
    let white = table(|low| match low {
        0x0 => b' ',
        0x9 => b'\t',
        0xA => b'\n',
        0xD => b'\r',
        _ => NO_ASCII,
    });
    PunctuationClasses {
        open: mask(curly.map(|half| equal(half, splat(b'{')))),
        close: mask(curly.map(|half| equal(half, splat(b'}')))),
        // moves that bit to the top
        curly: mask(block.map(|half| _mm256_slli_epi16::<{ CURLY.leading_zeros() as i32 }>(half))),
        colons: mask(block.map(|half| equal(half, splat(b':')))),
        commas: mask(block.map(|half| equal(half, splat(b',')))),
        white: mask(block.map(|half| equal(half, _mm256_shuffle_epi8(white, half)))),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn letters(block: Block) -> LetterClasses {
    LetterClasses::new(|letter| mask(block.map(|half| equal(half, splat(letter)))))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn integers(block: Block) -> IntegerClasses {
    IntegerClasses {
        digits: mask(block.map(|half| within(half, b'0', 9))),
        zeros: mask(block.map(|half| equal(half, splat(b'0')))),
        minuses: mask(block.map(|half| equal(half, splat(b'-')))),
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
    // a shift by bytes stays within 16 of them, so the 16 before each 16 are brought beside them
    let before = _mm256_permute2x128_si256::<0x21>(before, half);
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
