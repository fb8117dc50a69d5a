//! What is wrong with a configuration, and where.

use core::fmt::{self, Display};
use core::ops::Range;
use std::path::{Path, PathBuf};

use crate::config::document::{Document, Mistake};
use crate::config::rule::Rule;

/// Whether a problem keeps the gate from starting.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Severity {
    /// It does.
    Error,
    /// It does not, but somebody ought to look at it.
    Warning,
}

/// One thing that is wrong.
///
/// Shown as `hookward.toml:12:10: error: route[0].policy: what is wrong`. It never repeats what
/// could be a secret.
#[derive(Debug)]
pub(crate) struct Problem {
    severity: Severity,
    /// What a warning is about.
    rule: Option<Rule>,
    line: usize,
    column: usize,
    key: String,
    message: String,
    /// Where it helps to see it.
    excerpt: Option<Excerpt>,
}

/// A line of the document, and how many characters of it the problem is about.
#[derive(Debug)]
struct Excerpt {
    line: String,
    width: usize,
}

/// Everything that was found in one configuration file.
#[derive(Debug)]
pub(crate) struct Report {
    file: PathBuf,
    problems: Vec<Problem>,
    /// What the configuration names, as far as it could be read.
    files: Vec<PathBuf>,
}

/// Collects problems while a document is read.
pub(crate) struct Findings<'d, 't> {
    document: &'d Document<'t>,
    problems: Vec<Problem>,
    /// The warnings that nobody wants.
    allowed: Vec<Rule>,
}

impl Report {
    pub(crate) fn new(file: &Path, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| (problem.line, problem.column));
        // The state directory is looked at by everything that is kept there.
        problems.dedup_by(|one, other| {
            (one.line, one.column, &one.message) == (other.line, other.column, &other.message)
        });
        // A line with a warning may have an error too, which may be a secret in the wrong place.
        if (problems.iter()).any(|problem| problem.severity == Severity::Error) {
            let warnings =
                (problems.iter_mut()).filter(|problem| problem.severity == Severity::Warning);
            warnings.for_each(|warning| warning.excerpt = None);
        }
        Self {
            file: file.to_owned(),
            problems,
            files: Vec::new(),
        }
    }

    /// The report on a configuration that names these files.
    pub(crate) fn on_files(self, files: Vec<PathBuf>) -> Self {
        Self { files, ..self }
    }

    /// The files that the configuration names, whether they are in order or not.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// A report on a file that could not be read, or not beyond what begins with `text`.
    pub(crate) fn unreadable(file: &Path, text: &str, error: impl Display) -> Self {
        let mistake = Mistake {
            span: text.len()..text.len(),
            message: error.to_string(),
        };
        Self::malformed(file, text, &[mistake])
    }

    /// A report on a text that is no TOML.
    pub(crate) fn malformed(file: &Path, text: &str, mistakes: &[Mistake]) -> Self {
        let problems = mistakes.iter().map(|mistake| {
            let (line, column) = line_and_column(text, mistake.span.start);
            Problem {
                severity: Severity::Error,
                rule: None,
                line,
                column,
                key: String::new(),
                message: mistake.message.clone(),
                excerpt: None,
            }
        });
        Self::new(file, problems.collect())
    }

    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.problems
            .iter()
            .filter(|problem| problem.severity == severity)
            .count()
    }

    /// Whether there is nothing to say.
    pub(crate) const fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// The warnings, each with its place.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        self.of(Severity::Warning)
    }

    /// The errors, each with its place.
    pub(crate) fn errors(&self) -> impl Iterator<Item = String> {
        self.of(Severity::Error)
    }

    fn of(&self, severity: Severity) -> impl Iterator<Item = String> {
        let file = self.file.display();
        self.problems
            .iter()
            .filter(move |problem| problem.severity == severity)
            .map(move |problem| format!("{file}:{}", Headline(problem)))
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }
}

impl<'d, 't> Findings<'d, 't> {
    pub(crate) const fn new(document: &'d Document<'t>) -> Self {
        Self {
            document,
            problems: Vec::new(),
            allowed: Vec::new(),
        }
    }

    /// Leaves out the warnings of these rules.
    pub(crate) fn allow(&mut self, rules: Vec<Rule>) {
        self.allowed = rules;
    }

    pub(crate) fn has_errors(&self) -> bool {
        let mut problems = self.problems.iter();
        problems.any(|problem| problem.severity == Severity::Error)
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// An error at the key or value of `span`.
    pub(crate) fn error(&mut self, span: &Range<usize>, message: impl Display) {
        let key = self.document.key_at(span.start);
        self.add(Severity::Error, span.start, key, message);
    }

    /// A warning at the key or value of `span`, shown with a caret.
    pub(crate) fn warning(&mut self, rule: Rule, span: &Range<usize>, message: impl Display) {
        self.warning_at(rule, span, span.start, message);
    }

    /// A warning about the part `within` of the string at `span`, shown with a caret.
    pub(crate) fn warning_in_text(
        &mut self,
        rule: Rule,
        span: &Range<usize>,
        value: &str,
        within: Range<usize>,
        message: impl Display,
    ) {
        let place = match self.inside(span, value) {
            Some(start) => start + within.start..start + within.end,
            None => span.clone(),
        };
        self.warning_at(rule, &place, span.start, message);
    }

    /// A warning about what stands at `place`, in the key or value at `offset`.
    fn warning_at(
        &mut self,
        rule: Rule,
        place: &Range<usize>,
        offset: usize,
        message: impl Display,
    ) {
        if self.allowed.contains(&rule) {
            return;
        }
        let key = self.document.key_at(offset);
        self.add(Severity::Warning, place.start, key, message);
        self.show(place);
        if let Some(problem) = self.problems.last_mut() {
            problem.rule = Some(rule);
        }
    }

    /// A key is missing from the table at `span`, or from the top level where there is no table.
    /// Nothing is added when the key is there but was already found to be wrong.
    pub(crate) fn missing(&mut self, table: Option<&Range<usize>>, key: &str, expected: &str) {
        let offset = table.map_or(0, |span| span.start);
        let path = match table {
            Some(span) => format!("{}.{key}", self.document.key_at(span.start)),
            None => key.to_owned(),
        };
        if !self.is_wrong(&path) {
            let message = format!("missing; expected {expected}");
            self.add(Severity::Error, offset, path, message);
        }
    }

    /// An error inside the string at `span`, `offset` bytes from its start, shown with a caret.
    pub(crate) fn error_in_text(
        &mut self,
        span: &Range<usize>,
        value: &str,
        offset: Option<usize>,
        message: impl Display,
    ) {
        let key = self.document.key_at(span.start);
        let start = match (offset, self.inside(span, value)) {
            (Some(offset), Some(start)) => start + offset,
            _ => span.start,
        };
        self.add(Severity::Error, start, key, message);
        self.show(&(start..start));
    }

    /// Where in the document the text of the string at `span` begins. A place in the string is a
    /// place in the document only where nothing is escaped.
    fn inside(&self, span: &Range<usize>, value: &str) -> Option<usize> {
        let written = span.start + 1..span.end.saturating_sub(1);
        (self.document.text().get(written) == Some(value)).then_some(span.start + 1)
    }

    /// Shows the last problem with the line on which `place` starts.
    fn show(&mut self, place: &Range<usize>) {
        let text = self.document.text();
        let Some(before) = text.get(..place.start) else {
            return;
        };
        let Some(line) = text.lines().nth(before.matches('\n').count()) else {
            return;
        };
        let shown = text.get(place.clone()).unwrap_or_default();
        let excerpt = Excerpt {
            line: line.to_owned(),
            width: shown.lines().next().unwrap_or_default().chars().count(),
        };
        if let Some(problem) = self.problems.last_mut() {
            problem.excerpt = Some(excerpt);
        }
    }

    /// Takes over what was found wrong with the form of the document.
    pub(crate) fn take_over(&mut self, mistakes: Vec<Mistake>) {
        for Mistake { span, message } in mistakes {
            let key = self.document.key_at(span.start);
            let message = expected(&key, &message);
            self.add(Severity::Error, span.start, key, message);
        }
    }

    /// Whether there is an error at `key` or within it.
    fn is_wrong(&self, key: &str) -> bool {
        self.problems.iter().any(|problem| {
            problem.severity == Severity::Error
                && problem
                    .key
                    .strip_prefix(key)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    fn add(&mut self, severity: Severity, offset: usize, key: String, message: impl Display) {
        let (line, column) = line_and_column(self.document.text(), offset);
        self.problems.push(Problem {
            severity,
            rule: None,
            line,
            column,
            key,
            message: message.to_string(),
            excerpt: None,
        });
    }
}

/// What a message of the deserializer expects at `key`, in the words of TOML. What it found is left
/// out: it may be a secret in the wrong place.
fn expected(key: &str, message: &str) -> String {
    let unknown = match message.starts_with("unknown field ") {
        true => "unknown key; ",
        false => "",
    };
    let expected = match message.rsplit_once("expected ") {
        Some((_, "a sequence")) if key == "route" => "[[route]], in two pairs of brackets",
        Some((_, "a sequence")) => "an array",
        Some((_, "a boolean")) => "true or false",
        Some((_, "u64" | "usize")) => "a whole number",
        Some((_, expected)) => expected,
        None if message == "invalid socket address syntax" => {
            "an address with its port such as \"127.0.0.1:9901\""
        }
        // Of one of several words.
        None if message == "wanted string or table" => "a string",
        None => "another value",
    };
    format!("{unknown}expected {expected}")
}

/// Both from 1; columns count characters.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:{problem}", self.file.display())?;
        }
        Ok(())
    }
}

/// A problem on one line.
struct Headline<'p>(&'p Problem);

impl Display for Headline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(problem) = self;
        write!(f, "{}:{}: ", problem.line, problem.column)?;
        match (problem.severity, problem.rule) {
            (Severity::Error, _) => f.write_str("error: ")?,
            (Severity::Warning, None) => f.write_str("warning: ")?,
            (Severity::Warning, Some(rule)) => write!(f, "warning[{rule}]: ")?,
        }
        if !problem.key.is_empty() {
            write!(f, "{}: ", problem.key)?;
        }
        f.write_str(&problem.message)
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Headline(self))?;
        if let Some(Excerpt { line, width }) = &self.excerpt {
            let blank = |c| if c == '\t' { '\t' } else { ' ' };
            let indent: String = line.chars().take(self.column - 1).map(blank).collect();
            write!(f, "\n  {line}\n  {indent}{}", "^".repeat((*width).max(1)))?;
        }
        if let Some(rule) = self.rule {
            write!(f, "\n  what to do: {}", rule.remedy())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        assert_eq!(line_and_column("", 0), (1, 1));
        assert_eq!(line_and_column("ab\nä = x", 3), (2, 1));
        assert_eq!(line_and_column("ab\nä = x", 8), (2, 5));
        assert_eq!(line_and_column("ab", 99), (1, 3));
    }

    #[test]
    fn what_could_be_a_secret_is_not_repeated() {
        let text = "header_secret = 'hunter2'\n";
        let document = Document::parse(text).ok().unwrap();
        let mut findings = Findings::new(&document);
        findings.take_over(document.read::<crate::config::schema::File>().1);
        let report = Report::new(Path::new("a.toml"), findings.into_problems()).to_string();
        assert_eq!(
            report,
            "a.toml:1:17: error: header_secret: expected a table"
        );
    }

    #[test]
    fn a_caret_stands_under_the_place_in_a_text() {
        let text = "policy = \"a nd b\"";
        let document = Document::parse(text).ok().unwrap();
        let mut findings = Findings::new(&document);
        findings.error_in_text(&(9..17), "a nd b", Some(2), "no");
        let report = Report::new(Path::new("a.toml"), findings.into_problems()).to_string();
        assert_eq!(
            report,
            "a.toml:1:13: error: policy: no\n  policy = \"a nd b\"\n              ^"
        );
    }
}
