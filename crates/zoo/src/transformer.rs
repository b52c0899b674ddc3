//! What language models of DNA share: tokens, the blocks of transformers, and what is read from them.
//!
//! ```text
//! bases ─▶ Tokenizer ─▶ TokenBatch ─▶ TokenNetwork ─▶ hidden rows ─┬▶ Classifier: SequenceScorer
//!                                                                  ├▶ MaskedLikelihood: VariantScorer
//!                                                                  └▶ LanguageModel: SequenceEmbedder
//! ```
//!
//! Sequences of tokens lie one after another without padding, so that a sequence's result does not depend on its neighbours, but
//! for the last bits: products of many rows are summed in an order that depends on their number.

mod blocks;
#[cfg(feature = "tokenizers")]
mod byte_pairs;
mod checkpoint;
mod classifier;
mod fine_tuning;
mod heads;
mod language_model;
mod likelihood;
mod network;
mod published;
mod registered;
mod tokens;

pub(crate) use blocks::{Attention, FeedForward, add};
#[cfg(feature = "tokenizers")]
pub use byte_pairs::BytePairs;
pub(crate) use checkpoint::{Checkpoint, beside, config_beside, read_config};
pub use classifier::{ClassifiedAlleles, Classifier};
pub use fine_tuning::FineTuning;
pub use heads::Heads;
pub(crate) use heads::{ClassHead, MaskedHead, head, tied};
pub use language_model::LanguageModel;
pub(crate) use likelihood::log_sum_exp;
pub use likelihood::{Likelihood, MaskedLikelihood};
pub use network::{Stage, TokenNetwork};
pub(crate) use published::Published;
pub(crate) use registered::{READS, configuration, registered, truncation, with_options};
pub use tokens::{TokenBatch, Tokenizer, Tokens};
