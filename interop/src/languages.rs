//! The examples that derive secrets in other languages, each run and compared.

use std::process::Command;

use crate::Outcome;
use crate::program::{self, require, workspace};

pub(crate) fn run() -> Outcome {
    for program in ["python3", "node", "php", "mcs", "mono"] {
        require(program)?;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    program::run(
        Command::new(cargo)
            .current_dir(workspace())
            .args(["run", "--quiet", "--package", "hookward-secret"])
            .args(["--example", "other_languages", "--"])
            .args(["python", "node", "php", "csharp"]),
    )
}
