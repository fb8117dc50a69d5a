use der::asn1::AnyRef;
use der::{Decode, Tag, Tagged};

use crate::ThumbprintError;

/// The fields of a DER structure, read one after another.
///
/// Only the frame of a field is decoded here: its tag, and a length that is canonical and fits. Offsets in errors count
/// from the start of the certificate, however deep the structure lies.
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
    /// Where `rest` ends, in bytes from the start of the certificate.
    end: usize,
}

impl<'a> Fields<'a> {
    /// The fields of a structure that starts with the certificate itself.
    pub(crate) fn new(der: &'a [u8]) -> Self {
        Self {
            rest: der,
            end: der.len(),
        }
    }

    /// Where the next field starts, in bytes from the start of the certificate.
    pub(crate) fn offset(&self) -> usize {
        self.end - self.rest.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Whether the next field has this tag.
    pub(crate) fn next_is(&self, tag: Tag) -> bool {
        Tag::from_der_partial(self.rest).is_ok_and(|(found, _)| found == tag)
    }

    /// Reads the next field, which must have this tag, and returns the whole of it: tag, length and value.
    pub(crate) fn read(
        &mut self,
        field: &'static str,
        tag: Tag,
    ) -> Result<&'a [u8], ThumbprintError> {
        self.read_if(field, |found| found == tag)
            .map(|(tlv, _)| tlv)
    }

    /// Reads the next field, which must be a SEQUENCE, and returns its fields.
    pub(crate) fn enter(&mut self, field: &'static str) -> Result<Self, ThumbprintError> {
        let (_, rest) = self.read_if(field, |found| found == Tag::Sequence)?;
        Ok(Self {
            rest,
            end: self.offset(),
        })
    }

    /// Reads the next field, which must have a context-specific tag, and drops it.
    pub(crate) fn skip_context_specific(
        &mut self,
        field: &'static str,
    ) -> Result<(), ThumbprintError> {
        self.read_if(field, |found| found.is_context_specific())
            .map(drop)
    }

    /// Refuses anything that is left. `field` is what the structure is called.
    pub(crate) fn finish(self, field: &'static str) -> Result<(), ThumbprintError> {
        match self.is_empty() {
            true => Ok(()),
            false => Err(ThumbprintError::TrailingData {
                field,
                offset: self.offset(),
            }),
        }
    }

    /// Reads the next field, if its tag will do. Returns the whole of it, and its value.
    fn read_if(
        &mut self,
        field: &'static str,
        will_do: impl FnOnce(Tag) -> bool,
    ) -> Result<(&'a [u8], &'a [u8]), ThumbprintError> {
        match AnyRef::from_der_partial(self.rest) {
            Ok((any, after)) if will_do(any.tag()) => {
                let tlv = &self.rest[..self.rest.len() - after.len()];
                self.rest = after;
                Ok((tlv, any.value()))
            }
            _ => Err(ThumbprintError::MalformedCertificate {
                field,
                offset: self.offset(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_from_the_start_of_the_outermost_structure() {
        // SEQUENCE { SEQUENCE { INTEGER 1, INTEGER 2 }, NULL }
        let der = [0x30, 10, 0x30, 6, 2, 1, 1, 2, 1, 2, 5, 0];
        let mut outermost = Fields::new(&der);
        let mut outer = outermost.enter("outer").unwrap();
        let mut inner = outer.enter("inner").unwrap();
        assert_eq!(inner.read("first", Tag::Integer), Ok(&der[4..7]));
        assert_eq!(
            inner.read("second", Tag::Null),
            Err(ThumbprintError::MalformedCertificate {
                field: "second",
                offset: 7
            })
        );
        assert_eq!(
            inner.finish("inner"),
            Err(ThumbprintError::TrailingData {
                field: "inner",
                offset: 7
            })
        );
        assert!(outer.next_is(Tag::Null));
        assert_eq!(outer.read("last", Tag::Null), Ok(&der[10..]));
        assert_eq!(outer.finish("outer"), Ok(()));
        assert_eq!(outermost.finish("outermost"), Ok(()));
    }

    #[test]
    fn lengths_that_lie_or_are_not_canonical_are_refused() {
        for der in [
            &[][..],
            &[0x30],
            &[0x30, 1],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x81, 0],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x1f, 0x80, 0],
        ] {
            assert!(Fields::new(der).enter("field").is_err(), "{der:?}");
        }
    }
}
