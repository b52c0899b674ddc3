//! Indexed FASTA, BED, BEDPE, GTF, VCF and pair tables, read into ciskit-core types and written back.
//!
//! The crate answers one question: how do bytes in files become core types, and back.
//!
//! - **Sequences.** [`FastaGenome`] is a [`ReferenceGenome`](ciskit_core::ReferenceGenome) on an indexed FASTA file,
//!   plain or bgzip; a [`PackedGenome`] holds one in two bits a base. [`FastaReader`] and [`FastaWriter`] stream whole records, as element files have them.
//! - **Assemblies.** [`read_contigs`] reads names and lengths, [`Assembly::identify`] tells hg19 from hg38, and a
//!   [`Fingerprint`] tells any two assemblies apart.
//! - **Places.** [`BedReader`], [`PairReader`] (BEDPE), [`ElementPairReader`], [`read_genes`] (GTF) and [`VcfReader`]
//!   give elements, pairs, genes and variants row by row; for all but genes, writers of the same
//!   names put them back. [`PeakReader`] gives
//!   narrowPeak and broadPeak.
//! - **Variants in tables.** [`VariantTableReader`] reads contig, position and alleles from any table that names them,
//!   [`SequencePairReader`] the two sequences of each variant where no genome is needed.
//! - **Published pair lists.** [`TargetFinderReader`], [`TargetFinderFeatureReader`], [`CboepReader`], [`BengiReader`],
//!   [`ChiaPetReader`], [`HiccupsReader`] and [`CrisprReader`] give a [`PairRecord`] a row, with the columns that are no
//!   part of a pair kept as they are.
//! - **Measured effects.** [`RaqtlReader`], [`SaturationReader`], [`EqtlMpraReader`], [`Gse68331Reader`] and
//!   [`Gse87711Reader`] read what reporter assays published; [`MeasuredTableReader`] reads the unified table and any
//!   other whose columns are named, [`PredictionTable`] what models predict for the same variants.
//! - **Linkage.** [`LdReader`] reads `plink --r2`, [`BlockReader`] blocks of linked variants with their scores.
//! - **Parquet.** With the feature `parquet`, `ParquetWriter` writes tables in columns, which pandas, polars, R and DuckDB
//!   read with their types.
//! - **Signal.** [`BedGraph`] and [`BigWig`] are [`SignalTrack`](ciskit_core::SignalTrack)s, such as accessibility;
//!   [`read_signal`] tells one from the other.
//! - **Motifs.** [`read_motifs`] reads JASPAR's and MEME's matrices.
//! - **Word vectors.** [`WordVectors`] reads what dna2vec and its like have learnt of k-mers.
//! - **Arrays.** [`Npz`] writes arrays for NumPy.
//! - **Folds.** [`FoldReader`] and [`FoldWriter`]: which pair is in which part of which fold.
//!
//! What holds for all of them: plain, gzip or bgzip is told from a file's first bytes, never from its name. The path
//! `-` is standard input, and standard output where a file is written. Coordinates
//! are turned into 0-based half-open ones here and nowhere else. A broken file leads to one sentence that names the
//! file, the line or contig, what was expected and what was found ([`FastaError`], [`TableError`]), never to a part of
//! its content.
//!
//! ```
//! use ciskit_core::{Edge, ReferenceGenome};
//! use ciskit_seqio::{BedReader, FastaGenome};
//!
//! let folder = tempfile::tempdir()?;
//! let (fasta, bed) = (folder.path().join("tiny.fa"), folder.path().join("peaks.bed"));
//! std::fs::write(&fasta, ">chr1\nACGTTGCA\n")?;
//! std::fs::write(&bed, "chr1\t2\t6\tpeak\n")?;
//!
//! let genome = FastaGenome::open(&fasta)?;
//! for peak in BedReader::open(&bed)? {
//!     let interval = peak?.element.interval;
//!     assert_eq!(genome.fetch(interval.contig(), interval.range(), Edge::Error)?, b"GTTG");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod assembly;
mod bed;
mod bedgraph;
mod bedpe;
mod bengi;
mod bigwig;
mod cboep;
mod chia_pet;
mod chrom_sizes;
mod crispr;
mod csv_fields;
mod element_name;
mod elements;
mod extra_columns;
mod fasta;
mod fasta_error;
mod folds;
mod format_line;
mod gtf;
mod hiccups;
mod ld;
mod measured;
mod motifs;
mod named_pairs;
mod npz;
mod packed_genome;
#[cfg(feature = "parquet")]
mod parquet;
mod peaks;
mod row;
mod sequence_pairs;
mod signal_file;
mod signal_steps;
mod site;
mod table;
mod table_error;
mod target_finder;
mod target_finder_features;
mod text;
mod unpack;
mod variant_table;
mod vcf;
mod word_vectors;

pub use assembly::{Assembly, Fingerprint, SharedContigs};
pub use bed::{BedReader, BedRecord, BedWriter};
pub use bedgraph::BedGraph;
pub use bedpe::{PairReader, PairRecord, PairWriter};
pub use bengi::BengiReader;
pub use bigwig::BigWig;
pub use cboep::CboepReader;
pub use chia_pet::ChiaPetReader;
pub use chrom_sizes::read_contigs;
pub use crispr::CrisprReader;
pub use element_name::{ElementName, ElementNameError};
pub use elements::{ElementPair, ElementPairReader, ElementPairWriter};
pub use fasta::{FastaGenome, FastaOptions, FastaReader, FastaRecord, FastaWriter, read_fasta};
pub use fasta_error::FastaError;
pub use folds::{FoldReader, FoldRecord, FoldWriter};
pub use gtf::{Gene, read_features, read_features_from, read_genes, read_genes_from};
pub use hiccups::{CtcfMotif, HiccupsReader, LoopRecord};
pub use ld::{BlockReader, BlockRecord, LdReader, LdRecord};
pub use measured::{
    EffectScale, EqtlMpraReader, EqtlMpraRecord, Gse68331Reader, Gse87711Reader, MeasuredColumns,
    MeasuredEffect, MeasuredTableReader, MeasuredWriter, PredictionTable, RaqtlReader, SaturationReader,
};
pub use motifs::{MotifRecord, read_motifs, read_motifs_from};
pub use npz::Npz;
pub use packed_genome::PackedGenome;
#[cfg(feature = "parquet")]
pub use parquet::{ColumnKind, ParquetValue, ParquetWriter};
pub use peaks::{PeakReader, PeakRecord};
pub use row::{LastName, Row};
pub use sequence_pairs::{SequencePair, SequencePairReader};
pub use signal_file::read_signal;
pub use table::{Header, Separator, Table};
pub use table_error::TableError;
pub use target_finder::TargetFinderReader;
pub use target_finder_features::{FeatureRecord, TargetFinderFeatureReader};
pub use text::{Line, LineReader, TextWriter};
pub use variant_table::{VariantRow, VariantTableReader};
pub use vcf::{VcfHeader, VcfReader, VcfRecord, VcfWriter};
pub use word_vectors::WordVectors;
