//! Text to policy.

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
use core::ops::Range;
use core::str::FromStr;

use crate::policy::{MAX_DEPTH, Node, Policy, Rule};
use crate::{Places, PolicyError};

impl<C: FromStr + Eq> Policy<C> {
    /// Reads the [text form](crate#text-form).
    ///
    /// Linear in the length of the text; stack and memory are bounded by [`MAX_DEPTH`] and
    /// [`MAX_CHECKS`](crate::MAX_CHECKS), however long it is.
    ///
    /// ```
    /// use hookward_policy::{Policy, PolicyError};
    ///
    /// let policy = Policy::<String>::parse("2 of (a, b or c, (d))")?;
    /// assert_eq!(policy.to_string(), "2 of (a, b or c, d)");
    ///
    /// let error = Policy::<String>::parse("a and b or c").unwrap_err();
    /// assert_eq!(error, PolicyError::MixedOperators { offset: Some(8) });
    /// # Ok::<(), PolicyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The text does not follow the grammar; `C::from_str` knows no check of that name; or one of the limits of
    /// [`Policy::all`] and [`Policy::at_least`]. Every error has an offset.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        Self::parse_with_places(text).map(|(policy, _)| policy)
    }

    /// [`Policy::parse`], and where in the text each expression stands.
    ///
    /// # Errors
    ///
    /// As [`Policy::parse`].
    pub fn parse_with_places(text: &str) -> Result<(Self, Places), PolicyError> {
        let mut parser = Parser {
            length: text.len(),
            rest: text.trim_start_matches(WHITE_SPACE),
            end: 0,
            open: 0,
            policy: Self::unfinished(),
            spans: Vec::new(),
        };
        parser.expression()?;
        if !parser.rest.is_empty() {
            return Err(parser.unexpected("`and`, `or` or the end"));
        }
        let Parser { policy, spans, .. } = parser;
        Ok((policy, Places { spans }))
    }
}

impl<C: FromStr + Eq> FromStr for Policy<C> {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        Self::parse(text)
    }
}

const WHITE_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Words that are no names.
const KEYWORDS: [&str; 4] = ["and", "or", "of", "not"];

/// How much of a name an error shows, in bytes.
const SHOWN: usize = 32;

struct Parser<'t, C> {
    /// Of the whole text, in bytes.
    length: usize,
    /// What has not been read, without leading white space.
    rest: &'t str,
    /// Where the last token ends.
    end: usize,
    /// How many parentheses are open.
    open: usize,
    policy: Policy<C>,
    /// Where each node of the policy stands.
    spans: Vec<Range<usize>>,
}

impl<'t, C: FromStr + Eq> Parser<'t, C> {
    /// Calls itself, through [`Parser::term`], at most `MAX_DEPTH` deep: [`Parser::open`] sees to it.
    fn expression(&mut self) -> Result<(), PolicyError> {
        let offset = self.offset();
        let from = self.policy.nodes.len();
        self.term()?;
        let mut members = 1;
        let mut rule = None;
        while let Some(next) = self.operator() {
            if *rule.get_or_insert(next) != next {
                let offset = self.offset();
                return Err(PolicyError::MixedOperators { offset });
            }
            self.take();
            self.term()?;
            members += 1;
        }
        match rule {
            Some(rule) => self.enclose(from, rule, members, offset),
            None => Ok(()),
        }
    }

    /// The operator that stands next, if one does.
    fn operator(&self) -> Option<Rule> {
        match self.token() {
            "and" => Some(Rule::All),
            "or" => Some(Rule::Any),
            _ => None,
        }
    }

    fn term(&mut self) -> Result<(), PolicyError> {
        let offset = self.offset();
        let token = self.token();
        match token.as_bytes().first() {
            Some(b'(') => {
                self.open()?;
                self.expression()?;
                self.close("`and`, `or` or `)`")
            }
            Some(b'0'..=b'9') => self.count(),
            _ if token == "not" => Err(PolicyError::Negation { offset }),
            Some(byte) if is_name(*byte) && !KEYWORDS.contains(&token) => {
                let check = token.parse().map_err(|_| PolicyError::UnknownCheck {
                    name: shortened(token),
                    offset,
                })?;
                let index = self.policy.add(check, offset)?;
                self.policy.nodes.push(Node::Check(index));
                let start = self.start();
                self.take();
                self.spans.push(start..self.end);
                Ok(())
            }
            _ => Err(self.unexpected("a check, a count or `(`")),
        }
    }

    /// `k of (…, …)`.
    fn count(&mut self) -> Result<(), PolicyError> {
        let offset = self.offset();
        let from = self.policy.nodes.len();
        let Ok(k) = self.token().parse::<u8>() else {
            return Err(self.unexpected("a count of at most 64"));
        };
        self.take();
        if self.token() != "of" {
            return Err(self.unexpected("`of`"));
        }
        self.take();
        if self.token() != "(" {
            return Err(self.unexpected("`(`"));
        }
        self.open()?;
        self.expression()?;
        let mut members = 1;
        while self.token() == "," {
            self.take();
            self.expression()?;
            members += 1;
        }
        self.close("`and`, `or`, `,` or `)`")?;
        self.enclose(from, Rule::AtLeast(k.into()), members, offset)
    }

    /// Makes what was read since node `from`, which started at `offset`, one group.
    fn enclose(
        &mut self,
        from: usize,
        rule: Rule,
        members: usize,
        offset: Option<usize>,
    ) -> Result<(), PolicyError> {
        self.policy.enclose(from, rule, members, offset)?;
        // Not where the group is its only member.
        if self.spans.len() < self.policy.nodes.len() {
            self.spans.insert(from, offset.unwrap_or(0)..self.end);
        }
        Ok(())
    }

    /// Takes the `(` that stands next.
    fn open(&mut self) -> Result<(), PolicyError> {
        let offset = self.offset();
        if self.open == MAX_DEPTH {
            return Err(PolicyError::TooDeep { offset });
        }
        self.open += 1;
        self.take();
        if self.token() == ")" {
            return Err(PolicyError::EmptyGroup { offset });
        }
        Ok(())
    }

    fn close(&mut self, expected: &'static str) -> Result<(), PolicyError> {
        if self.token() != ")" {
            return Err(self.unexpected(expected));
        }
        self.open -= 1;
        self.take();
        Ok(())
    }

    /// Where the next token starts, as errors have it.
    fn offset(&self) -> Option<usize> {
        Some(self.start())
    }

    /// Where the next token starts.
    fn start(&self) -> usize {
        self.length - self.rest.len()
    }

    /// The next token: a word, a number, or any other single character. Empty at the end.
    fn token(&self) -> &'t str {
        let run = |belongs: fn(&u8) -> bool| self.rest.bytes().take_while(belongs).count();
        let length = match self.rest.chars().next() {
            None => 0,
            Some('a'..='z' | '_') => run(|byte| is_name(*byte)),
            Some('0'..='9') => run(u8::is_ascii_digit),
            Some(other) => other.len_utf8(),
        };
        &self.rest[..length]
    }

    fn take(&mut self) {
        self.end = self.start() + self.token().len();
        self.rest = self.rest[self.token().len()..].trim_start_matches(WHITE_SPACE);
    }

    fn unexpected(&self, expected: &'static str) -> PolicyError {
        let token = self.token();
        PolicyError::Syntax {
            expected,
            found: if token.is_empty() {
                "the end".to_owned()
            } else {
                format!("`{}`", shortened(token).escape_default())
            },
            offset: self.offset(),
        }
    }
}

/// Whether a name may go on with this byte. It may start with these too, digits excepted.
fn is_name(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')
}

/// The token, or its start and `…`. A token longer than one character is ASCII.
fn shortened(token: &str) -> String {
    match token.get(..SHOWN) {
        Some(start) if token.len() > SHOWN => format!("{start}..."),
        _ => token.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Expression;

    #[test]
    fn only_what_is_shown_of_a_token_is_kept() {
        assert_eq!(shortened(&"a".repeat(32)), "a".repeat(32));
        assert_eq!(shortened(&"a".repeat(33)), "a".repeat(32) + "...");
    }

    #[test]
    fn each_expression_has_its_place_in_the_text_as_it_was_typed() {
        let text = " 2 of( a ,\t((b) or c) , 1 of (d)) ";
        let (policy, places) = Policy::<String>::parse_with_places(text).unwrap();
        let shown: Vec<&str> = (0..policy.nodes.len())
            .map(|node| &text[places.span(Expression(node))])
            .collect();
        assert_eq!(
            shown,
            [
                "2 of( a ,\t((b) or c) , 1 of (d))",
                "a",
                "(b) or c",
                "b",
                "c",
                "1 of (d)",
                "d"
            ]
        );
    }

    #[test]
    fn what_was_found_is_escaped() {
        let found = |text: &str| match Policy::<String>::parse(text) {
            Err(PolicyError::Syntax { found, .. }) => found,
            other => panic!("{other:?}"),
        };
        assert_eq!(found("\u{1b}[31m"), r"`\u{1b}`");
        assert_eq!(found("a \u{202e}"), r"`\u{202e}`");
        assert_eq!(found("a and"), "the end");
    }
}
