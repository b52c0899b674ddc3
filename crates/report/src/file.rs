//! Files that are there completely or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::ReportError;

/// Writes a file under a temporary name beside its place, then renames it.
///
/// What is there and no regular file (a terminal, a pipe) is written to directly: a rename would replace it.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), ReportError> {
    let special = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    let result = if special { fs::write(path, text) } else { write_and_rename(path, text) };
    result.map_err(|source| ReportError::Write { path: path.to_owned(), source })
}

fn write_and_rename(path: &Path, text: &str) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut file = temporary_in(folder, &name)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?; // a full disk must show before the old file is gone
    file.persist(path).map_err(|failed| failed.error)?;
    Ok(())
}

fn temporary_in(folder: &Path, name: &str) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    let prefix = format!(".ciskit-{name}-");
    builder.prefix(&prefix).suffix(".part");
    #[cfg(unix)]
    let everyone = {
        use std::os::unix::fs::PermissionsExt;
        fs::Permissions::from_mode(0o666) // less the umask, as for any new file
    };
    #[cfg(unix)]
    builder.permissions(everyone);
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_whole_file_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        write(&path, "a long first version").unwrap();
        write(&path, "short").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "short");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failure_names_the_file_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("nowhere").join("report.html");
        let error = write(&missing, "text").unwrap_err();
        assert_eq!(error.to_string(), format!("cannot write {}", missing.display()));

        // The place is a folder: the rename fails after the temporary file is written.
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        fs::write(taken.join("inside"), "").unwrap();
        assert!(matches!(write(&taken, "text"), Err(ReportError::Write { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_it_as_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        write(&ours, "").unwrap();
        fs::write(&plain, "").unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(ours), mode(plain));
    }
}
