//! What this processor has more than every processor of the target, and the only `unsafe` code of this crate.
//!
//! An [`Avx2`] or an [`Avx512`] exists only where the processor has the instructions; that is what every call here rests on.
//! `classes::Plain` is the safe twin of both.

#![allow(unsafe_code)]

use core::arch::x86_64::*;

use crate::blocks::{BlockReader, Stop};
use crate::classes::{
    BLOCK, BracketClasses, Classify, DigitClasses, EscapeClasses, LetterClasses,
    PunctuationClasses, TextClasses,
};
use crate::{avx2, avx512};

/// The proof that the processor has the features, what is compiled for them, and how a block is loaded with them.
macro_rules! processor {
    ($(#[$doc:meta])* $proof:ident, $kernel:ident, $detected:ident, [$($feature:tt),*], $load:expr) => {
        cpufeatures::new!($detected, $($feature),*);

        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $proof(());

        impl $proof {
            /// The proof, if it can be had.
            pub(crate) fn detect() -> Option<Self> {
                $detected::get().then_some(Self(()))
            }

            /// [`BlockReader::read`], compiled for these instructions.
            pub(crate) fn read(self, reader: &mut BlockReader, bytes: &[u8]) -> (usize, Stop) {
                $(#[target_feature(enable = $feature)])*
                fn read(proof: $proof, reader: &mut BlockReader, bytes: &[u8]) -> (usize, Stop) {
                    reader.read(proof, bytes)
                }
                // SAFETY: `self` proves that the processor has the features.
                unsafe { read(self, reader, bytes) }
            }
        }

        impl Classify for $proof {
            type Block = $kernel::Block;

            #[inline(always)]
            fn load(self, bytes: &[u8; BLOCK]) -> Self::Block {
                #[inline]
                $(#[target_feature(enable = $feature)])*
                fn load(bytes: &[u8; BLOCK]) -> $kernel::Block {
                    $load(bytes)
                }
                prefetch(bytes);
                // SAFETY: `self` proves that the processor has the features.
                unsafe { load(bytes) }
            }

            #[inline(always)]
            fn quotes(self, block: Self::Block) -> u64 {
                // SAFETY: `self` proves that the processor has the features.
                unsafe { $kernel::quotes(block) }
            }

            #[inline(always)]
            fn is_plain(self, block: Self::Block) -> bool {
                // SAFETY: `self` proves that the processor has the features.
                unsafe { $kernel::is_plain(block) }
            }

            #[inline(always)]
            fn text(self, block: Self::Block) -> TextClasses {
                // SAFETY: `self` proves that the processor has the features.
                unsafe { $kernel::text(block) }
            }

            #[inline(always)]
            fn escapes(self, block: Self::Block) -> EscapeClasses {
                // SAFETY: `self` proves that the processor has the features.
                unsafe { $kernel::escapes(block) }
            }

            #[inline(always)]
            fn punctuation(self, block: Self::Block) -> PunctuationClasses {
                // SAFETY: `self` proves that the processor has the features.
                unsafe { $kernel::punctuation(block) }
            }

            #[inline(always)]
            fn white(self, block: Self::Block) -> u64 {
                // SAFETY: `self` proves that the processor has the features.
                unsafe { $kernel::white(block) }
            }

            #[inline(always)]
            fn brackets(self, block: Self::Block) -> BracketClasses {
                // SAFETY: `self` proves that the processor has the features.
                unsafe { $kernel::brackets(block) }
            }

            #[inline(always)]
            fn digits(self, block: Self::Block) -> DigitClasses {
                // SAFETY: `self` proves that the processor has the features.
                unsafe { $kernel::digits(block) }
            }

            #[inline(always)]
            fn minuses(self, block: Self::Block) -> u64 {
                // SAFETY: `self` proves that the processor has the features.
                unsafe { $kernel::minuses(block) }
            }

            #[inline(always)]
            fn letters(self, block: Self::Block) -> LetterClasses {
                // SAFETY: `self` proves that the processor has the features.
                unsafe { $kernel::letters(block) }
            }

            #[inline(always)]
            fn is_utf8(self, block: Self::Block) -> bool {
                // SAFETY: `self` proves that the processor has the features.
                unsafe { $kernel::is_utf8(block) }
            }

            #[inline(always)]
            fn parity(self, bits: u64) -> u64 {
                // SAFETY: `self` proves that the processor has the features.
                unsafe { parity(bits) }
            }
        }
    };
}

processor! {
    /// AVX2, and what every processor with it has.
    Avx2, avx2, detected_avx2, ["avx2", "bmi1", "bmi2", "pclmulqdq"],
    |bytes: &[u8; BLOCK]| {
        let (halves, _) = bytes.as_chunks::<32>();
        // SAFETY: each half is 32 readable bytes, and the load needs no alignment.
        [0, 1].map(|half: usize| unsafe { _mm256_loadu_si256(halves[half].as_ptr().cast()) })
    }
}

processor! {
    /// AVX-512 with VBMI: processors that have one without the other become slower by using it.
    Avx512, avx512, detected_avx512,
    ["avx512f", "avx512bw", "avx512vbmi", "avx2", "bmi1", "bmi2", "pclmulqdq"],
    |bytes: &[u8; BLOCK]| {
        // SAFETY: these are 64 readable bytes, and the load needs no alignment.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    }
}

/// Has the memory fetched that is read half a page later: what the processor foresees by itself ends with the page.
#[inline(always)]
fn prefetch(bytes: &[u8; BLOCK]) {
    const AHEAD: usize = 2048;

    // SAFETY: every x86-64 processor has this instruction, and no address is wrong for it.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(bytes.as_ptr().wrapping_add(AHEAD).cast()) }
}

/// A product without carries by all ones adds up, for each bit, those up to it.
#[inline]
#[target_feature(enable = "avx2,pclmulqdq")]
fn parity(bits: u64) -> u64 {
    let bits = _mm_set_epi64x(0, bits.cast_signed());
    let sums = _mm_clmulepi64_si128::<0>(bits, _mm_set1_epi8(-1));
    _mm_cvtsi128_si64(sums).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use proptest::array::uniform;
    use proptest::prelude::*;

    use super::*;
    use crate::classes::Plain;

    /// Every implementation that this processor has sorts the block as its safe twin does.
    fn assert_same(bytes: &[u8; BLOCK]) {
        assert_sorted(avx2(), bytes);
        if let Some(avx512) = Avx512::detect() {
            assert_sorted(avx512, bytes);
        }
    }

    fn avx2() -> Avx2 {
        Avx2::detect().expect("these tests need a processor with AVX2")
    }

    fn assert_sorted<C: Classify>(classes: C, bytes: &[u8; BLOCK]) {
        let block = classes.load(bytes);
        assert_eq!(classes.quotes(block), Plain.quotes(*bytes));
        assert_eq!(classes.is_plain(block), Plain.is_plain(*bytes));
        assert_eq!(classes.text(block), Plain.text(*bytes));
        assert_eq!(classes.escapes(block), Plain.escapes(*bytes));
        assert_eq!(classes.punctuation(block), Plain.punctuation(*bytes));
        assert_eq!(classes.white(block), Plain.white(*bytes));
        assert_eq!(classes.digits(block), Plain.digits(*bytes));
        assert_eq!(classes.minuses(block), Plain.minuses(*bytes));
        let quotes = Plain.quotes(*bytes);
        assert_eq!(classes.parity(quotes), Plain.parity(quotes));
        let shown = bytes.escape_ascii();
        assert_eq!(classes.is_utf8(block), Plain.is_utf8(*bytes), "{shown}");

        let all = Plain.punctuation(*bytes).brackets;
        let (found, expected) = (classes.brackets(block), Plain.brackets(*bytes));
        assert_eq!(found.open & all, expected.open);
        assert_eq!(found.curly & all, expected.curly);

        let (found, expected) = (classes.letters(block), Plain.letters(*bytes));
        let second = expected.first << 1;
        let two_on = (expected.first | second & expected.second) << 2;
        assert_eq!(found.first, expected.first);
        assert_eq!(found.second & second, expected.second & second);
        assert_eq!(found.two_on & two_on, expected.two_on & two_on);
        assert_eq!((found.f, found.e), (expected.f, expected.e));
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
            letters in "([aeflnrstu01,-]|true|false|null){64}",
            bits in any::<u64>(),
        ) {
            assert_eq!(avx2().parity(bits), Plain.parity(bits));
            assert_same(&bytes);
            for text in [text, letters] {
                assert_same(text.as_bytes().first_chunk().expect("a character has a byte or more"));
            }
        }
    }
}
