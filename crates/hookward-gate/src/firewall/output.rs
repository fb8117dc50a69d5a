//! Files that hold secrets.

use std::io::{self, Write};
use std::path::Path;

/// Writes a file that only its owner may read, and puts it in place at once.
///
/// Whoever watches the old file, or has put something else in its place, sees nothing of it.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // Made anew and exclusively, with mode 0600.
    let mut file = tempfile::Builder::new()
        .prefix(".hookward-")
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn only_the_owner_may_read_what_takes_the_place_of_an_open_file() {
        let folder = tempfile::tempdir().unwrap();
        let (path, elsewhere) = (folder.path().join("rules"), folder.path().join("elsewhere"));
        fs::write(&elsewhere, "kept").unwrap();
        fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o666)).unwrap();
        symlink(&elsewhere, &path).unwrap();
        write(&path, "secret").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "secret");
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "kept");
        let metadata = fs::symlink_metadata(&path).unwrap();
        assert!(metadata.is_file());
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
}
