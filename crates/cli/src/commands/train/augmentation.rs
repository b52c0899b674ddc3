//! `--augmentation`, `--copies`, `--jitter`: which training pairs are copied and moved.

use ciskit_dataset::Augmentation;
use ciskit_models::ModelConfig;

/// How far windows are moved where nothing else is said, in bp.
const JITTER: u32 = 100;

/// Copied and moved training pairs.
#[derive(clap::Args, Clone)]
pub(super) struct AugmentationArgs {
    /// Which training pairs are copied and moved [default: both; paper under --protocol paper]
    #[arg(long, value_enum)]
    augmentation: Option<AugmentationKind>,
    /// Copies of each positive an epoch
    #[arg(long, default_value_t = 10)]
    copies: usize,
    /// How far windows are moved at most, in bp [default: 100; 0 with --embed, where each moved window is embedded by itself]
    #[arg(long, value_name = "BP")]
    jitter: Option<u32>,
}

/// Which training pairs are copied and moved.
#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum AugmentationKind {
    /// Both classes alike, in equal numbers
    Both,
    /// Positives only, as published; the augmentation itself tells the classes apart a little
    Paper,
    /// None: every training pair once an epoch
    None,
}

impl AugmentationArgs {
    /// What is copied and moved for a model, under the published selection or not.
    pub(super) fn of(&self, model: &ModelConfig, is_paper: bool) -> Augmentation {
        let by_protocol = if is_paper { AugmentationKind::Paper } else { AugmentationKind::Both };
        // A moved window has another embedding, which costs a run of the pretrained model.
        let usual = if model.pretrained().is_some() { 0 } else { JITTER };
        let (copies, jitter) = (self.copies, self.jitter.unwrap_or(usual));
        match self.augmentation.unwrap_or(by_protocol) {
            AugmentationKind::Both => Augmentation::Both { copies, jitter },
            AugmentationKind::Paper => Augmentation::Paper { copies, jitter },
            AugmentationKind::None => Augmentation::None,
        }
    }
}
