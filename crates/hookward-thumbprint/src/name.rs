use alloc::string::String;
use core::fmt::{self, Write};

use der::Decode;
use x509_cert::name::Name;

/// The text of a distinguished name, as in [RFC 4514](https://www.rfc-editor.org/rfc/rfc4514), in printable ASCII.
///
/// Everything outside printable ASCII is written as `\xx`, one pair of digits for each UTF-8 byte, which section 2.4
/// allows for any character. Whoever made the certificate chose the name, and this way it can be logged as it stands:
/// no line breaks, terminal controls or reversed text.
///
/// `None` if `tlv` is not a distinguished name.
pub(crate) fn name_text(tlv: &[u8]) -> Option<String> {
    let name = Name::from_der(tlv).ok()?;
    let mut text = PrintableAscii(String::new());
    write!(text, "{name}").ok()?;
    Some(text.0)
}

struct PrintableAscii(String);

impl Write for PrintableAscii {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            match byte {
                b' '..=b'~' => self.0.push(byte.into()),
                _ => write!(self.0, "\\{byte:02x}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// A name of one attribute: OBJECT IDENTIFIER 2.5.4.3 (commonName) with a value of this type.
    fn common_name(tag: u8, value: &[u8]) -> Vec<u8> {
        let tlv = |tag: u8, value: &[u8]| [&[tag, value.len() as u8], value].concat();
        let attribute = [tlv(6, &[0x55, 4, 3]), tlv(tag, value)].concat();
        tlv(0x30, &tlv(0x31, &tlv(0x30, &attribute)))
    }

    const UTF8: u8 = 12;
    const PRINTABLE: u8 = 19;
    const BMP: u8 = 30;

    #[test]
    fn names_are_printable_ascii() {
        for (tag, value, text) in [
            (UTF8, "sender", "CN=sender"),
            (UTF8, "a, b", r"CN=a\, b"),
            (UTF8, "\u{e9}", r"CN=\c3\a9"),
            (UTF8, "line\nbreak\u{1b}[2J", r"CN=line\0abreak\1b[2J"),
            (UTF8, "\u{202e}reversed", r"CN=\e2\80\aereversed"),
            // Text that claims a type it is not comes out as the encoding itself.
            (PRINTABLE, "\u{e9}", "2.5.4.3=#1302c3a9"),
            (BMP, "\0A", "2.5.4.3=#1e020041"),
        ] {
            assert_eq!(
                name_text(&common_name(tag, value.as_bytes())).as_deref(),
                Some(text)
            );
        }
        assert_eq!(name_text(&[0x30, 0]).as_deref(), Some(""));
    }

    #[test]
    fn what_is_no_name_has_no_text() {
        for der in [&[][..], &[5, 0], &[0x30, 1, 0], &[0x30, 2, 0x31, 1]] {
            assert_eq!(name_text(der), None, "{der:?}");
        }
    }
}
