use core::num::NonZeroU32;
use std::fs;
use std::process::Command;

use crate::command::{self, Outcome, root};

/// Runs the named targets, or all of them, each from its seeds and for `seconds`.
///
/// What a run learns stays in `fuzz/corpus`, which is not committed; an input that broke a property
/// belongs into `fuzz/seeds/<target>`. With a random seed, and without what an earlier run learned, the
/// same inputs are tried in the same order again; a faster machine gets further.
pub(crate) fn run(seconds: u32, random_seed: Option<NonZeroU32>, targets: &[String]) -> Outcome {
    if targets.is_empty() {
        for target in all_targets()? {
            run_target(&target, seconds, random_seed)?;
        }
    }
    for target in targets {
        run_target(target, seconds, random_seed)?;
    }
    Ok(())
}

fn run_target(target: &str, seconds: u32, random_seed: Option<NonZeroU32>) -> Outcome {
    let fuzz = root().join("fuzz");
    let corpus = fuzz.join("corpus").join(target);
    fs::create_dir_all(&corpus)
        .map_err(|error| format!("cannot create {}: {error}", corpus.display()))?;
    // By its name, so that rustup sees the toolchain that is asked for.
    command::run(Command::new("cargo").current_dir(root()).args([
        "+nightly".as_ref(),
        "fuzz".as_ref(),
        "run".as_ref(),
        target.as_ref(),
        corpus.as_os_str(),
        fuzz.join("seeds").join(target).as_os_str(),
        "--".as_ref(),
        format!("-max_total_time={seconds}").as_ref(),
        "-timeout=10".as_ref(),
        // 0 lets the fuzzer choose.
        format!("-seed={}", random_seed.map_or(0, NonZeroU32::get)).as_ref(),
    ]))
}

fn all_targets() -> Result<Vec<String>, String> {
    let folder = root().join("fuzz").join("fuzz_targets");
    let entries = fs::read_dir(&folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut targets: Vec<String> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let is_target = path.extension().is_some_and(|extension| extension == "rs");
            is_target.then(|| path.file_stem()?.to_str().map(str::to_owned))?
        })
        .collect();
    targets.sort();
    if targets.is_empty() {
        return Err(format!("no fuzz target in {}", folder.display()));
    }
    Ok(targets)
}
