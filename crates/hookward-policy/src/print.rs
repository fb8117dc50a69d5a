//! Policy to canonical text.

use core::fmt::{self, Display, Write};
use core::ops::Range;

use crate::policy::{Node, Policy, Rule};

impl<C: Display> Display for Policy<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.print(f, |_, _| {})
    }
}

impl<C: Display> Policy<C> {
    /// Writes the canonical text; `seen` is told for every node where its expression stands in it.
    pub(crate) fn print(
        &self,
        out: &mut impl Write,
        seen: impl FnMut(usize, Place),
    ) -> fmt::Result {
        Printer {
            policy: self,
            next: 0,
            out,
            written: 0,
            seen,
        }
        .expression(0, Within::Nothing)
    }
}

/// Where an expression stands.
pub(crate) struct Place {
    /// In bytes, without the parentheses that an operator around it makes necessary.
    pub(crate) span: Range<usize>,
    /// In how many groups.
    pub(crate) depth: usize,
}

/// What stands around an expression.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Within {
    Nothing,
    Operators,
    Commas,
}

struct Printer<'p, C, W, S> {
    policy: &'p Policy<C>,
    /// The node that comes next.
    next: usize,
    out: &'p mut W,
    /// How many bytes were written.
    written: usize,
    seen: S,
}

impl<C: Display, W: Write, S: FnMut(usize, Place)> Printer<'_, C, W, S> {
    /// Calls itself at most `MAX_DEPTH` deep.
    fn expression(&mut self, depth: usize, within: Within) -> fmt::Result {
        let policy = self.policy;
        let node = self.next;
        self.next += 1;
        let span = match policy.nodes[node] {
            Node::Check(check) => {
                let start = self.written;
                write!(self, "{}", policy.checks[check])?;
                start..self.written
            }
            Node::Group { rule, members, .. } => {
                let (separator, inside) = match rule {
                    Rule::All => (" and ", Within::Operators),
                    Rule::Any => (" or ", Within::Operators),
                    Rule::AtLeast(_) => (", ", Within::Commas),
                };
                let parentheses = within == Within::Operators && inside == Within::Operators;
                if parentheses {
                    self.write_char('(')?;
                }
                let start = self.written;
                if let Rule::AtLeast(k) = rule {
                    write!(self, "{k} of (")?;
                }
                for member in 0..members {
                    if member > 0 {
                        self.write_str(separator)?;
                    }
                    self.expression(depth + 1, inside)?;
                }
                if let Rule::AtLeast(_) = rule {
                    self.write_char(')')?;
                }
                let span = start..self.written;
                if parentheses {
                    self.write_char(')')?;
                }
                span
            }
        };
        (self.seen)(node, Place { span, depth });
        Ok(())
    }
}

impl<C, W: Write, S> Write for Printer<'_, C, W, S> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.written += text.len();
        self.out.write_str(text)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};

    use super::*;

    #[track_caller]
    fn prints(text: &str, canonical: &str) {
        assert_eq!(
            text.parse::<Policy<String>>().unwrap().to_string(),
            canonical
        );
    }

    #[test]
    fn parentheses_stand_only_where_they_mean_something() {
        prints("((a))", "a");
        prints("(a) and ((b) or (c))", "a and (b or c)");
        prints("(a and b) and c", "(a and b) and c");
        prints("2 of ((a), (b or c), d)", "2 of (a, b or c, d)");
        prints("a or (1 of (b))", "a or 1 of (b)");
        prints("1 of (1 of (b, c and d))", "1 of (1 of (b, c and d))");
    }

    #[test]
    fn white_space_and_counts_become_canonical() {
        prints("\n02\tof(a,b  ,\r\nc) ", "2 of (a, b, c)");
    }
}
