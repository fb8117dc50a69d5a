//! The choice between ways to read blocks, made when a scanner is made.

use crate::blocks::{BlockReader, Stop};
use crate::classes::BLOCK;
#[cfg(target_arch = "x86_64")]
use crate::processor::{Avx2, Avx512};

/// How blocks are read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Backend {
    /// Not at all: everything is read byte by byte. This is the specification of the others.
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    /// The safe twin of the faster ones.
    #[cfg(test)]
    Plain,
}

impl Backend {
    /// The fastest on this processor.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx512) = Avx512::detect() {
            return Self::Avx512(avx512);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = Avx2::detect() {
            return Self::Avx2(avx2);
        }
        Self::Portable
    }

    /// The next fastest, if there is one.
    pub(crate) fn slower(self) -> Option<Self> {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => Avx2::detect().map(Self::Avx2),
            Self::Portable => None,
            #[allow(unreachable_patterns, reason = "not every target has another")]
            _ => Some(Self::Portable),
        }
    }

    /// Whether everything is read byte by byte.
    pub(crate) fn is_portable(self) -> bool {
        matches!(self, Self::Portable)
    }

    /// The name of its instructions.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "AVX-512",
            #[cfg(test)]
            Self::Plain => "plain",
        }
    }

    /// How much is read byte by byte before the next block is tried.
    pub(crate) fn stride(self) -> usize {
        if self.is_portable() {
            usize::MAX
        } else {
            BLOCK
        }
    }

    /// What [`BlockReader::read`] does, as far as this backend can.
    #[cfg_attr(not(any(test, target_arch = "x86_64")), allow(unused_variables))]
    pub(crate) fn read(self, reader: &mut BlockReader, bytes: &[u8]) -> (usize, Stop) {
        match self {
            Self::Portable => (0, Stop::Short),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(avx2) => avx2.read(reader, bytes),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(avx512) => avx512.read(reader, bytes),
            #[cfg(test)]
            Self::Plain => reader.read(crate::classes::Plain, bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::vec::Vec;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::{PayloadError, PayloadScanner};

    /// What a scanner with `backend` says after each chunk of `len` bytes.
    fn scan(backend: Backend, document: &[u8], len: usize) -> Vec<Result<(), PayloadError>> {
        let mut scanner = PayloadScanner::new("key").with_backend(backend);
        document
            .chunks(len)
            .map(|chunk| scanner.push(chunk))
            .collect()
    }

    /// Elements of an array, most of them right.
    fn element() -> impl Strategy<Value = &'static str> {
        let right = select(alloc::vec![
            "0",
            "-12.5e+3",
            "true",
            "null",
            "[]",
            "{}",
            "[[], [1]]",
            r#"{"a":{"b":[{}]},"c":"d"}"#,
            r#"{ "key" : "inner" , "key" : 1 }"#,
            "{\n  \"pretty\": [\n    1,\n    2\n  ]\n}",
            r#""\\\"\u00e9\n\ud83d""#,
            "\"é€\u{1F600} a text that is longer than one block of bytes, with é and \u{1F600} in it\"",
            "123456789012345678901234567890123456789012345678901234567890123456789",
        ]);
        let wrong = select(alloc::vec!["]", "01", r#""\x""#, r#"{"a"}"#, "\"\t\"",]);
        prop_oneof![60 => right, 1 => wrong]
    }

    proptest! {
        #[test]
        fn the_safe_twin_agrees_with_the_specification(
            elements in vec(element(), 1..40),
            len in 1_usize..1000,
        ) {
            let document = alloc::format!(r#"{{"a":[{}],"key":"x"}}"#, elements.join(","));
            let [portable, plain] = [Backend::Portable, Backend::Plain]
                .map(|backend| scan(backend, document.as_bytes(), len));
            prop_assert_eq!(portable, plain);
        }
    }
}
