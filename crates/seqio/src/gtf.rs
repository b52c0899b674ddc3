//! GTF: genes and where they start, and lines of single features.

mod attributes;
mod features;
mod genes;

use std::path::Path;
use std::sync::Arc;

use ciskit_core::{ContigName, Interval, Strand};

use crate::{LastName, LineReader, Row, TableError};
use attributes::attribute;
pub use features::{read_features, read_features_from};
use genes::Genes;

/// A gene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gene {
    /// Identifier (`gene_id`), version included.
    pub id: Arc<str>,
    /// Symbol (`gene_name`).
    pub name: Option<Arc<str>>,
    /// Kind of gene: GENCODE's `gene_type`, Ensembl's `gene_biotype`.
    pub biotype: Option<Arc<str>>,
    /// From its first base to behind its last one.
    pub interval: Interval,
    /// Strand.
    pub strand: Strand,
}

impl Gene {
    /// The transcription start site: the gene's 5' base, 0-based; `None` where the strand is unknown or the gene
    /// is empty.
    ///
    /// ```
    /// use ciskit_core::{Interval, Strand};
    ///
    /// let interval = Interval::new("chr8", 100, 250)?;
    /// let gene = ciskit_seqio::Gene { id: "g".into(), name: None, biotype: None, interval, strand: Strand::Reverse };
    /// assert_eq!(gene.tss(), Some(249));
    /// # Ok::<(), ciskit_core::IntervalError>(())
    /// ```
    #[must_use]
    pub fn tss(&self) -> Option<u64> {
        match self.strand {
            _ if self.interval.is_empty() => None,
            Strand::Forward => Some(self.interval.start()),
            Strand::Reverse => Some(self.interval.end() - 1),
            Strand::Unknown => None,
        }
    }
}

/// Reads the genes of a GTF file (GTF 2.2, GENCODE, Ensembl, RefSeq, UCSC, StringTie), plain, gzip or bgzip.
///
/// Lines of the feature `gene` are genes, in file order. Genes without such a line follow: they are put together
/// from their `transcript` lines or, where there are none, from their `exon` lines. Transcripts of one
/// `gene_id` on one strand of a contig are one gene as long as they overlap or touch; those elsewhere (a copy of the
/// gene) are genes of their own with the same id, so that no gene spans what lies between two copies.
///
/// # Units
///
/// GTF counts bases from 1 and includes the end: its 11–20 becomes 10–20, 0-based half-open.
///
/// # Errors
///
/// As [`LineReader`]; [`TableError::ColumnCount`] and [`TableError::Value`] for malformed lines of the features named
/// above; [`TableError::Empty`] for a file without any of them.
///
/// # Cost
///
/// Memory of the genes, and of the transcripts whose gene has no line of its own so far.
///
/// ```
/// use ciskit_seqio::{LineReader, read_genes_from};
///
/// let gtf = "chr8\tHAVANA\tgene\t101\t250\t.\t-\t.\tgene_id \"ENSG1.2\"; gene_type \"lncRNA\"; gene_name \"A1\";\n";
/// let genes = read_genes_from(LineReader::new(gtf.as_bytes(), "genes.gtf")?)?;
/// assert_eq!(genes[0].interval.to_string(), "chr8:100-250");
/// assert_eq!(genes[0].tss(), Some(249)); // the last base, because the gene reads backwards
/// assert_eq!((&*genes[0].id, genes[0].name.as_deref()), ("ENSG1.2", Some("A1")));
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
pub fn read_genes_from(mut lines: LineReader) -> Result<Vec<Gene>, TableError> {
    let (mut genes, mut contigs) = (Genes::default(), LastName::default());
    while let Some(line) = lines.next_where(|text| !(text.is_empty() || text.starts_with('#')))? {
        let row = Row::tabs(line);
        row.expect_at_least(ATTRIBUTES + 1)?;
        match row.fields()[2] {
            "gene" => genes.add_gene(feature(&row, &mut contigs)?),
            "transcript" | "exon" if genes.has_line(id(&row, "gene_id")?) => {}
            "transcript" => genes.add_transcript(feature(&row, &mut contigs)?, id(&row, "transcript_id")?),
            "exon" => genes.add_exon(feature(&row, &mut contigs)?, id(&row, "transcript_id")?),
            _ => {}
        }
    }
    let genes = genes.finish();
    if genes.is_empty() {
        return Err(lines.empty("GTF lines of genes, transcripts or exons"));
    }
    Ok(genes)
}

/// Reads the genes of a GTF file; see [`read_genes_from`].
///
/// # Errors
///
/// As [`LineReader::open`] and [`read_genes_from`].
///
/// ```
/// assert_eq!(ciskit_seqio::read_genes("missing.gtf").unwrap_err().to_string(), "cannot open missing.gtf");
/// ```
pub fn read_genes(path: impl AsRef<Path>) -> Result<Vec<Gene>, TableError> {
    read_genes_from(LineReader::open(path)?)
}

const ATTRIBUTES: usize = 8;

/// Where a line's feature lies.
fn place(row: &Row<'_>, contigs: &mut LastName<ContigName>) -> Result<Interval, TableError> {
    let contig = contigs.get(row.contig(0, "seqname")?);
    let start = row.position(3, "start")?;
    let start = start.checked_sub(1).ok_or_else(|| row.refuse(3, "start", "a position of 1 or more"))?;
    let end = row.position(4, "end")?;
    if end <= start {
        return Err(row.refuse(4, "end", format!("a position not before the start, {}", start + 1)));
    }
    row.interval_of(contig, start, end, 4, "end")
}

/// The gene that a line is about, with the line's interval.
fn feature(row: &Row<'_>, contigs: &mut LastName<ContigName>) -> Result<Gene, TableError> {
    let interval = place(row, contigs)?;
    let optional = |keys: [&str; 2]| -> Result<Option<Arc<str>>, TableError> {
        let [first, second] = [value(row, keys[0])?, value(row, keys[1])?];
        Ok(first.or(second).map(Into::into))
    };
    Ok(Gene {
        id: id(row, "gene_id")?.into(),
        name: optional(["gene_name", "gene"])?,
        biotype: optional(["gene_type", "gene_biotype"])?,
        interval,
        strand: row.strand(6, "strand")?,
    })
}

fn id<'a>(row: &Row<'a>, key: &str) -> Result<&'a str, TableError> {
    value(row, key)?.ok_or_else(|| row.refuse(ATTRIBUTES, "attributes", format!("an attribute {key} \"…\"")))
}

/// The value of an attribute; an empty one is none.
fn value<'a>(row: &Row<'a>, key: &str) -> Result<Option<&'a str>, TableError> {
    let malformed = |_| row.refuse(ATTRIBUTES, "attributes", "attributes of the form key \"value\";");
    let value = attribute(row.text(ATTRIBUTES)?, key).map_err(malformed)?;
    Ok(value.filter(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests;
