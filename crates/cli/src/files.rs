//! Files of ours: whole or not at all.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

/// How the names of temporary files begin, here as in the libraries.
fn prefix(name: &str) -> String {
    format!(".ciskit-{name}-")
}

/// How the names of temporary files end.
const SUFFIX: &str = ".part";

/// Writes a file under a temporary name in its folder and renames it.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        let prefix = prefix(&path.file_name().unwrap_or_default().to_string_lossy());
        builder.prefix(&prefix).suffix(SUFFIX);
        #[cfg(unix)]
        builder.permissions(readable());
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Readable by everybody as far as the user's mask allows, as files usually are; temporary files are not by default.
#[cfg(unix)]
fn readable() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

/// Removes the temporary files that a killed process left when it wrote the files `names` of a folder.
pub(crate) fn remove_leftovers(folder: &Path, names: &[&str]) -> Result<()> {
    let remove = || -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let found = entry.file_name().to_string_lossy().into_owned();
            if found.ends_with(SUFFIX) && names.iter().any(|name| found.starts_with(&prefix(name))) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    };
    remove().with_context(|| format!("cannot remove temporary files in {}", folder.display()))
}

/// Makes a folder and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("cannot make the folder {}", path.display()))
}
