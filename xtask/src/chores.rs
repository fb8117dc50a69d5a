use std::time::SystemTime;

use crate::command::{Outcome, cargo, root, run};

pub(crate) fn lint() -> Outcome {
    run(&mut cargo(["fmt", "--all", "--check"]))?;
    run(&mut cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--locked",
        "--",
        "--deny=warnings",
    ]))
}

pub(crate) fn test() -> Outcome {
    run(&mut cargo(["test", "--workspace", "--locked"]))
}

/// The tests that need programs besides the compiler: openssl, curl and promtool.
pub(crate) fn test_with_programs() -> Outcome {
    run(&mut cargo([
        "test",
        "--package=hookward-gate",
        "--package=hookward-rustls",
        "--features=hookward-gate/tests-with-programs,hookward-rustls/tests-with-programs",
        "--locked",
    ]))?;
    run(&mut cargo([
        "run",
        "--package=hookward-hyper",
        "--features=axum",
        "--example=axum",
        "--locked",
    ]))
}

/// The program has a panic handler of its own, so that it does not compile as soon as one of the
/// crates pulls in std.
pub(crate) fn no_std() -> Outcome {
    run(cargo(["run", "--release", "--locked"]).current_dir(root().join("no-std")))
}

pub(crate) fn doc() -> Outcome {
    run(cargo([
        "doc",
        "--workspace",
        "--no-deps",
        "--all-features",
        "--locked",
    ])
    .env("RUSTDOCFLAGS", "--deny=warnings"))
}

/// In a folder that no run before has had: cargo takes a crate that it has built from a package there
/// for the same, if only its version is, and keeps its source even where the folder is gone.
pub(crate) fn package() -> Outcome {
    let folder = root().join("target").join("packaged");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .map_err(|error| format!("cannot remove {}: {error}", folder.display()))?;
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let folder = folder.join(now.unwrap_or_default().as_nanos().to_string());
    run(cargo([
        "package",
        "--workspace",
        "--locked",
        "--allow-dirty",
        "--target-dir",
    ])
    .arg(folder)
    .args(unpublished()?))
}

/// What keeps the members that are not published out: some share files, or are built on one another.
fn unpublished() -> Result<Vec<String>, String> {
    let output = cargo(["metadata", "--no-deps", "--format-version=1", "--locked"])
        .output()
        .map_err(|error| format!("`cargo metadata` could not be started: {error}"))?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("`cargo metadata` did not print JSON: {error}"))?;
    let members = metadata["packages"].as_array().into_iter().flatten();
    Ok(members
        .filter(|member| member["publish"].as_array().is_some_and(Vec::is_empty))
        .filter_map(|member| Some(format!("--exclude={}", member["name"].as_str()?)))
        .collect())
}

pub(crate) fn deny() -> Outcome {
    run(&mut cargo([
        "deny", "--locked", "check", "licenses", "bans", "sources",
    ]))
}

pub(crate) fn simulate(years: u64, seed: u64) -> Outcome {
    let (years, seed) = (years.to_string(), seed.to_string());
    run(&mut cargo([
        "run",
        "--release",
        "--locked",
        "--package",
        "hookward-simulation",
        "--",
        "--years",
        &years,
        "--seed",
        &seed,
    ]))
}
