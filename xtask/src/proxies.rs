use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{self, Outcome, built, cargo, root};

/// Builds the gate and the harness, installs the proxies that PyPI has, and lets the harness play.
pub(crate) fn run() -> Outcome {
    let packages = ["hookward-gate", "hookward-interop-proxies"];
    command::run(&mut cargo(
        ["build", "--locked"]
            .into_iter()
            .chain(packages.iter().flat_map(|name| ["--package", name])),
    ))?;
    let built = built("debug");
    let examples = root().join("crates/hookward-gate/examples");
    let pypi = from_pypi(&built.with_file_name("interop-proxies"))?;
    let mut harness = Command::new(built.join("hookward-interop-proxies"));
    command::run(harness.arg(built.join("hookward")).arg(examples).arg(pypi))
}

/// The folder with the programs of `requirements.txt`, which are kept for the next time.
fn from_pypi(environment: &Path) -> Result<PathBuf, String> {
    let programs = environment.join("bin");
    if !programs.join("pip").exists() {
        let mut made = Command::new("python3");
        command::run(made.args(["-m", "venv", "--clear"]).arg(environment))
            .map_err(|failure| format!("{failure}; on Debian: apt install python3-venv"))?;
    }
    let mut install = Command::new(programs.join("pip"));
    install.args(["install", "--quiet", "--disable-pip-version-check"]);
    let requirements = root().join("interop/proxies/requirements.txt");
    command::run(install.arg("--requirement").arg(requirements))?;
    Ok(programs)
}
