//! `ciskit compare`

mod baselines;
mod contender;
mod estimate;
mod folder;
mod given;
mod networks;
mod pace;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use ciskit_compare::{CompareConfig, Comparison, LABEL_FREE, ModelKind, ModelScores, TestRatio};
use ciskit_core::Pair;
use ciskit_dataset::{Audit, AuditConfig, Split};
use ciskit_models::ModelConfig;
use ciskit_train::{Protocol, TrainConfig};

use crate::claim::{REPORT, ResumeArgs};
use crate::commands::train::TrainingArgs;
use crate::embedded::{EmbedArgs, Embedded};
use crate::files::write_whole;
use crate::model_inputs::ModelInputArgs;
use crate::pair_input::{PairInputArgs, read_pairs};
use crate::progress::{print, say};
use crate::split::FoldArgs;

use contender::{Contender, Network};
use folder::{ComparisonConfig, ComparisonFolder, FILES};
use given::Given;
use networks::{Inputs, Training};

/// Compare models on the same test pairs: train them fold by fold, or take score tables as they are
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ciskit compare --models epipam,epi --pairs gm.bedpe --genome hg19.fa.gz --out cmp/
  ciskit compare --models epipam,epi,distance,promoter-count --pairs nhek.pairs.tsv.gz --enhancers E.fa.gz \\
    --promoters P.fa.gz --split chromosome --test-ratios 1,10,all --reference epipam --out cmp/
  ciskit compare --models epipam,kmer,trees,propensity --pairs gm.bedpe --genome hg19.fa.gz --out cmp/
  ciskit compare --models epipam,small=network.toml --pairs gm.bedpe --genome hg19.fa.gz --dry-run --out cmp/
  ciskit compare --models epipam,epipam+embed --embed sei --weights sei.pth --pairs gm.bedpe --genome hg38.fa.gz --out cmp/
  ciskit compare --scores old=run1/scores.tsv --scores new=run2/scores.tsv --pairs gm.bedpe --reference old --out cmp/

Every model meets the same test rows: all positives of a fold and so many drawn negatives for each. The label-free rules
(distance, promoter-count, enhancer-count, prevalence) stand beside the models always, and the report names what the
audit of the list found. Baselines that learn from each fold's training pairs: promoter-training-degree,
enhancer-training-degree, propensity, promoter-propensity, enhancer-propensity, trees, trees-degree, kmer. They read
windows of 3,000 bp for enhancers and 2,000 bp for promoters, or of --enhancer-len and --promoter-len, whatever the
networks read. --embedding goes to the networks of k-mers, --features to those that read more than sequences, --embed to
those whose name ends in +embed (epipam+embed, epi+embed) or whose configuration says so.

The folder holds config.toml, comparison.tsv (every number), differences.tsv (every test), comparison.json,
comparison.md, comparison.svg and report.html, and for every network a run folder as train writes it, under the network's name.

A comparison that was stopped goes on with --resume and ends with the same bytes; networks that are done are not trained
again, and more models can be added; other pairs, another split or seed are refused by name. --dry-run says what would be
trained and about how long it takes.

A score table has a column name, and logit, score or probability; with a column fold, rows are taken for that fold only.
Without --genome or --enhancers and --promoters, pairs are read as BEDPE.")]
#[command(mut_arg("test_ratio", |arg| arg.hide(true)))]
pub(crate) struct Args {
    /// Networks by name, or NAME=TOML for a configuration of one's own; baselines by name; label-free rules are shown in
    /// any case
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    models: Vec<Contender>,
    /// Finished scores of all test pairs to compare with, such as a run's scores.tsv; may be given several times
    #[arg(long, value_name = "NAME=TSV")]
    scores: Vec<Given>,
    /// Preset of the networks given by name
    #[arg(long)]
    preset: Option<String>,
    /// Length of the enhancer window in bp [default: each network's, and 3000 for the audit and baselines]
    #[arg(long, value_name = "BP")]
    enhancer_len: Option<usize>,
    /// Length of the promoter window in bp [default: each network's, and 2000 for the audit and baselines]
    #[arg(long, value_name = "BP")]
    promoter_len: Option<usize>,
    #[command(flatten)]
    further: ModelInputArgs,
    #[command(flatten)]
    embed: EmbedArgs,
    #[command(flatten)]
    input: PairInputArgs,
    #[command(flatten)]
    folds: FoldArgs,
    #[command(flatten)]
    training: TrainingArgs,
    /// Negatives for each positive in the test lists; all for all of them
    #[arg(long, value_delimiter = ',', default_value = "1,10,all", value_name = "LIST")]
    test_ratios: Vec<TestRatio>,
    /// Model that the others are tested against [default: epipam, or the first model]
    #[arg(long, value_name = "NAME")]
    reference: Option<String>,
    /// How often chromosomes are resampled for intervals and p-values
    #[arg(long, default_value_t = 1000, value_name = "N")]
    resamples: usize,
    /// Folder of the comparison
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    #[command(flatten)]
    progress: ResumeArgs,
    /// Only say what would be trained and about how long it takes, from a few timed steps of each network
    #[arg(long)]
    dry_run: bool,
}

/// Lengths of the windows that the audit and the baselines read where nothing else is said, in bp: the published ones.
const WINDOWS: (usize, usize) = (3_000, 2_000);

impl Args {
    /// The networks, without what they are told of the pairs.
    fn networks(&self, embedded: Option<&Embedded>) -> Result<Vec<Network>> {
        ensure!(
            !self.training.limits_negatives(),
            "--test-ratio would leave test pairs without score: --test-ratios chooses among all scores afterwards"
        );
        let lengths = (self.enhancer_len, self.promoter_len);
        let training = |config: &ModelConfig| self.training_config(config);
        let network = |model: &Contender| {
            let further = (&self.further, embedded);
            model.network(self.preset.as_deref(), lengths, &self.input.tracks, further, training)
        };
        let networks: Vec<Network> =
            self.models.iter().map(network).filter_map(Result::transpose).collect::<Result<_>>()?;
        ensure!(
            self.input.tracks.is_empty() || networks.iter().any(|network| network.config.tracks() > 0),
            "--track is given, but no network here reads tracks"
        );
        ensure!(
            embedded.is_none() || networks.iter().any(|network| network.config.pretrained().is_some()),
            "--embed is given, but no network here reads embeddings: name one of them epipam+embed or epi+embed"
        );
        self.further.check_used(&networks.iter().map(|network| &network.config).collect::<Vec<_>>())?;
        Ok(networks)
    }

    /// Lengths of the windows that the audit and the baselines read.
    fn windows(&self) -> (usize, usize) {
        (self.enhancer_len.unwrap_or(WINDOWS.0), self.promoter_len.unwrap_or(WINDOWS.1))
    }

    /// The settings of the comparison, whose reference is one of `names`.
    fn config(&self, names: &[&str]) -> Result<CompareConfig> {
        let default = CompareConfig::default().reference;
        let first = names.first().copied().unwrap_or(LABEL_FREE[0]);
        let usual = if names.contains(&default.as_str()) { &default } else { first };
        let reference = self.reference.as_deref().unwrap_or(usual).to_owned();
        let known: Vec<&str> = names.iter().copied().chain(LABEL_FREE).collect();
        ensure!(
            known.contains(&reference.as_str()),
            "the reference {reference} is not among what is compared: {}",
            known.join(", ")
        );
        let (ratios, seed) = (self.test_ratios.clone(), self.training.seed);
        let config = CompareConfig { reference, ratios, seed, resamples: self.resamples };
        config.check()?;
        Ok(config)
    }

    /// How a network is trained: so that all test pairs get a score.
    fn training_config(&self, model: &ModelConfig) -> Result<TrainConfig> {
        // Under protocol paper, 1 where nothing else is said.
        Ok(TrainConfig { test_negatives_per_positive: None, ..self.training.config(model)? })
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let embedded = args.embed.open(&args.out)?;
    let mut networks = args.networks(embedded.as_ref())?;
    let baselines: Vec<&str> = args.models.iter().filter_map(Contender::baseline).collect();
    let trained: Vec<String> = networks.iter().map(|network| network.name.clone()).collect();
    let given = args.scores.iter().map(|given| given.name.as_str());
    let names: Vec<&str> =
        trained.iter().map(String::as_str).chain(baselines.iter().copied()).chain(given).collect();
    contender::check_names(&names)?;
    let config = args.config(&names)?;

    let inputs =
        Inputs::open(&mut networks, &args.input, (&args.further, embedded.as_ref()), args.windows())?;
    let sequences = inputs.plain().map(|input| &*input.source);
    if let (None, Some(name)) = (sequences, baselines.first()) {
        bail!("{name} needs --genome, or --enhancers and --promoters");
    }
    let pairs = match sequences {
        Some(source) => source.pairs().to_vec(),
        None => pairs_alone(&args.input)?,
    };
    let split = args.folds.split.split(&pairs, args.training.seed)?;
    let folds = args.folds.folds.clone().unwrap_or_else(|| (0..split.folds.len()).collect());
    let training = Training {
        split: &split,
        folds: &folds,
        checkpoint_every: args.progress.checkpoint_every(),
        resume: args.progress.resume,
        out: &args.out,
    };
    training.check(&networks, &inputs)?;
    if args.dry_run {
        print(estimate::grid(&networks, &inputs, &training)?);
        return Ok(());
    }
    let read = |given: &Given, kind| given.read(kind, &pairs, &split, &folds);
    let tables: Vec<ModelScores> =
        args.scores.iter().map(|given| read(given, ModelKind::Table)).collect::<Result<_>>()?;
    let identity = ComparisonConfig::new(
        (args.input.pairs.as_deref(), &pairs),
        (&split, &folds),
        args.training.seed,
        args.windows(),
        &names,
    );
    let folder = ComparisonFolder::claim(&args.out, identity, args.progress.resume)?;
    let audit = Audit::of(&pairs, &split, &AuditConfig::default(), sequences)?;
    say(format!("{}; the audit says: {}", split.splitter, audit.verdict));

    let fitted: Vec<ModelScores> = sequences
        .iter()
        .flat_map(|source| baselines.iter().map(move |name| (*source, *name)))
        .map(|(source, name)| baselines::scores(name, source, &split, &folds, args.training.seed))
        .collect::<Result<_>>()?;
    training.train(&networks, &inputs)?;
    let mut models = Vec::new();
    for Network { name, .. } in &networks {
        let run = Given { name: name.clone(), path: args.out.join(name).join("scores.tsv") };
        models.push(read(&run, ModelKind::Network)?);
    }
    models.extend(fitted);
    models.extend(tables);
    let mut comparison = compare(&pairs, &split, &audit, &models, &config, &folds)?;
    if networks.iter().any(|network| network.training.protocol == Protocol::Paper) {
        say(format!("warning: {INFLATED}"));
        comparison = comparison.with_note(INFLATED);
    }
    if sequences.is_some() {
        let (enhancer, promoter) = args.windows();
        comparison = comparison.with_note(format!(
            "the audit and the baselines read windows of {enhancer} bp for enhancers and {promoter} bp for promoters, \
             whatever the networks read"
        ));
    }
    if !folder.left_out.is_empty() {
        let note =
            format!("compared in this folder before, and left out now: {}", folder.left_out.join(", "));
        say(format!("warning: {note}"));
        comparison = comparison.with_note(note);
    }
    write(&comparison, &args.out)?;
    for list in &comparison.lists {
        print(comparison.ranking_table(list.ratio).to_text());
        print(comparison.reference_table(list.ratio).to_text());
    }
    say(format!("written: {}", args.out.join(REPORT).display()));
    Ok(())
}

/// What a comparison under the published selection must say.
const INFLATED: &str = "the networks were chosen on the test pairs that they are measured on (protocol paper): their \
    scores are inflated, those of baselines and rules are not; the report in each network's folder says by how much";

/// Compares; without models, the rules alone on the asked folds.
fn compare(
    pairs: &[Pair],
    split: &Split,
    audit: &Audit,
    models: &[ModelScores],
    config: &CompareConfig,
    folds: &[usize],
) -> Result<Comparison> {
    ensure!(
        !models.is_empty() || folds.len() == split.folds.len(),
        "--folds needs a model: without --models and --scores, the rules are measured on all folds"
    );
    Ok(Comparison::of(pairs, split, audit, models, config)?)
}

/// Pairs without sequences.
fn pairs_alone(input: &PairInputArgs) -> Result<Vec<Pair>> {
    let path = input.pairs.as_ref().context("give --pairs")?;
    Ok(read_pairs(path)?.0.into_iter().map(|record| record.pair).collect())
}

fn write(comparison: &Comparison, out: &Path) -> Result<()> {
    let texts = [
        comparison.table().to_tsv(),
        comparison.difference_table().to_tsv(),
        comparison.to_json(),
        comparison.to_markdown(),
        comparison.picture().to_string(),
        comparison.page().to_html(),
    ];
    for (name, text) in FILES.iter().zip(&texts) {
        write_whole(&out.join(name), text.as_bytes())?;
    }
    Ok(())
}
