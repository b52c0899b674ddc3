//! `ciskit zoo mutagenesis`

use anyhow::{Context, Result};
use ciskit_seqio::FastaGenome;
use ciskit_zoo::load;

use crate::base_map::MapArgs;
use crate::zoo_model::ZooModelArgs;

/// Score every change of one base in a region with a published model
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit zoo mutagenesis sei --weights sei.pth --file target-names=target.names --outputs 'HepG2*H3K27ac*' \\
      --genome hg38.fa.gz --region chr1:109274500-109275000 -o map.tsv -o map.svg

The model's window lies around the middle of the region and holds all of it. Files and scores are those of
`ciskit variants mutagenesis`.")]
pub(crate) struct Args {
    #[command(flatten)]
    model: ZooModelArgs,
    /// Sequences that the network sees at once [default: as many as 0.5 GB of activations have room for]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    batch: Option<u32>,
    #[command(flatten)]
    map: MapArgs,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    args.map.check()?;
    args.map.region.as_ref().context("--region says which bases are changed")?;
    let genome = FastaGenome::open(&args.map.genome)?;
    let mut options = args.model.files.options();
    options.batch = args.batch.map(|sequences| sequences as usize);
    let model = load(&args.model.name, &options)?;
    let scorer = model
        .sequence_scorer()
        .context("this model scores variants by the likelihood of their alleles, and no sequences")?;
    args.map.map_region(scorer.clone(), &genome)
}
