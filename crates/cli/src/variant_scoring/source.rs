//! Where variants come from.

use std::path::PathBuf;

use anyhow::{Result, bail};
use ciskit_core::{Allele, ContigName, Variant};
use ciskit_seqio::{
    SequencePair, SequencePairReader, TableError, VariantRow, VariantTableReader, VcfHeader, VcfReader,
    VcfRecord,
};

use super::progress::Progress;

/// Options that say nothing of sequences without a genome.
const OF_THE_GENOME: [&str; 8] = [
    "genome",
    "on_ref_mismatch",
    "max_mismatches",
    "indel",
    "at_edge",
    "window",
    "training_elements",
    "training_chromosomes",
];

/// Where variants come from: one of them.
#[derive(clap::Args, Clone)]
#[group(required = true, multiple = false)]
pub(crate) struct SourceArgs {
    /// Variants (VCF 4.1 to 4.5, plain, gzip or bgzip); - is standard input
    #[arg(long, value_name = "VCF")]
    vcf: Option<PathBuf>,
    /// Variants in a table: columns chrom, pos (1-based), ref, alt, and any others, which are kept
    #[arg(long, value_name = "TSV")]
    variants: Option<PathBuf>,
    /// Sequences instead of places, without a genome: columns name, ref_sequence, alt_sequence, and any others; each is a
    /// window as it is
    #[arg(long, value_name = "TSV", conflicts_with_all = OF_THE_GENOME)]
    sequences: Option<PathBuf>,
}

/// A line that carries variants on the genome.
pub(crate) enum Record {
    Vcf(VcfRecord),
    Row(VariantRow),
}

impl Record {
    /// The variants of the line that can lie on the genome: none of one at the telomere.
    pub(super) fn variants(&self) -> Result<Vec<Variant>, TableError> {
        match self {
            _ if self.is_at_telomere() => Ok(Vec::new()),
            Self::Vcf(record) => record.variants().collect(),
            Self::Row(row) => row.variants().collect(),
        }
    }

    /// Whether the line lies in front of the contig's first base (position 0), where nothing can be scored.
    pub(super) fn is_at_telomere(&self) -> bool {
        self.start().is_none()
    }

    pub(super) fn contig(&self) -> &ContigName {
        match self {
            Self::Vcf(record) => record.contig(),
            Self::Row(row) => row.contig(),
        }
    }

    /// 0-based place of the first base; `None` for the telomere.
    fn start(&self) -> Option<u64> {
        match self {
            Self::Vcf(record) => record.start(),
            Self::Row(row) => row.start(),
        }
    }

    /// Contig, 1-based position, identifier and reference allele, as files have them.
    pub(super) fn place(&self) -> [String; 4] {
        let (id, reference) = match self {
            Self::Vcf(record) => (record.ids().collect::<Vec<_>>().join(";"), record.reference()),
            Self::Row(row) => (row.id().unwrap_or("").to_owned(), row.reference()),
        };
        let id = if id.is_empty() { ".".to_owned() } else { id };
        let position = self.start().map_or(0, |start| start + 1);
        [self.contig().to_string(), position.to_string(), id, reference.to_owned()]
    }

    pub(super) fn alternatives(&self) -> &[Allele] {
        match self {
            Self::Vcf(record) => record.alternatives(),
            Self::Row(row) => row.alternatives(),
        }
    }

    /// All columns of a table's row; none of a VCF line.
    pub(super) fn columns(&self) -> &[String] {
        match self {
            Self::Vcf(_) => &[],
            Self::Row(row) => row.columns(),
        }
    }
}

/// A file of variants on the genome.
pub(super) struct Source {
    pub(super) header: VcfHeader,
    /// Names of the columns of a table.
    pub(super) columns: Vec<String>,
    pub(super) records: Box<dyn Iterator<Item = Result<Record, TableError>>>,
    pub(super) progress: Progress,
}

/// A file of sequence pairs.
pub(super) struct SequenceSource {
    pub(super) columns: Vec<String>,
    pub(super) records: Box<dyn Iterator<Item = Result<SequencePair, TableError>>>,
    pub(super) progress: Progress,
}

impl SourceArgs {
    /// Whether sequences are given instead of places.
    pub(crate) fn is_sequences(&self) -> bool {
        self.sequences.is_some()
    }

    /// Opens variants on the genome.
    pub(super) fn open(&self) -> Result<Source> {
        if let Some(path) = &self.vcf {
            let (lines, progress) = Progress::open(path)?;
            let reader = VcfReader::from_lines(lines)?;
            let header = reader.header().clone();
            let records = Box::new(reader.map(|record| record.map(Record::Vcf)));
            return Ok(Source { header, columns: Vec::new(), records, progress });
        }
        let Some(path) = &self.variants else {
            bail!("--sequences are scored without a genome and without pairs")
        };
        let (lines, progress) = Progress::open(path)?;
        let reader = VariantTableReader::from_lines(lines)?;
        let columns = reader.columns().to_vec();
        let records = Box::new(reader.map(|row| row.map(Record::Row)));
        Ok(Source { header: VcfHeader::default(), columns, records, progress })
    }

    /// Opens sequence pairs.
    pub(super) fn open_sequences(&self) -> Result<SequenceSource> {
        let Some(path) = &self.sequences else { bail!("--sequences are missing") };
        let (lines, progress) = Progress::open(path)?;
        let reader = SequencePairReader::from_lines(lines)?;
        let columns = reader.extra_columns().to_vec();
        Ok(SequenceSource { columns, records: Box::new(reader), progress })
    }
}
