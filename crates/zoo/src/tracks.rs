//! Coverage tracks along a long sequence: what [`borzoi`](crate::borzoi) and [`enformer`](crate::enformer) share.
//!
//! ```text
//! letters ─▶ one-hot (B, L, 4) ─▶ trunk ─▶ (B, bins, C) ─▶ head of the chosen tracks ─▶ (B, bins, tracks) ─▶ untransformed
//! ```
//!
//! A [`TrackScorer`] is such a network behind the traits of tools. [`Targets`] is the table that is published with a model:
//! names of tracks, which of them are each other's other strand, and how the scale was squashed for training.
//!
//! The selection of a call reaches the network: everything behind the last layer that looks at neighbours is computed for the
//! selected bins alone, and the head multiplies with the selected tracks alone.

mod conv_block;
mod head;
mod layer;
mod network;
mod options;
mod scorer;
mod targets;
mod untransform;

pub(crate) use conv_block::{ConvBlock, conv, conv_at, in_pieces};
pub(crate) use head::Head;
pub(crate) use layer::{Layer, LayerSizes};
pub use network::Species;
pub(crate) use network::{TrackNetwork, crop, rows, select_bins};
pub(crate) use options::{Adapter, read_json, shape_of};
pub use scorer::TrackScorer;
pub(crate) use scorer::Window;
pub use targets::{Target, Targets};
pub use untransform::{Squash, Untransform};
