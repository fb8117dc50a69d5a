//! The grammar of a document, and the search for one of its members.

use core::{fmt, str};

use crate::backend::Backend;
use crate::blocks::{BlockReader, Stop};
use crate::capture::{self, Capture};
use crate::chunk::{Chunk, Progress};
use crate::classes::BLOCK;
use crate::expected::{Expected, Member};
use crate::key::{KeyMatcher, Likeness};
use crate::literal::Literal;
use crate::number::Number;
use crate::place::Place;
use crate::stack::{self, Container, ContainerStack};
use crate::string::{self, Sink, Skip, StringLexer};
use crate::{JsonKind, PayloadError, PayloadErrorKind};

/// Finds the string that one key of a JSON object has, while it validates the whole document.
///
/// [`push`](Self::push) it the document in chunks of any size, then call [`finish`](Self::finish), which alone says that the
/// document is valid and what the value is. How the document is cut changes no result and no offset. The first error is
/// final: every later call repeats it. [`value`](Self::value) may be asked at any time and changes nothing.
///
/// It does not allocate. Its own size is about 2 KiB, most of it room for the value.
///
/// # Which documents pass
///
/// - The document is one object by the grammar of [RFC 8259], in UTF-8, without a byte-order mark, and nested no deeper than the
///   [limit](Self::with_depth_limit). Keys and strings that are not asked for are validated as well.
/// - No key of the outermost object is the wanted one twice, or differs from it in letter case alone: some parsers take the
///   first, some the last, some ignore case. Keys are compared after unescaping. Letter case is that of ASCII, and of the four
///   characters outside it whose other case is an ASCII letter. Keys of inner objects are never the wanted one.
/// - The wanted key's value is a string of at most [`MAX_VALUE_UNITS`](Self::MAX_VALUE_UNITS).
/// - Escaped halves of surrogate pairs stand neither in a key of the outermost object nor in the wanted value. Elsewhere they
///   are let through, as the grammar allows them.
///
/// [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259
pub struct PayloadScanner<'key> {
    state: State,
    containers: ContainerStack,
    key: KeyMatcher<'key>,
    capture: Capture,
    offset: u64,
    error: Option<PayloadError>,
    backend: Backend,
    /// Where the next block may start; up to there everything is read byte by byte.
    next_block: u64,
}

/// Where in the document the next byte stands.
#[derive(Debug)]
enum State {
    /// Between two tokens.
    Between(Expected),
    /// Behind the first `seen` bytes of what may be a byte-order mark.
    ByteOrderMark {
        seen: usize,
    },
    String(Role, StringLexer),
    Number(Number),
    Literal(Literal),
}

/// What a string is to us.
#[derive(Clone, Copy, Debug)]
enum Role {
    /// A key of the outermost object.
    OuterKey,
    /// A key of any other object.
    InnerKey,
    /// The value of the wanted key.
    Wanted,
    /// Any other value.
    Skipped,
}

/// From how many bytes on it pays to make a block of the end of a chunk.
const SHORTEST_BLOCK: usize = 16;

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

impl<'key> PayloadScanner<'key> {
    /// The deepest nesting that can be allowed, and the default; the outermost object is the first level.
    pub const MAX_DEPTH: u8 = stack::MAX_DEPTH;

    /// The longest value that is taken, in UTF-16 code units of its decoded form.
    pub const MAX_VALUE_UNITS: usize = capture::MAX_UNITS;

    /// A scanner at the start of a document that looks for `key`, which is the decoded form of the key.
    #[inline]
    pub fn new(key: &'key str) -> Self {
        Self {
            state: State::Between(Expected::Root),
            containers: ContainerStack::new(),
            key: KeyMatcher::new(key),
            capture: Capture::new(),
            offset: 0,
            error: None,
            backend: Backend::detect(),
            next_block: 0,
        }
    }

    /// Allows `limit` levels of arrays and objects inside each other; the outermost object is the first. More than
    /// [`MAX_DEPTH`](Self::MAX_DEPTH) counts as that, and 0 refuses every object.
    #[must_use]
    pub fn with_depth_limit(mut self, limit: u8) -> Self {
        self.containers.set_limit(limit);
        self
    }

    /// Uses fewer of the instructions that not every processor of the target has, or `None` if it uses none. It changes no result,
    /// only the speed, and is there so that tests and benches can compare all ways to read.
    #[doc(hidden)]
    pub fn slower(mut self) -> Option<Self> {
        self.slow_down().then_some(self)
    }

    /// What [`slower`](Self::slower) does, in place: to move a scanner takes longer than to make one.
    #[doc(hidden)]
    pub fn slow_down(&mut self) -> bool {
        let slower = self.backend.slower();
        self.backend = slower.unwrap_or(self.backend);
        slower.is_some()
    }

    /// Uses no such instruction.
    #[doc(hidden)]
    #[must_use]
    pub fn portable(self) -> Self {
        self.with_backend(Backend::Portable)
    }

    /// What the instructions are called that it uses.
    #[doc(hidden)]
    pub fn instructions(&self) -> &'static str {
        self.backend.name()
    }

    pub(crate) fn with_backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// Reads the next part of the document, which may be empty.
    ///
    /// # Errors
    ///
    /// The first rule that the document breaks, now or in an earlier chunk.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), PayloadError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let mut chunk = Chunk::new(chunk, self.offset);
        while !chunk.rest().is_empty() {
            self.read_blocks(&mut chunk);
            if self.read_plain_member(&mut chunk).is_some() {
                continue;
            }
            let mut piece = chunk.first(self.backend.stride());
            self.step(&mut piece).map_err(|error| self.fail(error))?;
            chunk.advance_to(piece.offset());
        }
        self.offset = chunk.offset();
        Ok(())
    }

    /// Ends the document and returns the decoded value; `None` when the object does not have the key.
    ///
    /// # Errors
    ///
    /// The rule that the document breaks, [`PayloadErrorKind::UnexpectedEnd`] if it is not whole. An empty document is not.
    pub fn finish(&mut self) -> Result<Option<&str>, PayloadError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if !matches!(self.state, State::Between(Expected::End)) {
            let error = PayloadError::new(PayloadErrorKind::UnexpectedEnd, self.offset);
            return Err(self.fail(error));
        }
        Ok(self.value())
    }

    /// The decoded value, from its closing quote on. It is provisional: the rest of the document may still be refused, and then
    /// this is `None` again.
    pub fn value(&self) -> Option<&str> {
        match self.error {
            None => self.capture.value(),
            Some(_) => None,
        }
    }

    fn fail(&mut self, error: PayloadError) -> PayloadError {
        *self.error.insert(error)
    }

    /// Reads blocks, if nothing of what comes next is looked for.
    fn read_blocks(&mut self, chunk: &mut Chunk<'_>) {
        if self.backend.is_portable()
            || chunk.rest().len() < SHORTEST_BLOCK
            || chunk.offset() < self.next_block
        {
            return;
        }
        let place = match &self.state {
            State::Between(Expected::Colon(Member::Wanted) | Expected::Value(Member::Wanted)) => {
                return;
            }
            State::Between(expected) if self.containers.depth() > 0 => Place::Between(*expected),
            State::String(Role::InnerKey, lexer) if lexer.is_between_characters() => Place::Key,
            State::String(Role::Skipped, lexer) if lexer.is_between_characters() => Place::Value,
            _ => return,
        };
        let Some(nesting) = self.containers.nesting() else {
            return;
        };
        let deepest = self.containers.deepest_nesting();
        let mut reader = BlockReader::new(place, nesting, deepest, self.key.initial());
        let (len, mut stop) = self.backend.read(&mut reader, chunk.rest());
        chunk.advance(len);
        if stop == Stop::Short && chunk.rest().len() >= SHORTEST_BLOCK {
            // white space in front changes nothing, and makes a whole block of it
            let mut block = [b' '; BLOCK];
            let space = BLOCK - chunk.rest().len();
            block[space..].copy_from_slice(chunk.rest());
            let (len, stopped) = self.backend.read(&mut reader, &block);
            chunk.advance(len.saturating_sub(space));
            stop = stopped;
        }
        if stop == Stop::Unclear {
            self.next_block = chunk.offset() + BLOCK as u64;
        }
        let (place, nesting) = reader.into_parts();
        self.containers.set_nesting(nesting);
        // nothing asks for the start of a string that nobody reads
        let start = chunk.offset();
        match place {
            Place::Between(expected) => self.expect(expected),
            Place::Key => self.state = State::String(Role::InnerKey, StringLexer::new(start)),
            Place::Value => self.state = State::String(Role::Skipped, StringLexer::new(start)),
        }
    }

    /// Reads the wanted member if it is whole and as plain as can be: no escapes, and nothing between its tokens.
    fn read_plain_member(&mut self, chunk: &mut Chunk<'_>) -> Option<()> {
        if self.backend.is_portable() || self.containers.depth() != 1 {
            return None;
        }
        let State::Between(Expected::FirstKey | Expected::NextKey) = self.state else {
            return None;
        };
        let (key, rest) = string::split_plain(chunk.rest())?;
        // before the search for the end of a value that may be long and another's
        if key != self.key.wanted().as_bytes() {
            return None;
        }
        let (value, rest) = string::split_plain(rest.strip_prefix(b":")?)?;
        if value.len() > capture::MAX_UNITS {
            return None;
        }
        let value = str::from_utf8(value).ok()?;
        self.capture.open().ok()?;
        self.capture
            .text(value)
            .expect("no code unit takes less than a byte");
        self.capture.complete();
        self.expect(Expected::Separator);
        chunk.advance(chunk.rest().len() - rest.len());
        Some(())
    }

    /// Reads a token, or what there is of one.
    fn step(&mut self, chunk: &mut Chunk<'_>) -> Result<(), PayloadError> {
        let progress = match &mut self.state {
            State::Between(expected) => {
                let expected = *expected;
                if chunk.offset() == 0 && chunk.peek() == Some(BYTE_ORDER_MARK[0]) {
                    self.state = read_byte_order_mark(chunk, 0)?;
                    return Ok(());
                }
                chunk.skip_whitespace();
                let Some(byte) = chunk.peek() else {
                    return Ok(());
                };
                let offset = chunk.offset();
                self.begin_token(expected, byte, offset)?;
                chunk.advance(1);
                return Ok(());
            }
            State::String(role, lexer) => {
                let progress = match role {
                    Role::OuterKey => lexer.read(chunk, &mut self.key)?,
                    Role::Wanted => lexer.read(chunk, &mut self.capture)?,
                    Role::InnerKey | Role::Skipped => lexer.read(chunk, &mut Skip)?,
                };
                let (role, start) = (*role, lexer.start());
                return match progress {
                    Progress::Unfinished => Ok(()),
                    Progress::Finished => self.end_string(role, start),
                };
            }
            State::Number(number) => number.read(chunk)?,
            State::Literal(literal) => literal.read(chunk)?,
            State::ByteOrderMark { seen } => {
                let seen = *seen;
                self.state = read_byte_order_mark(chunk, seen)?;
                return Ok(());
            }
        };
        if progress == Progress::Finished {
            self.expect(Expected::Separator);
        }
        Ok(())
    }

    /// Goes on between two tokens. The state is large, so whatever knows the next one puts it in its place.
    fn expect(&mut self, expected: Expected) {
        self.state = State::Between(expected);
    }

    /// Takes `byte`, which stands at `offset`, as the first one of what is `expected`.
    fn begin_token(
        &mut self,
        expected: Expected,
        byte: u8,
        offset: u64,
    ) -> Result<(), PayloadError> {
        match (expected, byte) {
            (Expected::Root, b'{') => return self.open(Container::Object, offset),
            (Expected::Root, _) if byte == b'"' || JsonKind::starting_with(byte).is_some() => {
                return Err(PayloadError::new(PayloadErrorKind::RootNotObject, offset));
            }
            (Expected::Root, _) => return Err(unexpected_byte("`{`", offset)),
            (Expected::FirstKey | Expected::NextKey, b'"') => self.begin_key(offset),
            (Expected::FirstKey, b'}') => self.close(),
            (Expected::FirstKey, _) => return Err(unexpected_byte("a key or `}`", offset)),
            (Expected::NextKey, _) => return Err(unexpected_byte("a key", offset)),
            (Expected::Colon(member), b':') => self.expect(Expected::Value(member)),
            (Expected::Colon(_), _) => return Err(unexpected_byte("`:`", offset)),
            (Expected::Value(member), _) => return self.begin_value(member, byte, offset),
            (Expected::FirstElement, b']') => self.close(),
            (Expected::FirstElement, _) => return self.begin_value(Member::Other, byte, offset),
            (Expected::Separator, _) => match (self.containers.innermost(), byte) {
                (Some(Container::Object), b',') => self.expect(Expected::NextKey),
                (Some(Container::Object), b'}') => self.close(),
                (Some(Container::Array), b',') => self.expect(Expected::Value(Member::Other)),
                (Some(Container::Array), b']') => self.close(),
                (Some(Container::Array), _) => return Err(unexpected_byte("`,` or `]`", offset)),
                _ => return Err(unexpected_byte("`,` or `}`", offset)),
            },
            (Expected::End, _) => {
                return Err(PayloadError::new(PayloadErrorKind::TrailingData, offset));
            }
        }
        Ok(())
    }

    /// Takes the opening quote of a key, which stands at `offset`.
    fn begin_key(&mut self, offset: u64) {
        let role = match self.containers.depth() {
            1 => Role::OuterKey,
            _ => Role::InnerKey,
        };
        self.key.restart();
        self.state = State::String(role, StringLexer::new(offset));
    }

    /// Takes the first byte of a value, which stands at `offset`.
    fn begin_value(&mut self, member: Member, first: u8, offset: u64) -> Result<(), PayloadError> {
        if first == b'"' {
            let role = match member {
                Member::Wanted => Role::Wanted,
                Member::Other => Role::Skipped,
            };
            self.state = State::String(role, StringLexer::new(offset));
            return Ok(());
        }
        match (member, JsonKind::starting_with(first)) {
            (_, None) => return Err(unexpected_byte("a value", offset)),
            (Member::Wanted, Some(found)) => {
                let kind = PayloadErrorKind::NotAString { found };
                return Err(PayloadError::new(kind, offset));
            }
            (_, Some(JsonKind::Object)) => return self.open(Container::Object, offset),
            (_, Some(JsonKind::Array)) => return self.open(Container::Array, offset),
            (_, Some(JsonKind::Number)) => {
                self.state = State::Number(Number::starting_with(first));
            }
            (_, Some(JsonKind::Null | JsonKind::Bool)) => {
                self.state = State::Literal(Literal::starting_with(first));
            }
        }
        Ok(())
    }

    /// Takes the closing quote of the string that starts at `start`.
    fn end_string(&mut self, role: Role, start: u64) -> Result<(), PayloadError> {
        let expected = match role {
            Role::OuterKey => {
                let member = match self.key.likeness() {
                    Likeness::Different => Ok(Member::Other),
                    Likeness::Aliased => Err(PayloadErrorKind::AliasedKey),
                    Likeness::Exact => self.capture.open().map(|()| Member::Wanted),
                };
                Expected::Colon(member.map_err(|kind| PayloadError::new(kind, start))?)
            }
            Role::InnerKey => Expected::Colon(Member::Other),
            Role::Wanted => {
                self.capture.complete();
                Expected::Separator
            }
            Role::Skipped => Expected::Separator,
        };
        self.expect(expected);
        Ok(())
    }

    /// Takes the opening bracket at `offset`.
    fn open(&mut self, container: Container, offset: u64) -> Result<(), PayloadError> {
        self.containers
            .push(container)
            .map_err(|kind| PayloadError::new(kind, offset))?;
        match container {
            Container::Object => self.expect(Expected::FirstKey),
            Container::Array => self.expect(Expected::FirstElement),
        }
        Ok(())
    }

    /// Takes the closing bracket of the innermost container.
    fn close(&mut self) {
        self.containers.pop();
        match self.containers.innermost() {
            Some(_) => self.expect(Expected::Separator),
            None => self.expect(Expected::End),
        }
    }
}

/// Reads the byte after the first `seen` bytes of a byte-order mark, which is an error unless more of it has to come.
fn read_byte_order_mark(chunk: &mut Chunk<'_>, seen: usize) -> Result<State, PayloadError> {
    if chunk.peek() != BYTE_ORDER_MARK.get(seen).copied() {
        return Err(unexpected_byte("`{`", 0));
    }
    if seen + 1 == BYTE_ORDER_MARK.len() {
        return Err(PayloadError::new(PayloadErrorKind::ByteOrderMark, 0));
    }
    chunk.advance(1);
    Ok(State::ByteOrderMark { seen: seen + 1 })
}

fn unexpected_byte(expected: &'static str, offset: u64) -> PayloadError {
    PayloadError::new(PayloadErrorKind::UnexpectedByte { expected }, offset)
}

/// Shows no part of the document.
impl fmt::Debug for PayloadScanner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayloadScanner")
            .field("key", &self.key.wanted())
            .field("offset", &self.offset)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use super::*;

    #[test]
    fn debug_output_shows_nothing_of_the_document() {
        let mut scanner = PayloadScanner::new("developerPayload");
        let pushed = scanner.push(br#"{"secret":"in skipped","developerPayload":"in wanted"}"#);
        assert_eq!(pushed, Ok(()));
        assert_eq!(
            alloc::format!("{scanner:?}"),
            r#"PayloadScanner { key: "developerPayload", offset: 54, error: None, .. }"#
        );
    }

    #[test]
    fn its_size_is_what_the_documentation_says() {
        assert!(size_of::<PayloadScanner<'_>>() <= 2048);
    }
}
