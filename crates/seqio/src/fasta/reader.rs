//! Streaming of whole FASTA records.

use std::fs::File;
use std::io::{BufRead, Read};
use std::iter::FusedIterator;
use std::path::Path;

use super::lines::{Line, Lines};
use crate::FastaError;
use crate::unpack::unpack;

/// A FASTA record: a named sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FastaRecord {
    /// Header up to the first blank, without the `>`.
    pub name: String,
    /// Header behind the first blank; empty if there is nothing.
    pub description: String,
    /// Bases as stored.
    pub sequence: Vec<u8>,
}

/// All records of a FASTA file, in file order: [`FastaReader`] collected.
///
/// # Errors
///
/// Those of [`FastaReader`].
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("enhancers.fa");
/// std::fs::write(&path, ">e1 of NHEK\nACGT\nacn\n>e2\nTTG\n")?;
///
/// let records = ciskit_seqio::read_fasta(&path)?;
/// assert_eq!(records[0].name, "e1");
/// assert_eq!(records[0].description, "of NHEK");
/// assert_eq!(records[0].sequence, b"ACGTacn");
/// assert_eq!(records.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_fasta(path: impl AsRef<Path>) -> Result<Vec<FastaRecord>, FastaError> {
    FastaReader::open(path)?.collect()
}

/// An iterator over the records of a FASTA stream, plain, gzip or bgzip by its first bytes.
///
/// Lines may have any length and end in LF or CRLF; blank lines and a byte order mark are skipped. Names may occur
/// more than once: sequences matched by order may repeat.
///
/// # Errors
///
/// An item is an error, and the last one, where [`FastaError`] says so: no record at all, text before the first
/// header, a header without name, a CR without LF, a character that is no base, a stream that is cut off.
///
/// *Cost*: memory of one record.
///
/// ```
/// use ciskit_seqio::FastaReader;
///
/// let text = ">a\r\nAC\r\nGT\r\n>b\r\n".as_bytes();
/// let reader = FastaReader::new(text, "standard input")?;
/// let lengths: Vec<usize> = reader.map(|record| Ok(record?.sequence.len())).collect::<Result<_, _>>()?;
/// assert_eq!(lengths, [4, 0]);
/// # Ok::<(), ciskit_seqio::FastaError>(())
/// ```
pub struct FastaReader {
    lines: Lines<Box<dyn BufRead + Send>>,
    /// The record whose header has been read.
    started: Option<FastaRecord>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    Inside,
    Done,
}

impl FastaReader {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// [`FastaError::Open`] or [`FastaError::Read`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FastaError> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|source| FastaError::Open { path: path.to_owned(), source })?;
        Self::new(file, path)
    }

    /// Reads a stream, which messages call `name`.
    ///
    /// # Errors
    ///
    /// [`FastaError::Read`] if its first bytes cannot be read.
    pub fn new(stream: impl Read + Send + 'static, name: impl AsRef<Path>) -> Result<Self, FastaError> {
        let name = name.as_ref();
        let text = unpack(stream).map_err(|source| FastaError::Read { path: name.to_owned(), source })?;
        Ok(Self { lines: Lines::new(text, name), started: None, state: State::Fresh })
    }

    fn read_record(&mut self) -> Result<Option<FastaRecord>, FastaError> {
        while let Some(line) = self.lines.next_line()? {
            match &mut self.started {
                _ if line.is_blank() => {}
                Some(record) if !line.is_header() => {
                    record.sequence.extend_from_slice(line.bases(&record.name)?);
                }
                started => {
                    let before = started.replace(start(&line)?);
                    self.state = State::Inside;
                    if before.is_some() {
                        return Ok(before);
                    }
                }
            }
        }
        if self.state == State::Fresh {
            return Err(FastaError::Empty { path: self.lines.path().to_owned() });
        }
        Ok(self.started.take())
    }
}

fn start(line: &Line<'_>) -> Result<FastaRecord, FastaError> {
    let (name, description) = line.header()?;
    Ok(FastaRecord { name: name.into(), description: description.into(), sequence: Vec::new() })
}

impl Iterator for FastaReader {
    type Item = Result<FastaRecord, FastaError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Done {
            return None;
        }
        let record = self.read_record().transpose();
        if !matches!(record, Some(Ok(_))) {
            self.state = State::Done;
        }
        record
    }
}

impl FusedIterator for FastaReader {}

impl std::fmt::Debug for FastaReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FastaReader").field("path", &self.lines.path()).finish_non_exhaustive()
    }
}
