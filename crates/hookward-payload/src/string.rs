//! Strings: their grammar ([RFC 8259 section 7]), their UTF-8, and their decoded text for whoever wants it.
//!
//! [RFC 8259 section 7]: https://www.rfc-editor.org/rfc/rfc8259#section-7

use core::str;

use crate::chunk::{Chunk, Progress};
use crate::{PayloadError, PayloadErrorKind};

/// Who receives the decoded text of a string. An error ends the document.
pub(crate) trait Sink {
    /// The next piece of the text; where it is cut means nothing.
    fn text(&mut self, text: &str) -> Result<(), PayloadErrorKind>;

    /// An escaped surrogate without its other half, which no text can hold.
    fn lone_surrogate(&mut self) -> Result<(), PayloadErrorKind>;
}

/// Takes any text and keeps nothing.
pub(crate) struct Skip;

impl Sink for Skip {
    fn text(&mut self, _: &str) -> Result<(), PayloadErrorKind> {
        Ok(())
    }

    fn lone_surrogate(&mut self) -> Result<(), PayloadErrorKind> {
        Ok(())
    }
}

/// Reads one string, from behind its opening quote to behind its closing one.
#[derive(Debug)]
pub(crate) struct StringLexer {
    /// Where the opening quote stands.
    start: u64,
    state: State,
    /// The escape just read, if the other half of its pair must follow.
    high: Option<UnicodeEscape>,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug)]
enum State {
    /// The text itself.
    Text,
    /// A character that the end of a chunk, or a byte that ends the text, has cut in two.
    CutCharacter(CutCharacter),
    /// The byte after the backslash at `start`.
    Escape { start: u64 },
    /// The hexadecimal digits of an escape, `digits` of which have been read.
    Hex { escape: UnicodeEscape, digits: u8 },
}

/// `\uXXXX`: the value, and where the backslash stands.
#[derive(Clone, Copy, Debug)]
struct UnicodeEscape {
    unit: u16,
    start: u64,
}

/// The first bytes of a character, which may still become one.
#[derive(Clone, Copy, Debug, Default)]
struct CutCharacter {
    bytes: [u8; 4],
    len: usize,
}

impl StringLexer {
    /// `start` is the offset of the opening quote.
    pub(crate) fn new(start: u64) -> Self {
        Self {
            start,
            state: State::Text,
            high: None,
        }
    }

    /// The offset of the opening quote.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// Whether the next byte is a character of its own, or ends the string. Half of a pair may still wait for the other.
    pub(crate) fn is_between_characters(&self) -> bool {
        matches!(self.state, State::Text)
    }

    /// Reads up to and including the closing quote.
    pub(crate) fn read(
        &mut self,
        chunk: &mut Chunk<'_>,
        sink: &mut impl Sink,
    ) -> Result<Progress, PayloadError> {
        while let Some(byte) = chunk.peek() {
            match self.state {
                State::Text => {
                    if byte != b'\\' {
                        self.end_pair(sink)?;
                    }
                    match byte {
                        b'"' => {
                            chunk.advance(1);
                            return Ok(Progress::Finished);
                        }
                        b'\\' => {
                            self.state = State::Escape {
                                start: chunk.offset(),
                            };
                            chunk.advance(1);
                        }
                        0x00..=0x1F => {
                            let kind = PayloadErrorKind::ControlCharacter;
                            return Err(PayloadError::new(kind, chunk.offset()));
                        }
                        _ => self.read_text(chunk, sink)?,
                    }
                }
                State::CutCharacter(character) => {
                    self.read_cut_character(character, byte, chunk.offset(), sink)?;
                    chunk.advance(1);
                }
                State::Escape { start } => {
                    self.read_escape(start, byte, chunk.offset(), sink)?;
                    chunk.advance(1);
                }
                State::Hex { escape, digits } => {
                    self.read_digit(escape, digits, byte, chunk.offset(), sink)?;
                    chunk.advance(1);
                }
            }
        }
        Ok(Progress::Unfinished)
    }

    /// Reads up to the next quote, backslash or control character.
    fn read_text(
        &mut self,
        chunk: &mut Chunk<'_>,
        sink: &mut impl Sink,
    ) -> Result<(), PayloadError> {
        let run = &chunk.rest()[..text_run(chunk.rest())];
        let valid = match str::from_utf8(run) {
            Ok(text) => text,
            Err(error) => str::from_utf8(&run[..error.valid_up_to()])
                .expect("a run is valid up to valid_up_to"),
        };
        self.emit(sink, valid)?;
        chunk.advance(valid.len());
        let invalid = &run[valid.len()..];
        if invalid.is_empty() {
            return Ok(());
        }
        match CutCharacter::new(invalid) {
            // if it is the quote that cuts it, and not the end of the chunk, that is found out next
            Some(character) => {
                self.state = State::CutCharacter(character);
                chunk.advance(invalid.len());
                Ok(())
            }
            None => Err(PayloadError::new(
                PayloadErrorKind::InvalidUtf8,
                chunk.offset(),
            )),
        }
    }

    /// Adds `byte`, which stands at `offset`, to a character that began in an earlier chunk.
    fn read_cut_character(
        &mut self,
        mut character: CutCharacter,
        byte: u8,
        offset: u64,
        sink: &mut impl Sink,
    ) -> Result<(), PayloadError> {
        let start = offset - character.len as u64;
        match character.push(byte) {
            Ok(text) => {
                self.emit(sink, text)?;
                self.state = State::Text;
                Ok(())
            }
            Err(error) if error.error_len().is_none() => {
                self.state = State::CutCharacter(character);
                Ok(())
            }
            Err(_) => Err(PayloadError::new(PayloadErrorKind::InvalidUtf8, start)),
        }
    }

    /// Takes `byte`, which stands at `offset`, as what follows the backslash at `start`.
    fn read_escape(
        &mut self,
        start: u64,
        byte: u8,
        offset: u64,
        sink: &mut impl Sink,
    ) -> Result<(), PayloadError> {
        let text = match byte {
            b'"' => "\"",
            b'\\' => "\\",
            b'/' => "/",
            b'b' => "\u{8}",
            b'f' => "\u{c}",
            b'n' => "\n",
            b'r' => "\r",
            b't' => "\t",
            b'u' => {
                let escape = UnicodeEscape { unit: 0, start };
                self.state = State::Hex { escape, digits: 0 };
                return Ok(());
            }
            _ => {
                return Err(PayloadError::new(PayloadErrorKind::InvalidEscape, offset));
            }
        };
        self.end_pair(sink)?;
        self.emit(sink, text)?;
        self.state = State::Text;
        Ok(())
    }

    /// Takes `byte`, which stands at `offset`, as the next digit of `escape`.
    fn read_digit(
        &mut self,
        mut escape: UnicodeEscape,
        digits: u8,
        byte: u8,
        offset: u64,
        sink: &mut impl Sink,
    ) -> Result<(), PayloadError> {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => return Err(PayloadError::new(PayloadErrorKind::InvalidEscape, offset)),
        };
        escape.unit = (escape.unit << 4) | u16::from(digit);
        if digits < 3 {
            self.state = State::Hex {
                escape,
                digits: digits + 1,
            };
            return Ok(());
        }
        self.state = State::Text;
        self.end_unicode_escape(escape, sink)
    }

    /// Joins a complete escape with the half before it, or keeps it for the half after it.
    fn end_unicode_escape(
        &mut self,
        escape: UnicodeEscape,
        sink: &mut impl Sink,
    ) -> Result<(), PayloadError> {
        if let Some(high) = self.high
            && let Some(Ok(character)) = char::decode_utf16([high.unit, escape.unit]).next()
        {
            self.high = None;
            return self.emit(sink, character.encode_utf8(&mut [0; 4]));
        }
        self.end_pair(sink)?;
        match char::from_u32(escape.unit.into()) {
            Some(character) => self.emit(sink, character.encode_utf8(&mut [0; 4])),
            None if escape.unit < FIRST_LOW_SURROGATE => {
                self.high = Some(escape);
                Ok(())
            }
            None => emit_lone_surrogate(sink, escape),
        }
    }

    /// Notes that something other than the second half of a pair has followed.
    fn end_pair(&mut self, sink: &mut impl Sink) -> Result<(), PayloadError> {
        match self.high.take() {
            Some(high) => emit_lone_surrogate(sink, high),
            None => Ok(()),
        }
    }

    /// What a sink refuses in a text, it refuses the string for.
    fn emit(&self, sink: &mut impl Sink, text: &str) -> Result<(), PayloadError> {
        sink.text(text)
            .map_err(|kind| PayloadError::new(kind, self.start))
    }
}

/// Surrogates from here on are second halves, those before are first halves.
const FIRST_LOW_SURROGATE: u16 = 0xDC00;

fn emit_lone_surrogate(sink: &mut impl Sink, escape: UnicodeEscape) -> Result<(), PayloadError> {
    sink.lone_surrogate()
        .map_err(|kind| PayloadError::new(kind, escape.start))
}

/// The text of the string that `bytes` start with, and what is behind it, if it ends among them and has neither escapes nor
/// control characters. Whether it is UTF-8 is not judged.
pub(crate) fn split_plain(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let bytes = bytes.strip_prefix(b"\"")?;
    let (text, rest) = bytes.split_at(text_run(bytes));
    Some((text, rest.strip_prefix(b"\"")?))
}

/// The number of bytes before the next quote, backslash or control character: where nearly all time is spent.
fn text_run(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks();
    for (number, word) in words.iter().enumerate() {
        let ends = text_ends(u64::from_le_bytes(*word));
        if ends != 0 {
            return number * size_of::<u64>() + (ends.trailing_zeros() / u8::BITS) as usize;
        }
    }
    let run = rest
        .iter()
        .position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
    bytes.len() - rest.len() + run.unwrap_or(rest.len())
}

/// The top bit of the lowest byte that is a quote, a backslash or a control character, if there is one; what it says of the bytes
/// above that means nothing.
fn text_ends(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xFF;
    // a byte that is less borrows its own top bit, and perhaps from the byte above, which is why that one means nothing
    let less = |word: u64, than: u8| word.wrapping_sub(ONES * u64::from(than)) & !word;
    let equal = |byte: u8| less(word ^ (ONES * u64::from(byte)), 1);
    (less(word, 0x20) | equal(b'"') | equal(b'\\')) & (ONES << 7)
}

impl CutCharacter {
    /// `bytes`, if more bytes can make one character of them.
    fn new(bytes: &[u8]) -> Option<Self> {
        let error = str::from_utf8(bytes).err()?;
        if error.valid_up_to() > 0 || error.error_len().is_some() {
            return None;
        }
        let mut character = Self::default();
        character
            .bytes
            .get_mut(..bytes.len())?
            .copy_from_slice(bytes);
        character.len = bytes.len();
        Some(character)
    }

    /// Adds a byte, which makes it a character, an error, or (`error_len` is `None`) neither yet. Four bytes are never neither,
    /// and after an error nothing may be added.
    fn push(&mut self, byte: u8) -> Result<&str, str::Utf8Error> {
        self.bytes[self.len] = byte;
        self.len += 1;
        str::from_utf8(&self.bytes[..self.len])
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;

    /// Writes down what it is given, and ends nothing.
    #[derive(Default)]
    struct Record(String);

    impl Sink for Record {
        fn text(&mut self, text: &str) -> Result<(), PayloadErrorKind> {
            self.0.push_str(text);
            Ok(())
        }

        fn lone_surrogate(&mut self) -> Result<(), PayloadErrorKind> {
            self.0.push_str("<lone>");
            Ok(())
        }
    }

    /// What the string that `bytes` is decodes to, read byte by byte.
    fn decode(bytes: &[u8]) -> Result<String, PayloadError> {
        let mut record = Record::default();
        let mut lexer = StringLexer::new(0);
        let progress: Result<Vec<_>, _> = (1..bytes.len())
            .map(|at| lexer.read(&mut Chunk::new(&bytes[at..=at], at as u64), &mut record))
            .collect();
        assert_eq!(
            progress?.iter().position(|&p| p == Progress::Finished),
            Some(bytes.len() - 2)
        );
        Ok(record.0)
    }

    #[test]
    fn every_character_is_decoded_raw_and_escaped() {
        let controls = '\0'..='\u{1F}';
        for character in controls.clone() {
            let text = format!("\"\\u{:04X}\"", u32::from(character));
            assert_eq!(decode(text.as_bytes()), Ok(character.into()));
        }
        // one of 97 is enough: every plane, every length, both sides of the surrogates
        let some = ('\u{20}'..=char::MAX).step_by(97);
        for character in some.chain(['\u{7F}', '\u{D7FF}', '\u{E000}', '\u{FFFF}', char::MAX]) {
            if character != '"' && character != '\\' {
                let text = format!("\"{character}\"");
                assert_eq!(decode(text.as_bytes()), Ok(character.into()), "{text}");
            }
            let mut text = String::from("\"");
            for unit in character.encode_utf16(&mut [0; 2]) {
                text += &format!("\\u{unit:04x}");
            }
            text += "\"";
            assert_eq!(decode(text.as_bytes()), Ok(character.into()), "{text}");
        }
    }

    #[test]
    fn short_escapes_are_decoded() {
        assert_eq!(
            decode(br#""\"\\\/\b\f\n\r\t""#),
            Ok("\"\\/\u{8}\u{c}\n\r\t".into())
        );
    }

    #[test]
    fn halves_of_pairs_are_told_apart_from_pairs() {
        for (text, decoded) in [
            (r#""\ud83d\ude00""#, "\u{1F600}"),
            (r#""\ud83d""#, "<lone>"),
            (r#""\ude00""#, "<lone>"),
            (r#""\ud83dx""#, "<lone>x"),
            (r#""\ud83d\n""#, "<lone>\n"),
            (r#""\ud83d\u0041""#, "<lone>A"),
            (r#""\ude00\ud83d""#, "<lone><lone>"),
            (r#""\ud83d\ud83d\ude00""#, "<lone>\u{1F600}"),
            (r#""\ud83d\ude00\ude00""#, "\u{1F600}<lone>"),
            (r#""\ud83d\\ude00""#, "<lone>\\ude00"),
            ("\"\\ud83d\u{1F600}\"", "<lone>\u{1F600}"),
        ] {
            assert_eq!(decode(text.as_bytes()), Ok(decoded.into()), "{text}");
        }
    }

    #[test]
    fn only_the_beginning_of_one_character_is_a_cut_character() {
        for bytes in [&b"\xC3"[..], b"\xE2\x82", b"\xF0\x9F\x98"] {
            assert!(CutCharacter::new(bytes).is_some(), "{bytes:?}");
        }
        for bytes in [
            &b""[..],
            b"a",
            b"a\xC3",
            b"\xC3\xA9",
            b"\x80",
            b"\xF0\x9F\x98\x80\xF0",
        ] {
            assert!(CutCharacter::new(bytes).is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn every_byte_is_a_hexadecimal_digit_or_an_error() {
        for byte in 0..=u8::MAX {
            for at in 3..7 {
                let mut bytes = *br#""\u0000""#;
                bytes[at] = byte;
                let expected = match char::from(byte).to_digit(16) {
                    Some(digit) => Ok(char::from_u32(digit << (4 * (6 - at)))),
                    None => Err(at as u64),
                };
                let found = decode(&bytes).map_err(|error| error.offset());
                // surrogates are another test's subject
                if !bytes.starts_with(br#""\ud"#) && !bytes.starts_with(br#""\uD"#) {
                    assert_eq!(found.map(|text| text.chars().next()), expected);
                }
            }
        }
    }

    #[test]
    fn every_two_byte_sequence_is_judged_as_the_standard_library_does() {
        for lead in 0x80..=0xFF_u8 {
            for second in 0x20..=0xFF_u8 {
                if second == b'"' || second == b'\\' {
                    continue;
                }
                // two continuation bytes complete whatever the first two bytes can begin
                let bytes = [b'"', lead, second, 0x80, 0x80, b'"'];
                let expected = str::from_utf8(&bytes).map_err(|error| error.valid_up_to() as u64);
                let found = decode(&bytes).map_err(|error| error.offset());
                assert_eq!(
                    found.as_deref().map_err(|&offset| offset),
                    expected.map(|text| &text[1..text.len() - 1])
                );
            }
        }
    }

    #[test]
    fn a_run_ends_where_its_first_byte_says() {
        for end in 0..=u8::MAX {
            let ends = end < 0x20 || end == b'"' || end == b'\\';
            for at in 0..20 {
                // what a borrow could make of the bytes on both sides
                for other in [b' ', b'!', b'#', b'[', b']', 0x7F, 0x80, 0xA2, 0xDC, 0xFF] {
                    let mut bytes = [other; 24];
                    bytes[at] = end;
                    let expected = if ends { at } else { bytes.len() };
                    assert_eq!(text_run(&bytes), expected, "{end:#x} among {other:#x}");
                    bytes[at + 1..].fill(b'"');
                    let expected = if ends { at } else { at + 1 };
                    assert_eq!(text_run(&bytes), expected, "{end:#x} among {other:#x}");
                }
            }
        }
    }
}
