//! The directory for what the gate keeps between runs.

use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A directory that is ours alone.
#[derive(Clone, Debug)]
pub(crate) struct StateDirectory(PathBuf);

/// Why a directory is not taken.
#[derive(Debug, Error)]
pub(crate) enum StateError {
    /// The system says no.
    #[error("cannot use the state directory {path}: {source}")]
    Io { path: String, source: io::Error },
    /// Something else has the name.
    #[error("the state directory {path} is not a directory")]
    NotADirectory { path: String },
    /// Whoever owns it can put another key there.
    #[error(
        "the state directory {path} belongs to user {owner}, not to user {expected}, who runs this"
    )]
    Owner {
        path: String,
        owner: u32,
        expected: u32,
    },
    /// Others can put another key there, or read ours.
    #[error(
        "the state directory {path} is open to others (mode {mode:o}); close it with: chmod 700"
    )]
    Open { path: String, mode: u32 },
}

impl StateDirectory {
    /// Makes the directory if it is not there, for us alone, and looks whether it is ours alone.
    pub(crate) fn open(path: &Path) -> Result<Self, StateError> {
        let failed = |source| StateError::Io {
            path: path.display().to_string(),
            source,
        };
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        check(path, &fs::metadata(path).map_err(failed)?)?;
        Ok(Self(path.to_owned()))
    }

    /// Looks whether the directory is ours alone, if it is there.
    pub(crate) fn find(path: &Path) -> Result<Option<Self>, StateError> {
        match fs::metadata(path) {
            Ok(metadata) => check(path, &metadata).map(|()| Some(Self(path.to_owned()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StateError::Io {
                path: path.display().to_string(),
                source,
            }),
        }
    }

    /// The path of a file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

fn check(path: &Path, metadata: &Metadata) -> Result<(), StateError> {
    let path = || path.display().to_string();
    let expected = rustix::process::geteuid().as_raw();
    if !metadata.is_dir() {
        Err(StateError::NotADirectory { path: path() })
    } else if metadata.uid() != expected {
        Err(StateError::Owner {
            path: path(),
            owner: metadata.uid(),
            expected,
        })
    } else if metadata.mode() & 0o077 != 0 {
        Err(StateError::Open {
            path: path(),
            mode: metadata.mode() & 0o777,
        })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_directory_is_made_for_us_alone_and_used_again() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("state");
        assert!(StateDirectory::find(&path).unwrap().is_none());
        StateDirectory::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        StateDirectory::open(&path).unwrap();
        assert!(StateDirectory::find(&path).unwrap().is_some());
    }

    #[test]
    fn a_directory_that_is_open_to_others_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        for mode in [0o750, 0o701, 0o720] {
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
            let error = StateDirectory::open(directory.path()).unwrap_err();
            assert!(
                matches!(error, StateError::Open { .. }),
                "{mode:o}: {error}"
            );
        }
    }

    #[test]
    fn a_file_is_no_directory() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = StateDirectory::open(file.path()).unwrap_err();
        assert!(matches!(error, StateError::NotADirectory { .. }), "{error}");
    }
}
