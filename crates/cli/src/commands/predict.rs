//! `ciskit predict`

use std::path::PathBuf;

use anyhow::Result;
use ciskit_core::Side;
use ciskit_models::Model;
use ciskit_nn::{Device, PairModel};
use ciskit_seqio::TextWriter;

use crate::embedded::TrainedOnArgs;
use crate::features;
use crate::model::ModelArgs;
use crate::pair_input::{PairInput, PairInputArgs, To};
use crate::progress::{bar, say};
use crate::score_table::ScoreTable;
use crate::tracks;

/// Score enhancer-promoter pairs with a trained model
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ciskit predict --model run/ --pairs new.bedpe --genome hg19.fa.gz -o scores.tsv
  ciskit predict --model embedded/ --weights sei.pth --pairs new.bedpe --genome hg38.fa.gz -o scores.tsv
  ciskit predict --model w.safetensors --config epipam.toml --enhancers e.fa --promoters p.fa -o scores.tsv

The table has a row a pair: name, logit, probability, then the input's own columns.")]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    input: PairInputArgs,
    #[command(flatten)]
    embedded: TrainedOnArgs,
    /// Motif whose sites the model was trained with (JASPAR or MEME); refused if it reads none
    #[arg(long, value_name = "FILE")]
    motif: Option<PathBuf>,
    /// Table of scores (TSV; bgzip if it ends in .gz)
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Pairs a batch
    #[arg(long, default_value_t = 100)]
    batch: usize,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let networks = args.model.load()?;
    let first = networks.first();
    features::check_motif(args.motif.as_deref(), features::name_motif(first.covariates()))?;
    tracks::check(&args.input.tracks, "the model", first.tracks())?;
    let embedded = args.embedded.open(first.embedding().as_ref(), &args.model.model)?;
    let (enhancer_len, promoter_len) = (first.enhancer_len(), first.promoter_len());
    let mut input = args.input.open_for(enhancer_len, promoter_len, first.tracks(), To::Score)?;
    let covariates = features::named(&*input.source, first.covariates(), args.motif.as_deref())?;
    input.source = features::with(input.source, covariates);
    // A place that cannot be written shows now, not after hours of scoring.
    let writer = TextWriter::create(&args.out)?;
    if let Some(embedded) = embedded {
        input = embedded.of(input)?;
    }
    let rows: Vec<usize> = (0..input.source.len()).collect();
    let bar = bar(rows.len() as u64, "pairs");
    let mut logits = Vec::with_capacity(rows.len());
    for rows in rows.chunks(args.batch.max(1)) {
        let of_network = |network: &Model| {
            Ok(ciskit_train::logits(network, &*input.source, rows, args.batch, &Device::Cpu)?)
        };
        logits.extend(networks.logits(of_network)?);
        bar.inc(rows.len() as u64);
    }
    bar.finish_and_clear();
    let unknown = unknown_share(&input)?;
    ScoreTable { input: &input, rows: &rows, logits: &logits, further: &[("unknown", unknown)] }
        .write_to(writer)?;
    say(format!("{} pairs scored: {}", rows.len(), args.out.display()));
    Ok(())
}

/// The share of bases of both windows that are not known (N): a score of a window without bases says nothing.
fn unknown_share(input: &PairInput) -> Result<Vec<String>> {
    let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
    let total = input.source.window_len(Side::Enhancer) + input.source.window_len(Side::Promoter);
    let mut shares = Vec::with_capacity(input.source.len());
    for pair in 0..input.source.len() {
        input.source.fetch(pair, ciskit_dataset::Jitter::CENTRED, &mut enhancer, &mut promoter)?;
        let known = |base: &&u8| b"ACGTacgt".contains(base);
        let unknown = total - enhancer.iter().chain(&promoter).filter(known).count();
        shares.push(format!("{:.4}", unknown as f64 / total as f64));
    }
    Ok(shares)
}
