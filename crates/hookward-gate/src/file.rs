//! Files that the gate believes: who else could have written them matters.

use std::fs::{Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use thiserror::Error;

/// Why a file was not read.
#[derive(Debug, Error)]
pub(crate) enum FileError {
    /// The system says no.
    #[error("cannot read {path}: {source}")]
    Io { path: String, source: io::Error },
    /// It is a directory, a device, ….
    #[error("{path} is not a regular file")]
    NotAFile { path: String },
    /// Any user of the machine may change it.
    #[error("{path} can be changed by every user; take the right away with: chmod o-w")]
    WritableByAll { path: String },
    /// It is larger than anything of its kind.
    #[error("{path} is larger than {limit} bytes")]
    TooLarge { path: String, limit: u64 },
}

/// What a file holds, and whether it is private.
pub(crate) struct Contents {
    pub(crate) bytes: Vec<u8>,
    /// Whether every user of the machine may read it. In a container that is usual and harmless.
    pub(crate) readable_by_all: bool,
}

/// Reads a file of at most `limit` bytes that not every user may change.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Contents, FileError> {
    let shown = || path.display().to_string();
    let failed = |source| FileError::Io {
        path: shown(),
        source,
    };
    // Opening a pipe that nobody writes to would wait for somebody.
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(nonblocking)
        .open(path)
        .map_err(failed)?;
    let metadata: Metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(FileError::NotAFile { path: shown() });
    }
    if metadata.mode() & 0o002 != 0 {
        return Err(FileError::WritableByAll { path: shown() });
    }
    let bytes = read_at_most(file, limit).map_err(failed)?;
    Ok(Contents {
        bytes: bytes.ok_or_else(|| FileError::TooLarge {
            path: shown(),
            limit,
        })?,
        readable_by_all: metadata.mode() & 0o004 != 0,
    })
}

/// Reads to the end. `None` if that is more than `limit` bytes.
pub(crate) fn read_at_most(from: impl Read, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}
