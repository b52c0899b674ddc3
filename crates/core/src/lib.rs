//! What the parts of ciskit agree on: places in a genome, the pairs and variants found there, the scores that
//! models give them, and the traits that join genomes, models and tools.
//!
//! Read the modules in the order in which data pass through them:
//!
//! 1. **Places.** A [`Contig`] has a [`ContigName`] and a length, [`Contigs`] is an assembly, an [`Interval`] is a
//!    piece of a contig. Coordinates are 0-based and half-open everywhere: `start` is the first base inside,
//!    `end` the first base outside.
//! 2. **Things at places.** A [`Pair`] joins an enhancer and a promoter [`Element`] and may carry a label;
//!    a [`Variant`] replaces reference bases by an [`Allele`]; an [`Edit`] does the same to a sequence in memory.
//! 3. **Genomes.** [`ReferenceGenome`] turns an interval into bases; [`InMemoryGenome`] is the smallest one.
//!    [`SignalTrack`] turns it into numbers, such as accessibility.
//! 4. **Models.** The seam is *sequence bytes in, scores out*, because one-hot, k-mer and byte-pair models cannot
//!    share a tensor: [`SequenceScorer`] for one sequence, [`PairScorer`] for an enhancer and a promoter,
//!    [`PairTableScorer`] for rows of a pair table, [`VariantScorer`] for reference and alternative.
//!    What a scorer takes and gives is its [`ScorerSpec`] or [`PairSpec`].
//! 5. **Numbers.** [`Scores`] is a block of shape (items, bins, outputs); a [`Selection`] says which bins and
//!    outputs of it are wanted.
//!
//! Every trait is object-safe, synchronous, `Send + Sync`, and implemented for `&T`, `Box<T>` and `Arc<T>`.
//!
//! ```
//! use ciskit_core::*;
//!
//! /// Share of G and C: a model is anything that turns bytes into scores.
//! struct GcContent(ScorerSpec);
//!
//! impl SequenceScorer for GcContent {
//!     fn spec(&self) -> &ScorerSpec {
//!         &self.0
//!     }
//!     fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
//!         let share = |s: &&[u8]| s.iter().filter(|b| b"GCgc".contains(b)).count() as f32 / s.len() as f32;
//!         Scores::new(sequences.len(), 1, 1, sequences.iter().map(share).collect())?.select(select)
//!     }
//! }
//!
//! let spec = ScorerSpec::scalar(InputWindow::any(), "gc", Scale::Probability);
//! let model: &dyn SequenceScorer = &GcContent(spec);
//! let scores = model.score(&[b"ACGT", b"GGGG"], &Selection::all())?;
//! assert_eq!(scores.values(), [0.5, 1.0]);
//!
//! // Any scorer takes edits, and so any tool that mutates sequences takes any scorer.
//! let mutants = model.score_edits(b"ACGT", &[Edit::substitution(0, b'G')], &Selection::all())?;
//! assert_eq!(mutants.values(), [0.75]);
//! # Ok::<(), ScoreError>(())
//! ```
//!
//! # Features
//!
//! - `ndarray`: views of [`Scores`] as `ndarray` arrays. Off by default, so that an upgrade of ndarray is not a
//!   breaking change of this crate.

mod contig;
mod edit;
mod embedder;
mod embedding_spec;
mod error;
mod fnv;
mod genome;
mod input_window;
mod interval;
mod pair;
mod pair_scorer;
pub mod random;
mod scores;
mod selection;
mod sequence_scorer;
mod signal;
mod spec;
mod variant;
mod variant_scorer;

pub use contig::{Contig, ContigError, ContigName, Contigs};
pub use edit::{Edit, EditError};
pub use embedder::{Embedding, Pooling, SequenceEmbedder};
pub use embedding_spec::EmbeddingSpec;
pub use error::ScoreError;
pub use fnv::Fnv1a;
pub use genome::{Clipped, Edge, GenomeError, InMemoryGenome, ReferenceGenome};
pub use input_window::{InputLength, InputWindow};
pub use interval::{Interval, IntervalError, Strand};
pub use pair::{DISTANCE, Element, Pair, Side, log10_distance};
pub use pair_scorer::{FixedSide, PairInput, PairScorer, PairTableScorer, Tracks};
pub use scores::{Scores, ShapeError};
pub use selection::{Pick, Selection};
pub use sequence_scorer::SequenceScorer;
pub use signal::{InMemorySignal, SignalError, SignalTrack};
pub use spec::{Output, PairSpec, PairSpecBuilder, Scale, ScorerSpec, ScorerSpecBuilder, SpecError};
pub use variant::{Allele, Variant, VariantError, VariantKind};
pub use variant_scorer::{ReferenceAlternative, VariantScorer, VariantScores, VariantWindow};
