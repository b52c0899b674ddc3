//! What a variant changes, for any scorer.
//!
//! ```text
//! Variant ─▶ Windows (checked against the genome) ─▶ VariantScorer ─▶ Effect
//!    └──────────────── a Status for every variant ────────────────────┘
//! ```
//!
//! 1. [`WindowPlan`] says where the window lies: centred on every variant, or fixed around an element. It checks the
//!    reference allele against the genome and cuts both windows.
//! 2. [`score_variants`] sends them to any [`VariantScorer`](ciskit_core::VariantScorer) batch by batch.
//! 3. [`Effect`] holds both raw scores, their difference, and the log2 ratio, computed in f64 through logits.
//!
//! Every variant comes back, in order, with a [`Status`]: nothing is dropped, and a reference allele that does not
//! match is never replaced in silence.

mod blocks;
mod effect;
mod effect_score;
mod error;
mod mutagenesis;
mod quantity;
mod score;
pub mod scores;
mod status;
mod tracks;
mod window;

pub use blocks::Blocks;
pub use effect::{Effect, log2_ratio};
pub use effect_score::{EffectScore, Symmetry};
pub use error::VariantScoringError;
pub use mutagenesis::{Change, Mutagenesis, MutagenesisMap};
pub use score::{ScoredVariant, Summary, score_variants};
pub use status::Status;
pub use tracks::{TrackPattern, TrackPatternError};
pub use window::WindowPlan;
