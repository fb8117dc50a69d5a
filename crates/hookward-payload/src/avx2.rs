//! The classes of a block with AVX2, and the only `unsafe` code of this crate.
//!
//! An [`Avx2`] exists only where the processor has the instructions; that is what every call here rests on.
//! `classes::Plain` is the safe twin.

#![allow(unsafe_code)]

use core::arch::x86_64::*;

use crate::blocks::{BlockReader, Stop};
use crate::classes::{
    BLOCK, Classify, EscapeClasses, IntegerClasses, PunctuationClasses, TextClasses,
};

cpufeatures::new!(detected, "avx2", "bmi1", "bmi2", "pclmulqdq");

/// Proof that the processor has AVX2, BMI1, BMI2 and PCLMULQDQ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

/// Bytes 0 to 31 and bytes 32 to 63.
type Halves = [__m256i; 2];

impl Avx2 {
    /// The proof, if it can be had.
    pub(crate) fn detect() -> Option<Self> {
        detected::get().then_some(Self(()))
    }

    /// [`BlockReader::read`], compiled for these instructions.
    pub(crate) fn read(self, reader: &mut BlockReader, bytes: &[u8]) -> (usize, Stop) {
        #[target_feature(enable = "avx2,bmi1,bmi2,pclmulqdq")]
        fn read(avx2: Avx2, reader: &mut BlockReader, bytes: &[u8]) -> (usize, Stop) {
            reader.read(avx2, bytes)
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { read(self, reader, bytes) }
    }
}

impl Classify for Avx2 {
    type Block = Halves;

    #[inline(always)]
    fn load(self, bytes: &[u8; BLOCK]) -> Halves {
        // SAFETY: `self` proves that the processor has the features.
        unsafe { load(bytes) }
    }

    #[inline(always)]
    fn text(self, block: Halves) -> TextClasses {
        // SAFETY: `self` proves that the processor has the features.
        unsafe { text(block) }
    }

    #[inline(always)]
    fn escapes(self, block: Halves) -> EscapeClasses {
        // SAFETY: `self` proves that the processor has the features.
        unsafe { escapes(block) }
    }

    #[inline(always)]
    fn punctuation(self, block: Halves) -> PunctuationClasses {
        // SAFETY: `self` proves that the processor has the features.
        unsafe { punctuation(block) }
    }

    #[inline(always)]
    fn integers(self, block: Halves) -> IntegerClasses {
        // SAFETY: `self` proves that the processor has the features.
        unsafe { integers(block) }
    }

    #[inline(always)]
    fn is_utf8(self, block: Halves) -> bool {
        // SAFETY: `self` proves that the processor has the features.
        unsafe { is_utf8(block) }
    }

    #[inline(always)]
    fn parity(self, bits: u64) -> u64 {
        // SAFETY: `self` proves that the processor has the features.
        unsafe { parity(bits) }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; BLOCK]) -> Halves {
    let (halves, _) = bytes.as_chunks::<32>();
    // SAFETY: each half is 32 readable bytes, and the load needs no alignment.
    [0, 1].map(|half: usize| unsafe { _mm256_loadu_si256(halves[half].as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx2")]
fn text(block: Halves) -> TextClasses {
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
fn escapes(block: Halves) -> EscapeClasses {
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
fn punctuation(block: Halves) -> PunctuationClasses {
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
fn integers(block: Halves) -> IntegerClasses {
    IntegerClasses {
        digits: mask(block.map(|half| within(half, b'0', 9))),
        zeros: mask(block.map(|half| equal(half, splat(b'0')))),
        minuses: mask(block.map(|half| equal(half, splat(b'-')))),
    }
}

/// Each way in which two bytes cannot stand beside each other in UTF-8, as in table 3-7 of [the Unicode Standard, chapter 3]:
/// the high halves of the first byte, its low halves, and the high halves of the second byte, a bit for each of the 16.
/// A pair of bytes is such a way if it is in all three sets.
///
/// That a third or fourth byte follows its lead is not seen in pairs, so two continuation bytes in a row come last, where
/// [`is_utf8`] weighs them against the lead before them.
///
/// [the Unicode Standard, chapter 3]: https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-3/#G27506
const ILL_FORMED: [[u16; 3]; 8] = [
    // a lead byte, then none to continue it
    [0xF000, 0xFFFF, 0xF0FF],
    // ASCII, then a continuation
    [0x00FF, 0xFFFF, 0x0F00],
    // longer than needed: C0 and C1; E0 before 80 to 9F
    [0x1000, 0x0003, 0x0F00],
    [0x4000, 0x0001, 0x0300],
    // a surrogate: ED before A0 to BF
    [0x4000, 0x2000, 0x0C00],
    // past U+10FFFF: F4 and up before 90 to BF
    [0x8000, 0xFFF0, 0x0E00],
    // longer than needed, F0 before 80 to 8F; past U+10FFFF, F5 and up before them
    [0x8000, 0xFFE1, 0x0100],
    // two continuations
    [0x0F00, 0xFFFF, 0x0F00],
];

/// For each half byte, the ways of [`ILL_FORMED`] whose set number `set` it is in, a bit for each.
const fn ways(set: usize) -> [u8; 16] {
    let mut table = [0; 16];
    let mut half_byte = 0;
    while half_byte < 16 {
        let mut way = 0;
        while way < ILL_FORMED.len() {
            table[half_byte] |= ((ILL_FORMED[way][set] >> half_byte & 1) as u8) << way;
            way += 1;
        }
        half_byte += 1;
    }
    table
}

/// The method is that of Keiser and Lemire, [Validating UTF-8 In Less Than One Instruction Per Byte].
///
/// [Validating UTF-8 In Less Than One Instruction Per Byte]: https://arxiv.org/abs/2010.03090
#[inline]
#[target_feature(enable = "avx2")]
fn is_utf8([first, second]: Halves) -> bool {
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
    const FIRST_HIGH: [u8; 16] = ways(0);
    const FIRST_LOW: [u8; 16] = ways(1);
    const SECOND_HIGH: [u8; 16] = ways(2);

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

/// A product without carries by all ones adds up, for each bit, those up to it.
#[inline]
#[target_feature(enable = "avx2,pclmulqdq")]
fn parity(bits: u64) -> u64 {
    let bits = _mm_set_epi64x(0, bits.cast_signed());
    let sums = _mm_clmulepi64_si128::<0>(bits, _mm_set1_epi8(-1));
    _mm_cvtsi128_si64(sums).cast_unsigned()
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
fn mask(block: Halves) -> u64 {
    let [low, high] = block.map(|half| _mm256_movemask_epi8(half).cast_unsigned());
    u64::from(low) | u64::from(high) << 32
}

#[cfg(test)]
mod tests {
    use proptest::array::uniform;
    use proptest::prelude::*;

    use super::*;
    use crate::classes::Plain;

    fn assert_same(bytes: &[u8; BLOCK]) {
        let avx2 = Avx2::detect().expect("these tests need a processor with AVX2");
        let block = avx2.load(bytes);
        assert_eq!(avx2.text(block), Plain.text(*bytes));
        assert_eq!(avx2.escapes(block), Plain.escapes(*bytes));
        assert_eq!(avx2.integers(block), Plain.integers(*bytes));
        let quotes = Plain.text(*bytes).quotes;
        assert_eq!(avx2.parity(quotes), Plain.parity(quotes));
        let shown = bytes.escape_ascii();
        assert_eq!(avx2.is_utf8(block), Plain.is_utf8(*bytes), "{shown}");

        let (mut found, mut expected) = (avx2.punctuation(block), Plain.punctuation(*bytes));
        for classes in [&mut found, &mut expected] {
            classes.curly &= classes.open | classes.close;
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn every_byte_is_sorted_alike_everywhere() {
        for byte in 0..=u8::MAX {
            for at in 0..BLOCK {
                let mut bytes = [b'x'; BLOCK];
                bytes[at] = byte;
                assert_same(&bytes);
            }
        }
    }

    #[test]
    fn every_beginning_of_a_character_is_judged_alike_everywhere() {
        // of continuation bytes, those on both sides of every border, and one byte on each side of them all
        let seconds = [b'x', 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF];
        let others = [b'x', 0x80, 0xBF, 0xC3];
        // the borders of what one instruction sees, and of the block
        for at in [0, 13, 14, 15, 29, 30, 31, 45, 61, 62, 63] {
            for lead in 0x80..=u8::MAX {
                for second in seconds {
                    for third in others {
                        for fourth in others {
                            let mut bytes = [b'x'; BLOCK + 4];
                            bytes[at..at + 4].copy_from_slice(&[lead, second, third, fourth]);
                            assert_same(bytes.first_chunk().expect("longer than a block"));
                        }
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn random_blocks_are_sorted_alike(
            bytes in uniform::<_, BLOCK>(any::<u8>()),
            text in "\\PC{64}",
            bits in any::<u64>(),
        ) {
            let avx2 = Avx2::detect().expect("these tests need a processor with AVX2");
            assert_eq!(avx2.parity(bits), Plain.parity(bits));
            assert_same(&bytes);
            assert_same(text.as_bytes().first_chunk().expect("a character has a byte or more"));
        }
    }
}
