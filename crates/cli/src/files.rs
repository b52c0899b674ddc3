//! Files of ours, with the place in the message.

use std::path::Path;

use anyhow::{Context, Result};

/// Writes a file, whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    ciskit_file::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Removes what killed processes left of the files of a folder that `is_ours` knows by name.
pub(crate) fn remove_leftovers(folder: &Path, is_ours: impl Fn(&str) -> bool) -> Result<()> {
    ciskit_file::remove_leftovers(folder, is_ours)
        .with_context(|| format!("cannot remove temporary files in {}", folder.display()))?;
    Ok(())
}

/// Makes a folder and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("cannot make the folder {}", path.display()))
}
