//! `ciskit variants benchmark`

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use ciskit_seqio::{MeasuredEffect, MeasuredTableReader, PredictionTable};
use ciskit_variant::benchmark::{Benchmark, BenchmarkConfig, Measurement, ModelPredictions};

use crate::claim::{CONFIG, REPORT, lock};
use crate::files::{make_folder, remove_leftovers, write_whole};
use crate::progress::{print, say};

/// Compare predicted with measured effects: correlations, directions and detection, by data set and cell line
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit variants benchmark --measured variants.tsv.gz --predicted predictions_log2.tsv.gz --out bench/

The measured table is one that variants import writes; a column label (1 an enhancer, 0 a control) is used if it is there.
Rows of a table of predictions are told apart by dataset and row, or chrom, pos, ref and alt, or id; every further column
is a model. A pair is used if the effect is finite and predicted; all others are counted.

The folder holds benchmark.tsv and benchmark.json (every number), detection.tsv, benchmark.md, benchmark.svg (heat maps)
and report.html. Numbers below a threshold of measured p-values are conditioned on the outcome: they are higher for that.")]
pub(crate) struct Args {
    /// Measured effects (TSV, plain or gzip)
    #[arg(long, value_name = "TSV")]
    measured: PathBuf,
    /// Predictions, a column a model (TSV or CSV, plain or gzip); may be given several times
    #[arg(long, required = true, value_name = "FILE")]
    predicted: Vec<PathBuf>,
    /// Only these models [default: all]
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    models: Option<Vec<String>>,
    /// Measurements that a table has no row for have no prediction, instead of being an error
    #[arg(long)]
    partial: bool,
    /// Thresholds of measured p-values below which rows are measured by themselves
    #[arg(long, value_delimiter = ',', default_value = "0.5,0.1,0.05,5e-5,1e-5", value_name = "LIST")]
    p_thresholds: Vec<f64>,
    /// Measurements with a p-value below this are what detection is to find
    #[arg(long, default_value_t = BenchmarkConfig::default().significant, value_name = "P")]
    significant: f64,
    /// Folder to write
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// The files of a benchmark; the report is written last.
const FILES: [&str; 6] =
    ["benchmark.tsv", "benchmark.json", "detection.tsv", "benchmark.md", "benchmark.svg", REPORT];

pub(crate) fn run(args: &Args) -> Result<()> {
    let config = BenchmarkConfig {
        p_thresholds: args.p_thresholds.clone(),
        significant: args.significant,
        ..BenchmarkConfig::default()
    };
    config.check()?;
    let effects: Vec<MeasuredEffect> =
        MeasuredTableReader::open(&args.measured)?.collect::<Result<_, _>>()?;
    let models = models(args, &effects)?;
    let measured: Vec<Measurement> = effects.into_iter().map(measurement).collect();
    let benchmark = Benchmark::of(&measured, &models, &config)
        .with_context(|| format!("{} cannot be compared", args.measured.display()))?;

    make_folder(&args.out)?;
    let _lock = lock(&args.out)?;
    let other = args.out.join(CONFIG).exists();
    ensure!(!other, "{} holds a training or a comparison: take another --out", args.out.display());
    remove_leftovers(&args.out, |name| FILES.contains(&name))?;
    let texts = [
        benchmark.table().to_tsv(),
        benchmark.table().to_json(),
        benchmark.detection_table().to_tsv(),
        benchmark.to_markdown(),
        benchmark.picture().to_string(),
        benchmark.page().to_html(),
    ];
    for (name, text) in FILES.iter().zip(&texts) {
        write_whole(&args.out.join(name), text.as_bytes())?;
    }
    let pearson = benchmark.matrix(None, |found| Some(found.pearson?.coefficient));
    print(pearson.captioned("Pearson's r of predicted and measured log2 effects, all rows").to_text());
    for group in &benchmark.groups {
        let used = benchmark.models.iter().filter_map(|model| {
            let pairs = benchmark.agreement(model, group, None)?.pairs;
            Some((pairs.used, pairs.rows))
        });
        let (most, rows) = used.max().unwrap_or_default();
        print(format!("{group}: {most} of {rows} measurements used, for the model with most predictions"));
    }
    say(format!("written: {}", args.out.join(REPORT).display()));
    Ok(())
}

/// The predictions of every model of every table.
fn models(args: &Args, effects: &[MeasuredEffect]) -> Result<Vec<ModelPredictions>> {
    let mut models = Vec::new();
    for path in &args.predicted {
        let table = PredictionTable::open(path)?;
        let values = table.join(effects, args.partial)?;
        models.extend(
            table.models().iter().zip(values).map(|(name, values)| ModelPredictions::new(name, values)),
        );
    }
    let Some(wanted) = &args.models else { return Ok(models) };
    let known: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    for name in wanted {
        ensure!(
            known.contains(&name.as_str()),
            "no table has a model {name}: there are {}",
            known.join(", ")
        );
    }
    models.retain(|model| wanted.contains(&model.name));
    Ok(models)
}

fn measurement(effect: MeasuredEffect) -> Measurement {
    let MeasuredEffect { effect_log2, p, dataset, cell, label, .. } = effect;
    let cell = cell.as_deref().map(str::to_owned);
    Measurement { dataset: dataset.to_string(), cell, effect_log2, p, label }
}
