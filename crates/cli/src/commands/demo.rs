//! `ciskit demo`

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use ciskit_core::{Selection, Side, Variant};
use ciskit_dataset::Augmentation;
use ciskit_models::{ModelConfig, epipam};
use ciskit_nn::LOGIT;
use ciskit_report::{Column, Section, Table};
use ciskit_seqio::{FastaGenome, VcfReader, VcfRecord};
use ciskit_simulate::{Simulation, SimulationConfig};
use ciskit_train::{Schedule, TrainConfig};
use ciskit_variant::FixedWindows;
use ciskit_variant::scores::Difference;

use crate::claim::CONFIG;
use crate::commands::simulate::summary;
use crate::commands::train::Training;
use crate::files::make_folder;
use crate::model::{Channels, Ensemble, ModelArgs};
use crate::pair_input::{PairInputArgs, To, read_pairs};
use crate::pair_windows::PairWindow;
use crate::progress::{print, say};
use crate::split::SplitSettings;

/// Simulate data, train EPIPAM on them, score variants and write a report: everything in two minutes
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit demo --out run/

Then open run/report.html (report.svg is its summary as one picture).")]
pub(crate) struct Args {
    /// Run folder
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Seed: the same seed gives the same bytes
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Base pairs of both windows: short, so that training takes a minute.
const WINDOW: usize = 600;

pub(crate) fn run(args: &Args) -> Result<()> {
    let started = Instant::now();
    check_seed(args)?;
    let data = args.out.join("data");
    make_folder(&data)?;
    let simulation =
        Simulation::generate(&SimulationConfig { seed: args.seed, ..SimulationConfig::default() })?;
    simulation.write(&data)?;
    say(format!("simulated in {}: {}", data.display(), summary(&simulation)));

    // With the published dropout (0.2 and 0.5) the grammar is found late or not at all on so few pairs.
    let network = epipam::Config { block_dropout: 0.0, head_dropout: 0.3, ..epipam::Config::chiapet() };
    let model = ModelConfig::Epipam(network.with_lengths(WINDOW, WINDOW));
    let input = PairInputArgs {
        pairs: Some(data.join("pairs.bedpe")),
        genome: Some(data.join("genome.fa")),
        enhancers: None,
        promoters: None,
        tracks: Vec::new(),
    };
    let input = input.open(WINDOW, WINDOW, To::Split)?;
    let split = SplitSettings::default().split(input.source.pairs(), args.seed)?;
    let config = TrainConfig {
        seed: args.seed,
        epochs: EPOCHS,
        batch: BATCH,
        augmentation: Augmentation::Both { copies: 1, jitter: 40 },
        schedule: Schedule::Cosine,
        ..TrainConfig::default()
    };
    let training = Training {
        input: &input,
        split: &split,
        model: &model,
        config: &config,
        folds: Some(vec![0]),
        checkpoint_every: None,
        vectors: None,
        out: args.out.clone(),
    };
    // The same demo again goes on where it was stopped, or writes the same once more.
    let claim = training.claim(true)?;
    let run = training.run(&claim)?;

    let scored = ScoredVariants::new(&args.out, &data)?;
    let metrics = run.metrics()?;
    run.page(&metrics)?.section(scored.section()).write(args.out.join("report.html"))?;
    let best = format!("Best reachable AUROC on these data: {:.3}", simulation.best_auroc());
    run.picture(&metrics, &[best.clone(), scored.sentence()])?.write(args.out.join("report.svg"))?;

    print(run.summary());
    print(format!("{best}\n"));
    print(scored.table().to_text());
    say(format!("{:.0} s; open {}", started.elapsed().as_secs_f64(), args.out.join("report.html").display()));
    Ok(())
}

/// Refuses the folder of a demo of another seed, whose data would be overwritten.
fn check_seed(args: &Args) -> Result<()> {
    let Ok(text) = std::fs::read_to_string(args.out.join(CONFIG)) else { return Ok(()) };
    let config: toml::Table = text.parse().with_context(|| args.out.join(CONFIG).display().to_string())?;
    let seed = config.get("training").and_then(|training| training.get("seed"));
    match seed.map(ToString::to_string) {
        Some(theirs) if theirs != args.seed.to_string() => {
            bail!("{} holds a training of seed {theirs}: choose another --out", args.out.display())
        }
        _ => Ok(()),
    }
}

/// Epochs of the demo.
const EPOCHS: usize = 8;
/// Pairs a step of the demo: fewer than usual, for more steps.
const BATCH: usize = 50;

/// The simulated variants with the model's effect beside the true one.
struct ScoredVariants {
    /// Kind (`EFFECT` of the VCF) and logit difference of each scored variant.
    effects: Vec<(String, f64)>,
}

impl ScoredVariants {
    /// Scores every variant in the pair that it was made for.
    fn new(run: &Path, data: &Path) -> Result<Self> {
        let model = ModelArgs { model: run.to_path_buf(), config: None, channels: Channels::Acgt };
        let model = Ensemble::new(model.load()?)?;
        let genome = FastaGenome::open(data.join("genome.fa"))?;
        let (pairs, _) = read_pairs(&data.join("pairs.bedpe"))?;
        let records: Vec<VcfRecord> =
            VcfReader::open(data.join("variants.vcf"))?.collect::<Result<_, _>>()?;
        let mut effects = Vec::with_capacity(records.len());
        for side in [Side::Enhancer, Side::Promoter] {
            let mut variants: Vec<Variant> = Vec::new();
            let (mut kinds, mut windows) = (Vec::new(), Vec::new());
            for record in records.iter().filter(|record| info(record, "SIDE") == Some(&side.to_string())) {
                let name = info(record, "PAIR").context("a simulated variant names its pair")?;
                let pair = pairs.iter().find(|pair| pair.pair.name.as_deref() == Some(name));
                let pair = pair.with_context(|| format!("pair {name} of a variant is missing"))?.pair.clone();
                windows.push(PairWindow::new(pair, side, model.lengths(), &genome, &[])?);
                kinds.push(info(record, "EFFECT").unwrap_or("unknown").to_owned());
                variants.extend(record.variants().collect::<Result<Vec<_>, _>>()?);
            }
            for ((variant, window), kind) in variants.iter().zip(&windows).zip(kinds) {
                let windows = [window.scored_by(&model)?];
                let select = || Selection::all().with_outputs(vec![LOGIT]);
                let windows = FixedWindows::new(&windows, |scoring, plan| {
                    scoring.plan(plan).select(select()).scores(vec![Box::new(Difference)])
                })?;
                let scored = windows.run(&genome).score(std::slice::from_ref(variant))?;
                let difference = scored.iter().flatten().find_map(|entry| entry.scored.values.first());
                effects.extend(difference.map(|difference| (kind, *difference)));
            }
        }
        Ok(Self { effects })
    }

    fn table(&self) -> Table {
        let mut table = Table::new([
            Column::text("effect").titled("Planted effect"),
            Column::integer("variants"),
            Column::float("right_sign", 3).titled("Right sign"),
            Column::float("mean", 4).titled("Mean logit difference"),
        ])
        .captioned(
            "Variants of known effect: a broken site must lower the score, a created one must raise it.",
        );
        for (kind, sign) in [("break", Some(-1.0)), ("create", Some(1.0)), ("keep", None)] {
            let of_kind: Vec<f64> =
                self.effects.iter().filter(|(name, _)| name == kind).map(|(_, effect)| *effect).collect();
            if of_kind.is_empty() {
                continue;
            }
            let n = of_kind.len();
            let right =
                |sign: f64| of_kind.iter().filter(|effect| **effect * sign > 0.0).count() as f64 / n as f64;
            let mean = of_kind.iter().sum::<f64>() / n as f64;
            table.push([kind.into(), (n as u64).into(), sign.map(right).into(), mean.into()]);
        }
        table
    }

    /// The shares of right signs, for the picture.
    fn sentence(&self) -> String {
        let share = |kind: &str, sign: f64| {
            let of_kind = || self.effects.iter().filter(|(name, _)| name == kind);
            let right = of_kind().filter(|(_, effect)| effect * sign > 0.0).count();
            format!("{right} of {}", of_kind().count())
        };
        format!(
            "Variants: score lowered by {} that break a site, raised by {} that create one",
            share("break", -1.0),
            share("create", 1.0)
        )
    }

    fn section(&self) -> Section {
        Section::new("Variants of known effect").table(&self.table())
    }
}

/// The value of an INFO key.
fn info<'a>(record: &'a VcfRecord, key: &str) -> Option<&'a str> {
    let entries = record.columns().nth(7)?.split(';');
    entries.filter_map(|entry| entry.split_once('=')).find(|(name, _)| *name == key).map(|(_, value)| value)
}
