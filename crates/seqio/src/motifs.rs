//! Motifs as JASPAR and MEME write them.

mod jaspar;
mod meme;

use std::path::Path;

use crate::{LineReader, TableError};

/// A motif of a file: how often each base was found at each position of its sites.
///
/// ```
/// let text = ">MA0001.1 TAG\nA [0 9 0]\nC [0 0 0]\nG [0 0 9]\nT [9 0 0]\n";
/// let motifs = ciskit_seqio::read_motifs_from(ciskit_seqio::LineReader::new(text.as_bytes(), "tag.jaspar")?)?;
/// assert_eq!((&*motifs[0].id, &*motifs[0].name), ("MA0001.1", "TAG"));
/// assert_eq!(motifs[0].counts[1], [9., 0., 0., 0.]);
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MotifRecord {
    /// Its accession.
    pub id: String,
    /// Its name; the accession where there is none.
    pub name: String,
    /// Counts of A, C, G and T at each position.
    pub counts: Vec<[f64; 4]>,
    /// Shares of A, C, G and T in the background, where the file gives them.
    pub background: Option<[f64; 4]>,
}

/// Reads all motifs of a file in one of two formats, told apart by the first line with text; plain, gzip or bgzip.
///
/// - JASPAR: `>ID NAME`, then a row of counts for each of A, C, G and T in this order, with or without letter and
///   brackets.
/// - MEME (minimal or full): `MEME version`, and `MOTIF ID NAME` with a `letter-probability matrix`, whose shares are
///   multiplied by its `nsites` (20 where it has none).
///
/// # Errors
///
/// [`TableError::Line`] naming the line that is not what should stand there, [`TableError::Empty`] for no motif; errors
/// of reading.
///
/// ```
/// let error = ciskit_seqio::read_motifs("missing.meme").unwrap_err();
/// assert_eq!(error.to_string(), "cannot open missing.meme");
/// ```
pub fn read_motifs(path: impl AsRef<Path>) -> Result<Vec<MotifRecord>, TableError> {
    read_motifs_from(LineReader::open(path)?)
}

/// Reads all motifs from lines: as [`read_motifs`].
///
/// # Errors
///
/// As [`read_motifs`].
pub fn read_motifs_from(lines: LineReader) -> Result<Vec<MotifRecord>, TableError> {
    let mut lines = Lines(lines);
    let Some((number, first)) = lines.next()? else { return Err(lines.0.empty("a motif")) };
    if first.starts_with('>') {
        jaspar::read(lines, first)
    } else if first.starts_with("MEME version") {
        meme::read(lines)
    } else {
        Err(lines.refuse(number, "'>ID NAME' (JASPAR) or 'MEME version 4'", &first))
    }
}

/// The lines with text, without blanks around it.
struct Lines(LineReader);

impl Lines {
    /// Number and text of the next line.
    fn next(&mut self) -> Result<Option<(u64, String)>, TableError> {
        let line = self.0.next_where(|text| !text.trim().is_empty())?;
        Ok(line.map(|line| (line.number, line.text.trim().to_owned())))
    }

    fn refuse(&self, line: u64, expected: impl Into<String>, found: &str) -> TableError {
        let (path, found) = (self.0.path().to_path_buf(), crate::table_error::shown(found));
        TableError::Line { path, line, expected: expected.into(), found }
    }

    /// The error for a file that ends too early.
    fn ended(&self, expected: &str) -> TableError {
        self.refuse(self.0.number(), expected, "the end of the file")
    }
}

/// Accession and name of a title.
fn title(text: &str) -> Option<(String, String)> {
    let mut words = text.split_whitespace();
    let id = words.next()?.to_owned();
    let name = words.next().map_or_else(|| id.clone(), str::to_owned);
    Some((id, name))
}

/// Numbers of 0 or more.
fn numbers<'a>(words: impl Iterator<Item = &'a str>) -> Option<Vec<f64>> {
    let number = |word: &str| word.parse::<f64>().ok().filter(|number| *number >= 0.0 && number.is_finite());
    words.map(number).collect()
}
