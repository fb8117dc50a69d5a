//! Drives genuine and forged webhooks through real proxies, with the recipes of the gate's
//! `examples/`, and prints what came of each.
//!
//! `hookward-interop-proxies GATE EXAMPLES PYPI`: the path of the `hookward` program, of the recipes,
//! and of the programs that were installed from `requirements.txt`.

mod application;
mod cases;
mod matrix;
mod recipe;
mod running;
mod stage;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use matrix::Matrix;
use recipe::RECIPES;
use stage::Stage;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(gate), Some(examples), Some(pypi)) = (args.next(), args.next(), args.next()) else {
        eprintln!("usage: hookward-interop-proxies GATE EXAMPLES PYPI");
        return ExitCode::FAILURE;
    };
    match play(&gate, &examples, &pypi) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("interop proxies: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything was as expected.
fn play(gate: &Path, examples: &Path, pypi: &Path) -> io::Result<bool> {
    let mut matrix = Matrix::default();
    for recipe in &RECIPES {
        let version = recipe.version(pypi)?;
        let title = format!("{} {version}, {}", recipe.proxy, recipe.style.name());
        eprintln!("playing {title}");
        let mut stage = Stage::set(recipe, gate, examples, pypi)?;
        matrix.column(title);
        for case in cases::all(&stage) {
            matrix.cell(case.name, stage.play(&case)?);
        }
        stage.stop_gate()?;
        let genuine = stage.refused_without_gate(&cases::genuine())?;
        matrix.cell("genuine, with the gate stopped", genuine);
    }
    write!(io::stdout(), "{matrix}")?;
    Ok(matrix.is_good())
}
