//! Whether files have changed.

use core::time::Duration;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

/// How often files are looked at.
///
/// Looking works on every file system, and whichever way a file is replaced: written again, renamed
/// into place, or behind a symbolic link that leads elsewhere, as in a volume of Kubernetes.
const LOOK: Duration = Duration::from_secs(1);

/// Files as they were when they were looked at.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Prints(BTreeMap<PathBuf, Option<Print>>);

/// What changes whenever the content of a file does, or who may read or write it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Print {
    file: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Prints {
    /// Looks at files. One that is not there is remembered as such.
    pub(crate) fn of<'p>(files: impl IntoIterator<Item = &'p Path>) -> Self {
        let look = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            Some(Print {
                file: (metadata.dev(), metadata.ino()),
                size: metadata.size(),
                modified: (metadata.mtime(), metadata.mtime_nsec()),
                changed: (metadata.ctime(), metadata.ctime_nsec()),
            })
        };
        Self(
            files
                .into_iter()
                .map(|path| (path.to_owned(), look(path)))
                .collect(),
        )
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    /// Those of `files` alone.
    pub(crate) fn only<'p>(mut self, files: impl Iterator<Item = &'p Path>) -> Self {
        let files: Vec<_> = files.collect();
        self.0.retain(|path, _| files.contains(&path.as_path()));
        self
    }

    /// Looks at the same files again.
    fn again(&self) -> Self {
        Self::of(self.files())
    }

    /// Waits until the files are not as they were, and have stayed as they are for a while: whoever
    /// changes several is given the time for it.
    pub(crate) async fn changed(&self) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = None;
        loop {
            looks.tick().await;
            let before = self.clone();
            let Ok(now) = spawn_blocking(move || before.again()).await else {
                continue;
            };
            if now != *self && last.as_ref() == Some(&now) {
                return;
            }
            last = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn every_way_to_replace_a_file_is_seen_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let write = |name: &str, text: &str| fs::write(path(name), text).unwrap();
        for data in ["old", "new"] {
            fs::create_dir(path(data)).unwrap();
            fs::write(path(data).join("file"), "of the same length").unwrap();
        }
        symlink("old", path("data")).unwrap();
        symlink("data/file", path("linked")).unwrap();
        write("plain", "text");

        let (plain, linked, later) = (path("plain"), path("linked"), path("later"));
        let mut before = Prints::of([&*plain, &*linked, &*later]);
        let mut differs = |what: &str| {
            let now = before.again();
            assert_ne!(now, before, "{what}");
            assert_eq!(now.again(), now, "{what}");
            before = now;
        };
        write("plain", "longer text");
        differs("written again");
        write("beside", "longer text");
        fs::rename(path("beside"), &plain).unwrap();
        differs("renamed into place");
        symlink("new", path("next")).unwrap();
        fs::rename(path("next"), path("data")).unwrap();
        differs("a link on the way leads elsewhere");
        write("later", "");
        differs("made");
        fs::set_permissions(&later, fs::Permissions::from_mode(0o602)).unwrap();
        differs("writable by all");
        fs::remove_file(&later).unwrap();
        differs("removed");
        write("unrelated", "text");
        assert_eq!(before.again(), before);
    }
}
