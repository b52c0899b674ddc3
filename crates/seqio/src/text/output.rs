//! Text files that appear whole or not at all.

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ciskit_file::WholeFile;
use noodles_bgzf as bgzf;

use super::DASH;
use crate::TableError;

/// Writes a text file as a [`WholeFile`]: under a temporary name, which [`finish`](Self::finish) renames.
///
/// A run that is killed, fails or forgets to finish therefore leaves no half file, and what was there before
/// stays. A name that ends in `.gz` or `.bgz` gets bgzip, which is also gzip.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("table.tsv.gz");
/// let mut writer = ciskit_seqio::TextWriter::create(&path)?;
/// writer.line("# two columns")?;
/// writer.row(["a", "b"])?;
/// assert!(!path.exists());
/// writer.finish()?;
///
/// let mut lines = ciskit_seqio::LineReader::open(&path)?;
/// assert_eq!(lines.next_line()?.unwrap().text, "# two columns");
/// assert_eq!(lines.next_line()?.unwrap().text, "a\tb");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TextWriter {
    path: PathBuf,
    encoder: Encoder,
}

impl TextWriter {
    /// Starts a file that will have this path; `-` is standard output, which gets plain text as it is written.
    ///
    /// # Errors
    ///
    /// [`TableError::Write`] if the folder is missing or cannot be written, or if the path is a folder.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, TableError> {
        let path = path.as_ref();
        let (destination, name) = Destination::create(path)?;
        let packed = path.extension().is_some_and(|extension| extension == "gz" || extension == "bgz");
        let encoder = match packed {
            true => Encoder::Bgzip(bgzf::io::Writer::new(destination)),
            false => Encoder::Plain(BufWriter::new(destination)),
        };
        Ok(Self { path: name, encoder })
    }

    /// Writes plain text to anything (standard output, bytes in memory) that messages call `name`.
    pub fn new(writer: impl Write + Send + 'static, name: impl AsRef<Path>) -> Self {
        let encoder = Encoder::Plain(BufWriter::new(Destination::Unnamed(Box::new(writer))));
        Self { path: name.as_ref().to_path_buf(), encoder }
    }

    /// The path that the file will have, or the name given instead.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes one line and its end.
    ///
    /// # Errors
    ///
    /// [`TableError::Unwritable`] if the text holds a line end or a NUL byte, [`TableError::Write`] if writing fails.
    pub fn line(&mut self, text: &str) -> Result<(), TableError> {
        if memchr::memchr3(b'\n', b'\r', 0, text.as_bytes()).is_some() {
            return Err(TableError::unwritable(
                &self.path,
                text,
                "a line cannot hold a line end or a NUL byte",
            ));
        }
        self.bytes(text.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Writes one row, its fields separated by tabs.
    ///
    /// # Errors
    ///
    /// [`TableError::Unwritable`] if a field holds a tab, a line end or a NUL byte, [`TableError::Write`] if writing
    /// fails. The row may then be there in part: give the file up.
    pub fn row<F: AsRef<str>>(&mut self, fields: impl IntoIterator<Item = F>) -> Result<(), TableError> {
        for (index, field) in fields.into_iter().enumerate() {
            let field = field.as_ref();
            let breaks = memchr::memchr3(b'\t', b'\n', b'\r', field.as_bytes()).is_some();
            if breaks || field.contains('\0') {
                return Err(TableError::unwritable(
                    &self.path,
                    field,
                    "a field cannot hold a tab, a line end or a NUL byte",
                ));
            }
            if index > 0 {
                self.bytes(b"\t")?;
            }
            self.bytes(field.as_bytes())?;
        }
        self.bytes(b"\n")
    }

    /// Writes what is left and gives the file its name.
    ///
    /// # Errors
    ///
    /// [`TableError::Write`] if writing or renaming fails (a full disk is noticed here at the latest).
    pub fn finish(self) -> Result<(), TableError> {
        let destination = match self.encoder {
            Encoder::Plain(buffered) => buffered.into_inner().map_err(io::IntoInnerError::into_error),
            Encoder::Bgzip(writer) => writer.finish(),
        };
        destination.and_then(Destination::finish).map_err(failed(&self.path))
    }

    /// The error for a value that would not read back the same.
    pub(crate) fn unwritable(&self, found: impl fmt::Display, why: impl Into<String>) -> TableError {
        TableError::unwritable(&self.path, found, why)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), TableError> {
        match &mut self.encoder {
            Encoder::Plain(buffered) => buffered.write_all(bytes),
            Encoder::Bgzip(writer) => writer.write_all(bytes),
        }
        .map_err(failed(&self.path))
    }
}

impl fmt::Debug for TextWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextWriter").field("path", &self.path).finish_non_exhaustive()
    }
}

pub(crate) fn failed(path: &Path) -> impl Fn(io::Error) -> TableError + use<> {
    let path = path.to_path_buf();
    move |source| TableError::Write { path: path.clone(), source }
}

enum Encoder {
    Plain(BufWriter<Destination>),
    Bgzip(bgzf::io::Writer<Destination>),
}

/// Where a file is written to.
pub(crate) enum Destination {
    File(WholeFile),
    /// Something without a name.
    Unnamed(Box<dyn Write + Send>),
}

impl Destination {
    /// The file of this path, or standard output for `-`, and what messages call it.
    pub(crate) fn create(path: &Path) -> Result<(Self, PathBuf), TableError> {
        if path == Path::new(DASH) {
            return Ok((Self::Unnamed(Box::new(io::stdout())), "standard output".into()));
        }
        Ok((Self::File(WholeFile::create(path).map_err(failed(path))?), path.to_path_buf()))
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::File(file) => file.finish(),
            Self::Unnamed(mut writer) => writer.flush(),
        }
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Unnamed(writer) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Unnamed(writer) => writer.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn entries(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn a_forgotten_file_leaves_nothing_and_keeps_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.tsv", "a.tsv.gz"] {
            let path = folder.path().join(name);
            fs::write(&path, "old").unwrap();
            let mut writer = TextWriter::create(&path).unwrap();
            writer.line(&"new".repeat(100_000)).unwrap();
            drop(writer);
            assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        }
        assert_eq!(entries(folder.path()), 2);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_to_and_a_full_one_says_so() {
        let mut writer = TextWriter::create("/dev/null").unwrap();
        writer.line("gone").unwrap();
        writer.finish().unwrap();

        let mut writer = TextWriter::create("/dev/full").unwrap();
        writer.line("no room").unwrap();
        let error = writer.finish().unwrap_err();
        assert_eq!(error.to_string(), "cannot write /dev/full");
        assert!(
            matches!(error, TableError::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull)
        );
    }

    #[test]
    fn what_would_break_lines_is_refused() {
        let mut writer = TextWriter::new(io::sink(), "out.tsv");
        assert_eq!(
            writer.row(["a", "b\tc"]).unwrap_err().to_string(),
            r#"cannot write "b\tc" to out.tsv: a field cannot hold a tab, a line end or a NUL byte"#
        );
        assert!(matches!(writer.row(["a\0"]), Err(TableError::Unwritable { .. })));
        assert!(matches!(writer.line("a\rb"), Err(TableError::Unwritable { .. })));
        assert!(matches!(writer.line("a\0b"), Err(TableError::Unwritable { .. })));
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = TextWriter::create("no/such/folder/a.tsv").unwrap_err();
        assert_eq!(error.to_string(), "cannot write no/such/folder/a.tsv");
        assert!(matches!(TextWriter::create(std::env::temp_dir()), Err(TableError::Write { .. })));
    }
}
