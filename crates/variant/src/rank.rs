//! Whether the causal variant of a block of linkage stands out by its score.
//!
//! Variants of a block are inherited together, so that association cannot tell them apart; a model's score might. Each
//! causal variant is ranked among the variants of its block, and counts as found at k if it is among the k first.
//! A [`RankRule`] says what first means, and every accuracy stands beside its chance for the blocks at hand: small blocks
//! are easy.
//!
//! ```
//! use ciskit_variant::rank::{BlockVariant, RankBlock, RankConfig, RankReport, RankRule};
//!
//! let variant = |id: &str, causal, score| BlockVariant { id: id.into(), causal, scores: vec![Some(score)] };
//! let blocks = [
//!     RankBlock::new("rs1", [variant("rs1", true, -2.0), variant("rs2", false, 0.5), variant("rs3", false, 0.1)]),
//!     RankBlock::new("rs4", [variant("rs4", true, 0.2), variant("rs5", false, 0.2)]),
//! ];
//! let report = RankReport::of(&["sei".into()], &blocks, &RankConfig::default())?;
//! let top = report.row("sei", RankRule::Magnitude, 1, None).unwrap();
//! // The first is found, the second ties with its neighbour: found in half of the orders.
//! assert_eq!((top.accuracy, top.optimistic, top.pessimistic), (0.75, 1.0, 0.5));
//! assert!((top.chance - (1.0 / 3.0 + 1.0 / 2.0) / 2.0).abs() < 1e-15);
//! # Ok::<(), ciskit_variant::rank::RankError>(())
//! ```

mod block;
mod error;
mod report;
mod rule;
mod tables;

pub use block::{BlockVariant, LdPair, RankBlock};
pub use error::RankError;
pub use report::{RankConfig, RankReport, RankRow};
pub use rule::{Placed, RankRule};
