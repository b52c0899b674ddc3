//! TREDNet: enhancers from thousands of chromatin profiles.
//!
//! Two networks. Phase one predicts chromatin profiles (accessibility, histone marks, binding of factors) of many cell
//! lines from the sequence; phase two, trained for one cell line, predicts from these alone whether it is an enhancer.
//!
//! ```text
//! (B, 2001, 4) ─ phase one ─▶ (B, 4560) ─ phase two ─▶ (B, 1)
//! ```
//!
//! Two releases are published: of 2000 bp and 1,924 profiles, whose layers are in its files, and of 2001 bp and 4,560
//! profiles ([`Config::bp_2001`]). Both are Keras files, opened as [`Sequential`](crate::keras::Sequential).
//!
//! Loading by name ([`load`](crate::load)): two weight files, phase one and then phase two; the models named `…-phase-one`
//! have the first alone. A configuration is that of phase one (JSON); further files: `phase-two-config` (JSON),
//! `target-names` (a name of a profile a line).
//!
//! # Differences from the published code
//!
//! Its score of a substitution reads windows that are shifted by a base, see [`Placement::AsPublished`].
//!
//! *Source*: Hudaiberdiev et al., PNAS 120, e2206612120 (2023).

mod config;
mod loading;
mod model;
mod placement;
mod scorer;
mod scores;

pub use config::Config;
pub(crate) use loading::{ENTRIES, READS, load};
pub use model::Trednet;
pub use placement::Placement;
pub use scorer::TrednetScorer;
pub use scores::{delta_scores, iep, log2_ratio, scan_deltas};
