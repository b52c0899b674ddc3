//! `ciskit zoo fine-tune`

mod judged;
mod windows;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ciskit_seqio::FastaGenome;
use ciskit_train::{
    Backbone, FineTuneConfig, FineTuneEvent, FineTuned, fine_tune, fine_tune_history_tsv, sequence_logits,
};
use ciskit_zoo::load_for_training;

use crate::files::{make_folder, write_whole};
use crate::progress::{bar, print, say};
use crate::zoo_model::ZooModelArgs;
use judged::{Measurements, Stage, judged};
use windows::{Parts, WindowArgs};

/// Fine-tune a language model to tell enhancers from controls, and say what that changed
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit enhancers --dnase dnase.narrowPeak.gz --h3k27ac h3k27ac.bed.gz --genes genes.gtf.gz --genome hg38.fa --out set/
  ciskit zoo fine-tune dnabert2-117m --weights DNABERT-2-117M/ --genome hg38.fa \\
      --positives set/enhancers.bed --negatives set/controls.bed --out tuned/
  ciskit zoo score dnabert2-117m --weights tuned/ --genome hg38.fa --vcf in.vcf.gz -o out.tsv

The defaults are the published recipe: AdamW, learning rate 1e-5, batches of 8, at most 200 epochs, and the end after 5
epochs without a smaller validation loss. Windows of 1 kb around the middle of every interval; those with an N are left
out. Whole chromosomes are validated and tested on.

Written: model.safetensors, config.json and the tokenizer, which are loaded like the published ones by the same name
(the best epoch so far, as soon as there is one); history.tsv; scores.tsv, the log odds of the test windows; metrics.json:
the test windows, and with --measured the variants, as the model told them apart before (one-shot: its new head is drawn, not
trained) and after.")]
pub(crate) struct Args {
    #[command(flatten)]
    model: ZooModelArgs,
    /// Genome: FASTA, plain or bgzip
    #[arg(long, value_name = "FASTA")]
    genome: PathBuf,
    #[command(flatten)]
    windows: WindowArgs,
    /// Measured effects of variants (the unified table of `ciskit variants import`) to correlate with before and after
    #[arg(long, value_name = "TSV")]
    measured: Option<PathBuf>,
    /// Train the head alone; the rest of the network reads every window once
    #[arg(long)]
    frozen: bool,
    /// Epochs at most
    #[arg(long, default_value_t = FineTuneConfig::default().epochs)]
    epochs: usize,
    /// Windows a step
    #[arg(long, default_value_t = FineTuneConfig::default().batch)]
    batch: usize,
    /// Epochs without a smaller validation loss after which training ends
    #[arg(long, default_value_t = FineTuneConfig::default().patience, value_name = "EPOCHS")]
    patience: usize,
    /// Learning rate of AdamW
    #[arg(long, default_value_t = FineTuneConfig::default().optimiser.learning_rate)]
    learning_rate: f64,
    /// Weight decay of AdamW
    #[arg(long, default_value_t = FineTuneConfig::default().optimiser.weight_decay)]
    weight_decay: f64,
    /// Seed of the new head and of the order of windows: the same seed gives the same bytes
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Folder to write; it must not hold a model
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

impl Args {
    fn config(&self) -> Result<FineTuneConfig> {
        let &Self { seed, epochs, batch, patience, learning_rate, weight_decay, frozen, .. } = self;
        let backbone = if frozen { Backbone::Frozen } else { Backbone::Trained };
        let mut config = FineTuneConfig { seed, epochs, batch, patience, backbone, ..Default::default() };
        config.optimiser.learning_rate = learning_rate;
        config.optimiser.weight_decay = weight_decay;
        config.validate()?;
        Ok(config)
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let config = args.config()?;
    let model_file = args.out.join("model.safetensors");
    ensure!(!model_file.exists(), "{} holds a model already: take another --out", args.out.display());
    let genome = FastaGenome::open(&args.genome)?;
    let parts = Parts::read(&args.windows, &genome)?;
    parts.say();
    let measured = args
        .measured
        .as_deref()
        .map(|path| Measurements::read(path, &genome, args.windows.window))
        .transpose()?;
    let network = load_for_training(&args.model.name, &args.model.files.options(), args.seed)?;
    let tested = |name| -> Result<Stage> {
        let logits = sequence_logits(&network, parts.test.data.sequences(), config.batch)?;
        let variants =
            measured.as_ref().map(|measured| measured.correlations(network.model())).transpose()?;
        say(format!("{name}: test windows scored"));
        Ok(Stage { name, logits, variants })
    };
    let before = tested("one-shot")?;

    make_folder(&args.out)?;
    let bar = bar(0, "steps");
    let mut said = Instant::now();
    let tuned = fine_tune(
        &network,
        network.parameters(),
        &parts.training.data,
        &parts.validation.data,
        &config,
        |event| {
            match event {
                FineTuneEvent::Step { epoch, step, steps, loss } => {
                    bar.set_length(steps as u64);
                    bar.set_position(step as u64);
                    bar.set_message(format!("epoch {epoch}, loss {loss:.4}"));
                    if bar.is_hidden() && said.elapsed() > Duration::from_secs(60) {
                        say(format!("  epoch {epoch}, step {step} of {steps}: loss {loss:.4}"));
                        said = Instant::now();
                    }
                }
                FineTuneEvent::EpochEnded { epoch, is_best } => {
                    said = Instant::now();
                    bar.suspend(|| say(epoch_line(epoch, is_best)));
                    if is_best && epoch.epoch > 0 {
                        network.save(&args.out).map_err(ciskit_train::TrainError::observer)?;
                    }
                }
                _ => (),
            }
            Ok(())
        },
    )?;
    bar.finish_and_clear();
    network.save(&args.out)?;
    let after = tested("fine-tuned")?;

    let FineTuned { history, best, .. } = &tuned;
    write_whole(&args.out.join("history.tsv"), fine_tune_history_tsv(history).as_bytes())?;
    write_whole(
        &args.out.join("scores.tsv"),
        parts.test.scores_tsv(&before.logits, &after.logits).as_bytes(),
    )?;
    let table = judged(parts.test.data.labels(), &[before, after])?;
    write_whole(&args.out.join("metrics.json"), table.to_json().as_bytes())?;
    print(table.to_text());
    say(format!("epoch {best} of {} is the best", history.len() - 1));
    say(format!("written: {}", args.out.display()));
    Ok(())
}

fn epoch_line(epoch: &ciskit_train::FineTuneEpoch, is_best: bool) -> String {
    let loss = epoch.loss.map_or_else(|| "before training".to_owned(), |loss| format!("loss {loss:.4}"));
    let best = if is_best { " (best)" } else { "" };
    let (number, validation) = (epoch.epoch, &epoch.validation);
    format!(
        "  epoch {number}: {loss}, validation loss {:.4}, AUROC {:.4}, AUPRC {:.4}{best}",
        epoch.validation_loss, validation.auroc, validation.average_precision
    )
}
