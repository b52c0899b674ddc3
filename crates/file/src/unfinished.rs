//! Which temporary files this process has, so that a signal's handler can remove them.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    // A set of names is in order even if a thread died while it held the lock.
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers a temporary file as long as it lives.
#[derive(Debug)]
pub(crate) struct Remembered(PathBuf);

impl Remembered {
    /// Makes a temporary file and remembers it, in one step for [`remove_unfinished`]: a signal that comes between the two
    /// would leave the file.
    pub(crate) fn create(
        make: impl FnOnce() -> io::Result<NamedTempFile>,
    ) -> io::Result<(NamedTempFile, Self)> {
        let mut unfinished = unfinished();
        let file = make()?;
        unfinished.insert(file.path().to_path_buf());
        let remembered = Self(file.path().to_path_buf());
        Ok((file, remembered))
    }
}

impl Drop for Remembered {
    fn drop(&mut self) {
        unfinished().remove(&self.0);
    }
}

/// Removes the temporary file of every [`WholeFile`](crate::WholeFile) that this process has not finished: the last
/// thing to do before leaving without unwinding, as on Ctrl-C. Their writers fail from then on when they finish.
///
/// ```standalone_crate
/// let folder = tempfile::tempdir()?;
/// let file = ciskit_file::WholeFile::create(folder.path().join("model.safetensors"))?;
/// ciskit_file::remove_unfinished();
/// assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
/// assert!(file.finish().is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn remove_unfinished() {
    for path in std::mem::take(&mut *unfinished()) {
        // What is gone already needs no removing, and there is nobody left to tell of anything else.
        std::fs::remove_file(path).ok();
    }
}
