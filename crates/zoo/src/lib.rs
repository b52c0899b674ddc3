//! Published models of regulatory DNA, one module a family, loading their published weights by the published names.
//!
//! ```text
//! weight file ─▶ Config (preset or published file) ─▶ model ─▶ adapter: SequenceScorer, VariantScorer, SequenceEmbedder
//! ```
//!
//! Every family has the same parts: a `Config` with a preset for every published size, `load` from the published
//! file, the forward pass on tensors, and an adapter with the score that its authors use. Weights are not part of ciskit:
//! [`catalogue`] says where they are published, and under which licence.
//!
//! Language models share [`transformer`]: a tokenizer, a network, and three adapters. Fine-tuned on two classes they score
//! sequences ([`transformer::Classifier`]), as published they score variants by the likelihood of the alleles
//! ([`transformer::MaskedLikelihood`]), and all of them embed sequences ([`transformer::LanguageModel`]).
//!
//! [`borzoi`] and [`enformer`] predict coverage along a long sequence, and share [`tracks`].
//!
//! | module | models | tokens | positions | normalises |
//! |---|---|---|---|---|
//! | [`nucleotide_transformer`] | Nucleotide Transformer, versions 1 and 2 | six-mers | learned; rotary | before each part |
//! | [`dnabert2`] | DNABERT-2 | byte pairs | ALiBi | after each part |
//! | [`gena_lm`] | GENA-LM: BERT, and BigBird in full attention | byte pairs | learned | before; after |
//! | [`geneformer`] | Geneformer, a model of cells, as a negative control | genes | learned | after |
//! | [`hyenadna`] | HyenaDNA: causal, long convolutions instead of attention | single bases | none | before each part |

#[cfg(any(feature = "trednet", feature = "sei", feature = "borzoi", feature = "enformer"))]
#[cfg_attr(
    not(all(any(feature = "trednet", feature = "sei"), any(feature = "borzoi", feature = "enformer"))),
    allow(dead_code, reason = "a family alone does not use every part")
)]
mod batches;
#[cfg(any(feature = "gena-lm", feature = "geneformer"))]
pub mod bert;
#[cfg(feature = "borzoi")]
pub mod borzoi;
mod catalogue;
#[cfg(feature = "dnabert2")]
pub mod dnabert2;
#[cfg(feature = "enformer")]
pub mod enformer;
mod error;
mod fingerprint;
#[cfg(feature = "gena-lm")]
pub mod gena_lm;
#[cfg(feature = "geneformer")]
pub mod geneformer;
#[cfg(feature = "hyenadna")]
pub mod hyenadna;
#[cfg(feature = "trednet")]
pub mod keras;
#[cfg(any(feature = "trednet", feature = "sei"))]
mod names;
#[cfg(feature = "nucleotide-transformer")]
pub mod nucleotide_transformer;
mod registry;
#[cfg(feature = "sei")]
pub mod sei;
#[cfg(any(feature = "borzoi", feature = "enformer"))]
#[cfg_attr(
    not(all(feature = "borzoi", feature = "enformer")),
    allow(dead_code, unused_imports, reason = "a family alone does not use every part")
)]
pub mod tracks;
#[cfg(feature = "transformer")]
#[cfg_attr(
    not(all(
        feature = "nucleotide-transformer",
        feature = "dnabert2",
        feature = "gena-lm",
        feature = "geneformer",
        feature = "hyenadna"
    )),
    allow(dead_code, unused_imports, reason = "a family alone does not use every part")
)]
pub mod transformer;
#[cfg(feature = "trednet")]
pub mod trednet;

pub use catalogue::{Entry, Parameters, catalogue};
pub use error::ZooError;
#[cfg(feature = "transformer")]
pub use registry::load_for_training;
pub use registry::{LoadOptions, ZooModel, load};
