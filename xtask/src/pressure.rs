use std::process::Command;

use crate::bench::print_machine;
use crate::command::{Outcome, built, cargo, run};

/// Builds the gate and what presses it, and lets it press.
pub(crate) fn run_for(seconds: u64) -> Outcome {
    print_machine();
    let packages = ["--package=hookward-gate", "--package=hookward-pressure"];
    run(cargo(["build", "--release", "--locked"]).args(packages))?;
    let release = built("release");
    let mut pressure = Command::new(release.join("hookward-pressure"));
    run(pressure
        .arg(release.join("hookward"))
        .arg(seconds.to_string()))
}
