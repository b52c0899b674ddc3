//! `ciskit variants score`

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use ciskit_core::{PairScorer, ReferenceGenome, Side};
#[cfg(feature = "onnx")]
use ciskit_core::{ReferenceAlternative, VariantScorer};
#[cfg(feature = "onnx")]
use ciskit_onnx::OnnxScorer;
use ciskit_seqio::FastaGenome;

use crate::model::{Ensemble, ModelArgs};
use crate::pair_input::read_pairs;
use crate::pair_windows::PairWindow;
use crate::tracks;
#[cfg(feature = "onnx")]
use crate::variant_scoring::score_with;
use crate::variant_scoring::{OutputArgs, ScoringArgs, SourceArgs, score_in_windows};

/// Score variants by what they change in enhancer-promoter pairs, or in any model of a sequence
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit variants score --model run/ --pairs one.bedpe --side enhancer --genome hg19.fa.gz --vcf in.vcf.gz -o out.vcf.gz
  ciskit variants score --onnx model.onnx --genome hg38.fa.gz --variants in.tsv --score log2-ratio -o out.tsv

With --model, each variant is put into the window of every pair that it starts in; the other side stays as it is. Every variant comes
back with a status: scored, alleles-swapped, duplicate, ref-mismatch, unknown-contig, out-of-bounds, too-many-n,
unsupported-allele. A reference allele that the genome does not have is reported and never replaced; a VCF whose header
gives most contigs other lengths than the genome has is refused. An output named .vcf or .vcf.gz is the input with INFO
fields, of the pair with the largest effect; any other name is a table with a row for each variant and pair. With --onnx, the model reads a window around each variant; published models are scored by
`ciskit zoo score`.")]
pub(crate) struct Args {
    #[command(flatten)]
    model: Option<ModelArgs>,
    /// A model of one sequence as an ONNX file, with its description beside it (model.toml for model.onnx); of several, the
    /// mean and the standard deviation of every score are given
    #[cfg(feature = "onnx")]
    #[arg(long, value_name = "ONNX", conflicts_with_all = ["model", "pairs"])]
    onnx: Vec<PathBuf>,
    /// Pairs (BEDPE) whose windows are scored
    #[arg(long, value_name = "BEDPE", requires = "side", conflicts_with = "sequences")]
    pairs: Option<PathBuf>,
    /// The side that the variants are put into
    #[arg(long, value_enum, requires = "pairs")]
    side: Option<SideArg>,
    /// Genome: FASTA, plain or bgzip; sequences need none
    #[arg(long, value_name = "FASTA", required_unless_present = "sequences")]
    genome: Option<PathBuf>,
    /// Accessibility along the windows of pairs (bedGraph, plain or gzip, or bigWig), once for each track that the model reads; a
    /// variant does not change it
    #[arg(long = "track", value_name = "FILE", requires = "pairs")]
    tracks: Vec<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    scoring: ScoringArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Which side.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum SideArg {
    /// The enhancer
    Enhancer,
    /// The promoter
    Promoter,
}

impl From<SideArg> for Side {
    fn from(side: SideArg) -> Self {
        match side {
            SideArg::Enhancer => Self::Enhancer,
            SideArg::Promoter => Self::Promoter,
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let (source, out) = (&args.source, &args.output.out);
    #[cfg(feature = "onnx")]
    if !args.onnx.is_empty() {
        let open = |path| Ok(ReferenceAlternative(OnnxScorer::open(path)?));
        let models: Vec<ReferenceAlternative<OnnxScorer>> =
            args.onnx.iter().map(open).collect::<Result<_>>()?;
        let models = models.iter().map(|model| model as &dyn VariantScorer).collect();
        return score_with(models, args.genome.as_deref(), &args.scoring, source, out);
    }
    let model = args.model.as_ref().context("no model is given: --model RUN, or --onnx FILE")?;
    let (Some(pairs), Some(side)) = (&args.pairs, args.side) else {
        bail!("a model of pairs needs --pairs and --side, whose windows the variants are put into")
    };
    let genome = args.genome.as_ref().context("variants need their genome: --genome FASTA")?;
    let model = Ensemble::new(model.load()?)?;
    tracks::check(&args.tracks, "the model", model.spec().tracks)?;
    let (records, _) = read_pairs(pairs)?;
    let windows: Vec<PairWindow> = {
        let genome = FastaGenome::open(genome)?;
        let tracks = tracks::open(&args.tracks, genome.contigs())?;
        let place = |pair| PairWindow::new(pair, side.into(), model.lengths(), &genome, &tracks);
        records.into_iter().map(|record| place(record.pair)).collect::<Result<_>>()?
    };
    score_in_windows(&model, genome, &windows, &args.scoring, source, out)
}
