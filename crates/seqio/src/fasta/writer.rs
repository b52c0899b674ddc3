//! Writing of FASTA records.

use std::io::Write;

use super::letters::first_stranger;
use crate::FastaError;

/// Writes FASTA records that read back as they were.
///
/// ```
/// use ciskit_seqio::FastaWriter;
///
/// let mut writer = FastaWriter::new(Vec::new()).line_width(4);
/// writer.write_record("e1 of NHEK", b"ACGTac")?;
/// writer.write_record("e2", b"")?;
/// assert_eq!(writer.into_inner(), b">e1 of NHEK\nACGT\nac\n>e2\n");
/// # Ok::<(), ciskit_seqio::FastaError>(())
/// ```
#[derive(Debug)]
pub struct FastaWriter<W> {
    writer: W,
    line_width: usize,
}

impl<W: Write> FastaWriter<W> {
    /// A writer of lines of 60 bases. Give it a buffered writer.
    pub fn new(writer: W) -> Self {
        Self { writer, line_width: 60 }
    }

    /// Sets the bases in a line; 0 for whole sequences in one line.
    #[must_use]
    pub fn line_width(mut self, bases: usize) -> Self {
        self.line_width = bases;
        self
    }

    /// Writes a record. The header is the name and, behind a blank, the description if there is one.
    ///
    /// # Errors
    ///
    /// [`FastaError::Unwritable`] for a header that is empty, begins with a blank or has several lines, and for a
    /// sequence with a character that is no base; nothing is written then. [`FastaError::Write`] if writing fails.
    pub fn write_record(&mut self, header: &str, sequence: &[u8]) -> Result<(), FastaError> {
        let unwritable = |why| Err(FastaError::Unwritable { name: header.to_owned(), why });
        if header.is_empty() || header.starts_with(char::is_whitespace) {
            return unwritable("the header does not begin with a name".into());
        }
        if header.contains(['\n', '\r']) {
            return unwritable("the header has several lines".into());
        }
        if let Some(index) = first_stranger(sequence) {
            return unwritable(format!("{:?} at position {index} is no base", char::from(sequence[index])));
        }
        self.write(header, sequence).map_err(|source| FastaError::Write { name: header.to_owned(), source })
    }

    fn write(&mut self, header: &str, sequence: &[u8]) -> std::io::Result<()> {
        writeln!(self.writer, ">{header}")?;
        let line_width = if self.line_width == 0 { sequence.len().max(1) } else { self.line_width };
        for line in sequence.chunks(line_width) {
            self.writer.write_all(line)?;
            self.writer.write_all(b"\n")?;
        }
        Ok(())
    }

    /// The writer below, for flushing or finishing it.
    pub fn into_inner(self) -> W {
        self.writer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_not_read_back_is_refused() {
        let mut writer = FastaWriter::new(Vec::new());
        for (header, sequence, message) in [
            ("", b"A".as_slice(), r#"cannot write FASTA record "": the header does not begin with a name"#),
            (" e", b"A", r#"cannot write FASTA record " e": the header does not begin with a name"#),
            ("e\nf", b"A", r#"cannot write FASTA record "e\nf": the header has several lines"#),
            ("e", b"AC>T", r#"cannot write FASTA record "e": '>' at position 2 is no base"#),
        ] {
            assert_eq!(writer.write_record(header, sequence).unwrap_err().to_string(), message);
        }
        assert!(writer.into_inner().is_empty());
    }

    #[test]
    fn width_0_keeps_sequences_in_one_line() {
        let mut writer = FastaWriter::new(Vec::new()).line_width(0);
        writer.write_record("a", &[b'C'; 100]).unwrap();
        assert_eq!(writer.into_inner().iter().filter(|&&byte| byte == b'\n').count(), 2);
    }
}
