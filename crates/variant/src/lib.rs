//! What a variant changes, for any scorer.
//!
//! ```text
//! Variant ─▶ windows, checked against the genome ─▶ VariantScorer ─▶ Blocks ─▶ EffectScore ─▶ values
//!    │         WindowPlan: anchor, indels, edges     Averaging: strands, shifts       columns │
//!    └──────────────────────────────── a Status for every variant ───────────────────────────┘
//! ```
//!
//! 1. [`WindowPlan`] says where the windows lie: around every variant, or fixed around an element; how indels keep
//!    the length that the model reads ([`IndelWindow`]), and what happens at the ends of contigs ([`AtEdge`]).
//! 2. [`VariantScoring`] holds the settings and gives a [`VariantEngine`], which cuts windows in parallel, sends them to any
//!    [`VariantScorer`](ciskit_core::VariantScorer), averages its [`Blocks`] over strands and shifts ([`Averaging`]), and
//!    makes every [`EffectScore`] of them; with several models their mean and standard deviation.
//! 3. [`VariantEngine::score`] takes a slice, [`VariantEngine::score_records`] any number of records in bounded memory,
//!    [`VariantEngine::score_sequence_pairs`] sequences without a genome.
//! 4. [`Effect`] holds both raw scores of a scalar output, their difference, and the log2 ratio, computed in f64 through
//!    logits.
//!
//! Scores of variants are held against the world by [`benchmark`], which compares them with measured effects, and by
//! [`rank`], which asks whether the causal variant of a block of linkage stands out.
//!
//! Every variant comes back, in order, with a [`Status`]: nothing is dropped, and a reference allele that does not
//! match is never replaced in silence ([`OnMismatch`]). [`Summary`] counts them, and [`TrainingOverlap`] tells which of them
//! lie in what the model was trained on.

mod averaging;
pub mod benchmark;
mod blocks;
mod effect;
mod effect_score;
mod engine;
mod error;
mod fixed_windows;
mod mismatch;
mod mutagenesis;
mod quantity;
pub mod rank;
pub mod scores;
mod seen;
mod status;
mod summary;
mod tracks;
mod training;
mod window;

pub use averaging::Averaging;
pub use blocks::Blocks;
pub use effect::{Effect, log2_ratio};
pub use effect_score::{EffectScore, Symmetry};
pub use engine::{ScoredRecords, ScoredVariant, VariantEngine, VariantScoring};
pub use error::VariantScoringError;
pub use fixed_windows::{FixedWindow, FixedWindows, FixedWindowsRun, InWindow};
pub use mismatch::OnMismatch;
pub use mutagenesis::{Change, Mutagenesis, MutagenesisMap};
pub use status::Status;
pub use summary::Summary;
pub use tracks::{TrackPattern, TrackPatternError};
pub use training::TrainingOverlap;
pub use window::{AtEdge, IndelWindow, WindowPlan};
