//! VCF files, record by record.

use std::path::Path;

use ciskit_core::ContigName;

use super::header::FEWEST;
use super::{VcfHeader, VcfRecord};
use crate::{LastName, LineReader, Row, TableError};

/// Reads VCF 4 record by record, plain, gzip or bgzip.
///
/// The columns up to INFO must be there and named; the line `##fileformat` may be missing. A file that has that line, but none
/// that names the columns, is read as it is meant: columns in their order, those behind ALT empty where they are missing.
/// Blank lines are skipped.
///
/// # Errors
///
/// Each row gives [`TableError::ColumnCount`] or [`TableError::Value`] if it is malformed; the next call reads the
/// next row.
///
/// # Cost
///
/// Memory of the header and of one record.
///
/// ```
/// use ciskit_core::Allele;
/// use ciskit_seqio::{LineReader, VcfReader};
///
/// let vcf = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n\
///            chr1\t7\t.\tC\tT\t50\tPASS\t.\nchr1\t0\t.\tN\t<DUP>\t.\t.\t.\nchr1\tx\t.\tC\tT\t.\t.\t.\n";
/// let mut records = VcfReader::from_lines(LineReader::new(vcf.as_bytes(), "a.vcf")?)?;
/// assert_eq!(records.header().lines().next(), Some("##fileformat=VCFv4.2"));
/// assert_eq!(records.next().unwrap()?.alternatives(), [Allele::Bases(b"T".to_vec())]);
/// assert_eq!(records.next().unwrap()?.start(), None); // the telomere
/// assert_eq!(
///     records.next().unwrap().unwrap_err().to_string(),
///     r#"a.vcf, line 5, column 2 (POS): expected a position, a whole number of 0 or more, found "x""#
/// );
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct VcfReader {
    lines: LineReader,
    header: VcfHeader,
    columns: usize,
    contigs: LastName<ContigName>,
    /// Whether the header names the columns; where it does not, records may end after ALT.
    named: bool,
}

impl VcfReader {
    /// Opens a VCF file and reads its header.
    ///
    /// # Errors
    ///
    /// As [`LineReader::open`]; [`TableError::Empty`] without a header; [`TableError::Line`] for a header that does
    /// not end with VCF's columns, another version than 4, or a contig that is declared twice.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(mut lines: LineReader) -> Result<Self, TableError> {
        let (header, named) = VcfHeader::read(&mut lines)?;
        Ok(Self { columns: header.columns(), lines, header, contigs: LastName::default(), named })
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &VcfHeader {
        &self.header
    }

    fn read(&mut self) -> Result<Option<VcfRecord>, TableError> {
        let Some(line) = self.lines.next_where(|text| !text.is_empty())? else { return Ok(None) };
        if !self.named {
            let row = Row::tabs(line);
            row.expect_at_least(FEWEST)?;
            let missing = "\t.".repeat(self.columns.saturating_sub(row.fields().len()));
            let text = format!("{}{missing}", line.text);
            return VcfRecord::new(&row, &text, &mut self.contigs).map(Some);
        }
        let row = Row::tabs(line);
        row.expect_columns(self.columns)?;
        VcfRecord::new(&row, line.text, &mut self.contigs).map(Some)
    }
}

impl Iterator for VcfReader {
    type Item = Result<VcfRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::Allele;

    const COLUMNS: &str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";

    fn reader(text: &str) -> Result<VcfReader, String> {
        let lines = LineReader::new(std::io::Cursor::new(text.to_owned()), "a.vcf").unwrap();
        VcfReader::from_lines(lines).map_err(|error| error.to_string())
    }

    fn record(row: &str) -> Result<VcfRecord, String> {
        let row = row.replace(' ', "\t");
        reader(&format!("{COLUMNS}\n{row}\n")).unwrap().next().unwrap().map_err(|error| error.to_string())
    }

    #[test]
    fn columns_without_names_are_those_of_vcf() {
        let text = "##fileformat=VCFv4.2\nchr1\t7\trs1\tG\tA\t.\t.\nchr1\t9\t.\tC\tT\nchr1\t9\t.\tC\n";
        let mut reader = reader(text).unwrap();
        assert_eq!(reader.header().columns(), 8);
        let first = reader.next().unwrap().unwrap();
        assert_eq!((first.line(), first.start()), (2, Some(6)));
        assert_eq!(first.to_string(), "chr1\t7\trs1\tG\tA\t.\t.\t.");
        assert_eq!(reader.next().unwrap().unwrap().to_string(), "chr1\t9\t.\tC\tT\t.\t.\t.");
        let message = reader.next().unwrap().unwrap_err().to_string();
        assert!(message.starts_with("a.vcf, line 4: "), "{message}");
        assert!(reader.next().is_none());
    }

    #[test]
    fn headers_that_are_none() {
        for (text, message) in [
            ("", "a.vcf: expected a VCF header that ends with the line #CHROM, found an empty file"),
            (
                "##fileformat=VCFv4.2\n",
                "a.vcf: expected a VCF header that ends with the line #CHROM, found none in its line",
            ),
            (
                "##fileformat=VCFv3.3\n",
                "a.vcf, line 1: expected ##fileformat=VCFv4.…, found \"##fileformat=VCFv3.3\"",
            ),
            (
                "##x\n1\t5\t.\tA\tC\t.\t.\t.\n",
                "a.vcf, line 2: expected #CHROM POS ID REF ALT QUAL FILTER INFO, separated by tabs, found \
                 \"1\\t5\\t.\\tA\\tC\\t.\\t.\\t.\"",
            ),
            (
                "#CHROM\tPOS\tID\tREF\tALT\n",
                "a.vcf, line 1: expected #CHROM POS ID REF ALT QUAL FILTER INFO, separated by tabs, found \
                 \"#CHROM\\tPOS\\tID\\tREF\\tALT\"",
            ),
        ] {
            assert_eq!(reader(text).unwrap_err(), message);
        }
        let twice = format!("##contig=<ID=1,length=5>\n##contig=<ID=1,length=5>\n{COLUMNS}\n");
        assert!(
            reader(&twice)
                .unwrap_err()
                .contains("every contig declared once above, but contig \"1\" occurs twice")
        );
    }

    #[test]
    fn contigs_need_all_their_lengths() {
        let contigs = |lines: &str| reader(&format!("{lines}{COLUMNS}\n")).unwrap().header.contigs().cloned();
        let quoted = "##contig=<ID=1,assembly=\"b37,length=9\",length=249250621>\n";
        assert_eq!(contigs(quoted).unwrap().get("1").unwrap().length, 249_250_621);
        assert_eq!(contigs("##contig=<ID=1,length=5>\n##contig=<ID=2>\n"), None);
        assert_eq!(contigs(""), None);
    }

    #[test]
    fn info_lines_stand_together() {
        let text = format!("##fileformat=VCFv4.2\n##INFO=<ID=A,Number=1>\n##FILTER=<ID=q>\n{COLUMNS}\n");
        let mut header = reader(&text).unwrap().header;
        header.add_info("B", "1", "Float", "say \"b\"");
        header.add_info("A", "A", "Float", "new");
        let lines: Vec<&str> = header.lines().collect();
        assert_eq!(lines[1], r#"##INFO=<ID=A,Number=A,Type=Float,Description="new">"#);
        assert_eq!(lines[2], r#"##INFO=<ID=B,Number=1,Type=Float,Description="say \"b\"">"#);
        assert_eq!(lines[3..], ["##FILTER=<ID=q>", COLUMNS]);
    }

    #[test]
    fn alleles_of_every_kind() {
        let record = record("1 5 . A C,*,<DUP:TANDEM>,G]17:198982],. . . .").unwrap();
        let symbolic = |text: &str| Allele::Symbolic(text.into());
        assert_eq!(
            record.alternatives(),
            [
                Allele::Bases(b"C".to_vec()),
                Allele::Spanning,
                symbolic("<DUP:TANDEM>"),
                symbolic("G]17:198982]"),
                Allele::Missing
            ]
        );
        assert_eq!(record.variants().filter(Result::is_ok).count(), 5);
        assert_eq!(record.ids().count(), 0);
    }

    #[test]
    fn rows_that_are_no_variants_can_still_be_written() {
        let telomere = record("1 0 x N <DEL>,C . . .").unwrap();
        assert_eq!(
            telomere.variants().map(|variant| variant.unwrap_err().to_string()).collect::<Vec<_>>(),
            ["a.vcf, line 2, column 2 (POS): expected a position of 1 or more, as 0 is the telomere in front of the \
              first base, found \"0\""; 2]
        );
        let odd = record("1 9 . A- C . . .").unwrap();
        assert_eq!(
            odd.variants().next().unwrap().unwrap_err().to_string(),
            "a.vcf, line 2: variant at 1:9: '-' in the reference allele is no base"
        );
        assert_eq!(odd.as_str(), "1\t9\t.\tA-\tC\t.\t.\t.");
        let far = record("1 9223372036854775807 . AA C . . .").unwrap();
        assert!(far.variants().next().unwrap().is_err());
    }

    #[test]
    fn bad_rows() {
        assert_eq!(record("1 5 . A C . .").unwrap_err(), "a.vcf, line 2: expected 8 columns, found 7");
        assert_eq!(
            record(". 5 . A C . . .").unwrap_err(),
            "a.vcf, line 2, column 1 (CHROM): expected a value, found \".\""
        );
        assert_eq!(
            record("1 9223372036854775808 . A C . . .").unwrap_err(),
            "a.vcf, line 2, column 2 (POS): expected a position of at most 9223372036854775807, found \
             \"9223372036854775808\""
        );
    }

    #[test]
    fn info_entries_are_replaced_not_repeated() {
        let record = record("1 5 . A C . . X=1;XY=2;X;FLAG").unwrap();
        assert!(record.with_info(&[("X", "3")]).ends_with("\tXY=2;FLAG;X=3"));
        assert!(record.with_info(&[]).ends_with("\tX=1;XY=2;X;FLAG"));
    }
}
