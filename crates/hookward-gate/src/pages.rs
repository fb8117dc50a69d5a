//! What the command says of itself for other programs: completions, manual pages, and the schema of
//! the configuration.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::{Cli, ManArgs};
use crate::config;
use crate::exit::Exit;

/// Prints the completions of a shell.
pub(crate) fn completions(shell: Shell) -> io::Result<Exit> {
    let mut text = Vec::new();
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut text);
    io::stdout().write_all(&text)?;
    Ok(Exit::Success)
}

/// Prints a manual page.
pub(crate) fn man(args: &ManArgs) -> io::Result<Exit> {
    let mut command = Cli::command();
    command.build();
    let page = match &args.command {
        None => command,
        Some(name) => match command.find_subcommand(name) {
            Some(subcommand) => subcommand.clone(),
            None => {
                writeln!(io::stderr(), "there is no command {name:?}")?;
                return Ok(Exit::Unusable);
            }
        },
    };
    clap_mangen::Man::new(page).render(&mut io::stdout())?;
    Ok(Exit::Success)
}

/// Prints the JSON Schema of the configuration.
pub(crate) fn schema() -> io::Result<Exit> {
    let schema = serde_json::to_string_pretty(&config::json_schema())?;
    writeln!(io::stdout(), "{schema}")?;
    Ok(Exit::Success)
}
