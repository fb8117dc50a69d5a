//! Percent-encoding of PEM and base64, strictly.

use alloc::vec::Vec;

use super::CertificateError;

/// Decodes percent-encoded text ([RFC 3986, section 2.1](https://www.rfc-editor.org/rfc/rfc3986#section-2.1)).
///
/// What may stand unescaped: the unreserved characters, and `+`, `/` and `=`, which AWS leaves as
/// they are. `+` is a plus, as base64 needs it; only HTML forms make it a space.
pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, CertificateError> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut offset = 0;
    while let Some(&byte) = text.get(offset) {
        offset += match byte {
            b'%' => {
                let escaped = text.get(offset + 1..offset + 3).and_then(|digits| {
                    let high = char::from(digits[0]).to_digit(16)?;
                    let low = char::from(digits[1]).to_digit(16)?;
                    u8::try_from(high << 4 | low).ok()
                });
                decoded.push(escaped.ok_or(CertificateError::MalformedEscape { offset })?);
                3
            }
            b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'+'
            | b'/'
            | b'='
            | b'0'..=b'9'
            | b'A'..=b'Z'
            | b'a'..=b'z' => {
                decoded.push(byte);
                1
            }
            _ => {
                return Err(CertificateError::Unexpected {
                    expected: "percent-encoded text",
                    offset,
                });
            }
        };
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use proptest::prelude::*;

    use super::*;

    /// The same, slowly: every code in turn is looked for at the front of the text.
    fn slow(mut text: &str) -> Option<Vec<u8>> {
        let mut decoded = Vec::new();
        'text: while !text.is_empty() {
            for byte in 0..=255 {
                for code in [format!("%{byte:02X}"), format!("%{byte:02x}")] {
                    // Digits of mixed case, such as %aB, are tried by folding the text's code.
                    let front = text.get(..3).unwrap_or_default();
                    if front.eq_ignore_ascii_case(&code) {
                        decoded.push(byte);
                        text = &text[3..];
                        continue 'text;
                    }
                }
            }
            let literal = text.chars().next()?;
            if !(literal.is_ascii_alphanumeric() || "-._~+/=".contains(literal)) {
                return None;
            }
            decoded.push(literal as u8);
            text = &text[1..];
        }
        Some(decoded)
    }

    proptest! {
        #[test]
        fn agrees_with_the_slow_decoder(text in "([a-zA-Z0-9._~+/=-]|%[0-9a-fA-F]{2}|[%0-9a-fA-F ]){0,12}|\\PC{0,6}") {
            prop_assert_eq!(decode(text.as_bytes()).ok(), slow(&text), "{}", text);
        }

        #[test]
        fn what_is_encoded_decodes_to_itself(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let encoded: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(decode(encoded.as_bytes()), Ok(bytes));
        }
    }

    #[test]
    fn a_plus_is_a_plus() {
        assert_eq!(decode(b"a+b%2Bc%2bd"), Ok(b"a+b+c+d".to_vec()));
    }

    #[test]
    fn malformed_escapes_are_errors_and_not_text() {
        for text in ["ab%", "ab%4", "ab%zz", "ab%4z", "ab%%41", "ab%+1", "ab% 1"] {
            assert_eq!(
                decode(text.as_bytes()),
                Err(CertificateError::MalformedEscape { offset: 2 }),
                "{text}"
            );
        }
        // Decoded once: an escaped escape stays one.
        assert_eq!(decode(b"%2541"), Ok(b"%41".to_vec()));
    }
}
