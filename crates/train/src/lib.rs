//! How a model learns, in a way that can be trusted.
//!
//! Data flow through the modules in this order:
//!
//! 1. A [`PairSource`](ciskit_dataset::PairSource) gives sequences, a [`Split`](ciskit_dataset::Split) says which pairs
//!    train, validate and test.
//! 2. [`train_run`] fits one model of one [`Trial`] on the training part of one fold: batches, which a few threads prepare
//!    while the network computes, [`joint_loss`], Adam with its [`Schedule`], a [`Checkpoint`] after every epoch or some
//!    steps. After each epoch it measures the validation part, and keeps the best.
//! 3. [`cross_validate`] does so for every fold and every trial (α of [`TrainConfig::alphas`], values of
//!    [`TrainConfig::tune`], restarts), lets *validation* choose epoch and trial, and touches every test part once. The
//!    [`FoldOutcome`] of a fold that is done is kept in a file. Of several [replicas](TrainConfig::replicas), each is
//!    trained and chosen so, and the mean of their probabilities is the score.
//!
//! # What is honest by default
//!
//! - The test part of a fold is scored once, by the one model that validation chose.
//! - Augmentation happens after splitting, within the training part, for both classes alike.
//! - All randomness is derived from [`TrainConfig::seed`], fold and purpose: same seed, same bytes, for any number of
//!   threads.
//!
//! [`Protocol::Paper`] is the published way instead, which chooses on the test part. It is never the default, and
//! [`Inflation`] says what it adds, down to what [`null_selection`] makes of random scores.
//!
//! A run that was killed goes on from its checkpoint and ends with the bytes of one that was not.
//!
//! [`fine_tune`] is another, smaller loop: a published network learns to tell sequences of two classes apart.
//!
//! *The* probability of a pair is the main head's; the auxiliary head only shapes training.
//!
//! ```
//! use ciskit_core::{InMemoryGenome, Interval, Pair};
//! use ciskit_dataset::{Augmentation, ChromosomeFolds, GenomePairs, PairSource, Splitter, WindowRule};
//! use ciskit_models::{Model, ModelConfig, epipam};
//! use ciskit_train::{Placement, Silent, TrainConfig, cross_validate, history_tsv};
//!
//! // Enhancers of positives are rich in G and C.
//! let contigs = ["chr1", "chr2", "chr3"];
//! let dna = [b"GCGCC".repeat(40), b"ATTAA".repeat(40)].concat().repeat(20);
//! let genome = InMemoryGenome::new(contigs.map(|name| (name, dna.clone())))?;
//! let mut pairs = Vec::new();
//! for contig in contigs {
//!     for (index, start) in (20..7_700).step_by(200).enumerate() {
//!         let enhancer = Interval::new(contig, start, start + 100)?;
//!         let promoter = Interval::new(contig, start + 210, start + 270)?;
//!         pairs.push(Pair::new(enhancer, promoter).with_label(index % 2 == 0));
//!     }
//! }
//! let source = GenomePairs::new(genome, pairs, WindowRule::new(100), WindowRule::new(60))?;
//! let split = ChromosomeFolds::balanced(3).split(source.pairs())?;
//!
//! let network = epipam::Config {
//!     kernels: vec![5],
//!     pools: vec![8],
//!     ratios: vec![0.1],
//!     channels: 4,
//!     ..epipam::Config::epi().with_lengths(100, 60)
//! };
//! let config = TrainConfig {
//!     epochs: 4,
//!     batch: 20,
//!     augmentation: Augmentation::Both { copies: 10, jitter: 5 },
//!     ..TrainConfig::default()
//! };
//! let model = ModelConfig::Epipam(network);
//! let outcome =
//!     cross_validate::<Model>(&source, &split, &model, &config, &Placement::default(), &mut Silent)?;
//! assert_eq!(outcome.folds.len(), 3);
//! assert!(outcome.auroc().unwrap().mean > 0.95);
//! assert_eq!(history_tsv(&outcome.folds[0].history).lines().count(), 2 + 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ahead;
mod batches;
mod candidate;
mod checkpoint;
mod config;
mod container;
mod cross_validation;
mod error;
mod fine_tuning;
mod fingerprint;
mod fold_outcome;
mod fold_training;
mod history;
mod identity;
mod inflation;
mod loss;
mod measure;
mod null_selection;
mod observe;
mod protocol;
mod run;
mod schedule;
mod score;
mod trial;
mod tuning;

pub use candidate::Candidate;
pub use checkpoint::{Checkpoint, Progress, UnfinishedEpoch};
pub use config::TrainConfig;
pub use cross_validation::{CrossValidation, Placement, check_folds, cross_validate};
pub use error::TrainError;
pub use fine_tuning::{
    Backbone, FineTuneConfig, FineTuneEpoch, FineTuneEvent, FineTuned, LabelledSequences, fine_tune,
    fine_tune_history_tsv, sequence_logits,
};
pub use fingerprint::{fingerprint, fingerprint_of_pairs};
pub use fold_outcome::{FoldOutcome, OutcomeOf};
pub use history::{Epoch, candidates_tsv, history_tsv};
pub use inflation::{Inflation, TestScores};
pub use loss::joint_loss;
pub use measure::{Measured, Spread};
pub use null_selection::{NullSelection, null_selection};
pub use observe::{Event, Observer, Silent};
pub use protocol::{Protocol, SelectionSet};
pub use run::{CheckpointFile, FoldData, RunOutcome, train_run};
pub use schedule::Schedule;
pub use score::logits;
pub use trial::Trial;
pub use tuning::{Axis, Setting};
