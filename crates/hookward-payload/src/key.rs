//! Comparison of a key with the wanted one, as it is decoded.

use core::str::Chars;

use crate::PayloadErrorKind;
use crate::string::Sink;

/// How much a key is like the wanted one, from least to most.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Likeness {
    /// Another key.
    Different,
    /// The same but for letter case.
    Aliased,
    /// The same characters.
    Exact,
}

/// Compares the text of one key after the other with the wanted key.
#[derive(Debug)]
pub(crate) struct KeyMatcher<'key> {
    wanted: &'key str,
    rest: Chars<'key>,
    likeness: Likeness,
}

impl<'key> KeyMatcher<'key> {
    pub(crate) fn new(wanted: &'key str) -> Self {
        Self {
            wanted,
            rest: wanted.chars(),
            likeness: Likeness::Exact,
        }
    }

    /// The wanted key.
    pub(crate) fn wanted(&self) -> &'key str {
        self.wanted
    }

    /// What every key starts with that is like the wanted one and starts with ASCII, in lower case; `None` if no such key is.
    pub(crate) fn initial(&self) -> Option<u8> {
        let first = fold(self.wanted.chars().next()?);
        u8::try_from(first).ok().filter(u8::is_ascii)
    }

    /// Forgets the key before; the next text is the start of a new one.
    pub(crate) fn restart(&mut self) {
        *self = Self::new(self.wanted);
    }

    /// The result, once the whole key has been seen.
    pub(crate) fn likeness(&self) -> Likeness {
        match self.rest.as_str() {
            "" => self.likeness,
            _ => Likeness::Different,
        }
    }
}

impl Sink for KeyMatcher<'_> {
    fn text(&mut self, text: &str) -> Result<(), PayloadErrorKind> {
        if self.likeness == Likeness::Exact
            && let Some(rest) = self.rest.as_str().strip_prefix(text)
        {
            self.rest = rest.chars();
            return Ok(());
        }
        for found in text.chars() {
            if self.likeness == Likeness::Different {
                break;
            }
            let likeness = match self.rest.next() {
                Some(wanted) if wanted == found => Likeness::Exact,
                Some(wanted) if fold(wanted) == fold(found) => Likeness::Aliased,
                _ => Likeness::Different,
            };
            self.likeness = self.likeness.min(likeness);
        }
        Ok(())
    }

    fn lone_surrogate(&mut self) -> Result<(), PayloadErrorKind> {
        Err(PayloadErrorKind::LoneSurrogate)
    }
}

/// One form for all characters that a parser which ignores case may take for the same ASCII letter.
///
/// Four characters outside ASCII have an ASCII letter as their upper case, lower case or folded form
/// ([Unicode CaseFolding.txt]); Go's `encoding/json` follows the last two.
///
/// [Unicode CaseFolding.txt]: https://www.unicode.org/Public/UCD/latest/ucd/CaseFolding.txt
fn fold(character: char) -> char {
    match character {
        // dotted capital and dotless small
        '\u{130}' | '\u{131}' => 'i',
        // long s
        '\u{17F}' => 's',
        // Kelvin sign
        '\u{212A}' => 'k',
        _ => character.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(wanted: &str, pieces: &[&str]) -> Likeness {
        let mut matcher = KeyMatcher::new(wanted);
        assert_eq!(matcher.text("the key before"), Ok(()));
        matcher.restart();
        for piece in pieces {
            assert_eq!(matcher.text(piece), Ok(()));
        }
        matcher.likeness()
    }

    #[test]
    fn only_the_whole_key_is_the_key() {
        assert_eq!(compare("payload", &["payload"]), Likeness::Exact);
        assert_eq!(compare("payload", &["pay", "", "load"]), Likeness::Exact);
        assert_eq!(compare("payload", &["payloa"]), Likeness::Different);
        assert_eq!(compare("payload", &["payloads"]), Likeness::Different);
        assert_eq!(compare("payload", &["payload", "\0"]), Likeness::Different);
        assert_eq!(compare("payload", &["qayload"]), Likeness::Different);
        assert_eq!(compare("payload", &[]), Likeness::Different);
        assert_eq!(compare("", &[]), Likeness::Exact);
        assert_eq!(compare("", &["a"]), Likeness::Different);
        assert_eq!(compare("clé", &["cl", "é"]), Likeness::Exact);
    }

    #[test]
    fn the_initial_is_folded_ascii() {
        for (wanted, initial) in [
            ("payload", Some(b'p')),
            ("Payload", Some(b'p')),
            ("\u{212A}ey", Some(b'k')),
            ("_", Some(b'_')),
            ("été", None),
            ("", None),
        ] {
            assert_eq!(KeyMatcher::new(wanted).initial(), initial, "{wanted}");
        }
    }

    #[test]
    fn letter_case_makes_an_alias() {
        assert_eq!(compare("payload", &["payloaD"]), Likeness::Aliased);
        assert_eq!(compare("Payload", &["PAYLOAD"]), Likeness::Aliased);
        assert_eq!(compare("payload", &["PAYLOADs"]), Likeness::Different);
        assert_eq!(
            compare("secretKey", &["\u{17F}ecretKey"]),
            Likeness::Aliased
        );
        assert_eq!(
            compare("secretKey", &["secret\u{212A}ey"]),
            Likeness::Aliased
        );
        assert_eq!(compare("a@b[c", &["a`b{c"]), Likeness::Different);
    }

    #[test]
    fn every_character_whose_other_case_is_an_ascii_letter_is_folded() {
        for character in '\0'..=char::MAX {
            let upper = character.to_uppercase();
            let cases = character
                .to_lowercase()
                .take(1)
                .chain(upper.clone().take(if upper.len() == 1 { 1 } else { 0 }));
            let letter = cases.into_iter().find(char::is_ascii_alphabetic);
            let folded = Some(fold(character)).filter(char::is_ascii_alphabetic);
            assert_eq!(
                folded,
                letter.map(|l| l.to_ascii_lowercase()),
                "{character:?}"
            );
        }
    }
}
