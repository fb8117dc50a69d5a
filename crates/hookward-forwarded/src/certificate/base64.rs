//! Base64 of DER, in the standard alphabet ([RFC 4648, section 4](https://www.rfc-editor.org/rfc/rfc4648#section-4)).

use alloc::{vec, vec::Vec};

use base64ct::{Base64, Base64Unpadded, Encoding};

use super::CertificateError;

/// Whether the `=` at the end may be missing.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Padding {
    /// It must be there.
    Required,
    /// It may be missing.
    Optional,
}

/// Decodes `text`, which is not empty and has no line breaks. `offset` is where it starts in the
/// value, for errors.
pub(super) fn decode(
    text: &[u8],
    padding: Padding,
    offset: usize,
) -> Result<Vec<u8>, CertificateError> {
    if let Some(at) = text.iter().position(|byte| !is_base64(*byte)) {
        return Err(CertificateError::Unexpected {
            expected: "base64",
            offset: offset + at,
        });
    }
    // Room enough: three bytes come of four characters.
    let mut decoded = vec![0; text.len()];
    let len = if padding == Padding::Optional && !text.ends_with(b"=") {
        Base64Unpadded::decode(text, &mut decoded).map(<[u8]>::len)
    } else {
        Base64::decode(text, &mut decoded).map(<[u8]>::len)
    };
    match len {
        Err(_) | Ok(0) => Err(CertificateError::MalformedBase64 { offset }),
        Ok(len) => {
            decoded.truncate(len);
            Ok(decoded)
        }
    }
}

pub(super) const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_optional_only_where_the_form_says_so() {
        let required = |text: &[u8]| decode(text, Padding::Required, 7);
        let optional = |text: &[u8]| decode(text, Padding::Optional, 7);
        let malformed = Err(CertificateError::MalformedBase64 { offset: 7 });
        assert_eq!(required(b"+/8="), Ok([0xfb, 0xff].to_vec()));
        assert_eq!(optional(b"+/8="), required(b"+/8="));
        assert_eq!(optional(b"+/8"), required(b"+/8="));
        assert_eq!(required(b"+/8"), malformed);
        for text in [
            &b""[..],
            b"=",
            b"A",
            b"A===",
            b"AA=A",
            b"AAAA=",
            b"AA==AA==",
            b"+/9=",
        ] {
            assert_eq!(required(text), malformed);
            assert_eq!(optional(text), malformed);
        }
    }

    #[test]
    fn nothing_else_is_skipped() {
        for text in [
            &b"AA A"[..],
            b"AA\nA",
            b"AA-A",
            b"AA_A",
            b"AA,A",
            b"AA\xffA",
        ] {
            let found = decode(text, Padding::Optional, 10);
            let expected = CertificateError::Unexpected {
                expected: "base64",
                offset: 12,
            };
            assert_eq!(found, Err(expected));
        }
    }
}
