//! Drives genuine and forged webhooks through real proxies, with the recipes of the gate's
//! `examples/`, and prints what came of each.
//!
//! `hookward-interop-proxies GATE EXAMPLES`: the path of the `hookward` program, and of the recipes.

mod application;
mod cases;
mod recipe;
mod running;
mod stage;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use recipe::RECIPES;
use stage::Stage;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(gate), Some(examples)) = (args.next(), args.next()) else {
        eprintln!("usage: hookward-interop-proxies GATE EXAMPLES");
        return ExitCode::FAILURE;
    };
    match play(&gate, &examples) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("interop proxies: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything was as expected.
fn play(gate: &std::path::Path, examples: &std::path::Path) -> io::Result<bool> {
    let mut stdout = io::stdout().lock();
    let mut good = true;
    for recipe in &RECIPES {
        let version = recipe.version()?;
        let mut stage = Stage::set(recipe, gate, examples)?;
        writeln!(
            stdout,
            "{} {} ({version})",
            recipe.proxy,
            recipe.style.name()
        )?;
        for case in cases::all(&stage) {
            let outcome = stage.play(&case)?;
            good &= outcome.is_none();
            report(&mut stdout, case.name, outcome.as_deref())?;
        }
        stage.stop_gate()?;
        let genuine = cases::genuine();
        let outcome = stage.refused_without_gate(&genuine)?;
        good &= outcome.is_none();
        report(&mut stdout, "with the gate stopped", outcome.as_deref())?;
    }
    Ok(good)
}

fn report(out: &mut impl Write, case: &str, failure: Option<&str>) -> io::Result<()> {
    match failure {
        None => writeln!(out, "  ok    {case}"),
        Some(failure) => writeln!(out, "  WRONG {case}: {failure}"),
    }
}
