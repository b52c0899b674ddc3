//! Sei: 21,907 chromatin profiles from 4,096 bp, and 40 sequence classes made of them.
//!
//! ```text
//! (B, 4096, 4) ─ convolutions, pooled twice by 4 ─▶ (B, 256, 960) ─ splines ─▶ (B, 960, 16) ─ classifier ─▶ (B, 21907)
//! ```
//!
//! Loading by name ([`load`](crate::load)): `sei.pth`. Further files: `target-names` (the published `target.names`; outputs are
//! numbered without it), and both of `projection` (`projvec_targets.npy`) and `histone-indices` (`histone_inds.npy`), which make
//! the scorer of variants that of [sequence classes](SequenceClassScorer). Choices: `strands` (`mean` of both, as published, or
//! `forward`), `unknown` (`quarter`, as published, or `zero`).
//!
//! *Source*: Chen et al., Nature Genetics 54, 940 (2022).

mod classes;
mod config;
mod loading;
mod model;
mod npy;
mod scorer;
mod spline;

pub use classes::{CLASSES, SequenceClassScorer, SequenceClasses};
pub use config::Config;
pub(crate) use loading::{ENTRIES, READS, load};
pub use model::Sei;
pub use scorer::{SeiScorer, Strands, UnknownBase};
pub use spline::spline_basis;
