//! What came of each request, beside what should have.

use std::io::{self, Write};

use hookward::Reason;

use crate::demo::cases::Expected;
use crate::demo::sender::Answer;

/// What became of a request.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What the sender got, or why it got nothing.
    pub(crate) answer: Result<Answer, String>,
    /// What the gate decided, if it did.
    pub(crate) decision: Option<Result<(), Reason>>,
    /// How long the request was, in bytes.
    pub(crate) length: usize,
    /// How many webhooks the application got meanwhile.
    pub(crate) arrived: usize,
    /// Whether the gate decided nothing besides.
    pub(crate) silent_since: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Table {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    name: &'static str,
    right: bool,
    verdict: &'static str,
    status: String,
    reason: String,
}

impl Table {
    pub(crate) fn add(&mut self, name: &'static str, expected: Expected, outcome: Outcome) {
        let right = outcome.is(expected);
        let status = match &outcome.answer {
            Ok(answer) => answer.status.to_string(),
            Err(_) => "-".into(),
        };
        let (verdict, reason) = match (outcome.decision, &outcome.answer) {
            (Some(Ok(())), _) => ("accept", String::new()),
            (Some(Err(reason)), _) => ("refuse", reason.name().into()),
            (None, Err(error)) => ("refuse", format!("TLS handshake: {error}")),
            (None, Ok(_)) => ("?", "no decision".into()),
        };
        self.lines.push(Line {
            name,
            right,
            verdict,
            status,
            reason,
        });
    }

    /// Whether every line is as it should be, and there are any.
    pub(crate) fn is_as_expected(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.right)
    }

    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let width = self
            .lines
            .iter()
            .map(|line| line.name.len())
            .max()
            .unwrap_or(0);
        writeln!(out, "   {:width$}  verdict  status  reason", "webhook")?;
        for line in &self.lines {
            let mark = if line.right { "ok" } else { "!!" };
            let Line {
                name,
                verdict,
                status,
                reason,
                ..
            } = line;
            writeln!(
                out,
                "{mark} {name:width$}  {verdict:7}  {status:>6}  {reason}"
            )?;
        }
        let count = |verdict| {
            self.lines
                .iter()
                .filter(|line| line.verdict == verdict)
                .count()
        };
        writeln!(
            out,
            "\n{} accepted, {} refused",
            count("accept"),
            count("refuse")
        )?;
        match self.lines.iter().filter(|line| !line.right).count() {
            0 => writeln!(out, "every line is as it should be"),
            wrong => writeln!(out, "{wrong} lines (!!) are not as they should be"),
        }
    }
}

impl Outcome {
    fn is(&self, expected: Expected) -> bool {
        let as_expected = match (expected, &self.answer, self.decision) {
            (Expected::Accepted, Ok(answer), Some(Ok(()))) => {
                answer.status == 200 && answer.written == self.length && self.arrived == 1
            }
            (Expected::Refused(expected), Ok(answer), Some(Err(reason))) => {
                // What is too large must not be read whole.
                let read_whole = reason == Reason::BodyTooLarge && answer.written == self.length;
                reason == expected
                    && answer.status == reason.answer().status()
                    && !read_whole
                    && self.arrived == 0
            }
            (Expected::NoHandshake, Err(_), None) => self.arrived == 0,
            _ => false,
        };
        as_expected && self.silent_since
    }
}
