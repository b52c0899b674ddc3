//! Index files beside a FASTA file.

use std::ffi::OsString;
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
    ciskit_file::write(path, bytes).ok();
}
