//! Borzoi: RNA-seq, CAGE, DNase-seq, ATAC-seq and ChIP-seq coverage from 524,288 bp, in bins of 32 bp; and a small model of the
//! same architecture.
//!
//! ```text
//! (B, L, 4) ─ stem, pooled ─▶ L/2 ─ tower, each stage pooled ─▶ (B, L/128, C) ─ transformer ─▶ upsampled twice, joined with the
//! stages of that length ─▶ (B, L/32, C) ─ cropped ─▶ head ─▶ (B, bins, tracks)
//! ```
//!
//! Loading by name ([`load`](crate::load)): the weights of the PyTorch port (`model.safetensors`), or Keras' HDF5 (`model.h5`). A
//! configuration is a [`Config`] as JSON, or the `params.json` of baskerville. Further file: `targets` (the published table of
//! tracks). Choices: `head` (`human`, `mouse`), `names` (`identifier`, the default, or `description`), `scale` and `squash`.
//!
//! With the table of targets, tracks come on the scale of coverage (`scale=untransformed`), as the published scores need them,
//! without it as the network gives them (`scale=raw`). What undoes the squashed scale is [`Untransform`](crate::tracks::Untransform):
//! for Borzoi the old form (or `squash=new`) with the table's clip and scale, and the power ¾ where the table's statistic is a
//! root; for `baskerville-mini` the new form with the table's clip, the power ½, and no scale.
//!
//! The tracks of both strands are merged on the side of scores: `strand-merged` of `ciskit-variant`.
//!
//! *Source*: Linder et al., Nature Genetics 57, 949 (2025).

mod config;
mod keras_names;
mod loading;
mod network;
mod params;

pub use config::Config;
pub(crate) use loading::{ENTRIES, READS, load};
pub use network::Borzoi;
