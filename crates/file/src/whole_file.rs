//! The file itself.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::unfinished::Remembered;

/// How names of unfinished files begin.
const PREFIX: &str = ".ciskit-";
/// How names of unfinished files end.
pub const SUFFIX: &str = ".part";

/// A file that gets its name when it is finished.
///
/// A path that is there and no regular file (`/dev/stdout`, a pipe) is written to directly: a rename would replace it.
/// A symbolic link stays one; the file that it stands for is replaced. Others may read the file as the process's
/// umask says, as any new file.
#[derive(Debug)]
pub struct WholeFile(Place);

#[derive(Debug)]
enum Place {
    Temporary { file: NamedTempFile, path: PathBuf, remembered: Remembered },
    Direct(File),
}

impl WholeFile {
    /// Starts the file that will have this path, in a folder that is there.
    ///
    /// # Errors
    ///
    /// If the folder is missing or cannot be written, or if the path is a folder.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        if fs::metadata(path).is_ok_and(|old| !old.is_file()) {
            return Ok(Self(Place::Direct(File::options().write(true).open(path)?)));
        }
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let prefix = format!("{PREFIX}{}-", path.file_name().unwrap_or_default().to_string_lossy());
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(SUFFIX);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let folder = folder.unwrap_or(Path::new("."));
        let (file, remembered) = Remembered::create(|| builder.tempfile_in(folder))?;
        Ok(Self(Place::Temporary { file, path, remembered }))
    }

    /// Stores the file for good and gives it its name.
    ///
    /// # Errors
    ///
    /// If the disk is full (some file systems say so only here) or the file cannot be renamed; nothing is left then.
    pub fn finish(self) -> io::Result<()> {
        match self.0 {
            Place::Temporary { file, path, remembered } => {
                file.as_file().sync_all()?;
                let renamed = file.persist(path).map(drop).map_err(|refused| refused.error);
                drop(remembered);
                renamed
            }
            Place::Direct(mut file) => file.flush(),
        }
    }

    fn file(&mut self) -> &mut File {
        match &mut self.0 {
            Place::Temporary { file, .. } => file.as_file_mut(),
            Place::Direct(file) => file,
        }
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

/// Writes a file of these bytes, whole or not at all.
///
/// # Errors
///
/// As [`WholeFile::create`] and [`WholeFile::finish`], or if writing fails; what was there before stays then.
///
/// ```
/// let error = ciskit_file::write("no/such/folder/run.toml", b"format = 1").unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
/// ```
pub fn write(path: impl AsRef<Path>, bytes: &[u8]) -> io::Result<()> {
    let mut file = WholeFile::create(path)?;
    file.write_all(bytes)?;
    file.finish()
}

/// Removes what killed processes left of the files of a folder whose names `is_ours` knows, and gives the number of
/// files removed. Only for files that no living process is writing: its unfinished ones look the same.
///
/// # Errors
///
/// If the folder cannot be read, or a file cannot be removed.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join(".ciskit-scores.tsv-a1b2c3.part"), "half")?;
/// std::fs::write(folder.path().join(".ciskit-other.tsv-a1b2c3.part"), "somebody else's")?;
/// assert_eq!(ciskit_file::remove_leftovers(folder.path(), |name| name == "scores.tsv")?, 1);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn remove_leftovers(folder: impl AsRef<Path>, is_ours: impl Fn(&str) -> bool) -> io::Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.file_name();
        let found = found.to_string_lossy();
        let middle = found.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
        if middle.and_then(|middle| middle.rsplit_once('-')).is_some_and(|(name, _)| is_ours(name)) {
            fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn a_forgotten_file_leaves_nothing_and_keeps_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "old").unwrap();
        let mut file = WholeFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(entries(folder.path()), 2);
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(entries(folder.path()), 1);
    }

    #[test]
    fn what_a_killed_process_left_is_known_by_the_name_that_it_would_have_had() {
        let folder = tempfile::tempdir().unwrap();
        let file = WholeFile::create(folder.path().join("a-b.tsv")).unwrap();
        let Place::Temporary { file, .. } = file.0 else { panic!("a new file") };
        file.keep().unwrap();
        assert_eq!(entries(folder.path()), 1);
        assert_eq!(remove_leftovers(folder.path(), |name| name == "a").unwrap(), 0);
        assert_eq!(remove_leftovers(folder.path(), |name| name == "a-b.tsv").unwrap(), 1);
        assert_eq!(entries(folder.path()), 0);
    }

    #[test]
    fn finishing_replaces_the_whole_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write(&path, b"a long first version").unwrap();
        write(&path, b"short").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "short");
        assert_eq!(entries(folder.path()), 1);
    }

    #[test]
    fn a_folder_is_no_place_for_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        assert!(write(&taken, b"text").is_err());
        // The name was free at the start, and is taken by a folder when the file is finished.
        let late = folder.path().join("late");
        let file = WholeFile::create(&late).unwrap();
        fs::create_dir(&late).unwrap();
        assert!(file.finish().is_err());
        assert_eq!(entries(folder.path()), 2);
    }

    #[test]
    fn a_name_without_a_folder_is_in_the_current_one() {
        // Only created, so that nothing is left where tests run.
        let file = WholeFile::create("ciskit-file-test").unwrap();
        assert!(!Path::new("ciskit-file-test").exists());
        drop(file);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_it_as_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        fs::write(folder.path().join("usual"), "").unwrap();
        write(folder.path().join("ours"), b"").unwrap();
        assert_eq!(mode("ours"), mode("usual"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_to_and_a_full_one_says_so() {
        write("/dev/null", b"gone").unwrap();
        let error = write("/dev/full", b"no room").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(!fs::metadata("/dev/full").unwrap().is_file());
    }
}
