//! Tables of variants: contig, position and alleles a row, and whatever else.

use std::path::Path;
use std::sync::Arc;

use ciskit_core::{Allele, ContigName, Variant};

use crate::site::Site;
use crate::{LastName, LineReader, Row, Table, TableError, VcfRecord};

/// Columns of a table without header, as far as it has them.
const STANDARD: [&str; 5] = ["chrom", "pos", "ref", "alt", "id"];

const CHROM: &[&str] = &["chrom", "chr", "chromosome", "contig", "seqname"];
const POS: &[&str] = &["pos", "position"];
const REF: &[&str] = &["ref", "ref_allele", "reference", "reference_allele"];
const ALT: &[&str] =
    &["alt", "alt_allele", "alternative", "alternative_allele", "alternate", "alternate_allele"];
const ID: &[&str] = &["id", "rsid", "variant_id", "variant", "name", "snp"];

/// One row of a table of variants.
///
/// # Units
///
/// Tables count bases from 1, as VCF does; [`start`](Self::start) is 0-based.
///
/// ```
/// use ciskit_seqio::{LineReader, VariantTableReader};
///
/// let table = "chr1\t100\tA\tG,<DEL>\trs1\t0.25\n";
/// let row = VariantTableReader::from_lines(LineReader::new(table.as_bytes(), "a.tsv")?)?.next().unwrap()?;
/// assert_eq!((row.start(), row.reference(), row.id()), (Some(99), "A", Some("rs1")));
/// let variants = row.variants().collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(variants[0].to_string(), "chr1:100:A>G");
/// assert_eq!(variants[1].to_string(), "chr1:100:A><DEL>");
/// assert_eq!(row.columns(), ["chr1", "100", "A", "G,<DEL>", "rs1", "0.25"]);
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct VariantRow {
    site: Site,
    reference: usize,
    id: Option<usize>,
    columns: Vec<String>,
}

impl VariantRow {
    /// Number of the line in its file, 1-based.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.site.line()
    }

    /// The contig's name.
    #[must_use]
    pub fn contig(&self) -> &ContigName {
        self.site.contig()
    }

    /// The first reference base, 0-based; `None` for position 0, the telomere in front of the first base.
    #[must_use]
    pub fn start(&self) -> Option<u64> {
        self.site.start()
    }

    /// The identifier; `None` for `.`, for nothing and without such a column.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.map(|column| self.columns[column].as_str()).filter(|text| !matches!(*text, "" | "."))
    }

    /// The reference allele, in the letters of the file.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.columns[self.reference]
    }

    /// The alternative alleles in file order, at least one ([`Allele::Missing`] for `.` and for nothing).
    #[must_use]
    pub fn alternatives(&self) -> &[Allele] {
        self.site.alternatives()
    }

    /// All columns as they are, in the order of [`VariantTableReader::columns`].
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The row as a record of VCF, without its other columns.
    ///
    /// ```
    /// use ciskit_seqio::{LineReader, VariantTableReader};
    ///
    /// let table = "chr1\t100\tA\tG,T\tone two\n";
    /// let row = VariantTableReader::from_lines(LineReader::new(table.as_bytes(), "a.tsv")?)?.next().unwrap()?;
    /// let record = row.to_vcf();
    /// assert_eq!(record.as_str(), "chr1\t100\tone_two\tA\tG,T\t.\t.\t.");
    /// assert!(record.ids().eq(["one_two"]) && record.reference() == "A");
    /// # Ok::<(), ciskit_seqio::TableError>(())
    /// ```
    #[must_use]
    pub fn to_vcf(&self) -> VcfRecord {
        VcfRecord::of_site(self.site.clone(), self.id(), self.reference())
    }

    /// One variant for each alternative allele, in file order.
    ///
    /// # Errors
    ///
    /// [`TableError::Value`] for each alternative of a row at the telomere; [`TableError::Variant`] if the reference is
    /// no sequence of bases.
    pub fn variants(&self) -> impl Iterator<Item = Result<Variant, TableError>> {
        self.site.variants(self.reference().as_bytes(), self.id().map(Arc::from))
    }
}

/// Reads a table of variants row by row: tabs or, in a file whose first line has none, commas (RFC 4180).
///
/// A table whose first row has a whole number in its second column has no header: its columns are `chrom`, `pos`,
/// `ref`, `alt`, `id` if there is a fifth, and others without a name. Any other table has its columns anywhere, under
/// these names or usual ones (`chr`, `position`, `RefAllele`, `rsID`); case and underscores do not count. Several
/// alternative alleles are separated by commas. Every other column is kept as it is.
///
/// A record of a VCF file or of a table is a variant of the same kind: what holds for
/// [`VcfRecord`](crate::VcfRecord) holds for a [`VariantRow`].
///
/// # Errors
///
/// Each row gives [`TableError::ColumnCount`] or [`TableError::Value`] if it is malformed; the next call reads the
/// next row.
///
/// # Cost
///
/// Memory of one row.
///
/// ```
/// use ciskit_seqio::{LineReader, VariantTableReader};
///
/// let table = "rsID\tChr\tposition\tRefAllele\tAltAllele\tbeta\nrs7\t1\t7\tC\tT\t-0.5\nrs8\t1\tx\tC\tT\t1\n";
/// let mut rows = VariantTableReader::from_lines(LineReader::new(table.as_bytes(), "a.tsv")?)?;
/// assert_eq!(rows.columns()[5], "beta");
/// let row = rows.next().unwrap()?;
/// assert_eq!((row.id(), row.columns()[5].as_str()), (Some("rs7"), "-0.5"));
/// assert_eq!(
///     rows.next().unwrap().unwrap_err().to_string(),
///     r#"a.tsv, line 3, column 3 (pos): expected a position, a whole number of 0 or more, found "x""#
/// );
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct VariantTableReader {
    table: Table,
    chrom: usize,
    position: usize,
    reference: usize,
    alternative: usize,
    id: Option<usize>,
    contigs: LastName<ContigName>,
}

impl VariantTableReader {
    /// Opens a table, plain, gzip or bgzip, and reads its header if it has one.
    ///
    /// # Errors
    ///
    /// As [`LineReader::open`]; [`TableError::Empty`] without a row; [`TableError::MissingColumn`] without a contig, a
    /// position or an allele.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(lines: LineReader) -> Result<Self, TableError> {
        let is_header = |row: &Row<'_>| row.fields().get(1).is_none_or(|text| text.parse::<u64>().is_err());
        let table = Table::perhaps_named(lines, &STANDARD, is_header)?;
        let header = table.header();
        Ok(Self {
            chrom: header.require_alias(CHROM)?,
            position: header.require_alias(POS)?,
            reference: header.require_alias(REF)?,
            alternative: header.require_alias(ALT)?,
            id: header.find_alias(ID),
            contigs: LastName::default(),
            table,
        })
    }

    /// Names of all columns: the header's, or those that stand for it.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        self.table.header().names()
    }

    fn read(&mut self) -> Result<Option<VariantRow>, TableError> {
        let Self { table, chrom, position, reference, alternative, id, contigs } = self;
        let Some(row) = table.next_row()? else { return Ok(None) };
        let contig = contigs.get(row.contig(*chrom, STANDARD[0])?);
        row.required(*reference, STANDARD[2])?;
        let site = Site::new(&row, contig, (*position, STANDARD[1]), row.fields()[*alternative])?;
        let columns = row.fields().iter().map(|&field| field.to_owned()).collect();
        Ok(Some(VariantRow { site, reference: *reference, id: *id, columns }))
    }
}

impl Iterator for VariantTableReader {
    type Item = Result<VariantRow, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(text: &str) -> Result<VariantTableReader, String> {
        let lines = LineReader::new(std::io::Cursor::new(text.to_owned()), "t.tsv").unwrap();
        VariantTableReader::from_lines(lines).map_err(|error| error.to_string())
    }

    fn variants(text: &str) -> Result<Vec<String>, String> {
        let rows = reader(text)?.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        let variants = rows.iter().flat_map(VariantRow::variants);
        variants.map(|variant| variant.map(|v| v.to_string()).map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn with_and_without_a_header_in_any_order_and_spelling() {
        let expected = ["chr1:5:A>G", "chrX:7:AC>A", "chrX:7:AC>T"];
        for text in [
            "chr1\t5\tA\tG\nchrX\t7\tAC\tA,T\n",
            "chr1\t5\tA\tG\trs1\t0.5\nchrX\t7\tAC\tA,T\t.\t\n",
            "chrom\tpos\tref\talt\nchr1\t5\tA\tG\nchrX\t7\tAC\tA,T\n",
            "#CHROM\tPOS\tID\tREF\tALT\nchr1\t5\t.\tA\tG\nchrX\t7\trs9\tAC\tA,T\n",
            "## any words\n\nalt\tref\tx\tpos\tChr\r\nG\tA\t\t5\tchr1\r\n\r\nA,T\tAC\t\t7\tchrX\r\n",
            "ID,chr,pos,RefAllele,AltAllele,note\na,chr1,5,A,G,\"x, y\"\nb,chrX,7,AC,\"A,T\",\n",
            "chr1,5,A,G\nchrX,7,AC,\"A,T\"",
        ] {
            assert_eq!(variants(text).as_deref(), Ok(&expected.map(str::to_owned)[..]), "{text:?}");
        }
    }

    #[test]
    fn columns_without_names_are_counted() {
        let rows = reader("chr1\t5\tA\tG\trs1\t0.5\tx\n").unwrap();
        assert_eq!(rows.columns(), ["chrom", "pos", "ref", "alt", "id", "column6", "column7"]);
    }

    #[test]
    fn identifiers() {
        let ids = |text: &str| -> Vec<Option<String>> {
            reader(text)
                .unwrap()
                .map(|row| row.unwrap().variants().next().unwrap().unwrap().id)
                .map(|id| id.map(|id| id.to_string()))
                .collect()
        };
        assert_eq!(ids("1\t5\tA\tG\trs1\n1\t5\tA\tG\t.\n1\t5\tA\tG\t\n"), [Some("rs1".into()), None, None]);
        assert_eq!(ids("1\t5\tA\tG\n"), [None]);
        assert_eq!(ids("name\tid\tchr\tpos\tref\talt\nn\ti\t1\t5\tA\tG\n"), [Some("i".into())]);
    }

    #[test]
    fn faults_are_named() {
        for (text, message) in [
            ("", "t.tsv: expected a table with one row a line, found an empty file"),
            ("##x\n", "t.tsv: expected a table with one row a line, found none in its line"),
            (
                "CHR\tBP\tA1\tA2\n1\t5\tA\tG\n",
                "t.tsv, line 1: expected a column named \"pos\", found CHR, BP, A1, A2",
            ),
            ("1\t5\tA\n", "t.tsv, line 1: expected a column named \"alt\", found chrom, pos, ref"),
            ("chr1:5:A:G\n", "t.tsv, line 1: expected a column named \"chrom\", found chr1:5:A:G"),
            ("1\t5\tA\tG\n1\t5\tA\n", "t.tsv, line 2: expected 4 columns, found 3"),
            (
                "1\t5\tA\tG\n#1\t5\tA\tG\n",
                "t.tsv, line 2, column 1 (chrom): expected the name of a contig, found \"#1\"",
            ),
            ("1\t5\t.\tG\n", "t.tsv, line 1, column 3 (ref): expected a value, found \".\""),
            ("1\t5\tA-\tG\n", "t.tsv, line 1: variant at 1:5: '-' in the reference allele is no base"),
            (
                "1\t0\tA\tG\n",
                "t.tsv, line 1, column 2 (pos): expected a position of 1 or more, as 0 is the telomere in front of \
                 the first base, found \"0\"",
            ),
            (
                "1\t9223372036854775808\tA\tG\n",
                "t.tsv, line 1, column 2 (pos): expected a position of at most 9223372036854775807, found \
                 \"9223372036854775808\"",
            ),
        ] {
            assert_eq!(variants(text).unwrap_err(), message);
        }
    }

    #[test]
    fn alleles_of_every_kind_are_kept() {
        let row = reader("1\t5\tA\tC,*,<DEL>,G]17:198982],.\n").unwrap().next().unwrap().unwrap();
        assert_eq!(row.alternatives().len(), 5);
        assert_eq!(row.alternatives()[1], Allele::Spanning);
        assert_eq!(row.alternatives()[3], Allele::Symbolic("G]17:198982]".into()));
        assert_eq!(row.alternatives()[4], Allele::Missing);
    }
}
