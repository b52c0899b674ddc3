//! Which pairs are trained on, which are tested on, and is that honest.
//!
//! In the order in which a cross-validation uses it:
//!
//! 1. **Source.** A [`PairSource`] holds the pairs and reads their windows: [`GenomePairs`] cuts them from a
//!    genome by a [`WindowRule`], [`ElementPairs`] pads or trims sequences given by name; [`EmbeddedPairs`] adds what a
//!    pretrained model makes of the windows, from an [`EmbeddingCache`].
//! 2. **Split.** A [`Splitter`] makes a [`Split`] of [`Fold`]s with three parts each: whole chromosomes
//!    ([`ChromosomeFolds`]), whole [`Components`] of neighbouring elements ([`ComponentFolds`]), whole cells
//!    ([`CellFolds`]), what a file says ([`PinnedFolds`]), or [`RandomFolds`], which call themselves leaky.
//!    [`Balance`] counts what the parts hold and knows which lack a class.
//! 3. **Negatives.** [`subsample_negatives`] brings a part to a ratio of classes. Lists of positives, or with
//!    negatives that give themselves away, get new ones before splitting: a [`NegativeSampler`] draws them from a
//!    [`Universe`] of elements and says in a [`Matching`] what still tells them apart. Contacts are first brought
//!    down to those that [meet a peak](meeting_peaks).
//! 4. **Augmentation**, after splitting only: an [`Augmentation`] turns a fold's training pairs into
//!    [`Example`]s whose windows are moved.
//! 5. **Seeds.** [`Seeds`] derive an independent seed for every fold and [`Purpose`] from one number.
//! 6. **Audit**, before anyone trains: an [`Audit`] says how far rules without biology get on pairs and split.
//!
//! Elements themselves come from [`EnhancerSet`]: enhancers from peaks and marks, with controls of the same GC content;
//! [`IntervalSet`] is the algebra of places below it.
//!
//! Pairs are known by their index in the source everywhere, counted from 0. Coordinates are 0-based and
//! half-open.
//!
//! ```
//! use ciskit_core::{InMemoryGenome, Interval, Pair};
//! use ciskit_dataset::*;
//!
//! let contigs = ["chr1", "chr2", "chr3"];
//! let genome = InMemoryGenome::new(contigs.map(|name| (name, b"ACGTTGCA".repeat(100))))?;
//! let mut pairs = Vec::new();
//! for contig in contigs {
//!     for (start, label) in [(100, true), (200, false), (300, false)] {
//!         let enhancer = Interval::new(contig, start, start + 31)?;
//!         pairs.push(Pair::new(enhancer, Interval::new(contig, 600, 650)?).with_label(label));
//!     }
//! }
//! let source = GenomePairs::new(genome, pairs, WindowRule::new(60), WindowRule::new(40))?;
//!
//! let split = ChromosomeFolds::balanced(3).split(source.pairs())?;
//! assert_eq!(split.leak, None);
//! Balance::of(source.pairs(), &split).check()?;
//!
//! let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
//! for (index, fold) in split.folds.iter().enumerate() {
//!     let seeds = Seeds::of_fold(7, index);
//!     let augmentation = Augmentation::Both { copies: 2, jitter: 10 };
//!     for example in augmentation.examples(source.pairs(), fold, seeds, 0)? {
//!         assert!(fold.train.contains(&example.pair));
//!         source.fetch(example.pair, example.jitter, &mut enhancer, &mut promoter)?;
//!         assert_eq!((enhancer.len(), promoter.len()), (60, 40));
//!     }
//!     let negatives = seeds.row_seed(Purpose::TestNegatives);
//!     assert_eq!(subsample_negatives(source.pairs(), &fold.test, 1, negatives).len(), 2);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod audit;
mod augment;
mod balance;
mod baselines;
mod bootstrap;
mod candidates;
mod cell_folds;
mod census;
mod chromosome_folds;
mod component_folds;
mod components;
mod covariates;
mod element_pairs;
mod embedded;
mod enhancers;
mod error;
mod genome_pairs;
mod grouping;
mod interval_index;
mod interval_set;
mod kolmogorov_smirnov;
mod motif_sites;
mod negatives;
mod peaks;
mod pinned_folds;
mod propensity;
mod random_folds;
mod samplers;
mod seed;
mod source;
mod split;
mod track;
mod window;

pub use audit::{
    Audit, AuditBaseline, AuditConfig, AuditFormat, AuditThresholds, BaselineDraw, ClassDifference,
    ClassSample, Composition, Degrees, ElementDegree, Finding, FoldScore, FoldSharing, FoldSimilarity,
    MovedNegatives, PromoterOverlap, Reads, SideSharing, SimilarityConfig, Verdict,
};
pub use augment::{Augmentation, Example};
pub use balance::{Balance, BalanceRow, Warning};
pub use baselines::{CountBaseline, DistanceBaseline};
pub use bootstrap::bootstrap_rows;
pub use candidates::{Promoter, candidates};
pub use cell_folds::CellFolds;
pub use chromosome_folds::ChromosomeFolds;
pub use component_folds::ComponentFolds;
pub use components::Components;
pub use covariates::{Covariates, WithCovariates};
pub use element_pairs::{ElementPairs, ElementSequences};
pub use embedded::{EmbeddedPairs, EmbeddingCache, embed_whole, embed_windows};
pub use enhancers::{EnhancerConfig, EnhancerSet, EnhancerSources, GcWindow, Peak, Step};
pub use error::DatasetError;
pub use genome_pairs::GenomePairs;
pub use interval_index::IntervalIndex;
pub use interval_set::IntervalSet;
pub use motif_sites::MotifSites;
pub use negatives::{draw_negatives, subsample_negatives};
pub use peaks::{PeakRule, meeting_peaks};
pub use pinned_folds::{Pin, PinnedFolds};
pub use propensity::PropensityBaseline;
pub use random_folds::RandomFolds;
pub use samplers::{
    Comparison, DegreeBalanced, DistanceMatched, GcBackground, Matching, NegativeSampler, Negatives,
    PaperShift, RandomPartner, SamePromoter, Shift, Summary, Universe,
};
pub use seed::{Purpose, Seeds, row_hash};
pub use source::{Jitter, PairSource, pair_name};
pub use split::{Fold, Part, Split, Splitter, Untested, UntestedReason, Validation};
pub use track::check_track;
pub use window::{ShortContig, WindowRule};
