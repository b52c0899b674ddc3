//! Files of ours, with the place in the message.

use std::path::Path;

use anyhow::{Context, Result};

/// Writes a file, whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    ciskit_file::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Removes the temporary files that a killed process left in a folder which nobody else writes to.
pub(crate) fn remove_leftovers(folder: &Path) -> Result<()> {
    ciskit_file::remove_leftovers(folder)
        .with_context(|| format!("cannot remove temporary files in {}", folder.display()))?;
    Ok(())
}

/// Makes a folder and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("cannot make the folder {}", path.display()))
}
