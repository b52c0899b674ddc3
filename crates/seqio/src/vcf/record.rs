//! Records of VCF.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use ciskit_core::{Allele, ContigName, Variant};

use super::INFO;
use crate::site::Site;
use crate::{LastName, Row, TableError};

/// One line of a VCF file.
///
/// # Units
///
/// VCF counts bases from 1; [`start`](Self::start) is 0-based.
///
/// ```
/// use ciskit_seqio::{LineReader, VcfReader};
///
/// let vcf = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n1\t100\trs1;rs2\tA\tG,<DEL>\t.\tPASS\tAC=1\n";
/// let record = VcfReader::from_lines(LineReader::new(vcf.as_bytes(), "a.vcf")?)?.next().unwrap()?;
/// assert_eq!((record.start(), record.reference()), (Some(99), "A"));
/// assert_eq!(record.ids().collect::<Vec<_>>(), ["rs1", "rs2"]);
/// let variants = record.variants().collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(variants[0].to_string(), "1:100:A>G");
/// assert_eq!(variants[1].to_string(), "1:100:A><DEL>");
/// assert_eq!(record.with_info(&[("LOG2", "0.5,.")]), "1\t100\trs1;rs2\tA\tG,<DEL>\t.\tPASS\tAC=1;LOG2=0.5,.");
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct VcfRecord {
    site: Site,
    id: Range<usize>,
    reference: Range<usize>,
    text: String,
}

impl VcfRecord {
    /// The record that a row of as many columns as the header is.
    pub(super) fn new(
        row: &Row<'_>,
        text: &str,
        contigs: &mut LastName<ContigName>,
    ) -> Result<Self, TableError> {
        let fields = row.fields();
        let contig = contigs.get(row.required(0, "CHROM")?);
        let site = Site::new(row, contig, (1, "POS"), fields[4])?;
        let id = fields[0].len() + fields[1].len() + 2;
        let reference = id + fields[2].len() + 1;
        Ok(Self {
            site,
            id: id..id + fields[2].len(),
            reference: reference..reference + fields[3].len(),
            text: text.to_owned(),
        })
    }

    /// The record of a site from elsewhere, with nothing in QUAL, FILTER and INFO. Blanks and `;` in the identifier become `_`.
    pub(crate) fn of_site(site: Site, id: Option<&str>, reference: &str) -> Self {
        let plain = |letter: char| if letter.is_whitespace() || letter == ';' { '_' } else { letter };
        let id: String = id.unwrap_or(".").chars().map(plain).collect();
        let alternatives: Vec<String> = site.alternatives().iter().map(Allele::to_string).collect();
        let start = format!("{}\t{}\t", site.contig(), site.start().map_or(0, |start| start + 1));
        let text = format!("{start}{id}\t{reference}\t{}\t.\t.\t.", alternatives.join(","));
        let ids = start.len()..start.len() + id.len();
        let reference = ids.end + 1..ids.end + 1 + reference.len();
        Self { site, id: ids, reference, text }
    }

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

    /// The first reference base, 0-based; `None` for VCF's position 0, the telomere in front of the first base.
    #[must_use]
    pub fn start(&self) -> Option<u64> {
        self.site.start()
    }

    /// The identifiers; none for `.`.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.id_text().into_iter().flat_map(|text| text.split(';'))
    }

    fn id_text(&self) -> Option<&str> {
        Some(&self.text[self.id.clone()]).filter(|text| !matches!(*text, "" | "."))
    }

    /// The reference allele, in the letters of the file.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.text[self.reference.clone()]
    }

    /// The alternative alleles in file order, at least one ([`Allele::Missing`] for `.`).
    #[must_use]
    pub fn alternatives(&self) -> &[Allele] {
        self.site.alternatives()
    }

    /// The columns in file order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.text.split('\t')
    }

    /// The line as it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// One variant for each alternative allele, in file order, named by the whole column ID.
    ///
    /// # Errors
    ///
    /// [`TableError::Value`] for each alternative of a record at the telomere; [`TableError::Variant`] if the
    /// reference is no sequence of bases.
    pub fn variants(&self) -> impl Iterator<Item = Result<Variant, TableError>> {
        self.site.variants(self.reference().as_bytes(), self.id_text().map(Arc::from))
    }

    /// The line with entries at the end of the column INFO; entries of these keys that are there are dropped.
    ///
    /// ```
    /// # use ciskit_seqio::{LineReader, VcfReader};
    /// let vcf = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n1\t5\t.\tA\tG\t.\t.\t.\n";
    /// let record = VcfReader::from_lines(LineReader::new(vcf.as_bytes(), "a.vcf")?)?.next().unwrap()?;
    /// assert_eq!(record.with_info(&[("X", "1"), ("Y", "2")]), "1\t5\t.\tA\tG\t.\t.\tX=1;Y=2");
    /// # Ok::<(), ciskit_seqio::TableError>(())
    /// ```
    #[must_use]
    pub fn with_info(&self, entries: &[(&str, &str)]) -> String {
        let replaced = |entry: &str| {
            let key = entry.split('=').next().unwrap_or(entry);
            entries.iter().any(|(new, _)| *new == key)
        };
        let mut columns: Vec<&str> = self.columns().collect();
        let kept = columns[INFO].split(';').filter(|entry| !matches!(*entry, "" | ".") && !replaced(entry));
        let new = entries.iter().map(|(key, value)| format!("{key}={value}"));
        let info: Vec<String> = kept.map(str::to_owned).chain(new).collect();
        let info = if info.is_empty() { ".".into() } else { info.join(";") };
        columns[INFO] = &info;
        columns.join("\t")
    }
}

impl fmt::Display for VcfRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
