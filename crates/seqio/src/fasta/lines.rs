//! Lines of FASTA text with their numbers and offsets.

use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

use super::letters::{excerpt, first_stranger};
use crate::FastaError;

/// What some editors put in front of UTF-8 text.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line without its end.
pub(crate) struct Line<'a> {
    path: &'a Path,
    /// Number, 1-based.
    pub(crate) number: u64,
    /// Offset of the first byte behind the line's end in the text.
    pub(crate) next: u64,
    pub(crate) content: &'a [u8],
    /// Bytes of the line's end: 1 for LF, 2 for CRLF, 0 where the text ends without.
    pub(crate) end_bytes: u64,
}

/// Cuts text into lines that end in LF or CRLF. A byte order mark at the start is skipped.
pub(crate) struct Lines<R> {
    reader: R,
    path: PathBuf,
    number: u64,
    offset: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Lines of `reader`, which is called `path` in messages.
    pub(crate) fn new(reader: R, path: &Path) -> Self {
        Self { reader, path: path.to_owned(), number: 0, offset: 0, buffer: Vec::new() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The next line; `None` behind the last.
    pub(crate) fn next_line(&mut self) -> Result<Option<Line<'_>>, FastaError> {
        self.buffer.clear();
        let count = match self.reader.read_until(b'\n', &mut self.buffer) {
            Ok(0) => return Ok(None),
            Ok(count) => count,
            Err(source) => return Err(self.read_error(source)),
        };
        self.number += 1;
        self.offset += count as u64;
        let mut content = self.buffer.as_slice();
        if self.number == 1 {
            content = content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(content);
        }
        let whole = content.len();
        content = match content.strip_suffix(b"\n") {
            Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
            None => content,
        };
        if let Some(index) = memchr::memchr(b'\r', content) {
            let (line, column) = (self.number, index as u64 + 1);
            return Err(FastaError::CarriageReturn { path: self.path.clone(), line, column });
        }
        let end_bytes = (whole - content.len()) as u64;
        Ok(Some(Line { path: &self.path, number: self.number, next: self.offset, content, end_bytes }))
    }

    fn read_error(&self, source: io::Error) -> FastaError {
        let path = self.path.clone();
        match source.downcast::<FastaError>() {
            Ok(error) => error,
            Err(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
                FastaError::Truncated { path, found: format!("its data end behind line {}", self.number) }
            }
            Err(source) => FastaError::Read { path, source },
        }
    }
}

impl<'a> Line<'a> {
    pub(crate) fn is_blank(&self) -> bool {
        self.content.is_empty()
    }

    pub(crate) fn is_header(&self) -> bool {
        self.content.first() == Some(&b'>')
    }

    /// Name (up to the first blank) and description of a header.
    pub(crate) fn header(&self) -> Result<(&'a str, &'a str), FastaError> {
        let (path, line) = (self.path.to_owned(), self.number);
        let Some(text) = self.content.strip_prefix(b">") else {
            return Err(FastaError::NoHeader { path, line, found: excerpt(self.content) });
        };
        let name_and_rest = std::str::from_utf8(text).ok().map(|text| {
            let text = text.trim();
            text.split_once(|letter: char| letter.is_ascii_whitespace()).unwrap_or((text, ""))
        });
        match name_and_rest {
            Some((name, rest)) if !name.is_empty() => Ok((name, rest.trim_start())),
            _ => Err(FastaError::NoName { path, line, found: excerpt(text) }),
        }
    }

    /// The line as bases of a record.
    pub(crate) fn bases(&self, contig: &str) -> Result<&'a [u8], FastaError> {
        match first_stranger(self.content) {
            None => Ok(self.content),
            Some(index) => Err(FastaError::Letter {
                path: self.path.to_owned(),
                line: self.number,
                column: index as u64 + 1,
                contig: contig.to_owned(),
                found: char::from(self.content[index]),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_offsets_and_ends() {
        let text: &[u8] = b"\xef\xbb\xbf>a\r\nAC\n\nG";
        let mut lines = Lines::new(text, Path::new("x.fa"));
        let mut seen = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            seen.push((line.number, line.next, line.content.to_vec(), line.end_bytes));
        }
        let expected: [(u64, u64, &[u8], u64); 4] =
            [(1, 7, b">a", 2), (2, 10, b"AC", 1), (3, 11, b"", 1), (4, 12, b"G", 0)];
        assert_eq!(seen, expected.map(|(n, next, text, end)| (n, next, text.to_vec(), end)));
    }

    #[test]
    fn headers_are_split_at_the_first_blank() {
        let path = Path::new("x.fa");
        let header = |content| Line { path, number: 3, next: 0, content, end_bytes: 1 }.header();
        for (content, name, description) in [
            (b">chr1".as_slice(), "chr1", ""),
            (b"> chr1\tof  hg19 ", "chr1", "of  hg19"),
            (b">NHEK|chr1:5-9 ", "NHEK|chr1:5-9", ""),
        ] {
            assert_eq!(header(content).unwrap(), (name, description));
        }
        for (content, message) in [
            (b">".as_slice(), r#"x.fa, line 3: expected a name behind '>', found """#),
            (b">\xff", r#"x.fa, line 3: expected a name behind '>', found "\xff""#),
            (b"ACGT", r#"x.fa, line 3: expected a header that starts with '>', found "ACGT""#),
        ] {
            assert_eq!(header(content).unwrap_err().to_string(), message);
        }
    }
}
