//! What must a model of enhancer-promoter pairs beat before its score says anything?
//!
//! 1. **A trait.** A [`Baseline`] is fitted on the training rows of a
//!    [`PairSource`](ciskit_dataset::PairSource) and leaves a [`FittedBaseline`], which scores any rows. It says what it looks
//!    at ([`Evidence`]) and whether it is transductive. A fitted baseline is also one of the scorers of `ciskit_core` that
//!    every tool takes, and every [`PairTableScorer`](ciskit_core::PairTableScorer) is a baseline ([`TableBaseline`]).
//! 2. **Without learning.** The distance, and how often an element occurs in the scored list.
//! 3. **From the training list.** [`Prevalence`], [`TrainingDegree`], [`Propensity`]: elements that are known again.
//! 4. **From features.** [`BoostedTrees`] on distance, lengths and composition: [`TreeFeature`].
//! 5. **From words.** [`KmerRegression`] on the k-mers of both windows.
//!
//! [`Baselines`] finds them by name.
//!
//! ```
//! use ciskit_baselines::Baselines;
//! use ciskit_core::{InMemoryGenome, Interval, Pair};
//! use ciskit_dataset::{ChromosomeFolds, GenomePairs, PairSource, Splitter, WindowRule};
//!
//! // The enhancers of positives are rich in G and C.
//! let contigs = ["chr1", "chr2", "chr3"];
//! let bases = [b"GCGGC".repeat(60), b"ATTAC".repeat(60)].concat();
//! let genome = InMemoryGenome::new(contigs.map(|name| (name, bases.clone())))?;
//! let mut pairs = Vec::new();
//! for contig in contigs {
//!     for start in (20..560).step_by(20) {
//!         let enhancer = Interval::new(contig, start, start + 30)?;
//!         pairs.push(Pair::new(enhancer, Interval::new(contig, 300, 340)?).with_label(start < 300));
//!     }
//! }
//! let source = GenomePairs::new(genome, pairs, WindowRule::new(30), WindowRule::new(40))?;
//!
//! let kmer = Baselines::named("kmer")?;
//! for fold in ChromosomeFolds::balanced(3).split(source.pairs())?.folds {
//!     let fitted = kmer.fit(&source, &fold.train, 7)?;
//!     let scores = fitted.score(&source, &fold.test)?;
//!     assert!(scores[0] > 0.0 && scores[scores.len() - 1] < 0.0);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod baseline;
mod degree;
mod error;
mod feature_reader;
mod features;
mod kmer;
mod labels;
mod lbfgs;
mod logistic;
mod prevalence;
mod propensity;
mod registry;
mod spectrum;
mod standard;
mod table;
mod trees;
mod windows;

pub use baseline::{Baseline, Evidence, FittedBaseline};
pub use degree::TrainingDegree;
pub use error::BaselineError;
pub use features::TreeFeature;
pub use kmer::{FittedKmers, KmerRegression};
pub use labels::ClassWeights;
pub use prevalence::Prevalence;
pub use propensity::Propensity;
pub use registry::Baselines;
pub use spectrum::KmerStrand;
pub use table::TableBaseline;
pub use trees::{BoostedTrees, FittedTrees};
