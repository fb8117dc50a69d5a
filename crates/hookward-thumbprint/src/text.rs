//! Digests as text: hexadecimal and base64, read into arrays of `N` bytes.

use core::fmt;

use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding};

use crate::{Algorithm, ThumbprintError};

/// Reads the hexadecimal digits of one digest of `algorithm` into the front of `out`.
///
/// Digits may be in either case. Between two bytes there may be one `:` or one space. `start` is where `text` begins
/// in what the caller was given; it is added to every offset.
///
/// # Panics
///
/// If `out` is shorter than a digest.
pub(crate) fn hex(
    algorithm: Algorithm,
    text: &str,
    start: usize,
    out: &mut [u8],
) -> Result<(), ThumbprintError> {
    let expected = algorithm.digest_len();
    let mut found = 0;
    let mut high = None;
    let mut after_byte = false;
    for (offset, c) in text.char_indices() {
        if after_byte && matches!(c, ':' | ' ') {
            after_byte = false;
            continue;
        }
        let digit = c.to_digit(16).ok_or(ThumbprintError::NotHex {
            offset: start + offset,
            found: c,
        })?;
        let Some(upper) = high.take() else {
            high = Some(digit);
            after_byte = false;
            continue;
        };
        if found < expected {
            out[found] = (upper << 4 | digit) as u8;
        }
        found += 1;
        after_byte = true;
    }
    if !after_byte && !text.is_empty() {
        return Err(ThumbprintError::HexEndsEarly {
            offset: start + text.len(),
        });
    }
    check_len(algorithm, found)
}

/// Reads the base64 of one digest of `algorithm` into the front of `out`.
///
/// The standard or the URL-safe alphabet, with or without padding ([RFC 4648](https://www.rfc-editor.org/rfc/rfc4648)).
///
/// # Panics
///
/// If `out` is shorter than a digest.
pub(crate) fn base64(
    algorithm: Algorithm,
    text: &str,
    out: &mut [u8],
) -> Result<(), ThumbprintError> {
    let url = text.contains(['-', '_']);
    let digits = text.trim_end_matches('=');
    for (offset, found) in digits.char_indices() {
        let special = if url {
            matches!(found, '-' | '_')
        } else {
            matches!(found, '+' | '/')
        };
        if !(found.is_ascii_alphanumeric() || special) {
            return Err(ThumbprintError::NotBase64 { offset, found });
        }
    }
    // Three bytes for every four digits, rounded down.
    let found = digits.len() / 4 * 3 + digits.len() % 4 * 3 / 4;
    check_len(algorithm, found)?;
    let out = &mut out[..found];
    let decoded = match (url, digits.len() < text.len()) {
        (false, true) => Base64::decode(text, out),
        (false, false) => Base64Unpadded::decode(text, out),
        (true, true) => Base64Url::decode(text, out),
        (true, false) => Base64UrlUnpadded::decode(text, out),
    };
    match decoded {
        Ok(_) => Ok(()),
        Err(_) => Err(ThumbprintError::MalformedBase64 { len: text.len() }),
    }
}

/// Refuses a number of bytes that is not the length of a digest of `algorithm`.
pub(crate) fn check_len(algorithm: Algorithm, found: usize) -> Result<(), ThumbprintError> {
    match algorithm.digest_len() {
        expected if expected == found => Ok(()),
        expected => Err(ThumbprintError::WrongLength {
            algorithm,
            expected,
            found,
        }),
    }
}

/// Writes `bytes` in lower-case hexadecimal.
pub(crate) fn write_hex(out: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    // A digest, as a whole or in parts: digit by digit, writing takes longer than matching.
    let mut text = [0; 64];
    for part in bytes.chunks(text.len() / 2) {
        let text = &mut text[..2 * part.len()];
        for (pair, byte) in text.chunks_exact_mut(2).zip(part) {
            pair.copy_from_slice(&[byte >> 4, byte & 0xF].map(|half| DIGITS[usize::from(half)]));
        }
        out.write_str(str::from_utf8(text).expect("digits are ASCII"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    fn sha1_hex(text: &str) -> Result<[u8; 20], ThumbprintError> {
        let mut out = [0; 20];
        hex(Algorithm::Sha1, text, 0, &mut out).map(|()| out)
    }

    fn sha1_base64(text: &str) -> Result<[u8; 20], ThumbprintError> {
        let mut out = [0; 20];
        base64(Algorithm::Sha1, text, &mut out).map(|()| out)
    }

    #[test]
    fn hex_takes_either_case_and_separators_between_bytes() {
        let digest = core::array::from_fn(|i| 0xf0_u8.wrapping_add(7 * i as u8));
        let mut plain = String::new();
        write_hex(&mut plain, &digest).unwrap();
        let separated = |separator: &str| {
            plain
                .as_bytes()
                .chunks(2)
                .map(|pair| str::from_utf8(pair).unwrap())
                .collect::<alloc::vec::Vec<_>>()
                .join(separator)
        };
        for text in [
            plain.clone(),
            plain.to_uppercase(),
            separated(":"),
            separated(" ").to_uppercase(),
        ] {
            assert_eq!(sha1_hex(&text), Ok(digest), "{text}");
        }
    }

    #[test]
    fn hex_names_the_first_thing_that_is_wrong() {
        let not_hex = |offset, found| Err(ThumbprintError::NotHex { offset, found });
        let ends = |offset| Err(ThumbprintError::HexEndsEarly { offset });
        let wrong = |found| {
            Err(ThumbprintError::WrongLength {
                algorithm: Algorithm::Sha1,
                expected: 20,
                found,
            })
        };
        let good = "00".repeat(20);
        assert_eq!(sha1_hex(""), wrong(0));
        assert_eq!(sha1_hex(&"00".repeat(19)), wrong(19));
        assert_eq!(sha1_hex(&"00".repeat(32)), wrong(32));
        assert_eq!(sha1_hex(&good[1..]), ends(39));
        assert_eq!(sha1_hex(&alloc::format!("{good}:")), ends(41));
        assert_eq!(sha1_hex(&alloc::format!(":{good}")), not_hex(0, ':'));
        assert_eq!(sha1_hex("0:0"), not_hex(1, ':'));
        assert_eq!(sha1_hex("00::00"), not_hex(3, ':'));
        assert_eq!(sha1_hex("00-00"), not_hex(2, '-'));
        assert_eq!(sha1_hex("0x00"), not_hex(1, 'x'));
        // The certificate dialog of Windows puts an invisible mark before what is copied from it.
        assert_eq!(
            sha1_hex(&alloc::format!("\u{200e}{good}")),
            not_hex(0, '\u{200e}')
        );
        // A digit for people, but not one of these sixteen.
        assert_eq!(sha1_hex("0٣"), not_hex(1, '٣'));
        assert_eq!(sha1_hex("-----BEGIN CERTIFICATE-----"), not_hex(0, '-'));
    }

    #[test]
    fn base64_takes_both_alphabets_with_and_without_padding() {
        let digest = [0xfb; 20];
        let standard = "+/v7+/v7+/v7+/v7+/v7+/v7+/s=";
        let url = "-_v7-_v7-_v7-_v7-_v7-_v7-_s=";
        for text in [standard, url] {
            assert_eq!(sha1_base64(text), Ok(digest));
            assert_eq!(sha1_base64(text.trim_end_matches('=')), Ok(digest));
        }
    }

    #[test]
    fn base64_refuses_anything_else() {
        let not_base64 = |offset, found| Err(ThumbprintError::NotBase64 { offset, found });
        let malformed = |len| Err(ThumbprintError::MalformedBase64 { len });
        let wrong = |found| {
            Err(ThumbprintError::WrongLength {
                algorithm: Algorithm::Sha1,
                expected: 20,
                found,
            })
        };
        assert_eq!(sha1_base64(""), wrong(0));
        assert_eq!(sha1_base64("===="), wrong(0));
        assert_eq!(sha1_base64("AAAA"), wrong(3));
        // Both alphabets in one text: the URL-safe one is taken, and the other is foreign to it.
        assert_eq!(
            sha1_base64("+_v7-_v7-_v7-_v7-_v7-_v7-_s="),
            not_base64(0, '+')
        );
        assert_eq!(sha1_base64("AAAA AAA"), not_base64(4, ' '));
        assert_eq!(sha1_base64("AA=A"), not_base64(2, '='));
        assert_eq!(sha1_base64("\u{e9}AAA"), not_base64(0, '\u{e9}'));
        // Too much padding; unused bits that are not zero; a digit too few for the last byte.
        assert_eq!(sha1_base64("+/v7+/v7+/v7+/v7+/v7+/v7+/s=="), malformed(29));
        assert_eq!(sha1_base64("+/v7+/v7+/v7+/v7+/v7+/v7+/t="), malformed(28));
        assert_eq!(
            sha1_base64("AAAAAAAAAAAAAAAAAAAAAAAAAAA=====A"),
            not_base64(27, '=')
        );
    }
}
