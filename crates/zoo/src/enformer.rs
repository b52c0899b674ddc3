//! Enformer: 5,313 human and 1,643 mouse tracks from 196,608 bp, in 896 bins of 128 bp.
//!
//! ```text
//! (B, L, 4) ─ stem and tower, pooled by attention ─▶ (B, L/128, C) ─ transformer ─▶ cropped ─▶ (B, bins, 2 C) ─ head ─▶ tracks
//! ```
//!
//! Loading by name ([`load`](crate::load)): the weights of the PyTorch port (`pytorch_model.bin` or safetensors). Further files:
//! `targets` (the published table of tracks), and `gammas` (see below). Choices: `head` (`human`, the default, or `mouse`), `names`
//! (`identifier`, the default, or `description`), `gamma` (`position`, the default, or `feature`). Its scale is not squashed.
//!
//! # Gamma features
//!
//! Published weights belong to features whose largest value over positions is 1 ([`GammaNormalisation::Position`]), computed in
//! single precision; in double precision they differ by up to 0.0025. `gammas` is a file with one tensor (distances, features) of
//! those that training saw, which the port brings along.
//!
//! *Source*: Avsec et al., Nature Methods 18, 1196 (2021).

mod config;
mod distances;
mod loading;
mod network;

pub use config::{Config, GammaNormalisation};
pub use distances::distance_features;
pub(crate) use loading::{ENTRIES, READS, load};
pub use network::Enformer;
