//! `hookward reasons`: the vocabulary of refusals, and what to do about each.

use core::fmt::{self, Display};
use std::io::{self, Write};

use hookward::Reason;
use serde::Serialize;

use crate::cli::ReasonsArgs;
use crate::exit::Exit;

/// A reason, with what its name does not say.
#[derive(Debug, Serialize)]
pub(crate) struct Explained {
    name: &'static str,
    meaning: &'static str,
    likely_cause: &'static str,
    remedy: &'static str,
    /// The status that the sender is answered when a request is refused because of it.
    status: u16,
}

impl From<Reason> for Explained {
    fn from(reason: Reason) -> Self {
        Self {
            name: reason.name(),
            meaning: reason.meaning(),
            likely_cause: reason.likely_cause(),
            remedy: reason.remedy(),
            status: reason.answer().status(),
        }
    }
}

impl Explained {
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) const fn meaning(&self) -> &'static str {
        self.meaning
    }
}

impl Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({})", self.name, self.status)?;
        writeln!(f, "  {}", self.meaning)?;
        writeln!(f, "  likely cause: {}", self.likely_cause)?;
        write!(f, "  what to do:   {}", self.remedy)
    }
}

/// Prints the reasons that are named, or all of them.
pub(crate) fn run(args: &ReasonsArgs) -> io::Result<Exit> {
    let named = if args.names.is_empty() {
        Reason::ALL
    } else {
        args.names.as_slice()
    };
    let reasons: Vec<Explained> = named.iter().copied().map(Explained::from).collect();
    let mut stdout = io::stdout().lock();
    if args.json {
        writeln!(stdout, "{}", serde_json::to_string_pretty(&reasons)?)?;
        return Ok(Exit::Success);
    }
    for (index, reason) in reasons.iter().enumerate() {
        let gap = if index > 0 { "\n" } else { "" };
        writeln!(stdout, "{gap}{reason}")?;
    }
    Ok(Exit::Success)
}
