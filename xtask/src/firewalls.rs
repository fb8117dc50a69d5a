use std::process::Command;

use crate::command::{self, Outcome, built, cargo};

/// Builds the gate and the harness, and lets the harness play.
pub(crate) fn run() -> Outcome {
    let packages = ["hookward-gate", "hookward-interop-firewalls"];
    command::run(&mut cargo(
        ["build", "--locked"]
            .into_iter()
            .chain(packages.iter().flat_map(|name| ["--package", name])),
    ))?;
    let built = built("debug");
    let mut harness = Command::new(built.join("hookward-interop-firewalls"));
    command::run(harness.arg(built.join("hookward")))
}
