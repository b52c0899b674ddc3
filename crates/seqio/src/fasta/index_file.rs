//! Index files beside a FASTA file.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file's name with something behind it.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// Writes an index under its name all at once, so that no other process meets half of it. An index only saves time:
/// where it cannot be written it is built again the next time.
pub(crate) fn keep(path: &Path, bytes: &[u8]) {
    let write = || -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    };
    write().ok();
}
