//! `ciskit variants mutagenesis`

use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use ciskit_core::{PairScorer, ReferenceGenome};
use ciskit_dataset::pair_name;
#[cfg(feature = "onnx")]
use ciskit_onnx::OnnxScorer;
use ciskit_seqio::FastaGenome;
use ciskit_variant::TrackPattern;

use super::score::SideArg;
use crate::base_map::{MapArgs, Place, Region};
use crate::model::{Ensemble, ModelArgs};
use crate::pair_input::read_pairs;
use crate::pair_windows::PairWindow;
use crate::tracks;

/// Score every change of one base in one side of an enhancer-promoter pair, or in a region
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit variants mutagenesis --model run/ --pairs one.bedpe --side enhancer --genome hg19.fa.gz \\
    --region chr1:1000-1200 --deletions -o map.tsv -o map.svg

Every base of the region is replaced by the three others. Mutants keep the window's length: behind a deleted base, the
bases move one to the left, and the base that follows the window on the contig fills its end. A table has a row for
each mutant and output (a deletion's alt is -); .npz is for NumPy (values of shape outputs, positions, letters); .svg is a
logo of what each base is worth over a heat map of all changes. `ciskit variants scores` lists the scores.")]
pub(crate) struct Args {
    #[command(flatten)]
    model: Option<ModelArgs>,
    /// A model of one sequence as an ONNX file, with its description beside it (model.toml for model.onnx); its window lies
    /// around the middle of the region and holds all of it
    #[cfg(feature = "onnx")]
    #[arg(long, value_name = "ONNX", conflicts_with_all = ["model", "pairs"], requires = "region")]
    onnx: Option<PathBuf>,
    /// One pair (BEDPE)
    #[arg(long, value_name = "BEDPE", requires = "side")]
    pairs: Option<PathBuf>,
    /// The side whose bases are changed; the other one stays as it is
    #[arg(long, value_enum, requires = "pairs")]
    side: Option<SideArg>,
    /// Accessibility along the windows of the pair (bedGraph or bigWig), once for each track that the model reads
    #[arg(long, value_name = "FILE", requires = "pairs")]
    track: Vec<PathBuf>,
    #[command(flatten)]
    map: MapArgs,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    args.map.check()?;
    let genome = FastaGenome::open(&args.map.genome)?;
    #[cfg(feature = "onnx")]
    if let Some(path) = &args.onnx {
        return args.map.map_region(OnnxScorer::open(path)?, &genome);
    }
    let model = args.model.as_ref().context("no model is given: --model RUN, or --onnx FILE")?;
    let (Some(pairs), Some(side)) = (&args.pairs, args.side) else {
        bail!("a model of pairs needs --pairs and --side")
    };
    let model = Ensemble::new(model.load()?)?;
    tracks::check(&args.track, "the model", model.spec().tracks)?;
    let tracks = tracks::open(&args.track, genome.contigs())?;
    let (mut records, _) = read_pairs(pairs)?;
    ensure!(records.len() == 1, "{} holds {} pairs; give one", pairs.display(), records.len());
    let pair = records.remove(0).pair;
    let window = PairWindow::new(pair, side.into(), model.lengths(), &genome, &tracks)?;
    let place = Place {
        title: pair_name(&window.pair),
        positions: positions(args.map.region.as_ref(), &window, &genome)?,
        contig: window.contig().clone(),
        range: window.range(),
        sequence: window.sequence().to_vec(),
        scorer: Box::new(window.scorer(&model)?),
        outputs: TrackPattern::new("logit")?,
    };
    args.map.map(&place, &genome)
}

/// The region as positions in the window.
fn positions(region: Option<&Region>, window: &PairWindow, genome: &FastaGenome) -> Result<Range<usize>> {
    let Range { start, end } = window.range();
    let Some(Region(region)) = region else { return Ok(0..window.sequence().len()) };
    let contig = genome.contigs().resolve(region.contig())?;
    let same = contig.name == genome.contigs().resolve(window.contig())?.name;
    let (from, to) = (region.start() as i64, region.end() as i64);
    ensure!(
        same && start <= from && to <= end,
        "the region {}:{}-{to} leaves the window {}:{}-{end}",
        region.contig(),
        from + 1,
        window.contig(),
        start + 1
    );
    Ok((from - start) as usize..(to - start) as usize)
}
