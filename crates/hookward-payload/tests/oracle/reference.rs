//! The scanner's rules written again, slowly and plainly, over a whole document in memory.

use hookward_payload::{JsonKind, PayloadErrorKind as Kind};

/// The decoded value, or the rule that is broken and the offset.
pub(crate) type Outcome = Result<Option<String>, (Kind, u64)>;

/// What a scanner for `key` has to find. `UnexpectedByte` comes with an empty `expected`; `key` must be ASCII.
pub(crate) fn read(document: &[u8], key: &str, depth_limit: u8) -> Outcome {
    let mut reader = Reader {
        document,
        at: 0,
        key,
        depth_limit,
        value: None,
    };
    reader.document()?;
    Ok(reader.value)
}

const UNEXPECTED: Kind = Kind::UnexpectedByte { expected: "" };
const MARK: &[u8] = "\u{FEFF}".as_bytes();

struct Reader<'a> {
    document: &'a [u8],
    at: usize,
    key: &'a str,
    depth_limit: u8,
    value: Option<String>,
}

type Read<T> = Result<T, (Kind, u64)>;

/// What a string is read for.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Use {
    Key,
    Value,
    Nothing,
}

impl Reader<'_> {
    fn document(&mut self) -> Read<()> {
        if self.document.starts_with(MARK) {
            return self.refuse_at(Kind::ByteOrderMark, 0);
        }
        if !self.document.is_empty() && MARK.starts_with(self.document) {
            return self.refuse_at(Kind::UnexpectedEnd, self.document.len());
        }
        match self.next_token()? {
            b'{' => self.object(1)?,
            b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                return self.refuse(Kind::RootNotObject);
            }
            _ => return self.refuse(UNEXPECTED),
        }
        self.whitespace();
        match self.peek() {
            None => Ok(()),
            Some(_) => self.refuse(Kind::TrailingData),
        }
    }

    fn object(&mut self, depth: u8) -> Read<()> {
        self.open(depth)?;
        if self.next_token()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.next_token()? != b'"' {
                return self.refuse(UNEXPECTED);
            }
            let wanted = if depth == 1 {
                self.outer_key()?
            } else {
                self.string(Use::Nothing)?;
                false
            };
            if self.next_token()? != b':' {
                return self.refuse(UNEXPECTED);
            }
            self.at += 1;
            if wanted {
                self.wanted_value()?;
            } else {
                self.value(depth)?;
            }
            if self.ends_with(b'}')? {
                return Ok(());
            }
        }
    }

    fn array(&mut self, depth: u8) -> Read<()> {
        self.open(depth)?;
        if self.next_token()? == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth)?;
            if self.ends_with(b']')? {
                return Ok(());
            }
        }
    }

    fn open(&mut self, depth: u8) -> Read<()> {
        if depth > self.depth_limit {
            return self.refuse(Kind::TooDeep {
                limit: self.depth_limit,
            });
        }
        self.at += 1;
        Ok(())
    }

    /// Reads a comma or the closing bracket, and tells whether it was the latter.
    fn ends_with(&mut self, closing: u8) -> Read<bool> {
        let byte = self.next_token()?;
        if byte != b',' && byte != closing {
            return self.refuse(UNEXPECTED);
        }
        self.at += 1;
        Ok(byte == closing)
    }

    /// Reads a key of the outermost object, and tells whether it is the wanted one.
    fn outer_key(&mut self) -> Read<bool> {
        let start = self.at;
        let key = self.string(Use::Key)?;
        if key == self.key {
            if self.value.is_some() {
                return self.refuse_at(Kind::DuplicateKey, start);
            }
            return Ok(true);
        }
        let same_but_for_case = key.chars().count() == self.key.chars().count()
            && key.chars().zip(self.key.chars()).all(|(a, b)| {
                a.to_uppercase().eq(b.to_uppercase())
                    || a.to_lowercase().next() == b.to_lowercase().next()
            });
        if same_but_for_case {
            return self.refuse_at(Kind::AliasedKey, start);
        }
        Ok(false)
    }

    fn wanted_value(&mut self) -> Read<()> {
        let found = match self.next_token()? {
            b'"' => {
                self.value = Some(self.string(Use::Value)?);
                return Ok(());
            }
            b'n' => JsonKind::Null,
            b't' | b'f' => JsonKind::Bool,
            b'-' | b'0'..=b'9' => JsonKind::Number,
            b'[' => JsonKind::Array,
            b'{' => JsonKind::Object,
            _ => return self.refuse(UNEXPECTED),
        };
        self.refuse(Kind::NotAString { found })
    }

    fn value(&mut self, depth: u8) -> Read<()> {
        match self.next_token()? {
            b'{' => self.object(depth + 1),
            b'[' => self.array(depth + 1),
            b'"' => self.string(Use::Nothing).map(|_| ()),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.refuse(UNEXPECTED),
        }
    }

    fn word(&mut self, word: &str) -> Read<()> {
        for expected in word.bytes() {
            if self.some_byte()? != expected {
                return self.refuse(UNEXPECTED);
            }
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Read<()> {
        if self.some_byte()? == b'-' {
            self.at += 1;
        }
        if self.some_byte()? == b'0' {
            self.at += 1;
            if self.some_byte()?.is_ascii_digit() {
                return self.refuse(Kind::InvalidNumber);
            }
        } else {
            self.digits()?;
        }
        if self.some_byte()? == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.some_byte()?, b'e' | b'E') {
            self.at += 1;
            if matches!(self.some_byte()?, b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Read<()> {
        if !self.some_byte()?.is_ascii_digit() {
            return self.refuse(Kind::InvalidNumber);
        }
        while self.some_byte()?.is_ascii_digit() {
            self.at += 1;
        }
        Ok(())
    }

    /// Reads a string and decodes it; in strings that are read for nothing, halves of pairs are left out.
    fn string(&mut self, used: Use) -> Read<String> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.some_byte()? {
                b'"' => {
                    self.at += 1;
                    return Ok(text);
                }
                0x00..=0x1F => return self.refuse(Kind::ControlCharacter),
                b'\\' => text.extend(self.escaped_character(used)?),
                _ => text.push(self.raw_character()?),
            }
            if used == Use::Value && text.encode_utf16().count() > 512 {
                return self.refuse_at(Kind::ValueTooLong { limit: 512 }, start);
            }
        }
    }

    fn raw_character(&mut self) -> Read<char> {
        let rest = &self.document[self.at..];
        for len in 1..=rest.len().min(4) {
            if let Ok(text) = core::str::from_utf8(&rest[..len]) {
                self.at += len;
                return Ok(text.chars().next().expect("at least one byte"));
            }
        }
        match core::str::from_utf8(rest) {
            Err(error) if error.error_len().is_none() && error.valid_up_to() == 0 => {
                self.refuse_at(Kind::UnexpectedEnd, self.document.len())
            }
            _ => self.refuse(Kind::InvalidUtf8),
        }
    }

    /// Reads one escape, or two that make a pair; `None` for half of a pair.
    fn escaped_character(&mut self, used: Use) -> Read<Option<char>> {
        let start = self.at;
        let first = self.escape()?;
        if let Some(character) = char::from_u32(first.into()) {
            return Ok(Some(character));
        }
        if first < 0xDC00 && self.some_byte()? == b'\\' {
            let behind_first = self.at;
            let second = self.escape()?;
            if (0xDC00..=0xDFFF).contains(&second) {
                let pair = (u32::from(first) - 0xD800) * 0x400 + (u32::from(second) - 0xDC00);
                return Ok(char::from_u32(0x10000 + pair));
            }
            self.at = behind_first;
        }
        match used {
            Use::Nothing => Ok(None),
            Use::Key | Use::Value => self.refuse_at(Kind::LoneSurrogate, start),
        }
    }

    fn escape(&mut self) -> Read<u16> {
        self.at += 1;
        let unit = match self.some_byte()? {
            byte @ (b'"' | b'\\' | b'/') => byte.into(),
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => 0x0A,
            b'r' => 0x0D,
            b't' => 0x09,
            b'u' => {
                let mut unit = 0;
                for _ in 0..4 {
                    self.at += 1;
                    match char::from(self.some_byte()?).to_digit(16) {
                        Some(digit) => unit = unit * 16 + digit as u16,
                        None => return self.refuse(Kind::InvalidEscape),
                    }
                }
                unit
            }
            _ => return self.refuse(Kind::InvalidEscape),
        };
        self.at += 1;
        Ok(unit)
    }

    fn whitespace(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The first byte that is not white space, left in place.
    fn next_token(&mut self) -> Read<u8> {
        self.whitespace();
        self.some_byte()
    }

    fn some_byte(&self) -> Read<u8> {
        match self.peek() {
            Some(byte) => Ok(byte),
            None => self.refuse(Kind::UnexpectedEnd),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.document.get(self.at).copied()
    }

    fn refuse<T>(&self, kind: Kind) -> Read<T> {
        self.refuse_at(kind, self.at)
    }

    fn refuse_at<T>(&self, kind: Kind, at: usize) -> Read<T> {
        Err((kind, at as u64))
    }
}
