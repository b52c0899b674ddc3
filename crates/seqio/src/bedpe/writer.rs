//! Pair tables, written.

use std::path::Path;

use ciskit_core::Interval;

use super::{KIND, OURS, PLACES, STANDARD};
use crate::row::{is_contig_name, label_symbol};
use crate::{PairRecord, TableError, TextWriter, format_line};

/// Writes the pair format: the format line, the header, one row a pair.
///
/// # Units
///
/// BEDPE is 0-based half-open, as core is: positions are written unchanged.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_seqio::{PairReader, PairRecord, PairWriter};
///
/// let pair = Pair::new(Interval::new("chr1", 100, 300)?, Interval::new("chr1", 5_000, 7_000)?);
/// let record = PairRecord { pair: pair.with_label(true), extra: vec!["3".into()] };
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("pairs.bedpe");
/// let mut writer = PairWriter::create(&path, &["fold"])?;
/// writer.write(&record)?;
/// writer.finish()?;
///
/// let mut pairs = PairReader::open(&path)?;
/// assert_eq!(pairs.extra_columns(), ["fold"]);
/// assert_eq!(pairs.next().unwrap()?, record);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PairWriter {
    writer: TextWriter,
    extra: usize,
}

impl PairWriter {
    /// Whether the pair format itself has a column of this name, so that no further column can have it.
    ///
    /// ```
    /// use ciskit_seqio::PairWriter;
    ///
    /// assert!(PairWriter::has_column("score") && !PairWriter::has_column("fold"));
    /// ```
    #[must_use]
    pub fn has_column(name: &str) -> bool {
        [&PLACES[..], &STANDARD, &OURS].iter().any(|names| names.contains(&name))
    }

    /// Starts a file whose rows have these further columns; see [`TextWriter::create`].
    ///
    /// # Errors
    ///
    /// As [`TextWriter::create`]; [`TableError::Unwritable`] if a further column has the name of another one or
    /// holds a tab or line end.
    pub fn create<N: AsRef<str>>(path: impl AsRef<Path>, extra_columns: &[N]) -> Result<Self, TableError> {
        Self::from_text(TextWriter::create(path)?, extra_columns)
    }

    /// Starts the format in a writer.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub fn from_text<N: AsRef<str>>(mut writer: TextWriter, extra_columns: &[N]) -> Result<Self, TableError> {
        let mut names: Vec<&str> = [&PLACES[..], &STANDARD, &OURS].concat();
        for name in extra_columns.iter().map(N::as_ref) {
            if names.contains(&name) {
                return Err(writer.unwritable(name, "two columns cannot have one name"));
            }
            names.push(name);
        }
        writer.line(&format_line::written(KIND))?;
        let marked = format!("#{}", names[0]);
        names[0] = &marked;
        writer.row(names)?;
        Ok(Self { writer, extra: extra_columns.len() })
    }

    /// Writes one pair.
    ///
    /// # Errors
    ///
    /// [`TableError::Unwritable`] for what would not read back the same: a tab or line end in a field, a contig's
    /// name that is no word, more or fewer further columns than the header names. [`TableError::Write`] if writing
    /// fails.
    pub fn write(&mut self, record: &PairRecord) -> Result<(), TableError> {
        let PairRecord { pair, extra } = record;
        if extra.len() != self.extra {
            let why = format!("the header names {} further columns, not {}", self.extra, extra.len());
            return Err(self.writer.unwritable(extra.join(" "), why));
        }
        for contig in [pair.enhancer.interval.contig(), pair.promoter.interval.contig()] {
            if !is_contig_name(contig) {
                return Err(self.writer.unwritable(contig, "it is no name of a contig"));
            }
        }
        let [start1, end1] = positions(&pair.enhancer.interval);
        let [start2, end2] = positions(&pair.promoter.interval);
        let score = pair.score.map(|score| score.to_string());
        let (strand1, strand2) = (pair.enhancer.strand.to_string(), pair.promoter.strand.to_string());
        let fields = [
            pair.enhancer.interval.contig().as_str(),
            &start1,
            &end1,
            pair.promoter.interval.contig().as_str(),
            &start2,
            &end2,
            pair.name.as_deref().unwrap_or("."),
            score.as_deref().unwrap_or("."),
            &strand1,
            &strand2,
            label_symbol(pair.label),
            pair.cell.as_deref().unwrap_or("."),
            pair.enhancer.name.as_deref().unwrap_or("."),
            pair.promoter.name.as_deref().unwrap_or("."),
        ];
        self.writer.row(fields.into_iter().chain(extra.iter().map(String::as_str)))
    }

    /// Gives the file its name; see [`TextWriter::finish`].
    ///
    /// # Errors
    ///
    /// [`TableError::Write`].
    pub fn finish(self) -> Result<(), TableError> {
        self.writer.finish()
    }
}

fn positions(interval: &Interval) -> [String; 2] {
    [interval.start().to_string(), interval.end().to_string()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::Pair;

    fn writer(extra: &[&str]) -> Result<PairWriter, String> {
        let text = TextWriter::new(std::io::sink(), "out.bedpe");
        PairWriter::from_text(text, extra).map_err(|error| error.to_string())
    }

    #[test]
    fn what_would_read_back_otherwise_is_refused() {
        assert_eq!(
            writer(&["label"]).unwrap_err(),
            "cannot write \"label\" to out.bedpe: two columns cannot have one name"
        );
        let at = |contig: &str| Interval::new(contig, 0, 1).unwrap();
        let mut writer = writer(&["fold"]).unwrap();
        let mut record = PairRecord::from(Pair::new(at("chr1"), at(".")));
        assert_eq!(
            writer.write(&record).unwrap_err().to_string(),
            "cannot write \"\" to out.bedpe: the header names 1 further columns, not 0"
        );
        record.extra.push("1".into());
        assert_eq!(
            writer.write(&record).unwrap_err().to_string(),
            "cannot write \".\" to out.bedpe: it is no name of a contig"
        );
        record.pair.promoter = at("chr1").into();
        record.pair.cell = Some("K\t562".into());
        assert!(matches!(writer.write(&record), Err(TableError::Unwritable { .. })));
        record.pair.cell = None;
        writer.write(&record).unwrap();
    }
}
