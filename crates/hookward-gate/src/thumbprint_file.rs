//! The thumbprint list in a file.

use core::time::Duration;
use std::path::PathBuf;

use hookward::copyleaks::{ListError, parse_thumbprint_list};
use hookward::{Snapshot, ThumbprintSet, UnixTime, ValidityDates};
use hookward_thumbprint::ThumbprintError;
use thiserror::Error;

use crate::file::{self, FileError};

/// No list that is read is larger, in bytes.
const LIMIT: u64 = 1 << 20;

/// Where the list is, and what it has to be like.
#[derive(Clone, Debug)]
pub(crate) struct ThumbprintFile {
    pub(crate) path: PathBuf,
    /// How long the list is trusted after it was read. For ever, where that is not said.
    pub(crate) expires_after: Option<Duration>,
    pub(crate) validity_dates: ValidityDates,
    pub(crate) refuse_sha1: bool,
}

/// Why there is no list.
#[derive(Debug, Error)]
pub(crate) enum ThumbprintFileError {
    /// The file was not read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It does not hold a list.
    #[error("{path}: {source}")]
    List { path: String, source: ListError },
    /// It holds a list that is not wanted.
    #[error("{path}: {source}")]
    Set {
        path: String,
        source: ThumbprintError,
    },
}

impl ThumbprintFile {
    /// Reads the list as of `now`.
    pub(crate) fn read(
        &self,
        now: UnixTime,
    ) -> Result<Snapshot<ThumbprintSet>, ThumbprintFileError> {
        let path = || self.path.display().to_string();
        let contents = file::read(&self.path, LIMIT)?;
        let thumbprints =
            parse_thumbprint_list(&contents.bytes).map_err(|source| ThumbprintFileError::List {
                path: path(),
                source,
            })?;
        let mut set = ThumbprintSet::builder()
            .thumbprints(thumbprints)
            .validity_dates(self.validity_dates);
        if self.refuse_sha1 {
            set = set.refuse_sha1();
        }
        let set = set.build().map_err(|source| ThumbprintFileError::Set {
            path: path(),
            source,
        })?;
        Ok(match self.expires_after {
            None => Snapshot::fixed(set),
            Some(age) => {
                let expires_at = now.as_secs().saturating_add(age.as_secs());
                let expires_at = UnixTime::since_unix_epoch(Duration::from_secs(expires_at));
                Snapshot::dated(set, now, expires_at)
            }
        })
    }
}
