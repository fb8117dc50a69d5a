use std::path::PathBuf;

use crate::command::{self, Outcome, cargo, root};

/// Builds the gate and the harness, and lets the harness play.
pub(crate) fn run(swaps: usize) -> Outcome {
    let packages = ["hookward-gate", "hookward-interop-soak"];
    command::run(&mut cargo(
        ["build", "--locked"]
            .into_iter()
            .chain(packages.iter().flat_map(|name| ["--package", name])),
    ))?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let built = root().join(target).join("debug");
    let mut harness = std::process::Command::new(built.join("hookward-interop-soak"));
    command::run(harness.arg(built.join("hookward")).arg(swaps.to_string()))
}
