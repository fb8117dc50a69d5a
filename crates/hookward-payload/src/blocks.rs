//! The grammar of the outermost object, 64 bytes at a time.
//!
//! Where nothing is looked up, it is enough to know that the document is valid. Masks with one bit for each byte of a block say
//! that without a branch for each token. They say nothing more: a block in which anything is wrong or unusual is left unread, and
//! the byte-wise lexers, which are the specification, read it and find what and where. Theirs is also every key of the outermost
//! object that its first letter does not rule out.
//!
//! The difficulties of cutting text anywhere are avoided: where a block ends within a character, an escape, a number or a word,
//! the next block starts with that.

use core::hint::cold_path;

use crate::classes::{BLOCK, BracketClasses, Classify, PunctuationClasses};
use crate::expected::Expected;
use crate::nesting::{Brackets, Nesting};
use crate::place::{Before, Place};
use crate::scalars;
use crate::text::Text;

/// Why no more blocks were read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stop {
    /// There is no whole block left.
    Short,
    /// The next token is a key of the outermost object that may be the wanted one.
    Key,
    /// The next block holds an error or what is too unusual for masks.
    Unclear,
}

/// Reads blocks, up to a key that may be the wanted one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockReader {
    /// What every key starts with that may be the wanted one and starts with ASCII, in lower case.
    initial: Option<u8>,
    nesting: Nesting,
    deepest: Nesting,
    before: Before,
}

/// How far a block was read.
enum Read {
    /// This many bytes, and reading can go on.
    On(usize),
    /// This many bytes, behind which a key stands that may be the wanted one.
    ToKey(usize),
}

/// What a block is made of.
#[derive(Clone, Copy)]
struct Tokens {
    /// Those that start and end strings.
    quotes: u64,
    /// Each string with its opening quote and without its closing one.
    strings: u64,
    /// Numbers and words, those aside that the end of the block may cut.
    scalars: u64,
    /// White space outside of strings.
    white: u64,
    /// Outside of strings.
    punctuation: PunctuationClasses,
}

impl BlockReader {
    /// A reader at `place` inside `containers`, which are at least one. An `initial` is the byte, in lower case, that every key
    /// starts with which may be the wanted one, those aside that start with an escape or outside ASCII.
    pub(crate) fn new(
        place: Place,
        nesting: Nesting,
        deepest: Nesting,
        initial: Option<u8>,
    ) -> Self {
        Self {
            initial,
            nesting,
            deepest,
            before: place.into(),
        }
    }

    /// The place behind what has been read, and the containers around it.
    pub(crate) fn into_parts(self) -> (Place, Nesting) {
        (self.before.into(), self.nesting)
    }

    /// Reads whole blocks and returns how many bytes they were in all.
    #[inline(always)]
    pub(crate) fn read(&mut self, classes: impl Classify, bytes: &[u8]) -> (usize, Stop) {
        // a copy of its own can stay in registers
        let mut reader = *self;
        let mut rest = bytes;
        let stop = loop {
            let Some(block) = rest.first_chunk() else {
                break Stop::Short;
            };
            match reader.read_block(classes, block) {
                Some(Read::On(len)) => rest = &rest[len..],
                Some(Read::ToKey(len)) => {
                    rest = &rest[len..];
                    break Stop::Key;
                }
                None => break Stop::Unclear,
            }
        };
        *self = reader;
        (bytes.len() - rest.len(), stop)
    }

    /// Reads one block, or leaves it and `self` as they are.
    #[inline(always)]
    fn read_block<C: Classify>(&mut self, classes: C, bytes: &[u8; BLOCK]) -> Option<Read> {
        let block = classes.load(bytes);
        let Text {
            quotes,
            strings,
            backslashes,
            mut len,
            mut errors,
        } = Text::read(classes, block, bytes, self.before.string)?;
        if quotes == 0 && self.before.string != 0 {
            return (errors == 0).then_some(Read::On(len));
        }
        let punctuation = classes.punctuation(block).among(!(strings | quotes));
        let rest = !(strings | quotes | punctuation.all());
        let digits = classes.digits(block);
        // most blocks without white space between tokens have nothing but digits there
        let white = match rest & !digits.digits {
            0 => 0,
            _ => rest & classes.white(block),
        };
        let mut scalars = rest ^ white;
        // what goes up to the end of the block may go on behind it
        if scalars >> 63 == 1 {
            // seldom, so that where the next block starts depends on no mask
            cold_path();
            let whole = 1 + (!scalars).checked_ilog2()?;
            len = len.min(whole as usize);
            scalars &= !(u64::MAX << (whole - 1));
        }
        // with no branch for blocks that have none: a third of them have not, and nobody could foretell which
        errors |= scalars::errors(classes, block, digits, scalars, bytes);
        let tokens = Tokens {
            quotes,
            strings,
            scalars,
            white,
            punctuation,
        };
        // there are none in nearly half of all blocks, and then much of the grammar says nothing
        let brackets = match punctuation.brackets {
            0 => {
                return self.judge(
                    tokens,
                    self.nesting.without_brackets(),
                    errors,
                    len,
                    backslashes,
                    bytes,
                );
            }
            brackets => {
                let BracketClasses { open, curly } = classes.brackets(block);
                self.nesting.read(brackets, open, curly)
            }
        };
        if brackets.deepest > self.deepest {
            return None;
        }
        self.judge(tokens, brackets, errors, len, backslashes, bytes)
    }

    /// Holds `tokens` to the grammar. There are `errors` already, and no more than `len` bytes count.
    #[inline(always)]
    fn judge(
        &mut self,
        tokens: Tokens,
        brackets: Brackets,
        mut errors: u64,
        len: usize,
        backslashes: u64,
        bytes: &[u8; BLOCK],
    ) -> Option<Read> {
        let Tokens {
            quotes,
            strings,
            scalars,
            white,
            punctuation: PunctuationClasses { colons, commas, .. },
        } = tokens;
        let Brackets {
            open,
            close,
            curly,
            objects,
            outermost,
            ..
        } = brackets;
        let before = self.before;

        errors |= close & ((objects ^ curly) | outermost);
        let member_starts = commas & objects | open & curly;
        let keys_expected = follow(member_starts, before.member, white);
        let string_starts = quotes & strings;
        let key_starts = string_starts & keys_expected | before.key;
        let (past_keys, key_goes_on) = strings.overflowing_add(key_starts);
        let key_ends = past_keys & !strings;
        let ends = quotes & !strings | scalars & !(scalars >> 1) | close;
        // an end is what every separator follows, and every closing bracket but that of an empty container
        let after_ends = follow(ends, before.end, white);
        errors |= after_ends ^ (commas | colons | close & !follow(open, before.open, white));
        errors |= colons ^ follow(key_ends, before.key_end, white);
        errors |= keys_expected & !(string_starts | close);

        let keys = string_starts & keys_expected & outermost;
        if keys != 0
            && let Some(key) = possible_key(self.initial, keys, key_ends, backslashes, bytes)
        {
            if errors & !(u64::MAX << key) != 0 {
                return None;
            }
            self.nesting = Nesting::OUTERMOST;
            self.before = Place::Between(Expected::NextKey).into();
            return Some(Read::ToKey(key as usize));
        }
        if errors != 0 {
            return None;
        }
        self.nesting = brackets.nesting;
        let behind = |last: u32| Before {
            string: strings >> 63,
            key: key_goes_on.into(),
            end: ends >> last,
            key_end: key_ends >> last,
            open: open >> last,
            member: member_starts >> last,
        };
        if len == BLOCK && white >> 63 == 0 {
            self.before = behind(63);
        } else if let Some(last) = (ends | open | colons | commas | string_starts).checked_ilog2() {
            self.before = behind(last);
        }
        Some(Read::On(len))
    }
}

/// Where the first of the `keys` stands that may be the wanted one, or has what a wanted one must not have.
#[inline(always)]
fn possible_key(
    initial: Option<u8>,
    mut keys: u64,
    key_ends: u64,
    backslashes: u64,
    bytes: &[u8; BLOCK],
) -> Option<u32> {
    while keys != 0 {
        let at = keys.trailing_zeros();
        let behind = key_ends & u64::MAX << at;
        if behind == 0 || backslashes & (lowest(behind) - lowest(keys)) != 0 {
            return Some(at);
        }
        let first = bytes[at as usize + 1];
        if first == b'"' || !first.is_ascii() || initial == Some(first.to_ascii_lowercase()) {
            return Some(at);
        }
        keys ^= lowest(keys);
    }
    None
}

impl PunctuationClasses {
    /// Those among `bytes`.
    fn among(self, bytes: u64) -> Self {
        Self {
            brackets: self.brackets & bytes,
            colons: self.colons & bytes,
            commas: self.commas & bytes,
        }
    }

    /// All of them.
    fn all(self) -> u64 {
        self.brackets | self.colons | self.commas
    }
}

/// The first byte of each token behind `ends`, which are the last bytes of tokens, with `white` space between them or not.
/// `before` is 1 if there is one before the block.
fn follow(ends: u64, before: u64, white: u64) -> u64 {
    let next = ends << 1 | before;
    if white == 0 {
        return next;
    }
    // a carry runs through white space to what is behind it, and none runs into what follows without any
    next.wrapping_add(white) & !white
}

/// The lowest of the bits that are set.
fn lowest(bits: u64) -> u64 {
    bits & bits.wrapping_neg()
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use super::*;
    use crate::classes::Plain;
    use crate::expected::Member;

    /// As deep as can be.
    const DEEPEST: Nesting = Nesting::new((1 << Nesting::ROOM) - 1, Nesting::ROOM);

    /// A reader in an array in an array, before a value.
    fn reader() -> BlockReader {
        BlockReader::new(
            Place::Between(Expected::Value(Member::Other)),
            Nesting::new(0b11, 2),
            DEEPEST,
            Some(b'k'),
        )
    }

    /// How far the block goes that starts with `bytes` and then has what `filler` repeats, and where it ends.
    fn read(bytes: &[u8], filler: u8) -> (usize, Stop, Place) {
        let mut block = [filler; BLOCK];
        block[..bytes.len()].copy_from_slice(bytes);
        let mut reader = reader();
        let (len, stop) = reader.read(Plain, &block);
        (len, stop, reader.into_parts().0)
    }

    #[test]
    fn every_place_is_where_a_block_can_end() {
        for (bytes, place) in [
            (&b"{"[..], Place::Between(Expected::FirstKey)),
            (b"{\"a\"", Place::Between(Expected::Colon(Member::Other))),
            (b"{\"a\":", Place::Between(Expected::Value(Member::Other))),
            (b"{\"a\":0", Place::Between(Expected::Separator)),
            (b"{\"a\":{}", Place::Between(Expected::Separator)),
            (b"{\"a\":0,", Place::Between(Expected::NextKey)),
            (b"[", Place::Between(Expected::FirstElement)),
            (b"[\"a\"", Place::Between(Expected::Separator)),
            (b"[\"a\",", Place::Between(Expected::Value(Member::Other))),
            (b"", Place::Between(Expected::Value(Member::Other))),
        ] {
            assert_eq!(read(bytes, b' '), (BLOCK, Stop::Short, place));
        }
        assert_eq!(read(b"\"", b'a'), (BLOCK, Stop::Short, Place::Value));
        assert_eq!(read(b"{\"", b'a'), (BLOCK, Stop::Short, Place::Key));
        assert_eq!(read(b"{\"a\":\"", b'a'), (BLOCK, Stop::Short, Place::Value));
    }

    #[test]
    fn every_place_is_where_a_block_can_start() {
        const OBJECT: Nesting = Nesting::new(0b10, 2);
        const ARRAY: Nesting = Nesting::new(0b01, 2);

        for (place, nesting, text) in [
            (Place::Between(Expected::FirstKey), OBJECT, "}"),
            (Place::Between(Expected::FirstKey), OBJECT, "\"k\":0}"),
            (Place::Between(Expected::NextKey), OBJECT, "\"k\":0}"),
            (
                Place::Between(Expected::Colon(Member::Other)),
                OBJECT,
                ":0}",
            ),
            (Place::Between(Expected::Value(Member::Other)), OBJECT, "0}"),
            (Place::Between(Expected::Value(Member::Other)), ARRAY, "[]]"),
            (Place::Between(Expected::FirstElement), ARRAY, "]"),
            (Place::Between(Expected::FirstElement), ARRAY, "\"\"]"),
            (Place::Between(Expected::Separator), OBJECT, "}"),
            (Place::Between(Expected::Separator), OBJECT, ",\"k\":0}"),
            (Place::Between(Expected::Separator), ARRAY, ",0]"),
            (Place::Key, OBJECT, "\":0}"),
            (Place::Value, OBJECT, "\"}"),
            (Place::Value, ARRAY, "\",\"\"]"),
        ] {
            for white in ["", " "] {
                let mut block = [b' '; BLOCK];
                let text = [white, text].concat();
                block[..text.len()].copy_from_slice(text.as_bytes());
                let mut reader = BlockReader::new(place, nesting, DEEPEST, Some(b'k'));
                assert_eq!(reader.read(Plain, &block), (BLOCK, Stop::Short), "{text}");
                let behind = Place::Between(Expected::Separator);
                assert_eq!(
                    reader.into_parts(),
                    (behind, Nesting::new(nesting.arrays() >> 1, 1))
                );
            }
        }
    }

    #[test]
    fn blocks_end_before_what_they_would_cut() {
        for (cut, len) in [
            ("é", 1),
            ("€", 1),
            ("€", 2),
            ("\u{1F600}", 1),
            ("\u{1F600}", 2),
            ("\u{1F600}", 3),
            (r"\n", 1),
            (r"\u00e9", 1),
            (r"\u00e9", 2),
            (r"\u00e9", 5),
        ] {
            let mut block = [b'a'; BLOCK];
            block[0] = b'"';
            block[BLOCK - len..].copy_from_slice(&cut.as_bytes()[..len]);
            let mut reader = reader();
            assert_eq!(
                reader.read(Plain, &block),
                (BLOCK - len, Stop::Short),
                "{cut} {len}"
            );
            assert_eq!(reader.into_parts().0, Place::Value);
        }
        // also where the next byte could not be part of it, which only the next block can say
        assert_eq!(read(b"[0,1,  ", b'1').0, 7);
        assert_eq!(read(b"[0,1,  ", b't').0, 7);
        assert_eq!(read(b"", b'1'), (0, Stop::Unclear, reader().into_parts().0));
    }

    #[test]
    fn keys_that_may_be_the_wanted_one_end_the_reading() {
        for (before, after) in [
            ("\"a\":1,", "\"key\":1"),
            ("", "\"Key\":1"),
            ("\"a\":{\"key\":[{}]}, ", "\"\":1"),
            ("", "\"\\u0061\":1"),
            ("\"l\":1,\"j\":2,", "\"a\\n\":3"),
            ("\"l\":\"\\n\",", "\"é\":3"),
            (
                "",
                "\"a long key that goes on and on for more than all of a single block\":1",
            ),
        ] {
            let start = Place::Between(Expected::NextKey);
            let mut reader = BlockReader::new(start, Nesting::OUTERMOST, DEEPEST, Some(b'k'));
            let text = [before, after, &",".repeat(BLOCK)].concat();
            assert_eq!(
                reader.read(Plain, text.as_bytes()),
                (before.len(), Stop::Key),
                "{text}"
            );
            assert_eq!(reader.into_parts().0, start);
            assert_eq!(reader.into_parts().1, Nesting::OUTERMOST);
        }
    }

    #[test]
    fn nothing_is_taken_from_a_block_with_an_error() {
        for error in [
            "]}", "{]", "1 2", ",", "01", "-", "\"\\x\"", "\"\n\"", "nul", "{\"a\"}", "[:",
        ] {
            let before = reader();
            let mut block = [b' '; 2 * BLOCK];
            block[BLOCK..BLOCK + error.len()].copy_from_slice(error.as_bytes());
            let mut reader = before;
            assert_eq!(
                reader.read(Plain, &block),
                (BLOCK, Stop::Unclear),
                "{error}"
            );
            assert_eq!(reader.into_parts().0, before.into_parts().0);
            assert_eq!(reader.into_parts().1, before.into_parts().1);
        }
    }

    #[test]
    fn the_next_token_is_found_behind_white_space() {
        assert_eq!(follow(0b1, 0, 0), 0b10);
        assert_eq!(follow(0b1, 0, 0b0110), 0b1000);
        assert_eq!(follow(0b10_0001, 0, 0b100_0110), 0b1000_1000);
        assert_eq!(follow(0, 1, 0), 0b1);
        assert_eq!(follow(0, 1, 0b11), 0b100);
        assert_eq!(follow(0b1, 0, !0b1), 0);
        assert_eq!(follow(1 << 63, 0, 0), 0);
    }
}
