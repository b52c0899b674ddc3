//! Contig lengths without sequences.

use std::path::Path;

use ciskit_core::{ContigName, Contigs};

use crate::FastaError;
use crate::fasta::{FirstLines, rows};

/// Reads contig names and lengths from a `chrom.sizes` table (name and length separated by a tab) or from a FASTA
/// index (`.fai`, whose first two of five columns these are), in file order.
///
/// # Errors
///
/// [`FastaError::Open`], [`FastaError::BadIndex`] for a malformed line or an empty table,
/// [`FastaError::Duplicate`] for a name that occurs twice.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("tiny.chrom.sizes");
/// std::fs::write(&path, "chr1\t1000\nchr2\t500\n")?;
/// let contigs = ciskit_seqio::read_contigs(&path)?;
/// assert_eq!(contigs.resolve("chr2")?.length, 500);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_contigs(path: impl AsRef<Path>) -> Result<Contigs, FastaError> {
    let path = path.as_ref();
    let text = std::fs::read(path).map_err(|source| FastaError::Open { path: path.to_owned(), source })?;
    let mut contigs = Vec::new();
    let mut first_lines = FirstLines::default();
    for row in rows(path, &text)? {
        let row = row?;
        let mut fields = row.text.split('\t');
        let (Some(name), Some(length), 0 | 3) = (fields.next(), fields.next(), fields.count()) else {
            return Err(row.bad("2 columns (name, length) or the 5 of a FASTA index", row.text));
        };
        let name = ContigName::from(name);
        first_lines.insert(path, row.line, &name)?;
        contigs.push((name, row.number(length, "a length in bp")?));
    }
    Ok(Contigs::new(contigs).expect("names that occur twice have been refused"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_tables_are_refused_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.sizes");
        for (text, message) in [
            ("", r#"line 1: expected a contig, found """#),
            (
                "chr1 1000\n",
                r#"line 1: expected 2 columns (name, length) or the 5 of a FASTA index, found "chr1 1000""#,
            ),
            ("chr1\t10\nchr2\t1,000\n", r#"line 2: expected a length in bp, found "1,000""#),
            ("chr1\t10\n\nchr1\t10\n", r#"line 3: record "chr1" occurs twice, first in line 1"#),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = read_contigs(&path).unwrap_err().to_string();
            assert_eq!(error, format!("{}, {message}", path.display()));
        }
    }

    #[test]
    fn an_index_is_a_table_of_lengths_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.fa.fai");
        std::fs::write(&path, "b\t12\t3\t60\t61\r\na\t7\t20\t60\t61").unwrap();
        assert_eq!(read_contigs(&path).unwrap(), Contigs::new([("b", 12), ("a", 7)]).unwrap());
    }
}
