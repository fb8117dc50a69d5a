use crate::command::{self, Outcome, built, cargo, root};

/// Builds the gate and the harness, and lets the harness play.
pub(crate) fn run() -> Outcome {
    let packages = ["hookward-gate", "hookward-interop-proxies"];
    command::run(&mut cargo(
        ["build", "--locked"]
            .into_iter()
            .chain(packages.iter().flat_map(|name| ["--package", name])),
    ))?;
    let built = built("debug");
    let examples = root().join("crates/hookward-gate/examples");
    let mut harness = std::process::Command::new(built.join("hookward-interop-proxies"));
    command::run(harness.arg(built.join("hookward")).arg(examples))
}
