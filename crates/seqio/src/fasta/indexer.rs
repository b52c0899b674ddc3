//! Building a FASTA index.

use std::io::BufRead;
use std::path::Path;

use ciskit_core::ContigName;

use super::fai::FaiRecord;
use super::first_lines::FirstLines;
use super::lines::{Line, Lines};
use crate::FastaError;

/// Indexes the text of a FASTA file.
///
/// Taken as samtools does: CRLF line ends, blank lines before the first header and behind a record, contigs
/// without bases, a missing line end at the end of the file. A byte order mark is skipped.
///
/// # Errors
///
/// Whatever no index could describe: text before the first header, lines of one contig that differ in length or
/// line end (all but its last), names that occur twice, no record at all, and characters that are no bases.
///
/// *Cost*: one pass; memory of the longest line.
pub(crate) fn index(reader: impl BufRead, path: &Path) -> Result<Vec<FaiRecord>, FastaError> {
    let mut lines = Lines::new(reader, path);
    let mut records = Vec::new();
    let mut first_lines = FirstLines::default();
    let mut open: Option<OpenRecord> = None;
    while let Some(line) = lines.next_line()? {
        match &mut open {
            Some(record) if !line.is_header() => record.add(&line, path)?,
            None if line.is_blank() => {}
            _ => {
                let (name, _) = line.header()?;
                let name = ContigName::from(name);
                first_lines.insert(path, line.number, &name)?;
                records.extend(open.replace(OpenRecord::new(name, line.next)).map(|done| done.record));
            }
        }
    }
    records.extend(open.map(|done| done.record));
    if records.is_empty() { Err(FastaError::Empty { path: path.to_owned() }) } else { Ok(records) }
}

/// The record whose lines are being read.
struct OpenRecord {
    record: FaiRecord,
    /// Line end of the first line.
    end_bytes: u64,
    /// The first line that differs from those before it; only blank lines may follow.
    odd: Option<OddLine>,
}

struct OddLine {
    number: u64,
    bases: u64,
    end_bytes: u64,
}

impl OpenRecord {
    fn new(name: ContigName, offset: u64) -> Self {
        let record = FaiRecord { name, length: 0, offset, line_bases: 0, line_width: 0 };
        Self { record, end_bytes: 0, odd: None }
    }

    fn add(&mut self, line: &Line<'_>, path: &Path) -> Result<(), FastaError> {
        let bases = line.bases(&self.record.name)?.len() as u64;
        let this = OddLine { number: line.number, bases, end_bytes: line.end_bytes };
        if bases == 0 {
            self.odd.get_or_insert(this);
            return Ok(());
        }
        if let Some(odd) = &self.odd {
            return Err(self.uneven(odd, self.record.line_bases.max(bases), path));
        }
        if self.record.length == 0 {
            // samtools counts the line end of a single line even where the file ends without.
            self.end_bytes = line.end_bytes.max(1);
            self.record.line_bases = bases;
            self.record.line_width = bases + self.end_bytes;
        }
        self.record.length += bases;
        if bases > self.record.line_bases {
            return Err(self.uneven(&this, self.record.line_bases, path));
        }
        if bases < self.record.line_bases || line.end_bytes != self.end_bytes {
            self.odd = Some(this);
        }
        Ok(())
    }

    fn uneven(&self, odd: &OddLine, expected: u64, path: &Path) -> FastaError {
        let (path, line, contig) = (path.to_owned(), odd.number, self.record.name.to_string());
        if odd.bases != expected {
            return FastaError::UnevenLine { path, line, contig, expected, found: odd.bases };
        }
        let name = |end_bytes| if end_bytes == 2 { "CRLF" } else { "LF" };
        let (expected, found) = (name(self.end_bytes), name(odd.end_bytes));
        FastaError::MixedLineEnds { path, line, contig, expected, found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fasta::fai::write_fai;

    fn fai(text: &[u8]) -> Result<String, String> {
        let records = index(text, Path::new("x.fa"));
        records.map(|records| write_fai(&records)).map_err(|error| error.to_string())
    }

    #[test]
    fn what_samtools_takes_is_taken() {
        for (text, expected) in [
            (b">a d\nACGT\nAC\n>b\nGG\n".as_slice(), "a\t6\t5\t4\t5\nb\t2\t16\t2\t3\n"),
            (b">a\r\nACGT\r\nAC\r\n>b\r\nGG", "a\t6\t4\t4\t6\nb\t2\t18\t2\t3\n"),
            (b"\n\n>a\nACGT\nACGT\n\n\n>b\nG\n", "a\t8\t5\t4\t5\nb\t1\t20\t1\t2\n"),
            (b">a\n>b\nG\n>c", "a\t0\t3\t0\t0\nb\t1\t6\t1\t2\nc\t0\t10\t0\t0\n"),
            (b"\xef\xbb\xbf>a\nacgtn\n", "a\t5\t6\t5\t6\n"),
            (b">a\nAC\nAC\r\n", "a\t4\t3\t2\t3\n"),
        ] {
            assert_eq!(fai(text).unwrap(), expected);
        }
    }

    #[test]
    fn what_no_index_can_describe_is_refused() {
        for (text, message) in [
            (b"".as_slice(), "x.fa holds no FASTA record"),
            (b"\n\r\n", "x.fa holds no FASTA record"),
            (b"ACGT\n", r#"x.fa, line 1: expected a header that starts with '>', found "ACGT""#),
            (b"@r1\nACGT\n+\n", r#"x.fa, line 1: expected a header that starts with '>', found "@r1""#),
            (b">a\nA\n>\nC\n", r#"x.fa, line 3: expected a name behind '>', found """#),
            (b">a\nA\n>b\nC\n>a x\nA\n", r#"x.fa, line 5: record "a" occurs twice, first in line 1"#),
            (
                b">a\nACG\nAC\nACG\n",
                r#"x.fa, line 3: 2 bases in a line of contig "a", whose lines have 3; only its last line may be shorter"#,
            ),
            (
                b">a\nACG\nACGT\n",
                r#"x.fa, line 3: 4 bases in a line of contig "a", whose lines have 3; only its last line may be shorter"#,
            ),
            (
                b">a\nACG\n\nACG\n",
                r#"x.fa, line 3: 0 bases in a line of contig "a", whose lines have 3; only its last line may be shorter"#,
            ),
            (
                b">a\n\nACG\n",
                r#"x.fa, line 2: 0 bases in a line of contig "a", whose lines have 3; only its last line may be shorter"#,
            ),
            (
                b">a\nAC\nAC\r\nAC\n",
                r#"x.fa, line 3: the line ends in CRLF, but the lines of contig "a" before it in LF"#,
            ),
            (
                b">a\rACGT\r",
                r"x.fa, line 1, column 3: CR without LF; lines must end in LF or CRLF (convert CR with: tr '\r' '\n')",
            ),
            (b">a\nAC\n>b\nAC GT\n", r#"x.fa, line 4, column 3: ' ' in the sequence of "b" is no base"#),
            (b">a\nACGT>b\nAC\n", r#"x.fa, line 2, column 5: '>' in the sequence of "a" is no base"#),
        ] {
            assert_eq!(fai(text).unwrap_err(), message);
        }
    }
}
