//! How the command ends.

use std::process::ExitCode;

/// What the exit code says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    /// 0: done, or the answer is yes.
    Success,
    /// 1: it failed, or the answer is no.
    Negative,
    /// 2: there was nothing to answer, because the question cannot be used.
    Unusable,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Negative => 1,
            Exit::Unusable => 2,
        })
    }
}
