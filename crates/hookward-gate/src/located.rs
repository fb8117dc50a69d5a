//! Where the configuration is.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::cli::ConfigArgs;

/// The file that is read where none is named.
const DEFAULT: &str = "hookward.toml";

/// A configuration file, named or not.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) file: PathBuf,
    named: bool,
}

pub(crate) fn configuration(args: &ConfigArgs) -> Located {
    match &args.config {
        Some(file) => Located {
            file: file.clone(),
            named: true,
        },
        None => Located {
            file: PathBuf::from(DEFAULT),
            named: false,
        },
    }
}

impl Located {
    /// Whether nobody named a file, and there is none in the usual place, or an empty one: that is
    /// what a shell makes of `hookward serve > hookward.toml` before the command begins.
    pub(crate) fn is_missing(&self) -> bool {
        let is_empty = |file: fs::Metadata| file.is_file() && file.len() == 0;
        !self.named && fs::metadata(DEFAULT).ok().is_none_or(is_empty)
    }

    /// Says where a configuration was looked for, if there is none.
    pub(crate) fn explain_missing(&self, to: &mut impl Write) -> io::Result<()> {
        if !self.is_missing() {
            return Ok(());
        }
        let directory = std::env::current_dir()?;
        writeln!(
            to,
            "no configuration: {} is not there or empty; name one with --config or HOOKWARD_CONFIG",
            directory.join(DEFAULT).display()
        )
    }
}
