//! Where the document is kept between runs.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::stored_document::{Damage, Source, StoredDocument};

/// A file that holds the last accepted document of one URL.
///
/// It is replaced whole: a temporary file in the same directory is written, synced and renamed over it, and the directory
/// is synced. A process or machine that stops at any moment leaves the file from before or the new one. Several processes
/// may write; the last one wins.
///
/// # What it expects
///
/// The directory exists, belongs to the user who runs this, and is open to nobody else (mode 0700). That is not looked at
/// here. The checksum finds damage, not malice: whoever can write the directory decides what is trusted.
#[derive(Clone)]
pub struct SnapshotFile {
    path: PathBuf,
    source: Source,
}

/// Why a snapshot file cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The system says no.
    #[error("cannot read it: {0}")]
    Io(#[from] io::Error),
    /// Its content is not to be trusted.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// It is whole, but holds what another URL answered.
    #[error("it belongs to another URL")]
    OtherUrl,
}

impl SnapshotFile {
    /// The file at `path`, for what `url` answers. It need not exist yet.
    ///
    /// `url` has to be written the same way each time; [`Endpoint::url`](crate::Endpoint::url) is.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, url: &str) -> Self {
        Self {
            path: path.into(),
            source: Source::of(url),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it; `None` if there is none. `max_body` is the most bytes that the document may have.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is damaged, or belongs to another URL. Nothing is changed then: see
    /// [`set_aside`](Self::set_aside).
    pub fn read(&self, max_body: usize) -> Result<Option<StoredDocument>, SnapshotError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let max = StoredDocument::max_len(max_body);
        let mut bytes = Vec::new();
        file.take((max as u64).saturating_add(1))
            .read_to_end(&mut bytes)?;
        if bytes.len() > max {
            return Err(Damage::TooLong { max }.into());
        }
        let (source, stored) = StoredDocument::decode(&bytes)?;
        if source != self.source {
            return Err(SnapshotError::OtherUrl);
        }
        Ok(Some(stored))
    }

    /// Writes `stored` in place of what is there. Once this returns, it survives a loss of power.
    ///
    /// # Errors
    ///
    /// If the system refuses any step. What was there before stays then, unless it was only the last step that failed.
    pub fn write(&self, stored: &StoredDocument) -> io::Result<()> {
        let (directory, name) = self.place()?;
        let mut file = tempfile::Builder::new()
            .prefix(&leftover_prefix(name))
            .suffix(LEFTOVER_SUFFIX)
            .tempfile_in(directory)?;
        file.write_all(&stored.encode(self.source))?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        File::open(directory)?.sync_all()
    }

    /// Renames it to the same name with `.damaged` added, so that it is neither used nor lost, and returns that path. One
    /// that was set aside before is replaced.
    ///
    /// # Errors
    ///
    /// If it cannot be renamed.
    pub fn set_aside(&self) -> io::Result<PathBuf> {
        let mut name = self.path.clone().into_os_string();
        name.push(".damaged");
        let aside = PathBuf::from(name);
        fs::rename(&self.path, &aside)?;
        Ok(aside)
    }

    /// Removes temporary files that writers which were killed have left behind.
    ///
    /// A writer that is at work at this moment loses its file too; it reports an error and leaves the snapshot as it was.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read or a file in it cannot be removed.
    pub fn remove_leftovers(&self) -> io::Result<()> {
        let (directory, name) = self.place()?;
        let prefix = leftover_prefix(name);
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let rest = (name.as_encoded_bytes()).strip_prefix(prefix.as_encoded_bytes());
            if rest.is_some_and(|rest| rest.ends_with(LEFTOVER_SUFFIX.as_bytes())) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn place(&self) -> io::Result<(&Path, &OsStr)> {
        let name = self.path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        match self.path.parent() {
            Some(directory) if !directory.as_os_str().is_empty() => Ok((directory, name)),
            _ => Ok((Path::new("."), name)),
        }
    }
}

const LEFTOVER_SUFFIX: &str = ".tmp";

fn leftover_prefix(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    prefix
}
