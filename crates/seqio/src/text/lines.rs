//! Lines of a text file, with their numbers.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use super::DASH;
use super::line_ends::LineEnds;
use crate::TableError;
use crate::unpack::unpack;

/// Longest line that is read, so that a file without line ends cannot fill the memory.
const LONGEST_LINE: u64 = 1 << 27;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One line of a [`LineReader`].
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The file.
    pub path: &'a Arc<Path>,
    /// Number of the line, 1-based.
    pub number: u64,
    /// The line without its end.
    pub text: &'a str,
}

/// Reads a text file line by line, in memory of one line.
///
/// The first bytes, never the name, tell plain text, gzip and bgzip apart. Lines end in LF or CRLF. A UTF-8 byte
/// order mark at the start is skipped. Text has no NUL bytes: a line that holds one is damaged or of another encoding.
///
/// ```
/// let mut lines = ciskit_seqio::LineReader::new("\u{feff}one\r\ntwo".as_bytes(), "two.txt")?;
/// assert_eq!(lines.next_line()?.unwrap().text, "one");
/// let second = lines.next_line()?.unwrap();
/// assert_eq!((second.number, second.text), (2, "two"));
/// assert!(lines.next_line()?.is_none());
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
pub struct LineReader {
    source: Box<dyn BufRead + Send>,
    path: Arc<Path>,
    number: u64,
    buffer: Vec<u8>,
    repeated: bool,
    ended: bool,
}

impl LineReader {
    /// Opens a file, or standard input for the path `-`, which may be packed as a file is.
    ///
    /// # Errors
    ///
    /// [`TableError::Open`] if it cannot be opened, [`TableError::Truncated`] and others if its first bytes
    /// cannot be read.
    ///
    /// ```
    /// let error = ciskit_seqio::LineReader::open("missing.bed").unwrap_err();
    /// assert_eq!(error.to_string(), "cannot open missing.bed");
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        let path = path.as_ref();
        if path == Path::new(DASH) {
            return Self::new(std::io::stdin(), "standard input");
        }
        let file =
            File::open(path).map_err(|source| TableError::Open { path: path.to_path_buf(), source })?;
        Self::new(file, path)
    }

    /// Reads from anything (standard input, bytes in memory) that messages call `name`.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn new(reader: impl Read + Send + 'static, name: impl AsRef<Path>) -> Result<Self, TableError> {
        let path: Arc<Path> = name.as_ref().into();
        let source = unpack(reader).map_err(|source| TableError::reading(&path, 1, source))?;
        Ok(Self { source, path, number: 0, buffer: Vec::new(), repeated: false, ended: false })
    }

    /// The same lines with CR alone taken for a line end too, as spreadsheets of old wrote it, from the next line
    /// on.
    ///
    /// ```
    /// let mut lines = ciskit_seqio::LineReader::new("one\rtwo\r\n".as_bytes(), "old.csv")?.with_any_line_end();
    /// assert_eq!(lines.next_line()?.unwrap().text, "one");
    /// assert_eq!(lines.next_line()?.unwrap().text, "two");
    /// assert!(lines.next_line()?.is_none());
    /// # Ok::<(), ciskit_seqio::TableError>(())
    /// ```
    #[must_use]
    pub fn with_any_line_end(self) -> Self {
        Self { source: Box::new(BufReader::new(LineEnds::new(self.source))), ..self }
    }

    /// The file's path, or the name given instead.
    #[must_use]
    pub fn path(&self) -> &Arc<Path> {
        &self.path
    }

    /// Number of the line read last, 1-based; 0 before the first.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next line; `None` at the end, and after an error that ended the file.
    ///
    /// # Errors
    ///
    /// [`TableError::Encoding`] for a line that is no UTF-8 text or holds a NUL byte, after which the next line can be read.
    /// [`TableError::Truncated`], [`TableError::Damaged`], [`TableError::Read`], [`TableError::CarriageReturn`]
    /// and [`TableError::LongLine`] end the file.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>, TableError> {
        if !std::mem::take(&mut self.repeated) && !self.advance()? {
            return Ok(None);
        }
        self.line().map(Some)
    }

    /// The next line that is wanted; errors as [`next_line`](Self::next_line).
    pub(crate) fn next_where(
        &mut self,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Option<Line<'_>>, TableError> {
        loop {
            match self.next_line()? {
                None => return Ok(None),
                Some(line) if wanted(line.text) => break,
                Some(_) => {}
            }
        }
        // A line that borrows from the reader cannot leave the loop.
        self.line().map(Some)
    }

    /// The error for a file that was read to its end without meeting what it should hold.
    pub(crate) fn empty(&self, expected: &'static str) -> TableError {
        TableError::Empty { path: self.path.to_path_buf(), expected, lines: self.number }
    }

    /// Makes the next call give the last line again.
    pub(crate) fn repeat(&mut self) {
        self.repeated = true;
    }

    /// The line in the buffer.
    fn line(&self) -> Result<Line<'_>, TableError> {
        let no_text = |place| TableError::Encoding {
            path: self.path.to_path_buf(),
            line: self.number,
            byte: place + 1,
        };
        let text = std::str::from_utf8(&self.buffer).map_err(|fault| no_text(fault.valid_up_to()))?;
        if let Some(place) = memchr::memchr(0, &self.buffer) {
            return Err(no_text(place));
        }
        Ok(Line { path: &self.path, number: self.number, text })
    }

    /// Puts the next line into the buffer; `false` at the end.
    fn advance(&mut self) -> Result<bool, TableError> {
        self.buffer.clear();
        if self.ended {
            return Ok(false);
        }
        // Ended, unless this line turns out well.
        self.ended = true;
        let line = self.number + 1;
        let mut limited = (&mut *self.source).take(LONGEST_LINE);
        let count = limited
            .read_until(b'\n', &mut self.buffer)
            .map_err(|source| TableError::reading(&self.path, line, source))?;
        if count == 0 {
            return Ok(false);
        }
        self.number = line;
        if line == 1 && self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.buffer.drain(..BYTE_ORDER_MARK.len());
        }
        let path = || self.path.to_path_buf();
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
        } else if count as u64 == LONGEST_LINE {
            return Err(TableError::LongLine { path: path(), line, limit: LONGEST_LINE });
        }
        if self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        if let Some(place) = memchr::memchr(b'\r', &self.buffer) {
            return Err(TableError::CarriageReturn { path: path(), line, byte: place + 1 });
        }
        self.ended = false;
        Ok(true)
    }
}

impl fmt::Debug for LineReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineReader")
            .field("path", &self.path)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn lines(bytes: &'static [u8]) -> LineReader {
        LineReader::new(bytes, "x.txt").unwrap()
    }

    #[test]
    fn an_encoding_error_costs_one_line() {
        for bytes in [&b"a\n b\xff\nc\n"[..], b"a\n b\0\0\nc\n"] {
            let mut lines = lines(bytes);
            assert_eq!(lines.next_line().unwrap().unwrap().text, "a");
            assert_eq!(
                lines.next_line().unwrap_err().to_string(),
                "x.txt, line 2: expected UTF-8 text, found another encoding or binary data at byte 3"
            );
            assert_eq!(lines.next_line().unwrap().unwrap().number, 3);
            assert!(lines.next_line().unwrap().is_none());
        }
    }

    #[test]
    fn a_lone_cr_ends_the_file() {
        let mut lines = lines(b"a\nb\rc\rd\n");
        lines.next_line().unwrap();
        assert_eq!(
            lines.next_line().unwrap_err().to_string(),
            "x.txt, line 2, byte 2: CR without LF; lines must end in LF or CRLF (convert CR with: tr '\\r' '\\n')"
        );
        assert!(lines.next_line().unwrap().is_none());
    }

    #[test]
    fn a_line_can_be_had_again() {
        let mut lines = lines(b"a\nb\n");
        lines.next_line().unwrap();
        lines.repeat();
        assert_eq!(lines.next_line().unwrap().unwrap().text, "a");
        assert_eq!(lines.next_line().unwrap().unwrap().text, "b");
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut lines = LineReader::new(io::repeat(b'A'), "endless").unwrap();
        assert_eq!(
            lines.next_line().unwrap_err().to_string(),
            "endless, line 1: longer than 134217728 bytes, so it is no line of a table"
        );
        assert!(lines.next_line().unwrap().is_none());
    }

    #[test]
    fn a_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = LineReader::open(folder.path()).unwrap_err();
        assert!(matches!(error, TableError::Read { line: 1, .. }), "{error}");
    }
}
