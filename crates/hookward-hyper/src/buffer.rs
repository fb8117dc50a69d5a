use alloc::collections::VecDeque;

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::budget::{Charge, Exhausted};

/// A body that is kept until it is judged.
///
/// It is copied into segments: the chunks of a server may each pin a buffer that is far larger
/// than the chunk, so that tiny chunks would take memory that no budget sees.
#[derive(Debug)]
pub(crate) struct Buffer {
    full: VecDeque<Bytes>,
    last: BytesMut,
    charge: Charge,
}

/// The segments of a judged body, in order. The memory is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Segments {
    segments: VecDeque<Bytes>,
    remaining: u64,
    _charge: Charge,
}

/// How many bytes are allocated at a time. Copyleaks' bodies are 5 to 9 KB as a rule.
const SEGMENT: usize = 16 << 10;

impl Buffer {
    /// A buffer whose bytes are taken from `charge`.
    pub(crate) fn new(charge: Charge) -> Self {
        Self {
            full: VecDeque::new(),
            last: BytesMut::new(),
            charge,
        }
    }

    /// Keeps a chunk. `expected` is how many bytes are known to come, this chunk included; the
    /// sender may have lied about it.
    pub(crate) fn append(
        &mut self,
        mut chunk: &[u8],
        expected: Option<u64>,
    ) -> Result<(), Exhausted> {
        let mut expected = expected
            .and_then(|expected| usize::try_from(expected).ok())
            .unwrap_or(SEGMENT);
        while !chunk.is_empty() {
            let room = self.last.capacity() - self.last.len();
            if room == 0 {
                let size = expected.clamp(1, SEGMENT).max(chunk.len().min(SEGMENT));
                self.charge.grow(size)?;
                let full = core::mem::replace(&mut self.last, BytesMut::with_capacity(size));
                if !full.is_empty() {
                    self.full.push_back(full.freeze());
                }
                continue;
            }
            let (fits, rest) = chunk.split_at(room.min(chunk.len()));
            self.last.put_slice(fits);
            expected = expected.saturating_sub(fits.len());
            chunk = rest;
        }
        Ok(())
    }

    pub(crate) fn into_segments(mut self) -> Segments {
        if !self.last.is_empty() {
            self.full.push_back(self.last.freeze());
        }
        Segments {
            remaining: self.full.iter().map(|segment| segment.len() as u64).sum(),
            segments: self.full,
            _charge: self.charge,
        }
    }
}

impl Segments {
    pub(crate) fn next(&mut self) -> Option<Bytes> {
        let segment = self.segments.pop_front()?;
        self.remaining -= segment.remaining() as u64;
        Some(segment)
    }

    /// How many bytes have not been handed out.
    pub(crate) const fn remaining(&self) -> u64 {
        self.remaining
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::budget::BufferBudget;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn what_comes_out_is_what_went_in(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20_000), 0..5),
            expected in proptest::option::of(0_u64..100_000),
        ) {
            let budget = BufferBudget::new(1 << 20);
            let mut buffer = Buffer::new(budget.open(None));
            for chunk in &chunks {
                buffer.append(chunk, expected).unwrap();
            }
            let whole = chunks.concat();
            prop_assert!(budget.total() - budget.free() >= whole.len());
            let mut segments = buffer.into_segments();
            prop_assert_eq!(segments.remaining(), whole.len() as u64);
            let mut out = Vec::new();
            while let Some(segment) = segments.next() {
                out.extend_from_slice(&segment);
            }
            prop_assert_eq!(segments.remaining(), 0);
            prop_assert_eq!(out, whole);
            drop(segments);
            prop_assert_eq!(budget.free(), budget.total());
        }
    }

    #[test]
    fn a_body_of_declared_length_takes_no_more_than_that() {
        let budget = BufferBudget::new(5);
        let mut buffer = Buffer::new(budget.open(None));
        buffer.append(b"abc", Some(5)).unwrap();
        buffer.append(b"de", Some(2)).unwrap();
        assert_eq!(buffer.append(b"f", Some(0)), Err(Exhausted));
    }

    #[test]
    fn one_byte_at_a_time_takes_no_more_than_a_segment() {
        let budget = BufferBudget::new(SEGMENT);
        let mut buffer = Buffer::new(budget.open(None));
        for _ in 0..SEGMENT {
            buffer.append(b"x", None).unwrap();
        }
        assert_eq!(buffer.append(b"x", None), Err(Exhausted));
    }
}
