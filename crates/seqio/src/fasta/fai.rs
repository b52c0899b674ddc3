//! FASTA indexes (`.fai`): where each contig's bases lie in the text.
//!
//! *Source*: the manual page faidx(5) of samtools.

use std::fmt;
use std::path::Path;

use ciskit_core::ContigName;

use super::first_lines::FirstLines;
use super::rows::{Row, rows};
use crate::FastaError;

/// One line of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FaiRecord {
    pub(crate) name: ContigName,
    /// Number of bases.
    pub(crate) length: u64,
    /// Offset of the first base in the text.
    pub(crate) offset: u64,
    /// Bases in each line but the last.
    pub(crate) line_bases: u64,
    /// Bytes in each line but the last, its end included.
    pub(crate) line_width: u64,
}

impl FaiRecord {
    /// Offset of a base.
    pub(crate) fn offset_of(&self, base: u64) -> u64 {
        match self.line_bases {
            0 => self.offset, // an empty contig has no lines
            bases => self.offset + base / bases * self.line_width + base % bases,
        }
    }

    /// Offset of the first byte behind the last base.
    pub(crate) fn end(&self) -> u64 {
        self.length.checked_sub(1).map_or(self.offset, |last| self.offset_of(last) + 1)
    }

    /// What stands between two lines.
    pub(crate) fn line_end(&self) -> &'static [u8] {
        if self.line_width - self.line_bases == 2 { b"\r\n" } else { b"\n" }
    }

    fn parse(line: Row<'_>) -> Result<Self, FastaError> {
        let [name, length, offset, line_bases, line_width] =
            line.fields("5 columns (name, length, offset, bases and bytes in a line)")?;
        let record = Self {
            name: name.into(),
            length: line.number(length, "a length in bp")?,
            offset: line.number(offset, "an offset in bytes")?,
            line_bases: line.number(line_bases, "the bases in a line")?,
            line_width: line.number(line_width, "the bytes in a line")?,
        };
        // A contig of one line needs no line end.
        let end_bytes = record.line_width.checked_sub(record.line_bases);
        let possible = match end_bytes {
            Some(0) => record.length <= record.line_bases,
            Some(1 | 2) => record.length == 0 || record.line_bases > 0,
            _ => false,
        };
        if !possible {
            let expected = "a line to have 1 or 2 bytes more than bases";
            return Err(line.bad(expected, &format!("{line_bases} bases in {line_width} bytes")));
        }
        let lines = (record.length / record.line_bases.max(1)).saturating_add(1);
        let span = lines.checked_mul(record.line_width).and_then(|bytes| bytes.checked_add(record.offset));
        if span.is_none_or(|end| end > i64::MAX as u64) {
            return Err(line.bad("a contig that ends before byte 2^63", length));
        }
        Ok(record)
    }
}

impl fmt::Display for FaiRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, length, offset, line_bases, line_width } = self;
        write!(f, "{name}\t{length}\t{offset}\t{line_bases}\t{line_width}")
    }
}

/// Reads an index, which has at least one contig and each only once; `None` if there is no such file.
pub(crate) fn read_fai(path: &Path) -> Result<Option<Vec<FaiRecord>>, FastaError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(FastaError::Read { path: path.to_owned(), source }),
    };
    let mut records = Vec::new();
    let mut first_lines = FirstLines::default();
    for row in rows(path, &text)? {
        let row = row?;
        let record = FaiRecord::parse(row)?;
        first_lines.insert(path, row.line, &record.name)?;
        records.push(record);
    }
    Ok(Some(records))
}

/// The text of an index.
pub(crate) fn write_fai(records: &[FaiRecord]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<FaiRecord>, FastaError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.fa.fai");
        std::fs::write(&path, text).unwrap();
        read_fai(&path).map(Option::unwrap)
    }

    #[test]
    fn offsets_step_over_line_ends() {
        let record = &parse("c\t10\t3\t4\t6\n").unwrap()[0];
        let offsets: Vec<u64> = (0..10).map(|base| record.offset_of(base)).collect();
        assert_eq!(offsets, [3, 4, 5, 6, 9, 10, 11, 12, 15, 16]);
        assert_eq!((record.end(), record.line_end()), (17, b"\r\n".as_slice()));
        let empty = &parse("e\t0\t7\t0\t0\n").unwrap()[0];
        assert_eq!((empty.end(), empty.line_end()), (7, b"\n".as_slice()));
    }

    #[test]
    fn what_is_written_reads_back() {
        let text = "chr1\t249250621\t6\t60\t61\nempty\t0\t9\t0\t0\nlast\t4\t20\t4\t4\n";
        assert_eq!(write_fai(&parse(text).unwrap()), text);
        assert_eq!(parse(&text.replace('\n', "\r\n")).unwrap(), parse(text).unwrap());
    }

    #[test]
    fn malformed_lines_are_refused_by_number() {
        for (row, message) in [
            (
                "c\t10\t3\t4",
                r#"expected 5 columns (name, length, offset, bases and bytes in a line), found "c\t10\t3\t4""#,
            ),
            ("c\t-1\t3\t4\t5", r#"expected a length in bp, found "-1""#),
            ("c\t1\t3x\t4\t5", r#"expected an offset in bytes, found "3x""#),
            (
                "c\t9\t3\t4\t4",
                r#"expected a line to have 1 or 2 bytes more than bases, found "4 bases in 4 bytes""#,
            ),
            (
                "c\t9\t3\t0\t1",
                r#"expected a line to have 1 or 2 bytes more than bases, found "0 bases in 1 bytes""#,
            ),
            (
                "c\t18446744073709551615\t3\t1\t2",
                r#"expected a contig that ends before byte 2^63, found "18446744073709551615""#,
            ),
        ] {
            let message = format!("x.fa.fai, line 2: {message}");
            let error = parse(&format!("a\t1\t3\t4\t5\n{row}\n")).unwrap_err().to_string();
            assert!(error.ends_with(&message), "{error}");
        }
        let twice = parse("a\t1\t3\t4\t5\nb\t1\t8\t4\t5\na\t1\t9\t4\t5\n").unwrap_err().to_string();
        assert!(twice.ends_with(r#"x.fa.fai, line 3: record "a" occurs twice, first in line 1"#), "{twice}");
        let empty = parse("\n").unwrap_err().to_string();
        assert!(empty.ends_with(r#"x.fa.fai, line 1: expected a contig, found """#), "{empty}");
    }
}
