use std::process::Command;

use clap::Subcommand;

use crate::command::{Outcome, built, cargo, run};

/// What is measured, each beside its peers in the same run.
#[derive(Clone, Subcommand)]
pub(crate) enum Bench {
    /// The scanner of developer payloads, beside JSON libraries.
    Payload {
        /// Only the sizes whose name contains this, such as `1 MiB`.
        filter: Option<String>,
    },
    /// Lookups of addresses, beside other crates for that.
    Addresses {
        /// Only the lists whose name contains this, such as `v6, 10 k`.
        filter: Option<String>,
    },
    /// A whole decision, beside the sum of its parts.
    Decision,
    /// Deciding a policy, beside the same condition written by hand.
    Policy,
    /// Looking for a secret in a ring, beside the bare hash of it.
    Secrets,
    /// Matching thumbprints, beside the bare hashes.
    Thumbprints,
    /// The gate, beside nginx doing the same checks, nginx with njs, and webhook (needs nginx, its module njs, webhook
    /// and two processors).
    Gate,
}

/// Measures one of them, or all.
pub(crate) fn measure(what: Option<Bench>) -> Outcome {
    print_machine();
    match what {
        Some(what) => measure_one(&what),
        None => [
            Bench::Payload { filter: None },
            Bench::Addresses { filter: None },
            Bench::Decision,
            Bench::Policy,
            Bench::Secrets,
            Bench::Thumbprints,
            Bench::Gate,
        ]
        .iter()
        .try_for_each(measure_one),
    }
}

fn measure_one(what: &Bench) -> Outcome {
    match what {
        Bench::Payload { filter } => in_process("payload", filter.as_deref()),
        Bench::Addresses { filter } => in_process("addresses", filter.as_deref()),
        Bench::Decision => in_process("decision", None),
        Bench::Policy => in_process("policy", None),
        Bench::Secrets => in_process("secrets", None),
        Bench::Thumbprints => in_process("thumbprints", None),
        Bench::Gate => gate(),
    }
}

fn in_process(name: &str, filter: Option<&str>) -> Outcome {
    let bench = ["bench", "--package", "hookward-benches", "--locked"];
    let mut command = cargo(bench);
    command.args(["--bench", name]);
    if let Some(filter) = filter {
        command.args(["--", filter]);
    }
    run(&mut command)
}

/// Builds the gate and the harness, and lets the harness measure.
fn gate() -> Outcome {
    let packages = ["hookward-gate", "hookward-bench-gate"];
    run(&mut cargo(
        ["build", "--release", "--locked"]
            .into_iter()
            .chain(packages.iter().flat_map(|name| ["--package", name])),
    ))?;
    let release = built("release");
    run(Command::new(release.join("hookward-bench-gate")).arg(release.join("hookward")))
}

/// Figures mean nothing without the machine.
pub(crate) fn print_machine() {
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| {
            rest.trim_start_matches([' ', '\t', ':'])
        });
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let compiler = Command::new("rustc").arg("--version").output();
    let compiler = compiler.map_or_else(
        |_| "unknown compiler".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    );
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    println!("machine: {count} × {model}, {compiler}, load {load}");
}
