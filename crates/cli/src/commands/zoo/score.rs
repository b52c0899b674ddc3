//! `ciskit zoo score`

use std::path::PathBuf;

use anyhow::{Context, Result};
use ciskit_core::VariantScorer;
use ciskit_zoo::load;

use crate::variant_scoring::{OutputArgs, ScoringArgs, SourceArgs, score_with};
use crate::zoo_model::ZooModelArgs;

/// Score variants with a published model
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit zoo score sei --weights sei.pth --file target-names=target.names --outputs '*H3K27ac*' \\
      --genome hg38.fa.gz --vcf in.vcf.gz --score log2-ratio -o out.tsv
  ciskit zoo score trednet-v1 --weights phase_one.hdf5 --weights phase_two_HepG2.hdf5 --genome hg19.fa --vcf in.vcf -o out.tsv
  ciskit zoo score sei --weights sei.pth --file projection=projvec_targets.npy --file histone-indices=histone_inds.npy \\
      --genome hg38.fa --vcf in.vcf -o classes.tsv
  ciskit zoo score borzoi-replicate-0 --weights model.safetensors --file targets=targets_human.txt --outputs '*ENCFF136DBS*' \\
      --genome hg38.fa --vcf in.vcf --score sum --score strand-merged:of=log-sum -o out.tsv

`ciskit zoo list` tells the models. The model reads a window around each variant, or with masked language models the
likelihood of both alleles in it. Every variant comes back with a status, as from `ciskit variants score`.")]
pub(crate) struct Args {
    #[command(flatten)]
    model: ZooModelArgs,
    /// Sequences that the network sees at once [default: as many as 0.5 GB of activations have room for]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    batch: Option<u32>,
    /// Genome: FASTA, plain or bgzip; sequences need none
    #[arg(long, value_name = "FASTA", required_unless_present = "sequences")]
    genome: Option<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    scoring: ScoringArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut options = args.model.files.options();
    options.batch = args.batch.map(|sequences| sequences as usize);
    let model = load(&args.model.name, &options)?;
    let scorer: &dyn VariantScorer = model.variant_scorer().context("this model scores no variants")?;
    score_with(vec![scorer], args.genome.as_deref(), &args.scoring, &args.source, &args.output.out)
}
