//! Programs that are not ours, in folders that are thrown away.

use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Outcome;

/// Programs, and the packages of Debian that have them.
const PACKAGES: [(&str, &str); 6] = [
    ("python3", "python3-venv"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("php", "php-cli"),
    ("mcs", "mono-mcs"),
    ("mono", "mono-runtime"),
];

/// Fails with the name of the package if a program is not there.
pub(crate) fn require(program: &str) -> Outcome {
    let found = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match found {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let known = PACKAGES.iter().find(|(name, _)| *name == program);
            let package = known.map_or(program, |(_, package)| package);
            Err(format!("{program} is not installed; on Debian: apt install {package}").into())
        }
        Err(error) => Err(format!("{program} cannot be run: {error}").into()),
        Ok(_) => Ok(()),
    }
}

/// A folder of this crate with scripts and what they depend on.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The root of the workspace.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate is a folder of the workspace")
}

/// Installs what `requirements.txt` in `folder` asks for, and returns the Python that has it.
pub(crate) fn python(folder: &Path, scratch: &Path) -> Outcome<PathBuf> {
    require("python3")?;
    let environment = scratch.join("python");
    let made = run(Command::new("python3")
        .args(["-m", "venv"])
        .arg(&environment));
    made.map_err(|error| format!("{error}; on Debian: apt install python3-venv"))?;
    let python = environment.join("bin").join("python");
    run(Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .arg("--requirement")
        .arg(folder.join("requirements.txt")))?;
    Ok(python)
}

/// Installs what `package.json` in `folder` asks for, and returns the script beside it.
pub(crate) fn node(folder: &Path, script: &str, scratch: &Path) -> Outcome<PathBuf> {
    require("node")?;
    require("npm")?;
    let modules = scratch.join("node");
    fs::create_dir(&modules)?;
    for file in ["package.json", script] {
        fs::copy(folder.join(file), modules.join(file))?;
    }
    run(Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund"])
        .current_dir(&modules))?;
    Ok(modules.join(script))
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command.stdin(Stdio::null()).status();
    finished(command, status.map(|status| status.success()))
}

/// Runs a command with JSON on its standard input, and returns what it printed.
pub(crate) fn tell(command: &mut Command, input: &Value) -> Outcome<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{} could not be started: {error}", shown(command)))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.to_string().as_bytes())?;
    }
    let output = child.wait_with_output()?;
    finished(command, Ok(output.status.success()))?;
    Ok(output.stdout)
}

fn finished(command: &Command, succeeded: std::io::Result<bool>) -> Outcome {
    match succeeded {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("{} failed", shown(command)).into()),
        Err(error) => Err(format!("{} could not be started: {error}", shown(command)).into()),
    }
}

fn shown(command: &Command) -> String {
    core::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
