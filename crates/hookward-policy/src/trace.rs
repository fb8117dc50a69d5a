//! A policy's evaluation, kept for people.

use alloc::borrow::ToOwned;
use alloc::{format, string::String, vec::Vec};
use core::fmt::{self, Display};
use core::ops::Range;

use crate::policy::{Node, Policy, Rule};
use crate::{Level, Outcome, Verdict};

/// What every check of a policy found, what the policy made of it, and which part of it decided.
///
/// Made by [`Policy::trace`]. `Display` prints a tree, several lines without a final line end; reasons are printed as
/// they are, so theirs must not contain text from outside unescaped. What is still pending once the policy is decided
/// is shown as not needed.
///
/// With the feature `serde` it serialises as
///
/// ```json
/// {
///   "verdict": "refuse",
///   "policy": "certificate and (payload or header)",
///   "deciding": {"text": "payload or header", "start": 17, "end": 34},
///   "decisive": "payload",
///   "checks": [
///     {"check": "certificate", "outcome": "pass"},
///     {"check": "payload", "outcome": "fail", "reason": "absent"},
///     {"check": "header", "outcome": "fail", "reason": "unknown"}
///   ]
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Trace<C, R> {
    verdict: Verdict,
    text: String,
    lines: Vec<Line>,
    /// The index into `lines` of the deciding expression.
    deciding: usize,
    /// The index into `checks` of the decisive check.
    decisive: usize,
    checks: Vec<(C, Outcome<R>)>,
}

/// How far to the right, in characters, the levels are aligned at most. Longer names stick out; and `fmt` takes no width
/// beyond `u16`.
const WIDEST: usize = 80;

/// One expression of the policy.
#[derive(Clone, Debug)]
struct Line {
    node: Node,
    level: Level,
    depth: usize,
    span: Range<usize>,
}

impl<C: Clone + Display> Policy<C> {
    /// Evaluates the policy and keeps how. Allocates.
    ///
    /// Asks for every check exactly once, in textual order.
    ///
    /// ```
    /// use hookward_policy::{Outcome, Policy};
    ///
    /// let policy: Policy<String> = "certificate and (payload or header)".parse()?;
    /// let trace = policy.trace(|check| match check.as_str() {
    ///     "certificate" => Outcome::Pass,
    ///     "payload" => Outcome::Fail("absent"),
    ///     _ => Outcome::Fail("unknown"),
    /// });
    /// assert_eq!(trace.deciding(), "payload or header");
    /// assert_eq!(
    ///     trace.to_string(),
    ///     "\
    /// refuse: certificate and (payload or header)
    ///   all of         fail
    ///     certificate  pass
    ///     any of       fail  <- decided
    ///       payload    fail: absent
    ///       header     fail: unknown"
    /// );
    /// # Ok::<(), hookward_policy::PolicyError>(())
    /// ```
    pub fn trace<R>(&self, mut outcome: impl FnMut(&C) -> Outcome<R>) -> Trace<C, R> {
        let mut lines: Vec<Line> = self
            .nodes
            .iter()
            .map(|node| Line {
                node: *node,
                level: Level::Fail,
                depth: 0,
                span: 0..0,
            })
            .collect();
        let mut checks = Vec::with_capacity(self.checks.len());
        let judgement = self.judge(
            |check| {
                let outcome = outcome(check);
                let level = outcome.level();
                checks.push((check.clone(), outcome));
                level
            },
            |node, level| lines[node].level = level,
        );
        let mut text = String::new();
        // A `String` takes everything. Only a check that fails to print itself cuts the text short: no reason to panic.
        let _ = self.print(&mut text, |node, place| {
            lines[node].span = place.span;
            lines[node].depth = place.depth;
        });
        Trace {
            verdict: Verdict::of(judgement.level),
            text,
            lines,
            deciding: judgement.settled(),
            decisive: judgement.check(),
            checks,
        }
    }
}

impl<C, R> Trace<C, R> {
    /// What the policy decided.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The policy's canonical text.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.text
    }

    /// The sub-expression that decided, as it stands in [`Trace::policy`].
    ///
    /// It is the smallest around the [decisive](Trace::decisive) check that settles the verdict on its own: with its
    /// checks as they are, the others could not have turned acceptance into anything else, nor anything else into
    /// acceptance.
    #[must_use]
    pub fn deciding(&self) -> &str {
        &self.text[self.deciding_span()]
    }

    /// Where the [deciding](Trace::deciding) sub-expression stands in [`Trace::policy`], in bytes.
    #[must_use]
    pub fn deciding_span(&self) -> Range<usize> {
        self.lines[self.deciding].span.clone()
    }

    /// The check that decided, as [`Policy::decisive`] says, and its outcome.
    #[must_use]
    pub fn decisive(&self) -> (&C, &Outcome<R>) {
        let (check, outcome) = &self.checks[self.decisive];
        (check, outcome)
    }

    /// Every check and its outcome, in textual order.
    pub fn outcomes(&self) -> impl ExactSizeIterator<Item = (&C, &Outcome<R>)> {
        self.checks.iter().map(|(check, outcome)| (check, outcome))
    }
}

impl<C, R: Display> Display for Trace<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |line: &Line| 2 * line.depth + self.label(line).chars().count();
        let widest = self.lines.iter().map(width).max().unwrap_or(0).min(WIDEST);
        write!(f, "{}: {}", self.verdict, self.text)?;
        for (index, line) in self.lines.iter().enumerate() {
            let indent = 2 * line.depth;
            let (label, width) = (self.label(line), widest.saturating_sub(indent));
            write!(f, "\n  {:indent$}{label:width$}  ", "")?;
            match (line.level, self.verdict) {
                (level, Verdict::Undecided) => write!(f, "{level}")?,
                (Level::Pending, _) => f.write_str("not needed")?,
                (level, _) => write!(f, "{level}")?,
            }
            if let Node::Check(check) = line.node
                && let Some(reason) = self.checks[check].1.reason()
            {
                write!(f, ": {reason}")?;
            }
            if index == self.deciding {
                f.write_str(match self.verdict {
                    Verdict::Undecided => "  <- waits",
                    _ => "  <- decided",
                })?;
            }
        }
        Ok(())
    }
}

impl<C, R> Trace<C, R> {
    /// What a line of the tree is called.
    fn label(&self, line: &Line) -> String {
        match line.node {
            Node::Check(_) => self.text[line.span.clone()].to_owned(),
            Node::Group {
                rule: Rule::All, ..
            } => "all of".to_owned(),
            Node::Group {
                rule: Rule::Any, ..
            } => "any of".to_owned(),
            Node::Group {
                rule: Rule::AtLeast(k),
                ..
            } => format!("{k} of"),
        }
    }
}

#[cfg(feature = "serde")]
impl<C, R: serde::Serialize> serde::Serialize for Trace<C, R> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Fields<'t, R> {
            verdict: Verdict,
            policy: &'t str,
            deciding: Deciding<'t>,
            decisive: &'t str,
            checks: Vec<Check<'t, R>>,
        }
        #[derive(serde::Serialize)]
        struct Deciding<'t> {
            text: &'t str,
            start: usize,
            end: usize,
        }
        #[derive(serde::Serialize)]
        struct Check<'t, R> {
            check: &'t str,
            #[serde(flatten)]
            outcome: &'t Outcome<R>,
        }

        let checks: Vec<_> = self
            .lines
            .iter()
            .filter_map(|line| match line.node {
                Node::Check(check) => Some(Check {
                    check: &self.text[line.span.clone()],
                    outcome: &self.checks[check].1,
                }),
                Node::Group { .. } => None,
            })
            .collect();
        let Range { start, end } = self.deciding_span();
        Fields {
            verdict: self.verdict,
            policy: &self.text,
            deciding: Deciding {
                text: self.deciding(),
                start,
                end,
            },
            decisive: checks[self.decisive].check,
            checks,
        }
        .serialize(serializer)
    }
}
