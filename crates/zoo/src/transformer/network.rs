//! What a network of tokens computes.

use ciskit_nn::{NnError, Tensor};

use super::TokenBatch;

/// An intermediate result of a network, (tokens, width).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// What the first layer reads.
    Embeddings,
    /// What the attention of a layer gives, before it is added to what the layer read.
    Attention(usize),
    /// What the feed-forward part of a layer reads: the layer's input and attention together (normalised, in a layer that
    /// normalises its sums).
    Attended(usize),
    /// What a layer gives.
    Layer(usize),
}

/// A transformer: ids of tokens in, a row of numbers for each token out, and heads that read such rows.
pub trait TokenNetwork: Send + Sync {
    /// Numbers a row.
    fn width(&self) -> usize;

    /// Ids that there are.
    fn vocabulary(&self) -> usize;

    /// Tokens that a sequence may have, special ones included; `None` if the network sets no limit.
    fn most_tokens(&self) -> Option<usize>;

    /// Outputs of the classification head, if there is one.
    fn classes(&self) -> Option<usize>;

    /// Whether classes are told from the last row of a sequence, as of a causal network, and not from the first.
    fn classes_from_last(&self) -> bool {
        false
    }

    /// Whether there is a head that predicts tokens.
    fn predicts_tokens(&self) -> bool;

    /// Memory of one token's intermediate results, in bytes, about.
    fn bytes_per_token(&self) -> usize;

    /// A row for each token: (tokens, width). `watch` sees intermediate results as they come; what it keeps of them it
    /// copies, since a network may go on in their memory.
    ///
    /// # Errors
    ///
    /// [`NnError`] if an id or a sequence's length is more than the network knows.
    fn forward(&self, batch: &TokenBatch, watch: &mut dyn FnMut(Stage, &Tensor)) -> Result<Tensor, NnError>;

    /// Logits over the vocabulary for some rows: (rows, width) to (rows, vocabulary).
    ///
    /// # Errors
    ///
    /// [`NnError`] if there is no such head.
    fn token_logits(&self, rows: &Tensor) -> Result<Tensor, NnError>;

    /// Logits of the classes for the first rows of sequences, or the last: (sequences, width) to (sequences, classes).
    ///
    /// # Errors
    ///
    /// [`NnError`] if there is no such head.
    fn class_logits(&self, first_rows: &Tensor) -> Result<Tensor, NnError>;
}
