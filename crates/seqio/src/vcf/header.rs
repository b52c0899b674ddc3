//! Header lines of VCF.

use ciskit_core::Contigs;

use super::FIXED;
use crate::table_error::shown;
use crate::{Line, LineReader, Row, TableError};

const FILE_FORMAT: &str = "##fileformat=";
const CONTIG: &str = "##contig=<";

/// The header of a VCF file: all of its lines as they are.
///
/// ```
/// use ciskit_seqio::{LineReader, VcfReader};
///
/// let vcf = "##fileformat=VCFv4.3\n##contig=<ID=chr1,length=1000>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
/// let reader = VcfReader::from_lines(LineReader::new(vcf.as_bytes(), "a.vcf")?)?;
/// let mut header = reader.header().clone();
/// assert_eq!(header.contigs().unwrap().resolve("1")?.length, 1_000);
///
/// header.add_info("LOG2", "A", "Float", "log2 ratio of the predicted activities");
/// let added = r#"##INFO=<ID=LOG2,Number=A,Type=Float,Description="log2 ratio of the predicted activities">"#;
/// assert_eq!(header.lines().nth(2), Some(added));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct VcfHeader {
    /// The lines that start with `##`.
    meta: Vec<String>,
    /// The line that names the columns.
    columns: String,
    contigs: Option<Contigs>,
}

impl Default for VcfHeader {
    /// The header of a new file of VCF 4.2 without contigs, genotypes and INFO.
    ///
    /// ```
    /// use ciskit_seqio::VcfHeader;
    /// let header = VcfHeader::default();
    /// assert!(header.lines().eq(["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]));
    /// ```
    fn default() -> Self {
        Self { meta: vec![format!("{FILE_FORMAT}VCFv4.2")], columns: FIXED.join("\t"), contigs: None }
    }
}

impl VcfHeader {
    /// Reads up to the line that names the columns. A file that states its version may lack that line, as some are published:
    /// then the first record is read again as the next line. The flag says whether columns are named.
    pub(super) fn read(lines: &mut LineReader) -> Result<(Self, bool), TableError> {
        let (mut meta, mut contigs) = (Vec::new(), Vec::new());
        while let Some(line) = lines.next_where(|text| !text.is_empty())? {
            if !line.text.starts_with("##") {
                let contigs = all_lengths(contigs, line)?;
                let states_version = meta.iter().any(|line: &String| line.starts_with(FILE_FORMAT));
                if states_version && is_record(line) {
                    lines.repeat();
                    return Ok((Self { meta, contigs, ..Self::default() }, false));
                }
                return Ok((Self { meta, columns: columns(line)?, contigs }, true));
            }
            if let Some(version) = line.text.strip_prefix(FILE_FORMAT)
                && !version.starts_with("VCFv4")
            {
                return Err(unexpected(line, "##fileformat=VCFv4.…"));
            }
            if let Some(fields) = line.text.strip_prefix(CONTIG) {
                contigs.push(contig(fields));
            }
            meta.push(line.text.to_owned());
        }
        Err(lines.empty("a VCF header that ends with the line #CHROM"))
    }

    /// All lines in order, the one that names the columns last.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.meta.iter().chain([&self.columns]).map(String::as_str)
    }

    /// Whether a line says which version of VCF the file is.
    pub(super) fn states_version(&self) -> bool {
        self.meta.iter().any(|line| line.starts_with(FILE_FORMAT))
    }

    /// Number of columns of every record.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns.split('\t').count()
    }

    /// The contigs that the header states; `None` if there are none, or one of them without its length.
    #[must_use]
    pub fn contigs(&self) -> Option<&Contigs> {
        self.contigs.as_ref()
    }

    /// Declares contigs behind those that are there, as far as their names are not declared: bcftools warns of records
    /// on others.
    ///
    /// ```
    /// use ciskit_core::Contigs;
    /// use ciskit_seqio::{LineReader, VcfReader};
    ///
    /// let vcf = "##contig=<ID=1>\n##x\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
    /// let mut header = VcfReader::from_lines(LineReader::new(vcf.as_bytes(), "a.vcf")?)?.header().clone();
    /// header.add_contigs(&Contigs::new([("1", 10), ("2", 20)])?);
    /// assert_eq!(header.lines().nth(1), Some("##contig=<ID=2,length=20>"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_contigs(&mut self, contigs: &Contigs) {
        let lines = self.meta.iter().filter_map(|line| line.strip_prefix(CONTIG));
        let declared: Vec<String> =
            lines.filter_map(|fields| value(fields, "ID")).map(str::to_owned).collect();
        let new = contigs.iter().filter(|contig| !declared.iter().any(|name| name == contig.name.as_str()));
        let last = self.meta.iter().rposition(|line| line.starts_with(CONTIG));
        let place = last.map_or(self.meta.len(), |last| last + 1);
        let lines = new.map(|contig| format!("{CONTIG}ID={},length={}>", contig.name, contig.length));
        self.meta.splice(place..place, lines);
        if declared.is_empty() {
            self.contigs = Some(contigs.clone());
        }
    }

    /// Declares an entry of the column INFO behind those that are there, in the place of one with the same `id`.
    ///
    /// `number` and `kind` are as VCF spells them: `1`, `A` (one for each alternative), `R`, `G`, `.`; `Float`,
    /// `Integer`, `String`, `Flag`, `Character`. Line ends in the description become blanks.
    pub fn add_info(&mut self, id: &str, number: &str, kind: &str, description: &str) {
        let description = description.replace(['\n', '\r'], " ").replace('\\', "\\\\").replace('"', "\\\"");
        let line = format!("##INFO=<ID={id},Number={number},Type={kind},Description=\"{description}\">");
        let declared = format!("##INFO=<ID={id},");
        if let Some(old) = self.meta.iter_mut().find(|line| line.starts_with(&declared)) {
            *old = line;
            return;
        }
        let last = self.meta.iter().rposition(|line| line.starts_with("##INFO="));
        self.meta.insert(last.map_or(self.meta.len(), |last| last + 1), line);
    }
}

/// Columns that a record has at least: up to ALT.
pub(super) const FEWEST: usize = 5;

/// Whether a line is a record and not a line that names columns.
fn is_record(line: Line<'_>) -> bool {
    let row = Row::tabs(line);
    let fields = row.fields();
    !line.text.starts_with('#')
        && fields.len() >= FEWEST
        && fields[1].bytes().all(|byte| byte.is_ascii_digit())
}

/// The line that names the columns, if it names those of VCF.
fn columns(line: Line<'_>) -> Result<String, TableError> {
    let row = Row::tabs(line);
    match row.fields().iter().take(FIXED.len()).eq(&FIXED) {
        true => Ok(line.text.to_owned()),
        false => Err(unexpected(line, FIXED.join(" ") + ", separated by tabs")),
    }
}

fn unexpected(line: Line<'_>, expected: impl Into<String>) -> TableError {
    let path = line.path.to_path_buf();
    TableError::Line { path, line: line.number, expected: expected.into(), found: shown(line.text) }
}

/// Name and length in the fields of a contig line.
fn contig(fields: &str) -> Option<(String, u64)> {
    Some((value(fields, "ID")?.to_owned(), value(fields, "length")?.parse().ok()?))
}

/// The value of a key in the fields of a line, `ID=chr1,length=249250621,assembly="b37, patched">`.
fn value<'a>(fields: &'a str, wanted: &str) -> Option<&'a str> {
    let mut quoted = false;
    let separate = |letter: char| {
        quoted ^= letter == '"';
        letter == ',' && !quoted
    };
    let mut fields = fields.trim_end_matches('>').split(separate).filter_map(|field| field.split_once('='));
    fields.find(|(key, _)| *key == wanted).map(|(_, value)| value)
}

/// The contigs, if all of them have a length.
fn all_lengths(contigs: Vec<Option<(String, u64)>>, line: Line<'_>) -> Result<Option<Contigs>, TableError> {
    let Some(contigs) = contigs.into_iter().collect::<Option<Vec<_>>>().filter(|contigs| !contigs.is_empty())
    else {
        return Ok(None);
    };
    Contigs::new(contigs).map(Some).map_err(|twice| {
        let (path, expected) =
            (line.path.to_path_buf(), format!("every contig declared once above, but {twice}"));
        TableError::Line { path, line: line.number, expected, found: shown(line.text) }
    })
}
