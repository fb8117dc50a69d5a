use std::path::PathBuf;

use crate::command::{self, Outcome, cargo, root};

/// Builds the gate and the harness, and lets the harness play.
pub(crate) fn run() -> Outcome {
    let built = built(["hookward-gate", "hookward-interop-proxies"])?;
    let examples = root().join("crates/hookward-gate/examples");
    let mut harness = std::process::Command::new(built.join("hookward-interop-proxies"));
    command::run(harness.arg(built.join("hookward")).arg(examples))
}

/// Builds packages, and returns where their programs are.
pub(crate) fn built(packages: [&str; 2]) -> Result<PathBuf, String> {
    command::run(&mut cargo(
        ["build", "--locked"]
            .into_iter()
            .chain(packages.iter().flat_map(|name| ["--package", name])),
    ))?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(root().join(target).join("debug"))
}
