//! What pretrained models make of windows, computed once and kept on disk.

mod cache;
mod index;
mod key;
mod pairs;
mod part;
mod whole;

pub use cache::EmbeddingCache;
pub use pairs::EmbeddedPairs;
pub use whole::{embed_whole, embed_windows};
