//! `--pairs`, `--genome`, `--enhancers`, `--promoters`: the ways to hand pairs and their sequences to a command.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use ciskit_core::{ReferenceGenome, Side};
use ciskit_dataset::{ElementPairs, ElementSequences, GenomePairs, PairSource, WindowRule};
use ciskit_seqio::{
    Assembly, ElementPairReader, FastaGenome, Fingerprint, PairReader, PairRecord, read_fasta,
};
use ciskit_train::fingerprint;
use serde::Serialize;

use crate::tracks;

/// Where pairs and their sequences come from.
#[derive(clap::Args, Clone)]
pub(crate) struct PairInputArgs {
    /// Pairs: BEDPE (with --genome), or a table with columns enhancer, promoter and label (with --enhancers and
    /// --promoters); plain or gzip
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: Option<PathBuf>,
    /// Genome: FASTA, plain or bgzip; indexes are built when missing
    #[arg(long, value_name = "FASTA", conflicts_with_all = ["enhancers", "promoters"], requires = "pairs")]
    pub(crate) genome: Option<PathBuf>,
    /// Enhancer sequences; without --pairs, the first belongs to the first promoter, and so on
    #[arg(long, value_name = "FASTA", requires = "promoters")]
    pub(crate) enhancers: Option<PathBuf>,
    /// Promoter sequences
    #[arg(long, value_name = "FASTA", requires = "enhancers")]
    pub(crate) promoters: Option<PathBuf>,
    /// Accessibility along the windows (bedGraph, plain or gzip, or bigWig), for a model that reads it, such as deeptact; once for each
    /// of its tracks. Values are taken as they are. Only with --genome
    #[arg(long = "track", value_name = "FILE")]
    pub(crate) tracks: Vec<PathBuf>,
}

/// What pairs are read for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum To {
    /// To be split by place, for training.
    Split,
    /// To be scored as they are.
    Score,
}

/// Pairs, their sequences, and the columns that the input had.
pub(crate) struct PairInput {
    pub(crate) source: Box<dyn PairSource>,
    /// Names of the input's columns.
    pub(crate) columns: Vec<String>,
    /// The input's columns, row by row.
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) description: DataDescription,
}

/// What `config.toml` says of the data, so that a run can be repeated.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct DataDescription {
    #[serde(skip_serializing_if = "Option::is_none")]
    pairs: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    genome: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enhancers: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promoters: Option<PathBuf>,
    /// Fingerprint of the genome's contigs, and its name where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    genome_fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assembly: Option<String>,
    /// Vectors that the k-mers' tables start from, and a hash of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) embedding: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) embedding_fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) motif: Option<PathBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tracks: Vec<PathBuf>,
    /// Weights of the model whose embeddings of the windows are read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) embed_weights: Vec<PathBuf>,
    rows: usize,
    /// Hashes of what the files hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

impl DataDescription {
    /// With hashes of the pairs, their covariates, and a sample of their windows with tracks and embeddings.
    pub(crate) fn with_content(self, source: &dyn PairSource) -> Result<Self> {
        Ok(Self { content: Some(fingerprint(source)?), ..self })
    }
}

impl PairInputArgs {
    /// Reads everything, with windows of these lengths in bp. To be split, pairs must tell where they lie; to be
    /// scored, element sequences may have any names.
    pub(crate) fn open(&self, enhancer_len: usize, promoter_len: usize, to: To) -> Result<PairInput> {
        self.open_with(enhancer_len, promoter_len, &[], to)
    }

    /// The same with the tracks that were given, for a model that reads so many.
    pub(crate) fn open_for(
        &self,
        enhancer_len: usize,
        promoter_len: usize,
        tracks: usize,
        to: To,
    ) -> Result<PairInput> {
        ensure!(
            tracks == 0 || self.genome.is_some(),
            "--track needs --pairs with --genome: tracks are read by place, and sequences of elements have none for each \
             base"
        );
        self.open_with(enhancer_len, promoter_len, if tracks > 0 { &self.tracks } else { &[] }, to)
    }

    fn open_with(
        &self,
        enhancer_len: usize,
        promoter_len: usize,
        tracks: &[PathBuf],
        to: To,
    ) -> Result<PairInput> {
        let mut input = match (&self.pairs, &self.genome, &self.enhancers, &self.promoters) {
            (Some(pairs), Some(genome), _, _) => {
                on_genome(pairs, genome, (enhancer_len, promoter_len), tracks)?
            }
            (pairs, None, Some(enhancers), Some(promoters)) => {
                elements(pairs.as_deref(), (enhancers, enhancer_len), (promoters, promoter_len), to)?
            }
            _ => bail!(
                "give --pairs with --genome, or --enhancers with --promoters (and --pairs if not by order)"
            ),
        };
        let Self { pairs, genome, enhancers, promoters, .. } = self.clone();
        let (rows, tracks) = (input.rows.len(), tracks.to_vec());
        input.description =
            DataDescription { pairs, genome, enhancers, promoters, rows, tracks, ..input.description };
        Ok(input)
    }
}

/// Reads a BEDPE of pairs whole: records, and the names of the columns behind the standard ones.
pub(crate) fn read_pairs(path: &Path) -> Result<(Vec<PairRecord>, Vec<String>)> {
    let reader = PairReader::open(path)?;
    let extra = reader.extra_columns().to_vec();
    Ok((reader.collect::<Result<_, _>>()?, extra))
}

fn on_genome(
    pairs: &Path,
    genome: &Path,
    (enhancer_len, promoter_len): (usize, usize),
    tracks: &[PathBuf],
) -> Result<PairInput> {
    let genome = FastaGenome::open(genome)?;
    let (records, extra) = read_pairs(pairs)?;
    let columns = BEDPE_COLUMNS.iter().map(|name| (*name).to_owned()).chain(extra).collect();
    let rows = records.iter().map(bedpe_row).collect();
    let fingerprint = Fingerprint::of(genome.contigs()).to_string();
    let assembly = Assembly::identify(genome.contigs()).map(|assembly| assembly.to_string());
    let description =
        DataDescription { genome_fingerprint: Some(fingerprint), assembly, ..Default::default() };
    let records = records.into_iter().map(|record| record.pair).collect();
    // A contig that is shorter than a window, as in small genomes, is padded with N.
    let [enhancer, promoter] = [enhancer_len, promoter_len].map(|length| WindowRule::new(length).padded());
    let tracks = tracks::open(tracks, genome.contigs())?;
    let mut source = GenomePairs::new(genome, records, enhancer, promoter)
        .with_context(|| format!("{} does not fit the genome", pairs.display()))?;
    for track in tracks {
        source = source.with_track(track)?;
    }
    Ok(PairInput { source: Box::new(source), columns, rows, description })
}

/// Standard columns of a pair file that a score table repeats; `name` is the score table's first column.
const BEDPE_COLUMNS: [&str; 11] =
    ["chrom1", "start1", "end1", "chrom2", "start2", "end2", "score", "strand1", "strand2", "label", "cell"];

fn bedpe_row(record: &PairRecord) -> Vec<String> {
    let pair = &record.pair;
    let place = |side: Side| {
        let interval = &pair.element(side).interval;
        [interval.contig().to_string(), interval.start().to_string(), interval.end().to_string()]
    };
    let missing = || ".".to_owned();
    let mut row = [place(Side::Enhancer), place(Side::Promoter)].concat();
    row.push(pair.score.map_or_else(missing, |score| score.to_string()));
    row.extend([Side::Enhancer, Side::Promoter].map(|side| pair.element(side).strand.to_string()));
    row.push(label_text(pair.label));
    row.push(pair.cell.as_deref().map_or_else(missing, str::to_owned));
    row.extend(record.extra.iter().cloned());
    row
}

fn label_text(label: Option<bool>) -> String {
    label.map_or(".", |label| if label { "1" } else { "0" }).to_owned()
}

fn elements(
    pairs: Option<&Path>,
    (enhancers, enhancer_len): (&Path, usize),
    (promoters, promoter_len): (&Path, usize),
    to: To,
) -> Result<PairInput> {
    let read = |path: &Path, side: Side| -> Result<(Vec<String>, ElementSequences)> {
        let records = read_fasta(path)?;
        let names = records.iter().map(|record| record.name.clone()).collect();
        let records = records.into_iter().map(|record| (record.name, record.sequence));
        let sequences =
            ElementSequences::new(side, records).with_context(|| format!("in {}", path.display()))?;
        Ok((names, if to == To::Score { sequences.unplaced() } else { sequences }))
    };
    let (enhancer_names, enhancer_sequences) = read(enhancers, Side::Enhancer)?;
    let (promoter_names, promoter_sequences) = read(promoters, Side::Promoter)?;
    let mut columns: Vec<String> = ["enhancer", "promoter", "label"].map(str::to_owned).into();
    let rows: Vec<Vec<String>> = match pairs {
        Some(path) => {
            let reader = ElementPairReader::open(path)?;
            columns.extend(reader.extra_columns().iter().cloned());
            let row = |pair: ciskit_seqio::ElementPair| {
                [vec![pair.enhancer, pair.promoter, label_text(pair.label)], pair.extra].concat()
            };
            reader.map(|pair| pair.map(row)).collect::<Result<_, _>>()?
        }
        None => {
            let (found, expected) = (promoter_names.len(), enhancer_names.len());
            ensure!(
                found == expected,
                "without --pairs, enhancers and promoters are matched by order, but {} has {expected} records and {} \
                 has {found}",
                enhancers.display(),
                promoters.display()
            );
            let pairs = enhancer_names.into_iter().zip(promoter_names);
            pairs.map(|(enhancer, promoter)| vec![enhancer, promoter, ".".to_owned()]).collect()
        }
    };
    let label = |text: &str| match text {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    };
    let named = rows.iter().map(|row| (row[0].as_str(), row[1].as_str(), label(&row[2])));
    let source =
        ElementPairs::new(enhancer_sequences, enhancer_len, promoter_sequences, promoter_len, named)?;
    Ok(PairInput { source: Box::new(source), columns, rows, description: DataDescription::default() })
}
