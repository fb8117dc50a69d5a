use core::fmt::Write;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::{self, Outcome, built, cargo, root};

/// By how much a count may exceed the one that is committed, in percent. The same compiler on the same kind of processor counts
/// the same; this is for what a new compiler does with the same code.
const TOLERANCE: u64 = 3;

/// The function that is counted, with all that it calls.
const COUNTED: &str = "instructions::counted";

/// Counts, and compares with the counts that are committed, or puts these in their place.
///
/// valgrind runs what the processor offers up to AVX2, so the rows that are not portable are those of a processor with it.
pub(crate) fn check(accept: bool) -> Outcome {
    let counts = count()?;
    let committed = root().join("benches/instructions.txt");
    if accept {
        let mut text = String::new();
        for (name, count) in &counts {
            writeln!(text, "{count:>12} {name}").expect("a string takes all that is written");
        }
        return fs::write(&committed, text)
            .map_err(|error| format!("cannot write {}: {error}", committed.display()));
    }
    let baseline = read(&committed)?;
    let mut failures = Vec::new();
    for (name, count) in &counts {
        let Some(before) = baseline.get(name) else {
            failures.push(format!("{name} has no count that is committed"));
            continue;
        };
        let change = (*count as f64 / *before as f64 - 1.0) * 100.0;
        println!("{count:>12} {name} ({change:+.1} %)");
        if *count * 100 > before * (100 + TOLERANCE) {
            failures.push(format!("{name} takes {change:.1} % more instructions"));
        }
    }
    for name in baseline.keys() {
        if !counts.iter().any(|(counted, _)| counted == name) {
            failures.push(format!("{name} was not counted"));
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}\nif that is meant to be: cargo xtask instructions --accept",
        failures.join("\n")
    ))
}

/// The counts, in the order of the program.
fn count() -> Result<Vec<(String, u64)>, String> {
    command::run(&mut cargo([
        "build",
        "--release",
        "--locked",
        "--package",
        "hookward-benches",
        "--bin",
        "instructions",
    ]))?;
    let folder = built("instructions");
    // What an earlier run has left would be taken for this one's.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let dumps = folder.join("callgrind");
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--quiet", "--tool=callgrind"])
        .arg(format!("--callgrind-out-file={}", dumps.display()))
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--dump-after={COUNTED}"))
        .arg(built("release").join("instructions"))
        .stderr(Stdio::inherit());
    let output = valgrind
        .output()
        .map_err(|error| format!("cannot run valgrind ({error}): install the package valgrind"))?;
    if !output.status.success() {
        return Err(format!("valgrind failed: {}", output.status));
    }
    let names = String::from_utf8_lossy(&output.stdout);
    names
        .lines()
        .enumerate()
        .map(|(number, name)| {
            let dump = PathBuf::from(format!("{}.{}", dumps.display(), number + 1));
            Ok((name.to_owned(), total(&dump)?))
        })
        .collect()
}

/// The instructions of one dump.
fn total(dump: &Path) -> Result<u64, String> {
    let text = fs::read_to_string(dump)
        .map_err(|error| format!("cannot read {}: {error}", dump.display()))?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    total
        .and_then(|total| total.trim().parse().ok())
        .filter(|total| *total > 0)
        .ok_or_else(|| format!("{} has no count", dump.display()))
}

fn read(path: &Path) -> Result<BTreeMap<String, u64>, String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    text.lines()
        .map(|line| {
            let (count, name) = line.trim_start().split_once(' ')?;
            Some((name.to_owned(), count.parse().ok()?))
        })
        .collect::<Option<_>>()
        .ok_or_else(|| {
            format!(
                "{}: expected a count and a name on each line",
                path.display()
            )
        })
}
