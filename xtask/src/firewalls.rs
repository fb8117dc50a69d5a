use crate::command::{self, Outcome};
use crate::proxies::built;

/// Builds the gate and the harness, and lets the harness play.
pub(crate) fn run() -> Outcome {
    let built = built(["hookward-gate", "hookward-interop-firewalls"])?;
    let mut harness = std::process::Command::new(built.join("hookward-interop-firewalls"));
    command::run(harness.arg(built.join("hookward")))
}
