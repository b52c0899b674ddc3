//! Lines of chosen features of a GTF file: exons, transcripts.

use std::path::Path;

use ciskit_core::Element;

use super::{ATTRIBUTES, place};
use crate::{LastName, LineReader, Row, TableError};

/// Reads the lines of some features of a GTF file, plain, gzip or bgzip: one list for each feature, in file order, with
/// interval and strand and no names. A place comes as often as the file has it.
///
/// # Units
///
/// GTF counts bases from 1 and includes the end: its 11–20 becomes 10–20, 0-based half-open.
///
/// # Errors
///
/// As [`LineReader`]; [`TableError::ColumnCount`] and [`TableError::Value`] for malformed lines of these features;
/// [`TableError::Empty`] for a file without any of them.
///
/// ```
/// use ciskit_seqio::{LineReader, read_features_from};
///
/// let gtf = "1\tx\ttranscript\t11\t40\t.\t-\t.\t-\n1\tx\texon\t11\t20\t.\t-\t.\t-\n1\tx\texon\t31\t40\t.\t-\t.\t-\n";
/// let [exons, transcripts] =
///     read_features_from(LineReader::new(gtf.as_bytes(), "genes.gtf")?, ["exon", "transcript"])?;
/// assert_eq!((exons.len(), transcripts.len()), (2, 1));
/// assert_eq!(exons[0].interval.to_string(), "1:10-20");
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
pub fn read_features_from<const N: usize>(
    mut lines: LineReader,
    features: [&str; N],
) -> Result<[Vec<Element>; N], TableError> {
    let mut found = [const { Vec::new() }; N];
    let mut contigs = LastName::default();
    while let Some(line) = lines.next_where(|text| !(text.is_empty() || text.starts_with('#')))? {
        let row = Row::tabs(line);
        row.expect_at_least(ATTRIBUTES + 1)?;
        if let Some(index) = features.iter().position(|&feature| feature == row.fields()[2]) {
            let interval = place(&row, &mut contigs)?;
            found[index].push(Element { strand: row.strand(6, "strand")?, ..interval.into() });
        }
    }
    if found.iter().all(Vec::is_empty) {
        return Err(lines.empty("GTF lines of the wanted features"));
    }
    Ok(found)
}

/// Reads the lines of some features of a GTF file; see [`read_features_from`].
///
/// # Errors
///
/// As [`LineReader::open`] and [`read_features_from`].
///
/// ```
/// let error = ciskit_seqio::read_features("missing.gtf", ["exon"]).unwrap_err();
/// assert_eq!(error.to_string(), "cannot open missing.gtf");
/// ```
pub fn read_features<const N: usize>(
    path: impl AsRef<Path>,
    features: [&str; N],
) -> Result<[Vec<Element>; N], TableError> {
    read_features_from(LineReader::open(path)?, features)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::Strand;

    fn exons(text: &'static str) -> Result<Vec<Element>, String> {
        let lines = LineReader::new(text.as_bytes(), "a.gtf").unwrap();
        read_features_from(lines, ["exon"]).map(|[exons]| exons).map_err(|error| error.to_string())
    }

    #[test]
    fn other_features_are_not_looked_at() {
        let text =
            "#!x\n1\te\tCDS\tx\ty\t.\t?\t.\t-\n1\te\texon\t1\t1\t.\t+\t.\t-\n1\te\texon\t1\t1\t.\t+\t.\t-\n";
        let exons = exons(text).unwrap();
        assert_eq!((exons.len(), exons[1].interval.to_string().as_str()), (2, "1:0-1"));
        assert_eq!(exons[0].strand, Strand::Forward);
    }

    #[test]
    fn faults_are_named() {
        for (text, message) in [
            (
                "1\te\tCDS\t1\t5\t.\t+\t.\t-\n",
                "a.gtf: expected GTF lines of the wanted features, found none in its line",
            ),
            (
                "1\te\texon\t0\t5\t.\t+\t.\t-\n",
                "a.gtf, line 1, column 4 (start): expected a position of 1 or more, found \"0\"",
            ),
            ("1\te\texon\t1\n", "a.gtf, line 1: expected at least 9 columns, found 4"),
        ] {
            assert_eq!(exons(text).unwrap_err(), message);
        }
    }
}
