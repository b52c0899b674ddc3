//! A file read at any place by many threads at once.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::FastaError;

/// An open file without a reading position of its own.
#[derive(Debug)]
pub(crate) struct PositionedFile {
    file: File,
    path: PathBuf,
    length: u64,
}

impl PositionedFile {
    pub(crate) fn open(path: &Path) -> Result<Self, FastaError> {
        let open = |source| FastaError::Open { path: path.to_owned(), source };
        let file = File::open(path).map_err(open)?;
        let metadata = file.metadata().map_err(open)?;
        if !metadata.is_file() {
            return Err(open(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a regular file, so that it cannot be read at random places",
            )));
        }
        Ok(Self { file, path: path.to_owned(), length: metadata.len() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Length in bytes when the file was opened.
    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// Fills `bytes` with the file's content from `offset` on.
    pub(crate) fn read_exact_at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), FastaError> {
        read_exact_at(&self.file, offset, bytes).map_err(|source| match source.kind() {
            io::ErrorKind::UnexpectedEof => {
                let found = format!("{} bytes are missing from byte {offset} on", bytes.len());
                FastaError::Truncated { path: self.path.clone(), found }
            }
            _ => FastaError::Read { path: self.path.clone(), source },
        })
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut offset: u64, mut bytes: &mut [u8]) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !bytes.is_empty() {
        match file.seek_read(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                offset += count as u64;
                bytes = &mut bytes[count..];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
