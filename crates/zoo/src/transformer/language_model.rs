//! A network with its tokenizer.

use std::sync::Arc;

use ciskit_core::{Embedding, InputWindow, Pooling, ScoreError, SequenceEmbedder, VariantWindow};
use ciskit_nn::{Device, NnError, Tensor};
use rayon::prelude::*;

use super::{TokenBatch, TokenNetwork, Tokenizer, Tokens};
use crate::ZooError;

/// Tokens that longer sequences are cut to, unless told otherwise.
const TRUNCATION: usize = 512;
/// Memory of a batch's intermediate results, in bytes.
const MEMORY: usize = 512 << 20;
/// More sequences at once are not faster.
const MOST: usize = 16;

/// A language model of DNA: a network and what cuts bases into its tokens.
///
/// Letters are read in either case. Sequences of more than 512 tokens are cut on the right, as in the published comparison;
/// [`with_truncation`](Self::with_truncation) changes that. As a [`SequenceEmbedder`] it gives the network's last rows, those
/// of special tokens left out.
pub struct LanguageModel {
    network: Box<dyn TokenNetwork>,
    tokenizer: Arc<dyn Tokenizer>,
    device: Device,
    truncation: Option<usize>,
    batch: Option<usize>,
}

impl LanguageModel {
    /// Joins a network, which lies on `device`, and its tokenizer.
    pub fn new(
        network: impl TokenNetwork + 'static,
        tokenizer: impl Tokenizer + 'static,
        device: &Device,
    ) -> Self {
        Self::of(Box::new(network), Arc::new(tokenizer), device)
    }

    pub(crate) fn of(network: Box<dyn TokenNetwork>, tokenizer: Arc<dyn Tokenizer>, device: &Device) -> Self {
        let truncation = Some(network.most_tokens().map_or(TRUNCATION, |most| most.min(TRUNCATION)));
        Self { network, tokenizer, device: device.clone(), truncation, batch: None }
    }

    /// The same model with another number of sequences at once. Otherwise it is as many as have room in 0.5 GB beside the weights
    /// if they are as long as they may be, 16 at most.
    #[must_use]
    pub fn with_batch(mut self, sequences: usize) -> Self {
        self.batch = Some(sequences.max(1));
        self
    }

    /// The same model, cutting longer sequences to `tokens`, special ones included; with `None` they are refused if they are
    /// longer than the network reads.
    ///
    /// # Errors
    ///
    /// [`ZooError::Truncation`] if the network does not read as many, or fewer than three are left.
    pub fn with_truncation(mut self, tokens: Option<usize>) -> Result<Self, ZooError> {
        let most = self.network.most_tokens().unwrap_or(usize::MAX);
        if let Some(tokens) = tokens.filter(|tokens| !(3..=most).contains(tokens)) {
            return Err(ZooError::Truncation { tokens, most });
        }
        self.truncation = tokens;
        Ok(self)
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &dyn TokenNetwork {
        &*self.network
    }

    /// The tokenizer.
    #[must_use]
    pub fn tokenizer(&self) -> &dyn Tokenizer {
        &*self.tokenizer
    }

    /// Sequences of any length are read, except where longer ones are refused and their number of bases says so.
    pub(crate) fn input(&self) -> InputWindow {
        let most = self.network.most_tokens().filter(|_| self.truncation.is_none());
        match most.and_then(|tokens| self.tokenizer.most_bases(tokens)) {
            Some(bases) => InputWindow::between(1, bases),
            None => InputWindow::any(),
        }
    }

    /// Sequences at once.
    #[must_use]
    pub fn batch(&self) -> usize {
        self.batch.unwrap_or_else(|| {
            let tokens = self.truncation.or(self.network.most_tokens()).unwrap_or(TRUNCATION);
            (MEMORY / (tokens * self.network.bytes_per_token()).max(1)).clamp(1, MOST)
        })
    }

    /// The tokens of a sequence as the tokenizer gives them, however many.
    pub(crate) fn all_tokens(&self, item: usize, sequence: &[u8]) -> Result<Tokens, ScoreError> {
        let (input, found) = (self.input(), sequence.len());
        if !input.accepts(found) {
            return Err(ScoreError::InputLength { item, expected: input.length(), found });
        }
        let tokens = self.tokenizer.encode(&sequence.to_ascii_uppercase());
        tokens.map_err(|why| ScoreError::Unsupported { item, why })
    }

    /// The tokens of a sequence as the network reads them.
    ///
    /// # Errors
    ///
    /// [`ScoreError`] if `sequence` is empty, has more tokens than the network reads, or tokens that it does not know.
    pub fn tokens(&self, item: usize, sequence: &[u8]) -> Result<Tokens, ScoreError> {
        self.fit(item, self.all_tokens(item, sequence)?)
    }

    /// Tokens as the network reads them.
    pub(crate) fn fit(&self, item: usize, mut tokens: Tokens) -> Result<Tokens, ScoreError> {
        if let Some(most) = self.truncation {
            tokens.truncate(most);
        }
        let unsupported = |why| Err(ScoreError::Unsupported { item, why });
        if let Some(most) = self.network.most_tokens().filter(|&most| tokens.len() > most) {
            return unsupported(format!("{} tokens, but the model reads up to {most}", tokens.len()));
        }
        let vocabulary = self.network.vocabulary();
        if let Some(id) = tokens.ids.iter().find(|&&id| id as usize >= vocabulary) {
            return unsupported(format!(
                "the tokenizer gives id {id}, but the model knows ids below {vocabulary}"
            ));
        }
        Ok(tokens)
    }

    /// The tokens of both windows of a variant, whose alleles must not be cut off.
    pub(crate) fn tokens_of_variant(
        &self,
        item: usize,
        variant: &VariantWindow<'_>,
    ) -> Result<[Tokens; 2], ScoreError> {
        let windows = [
            (variant.reference, &variant.reference_range),
            (variant.alternative, &variant.alternative_range),
        ];
        let [reference, alternative] = windows.map(|(window, allele)| {
            let tokens = self.tokens(item, window)?;
            if allele.end > tokens.end() {
                let why = format!("the variant lies beyond the {} tokens that the model reads", tokens.len());
                return Err(ScoreError::Unsupported { item, why });
            }
            Ok(tokens)
        });
        Ok([reference?, alternative?])
    }

    /// The tokens of many sequences, in order.
    pub(crate) fn tokens_of(&self, sequences: &[&[u8]]) -> Result<Vec<Tokens>, ScoreError> {
        sequences.par_iter().enumerate().map(|(item, sequence)| self.tokens(item, sequence)).collect()
    }

    /// Runs the network on sequences of ids, [`batch`](Self::batch) at a time, and hands `read` the rows of each batch.
    pub(crate) fn run(
        &self,
        sequences: &[&[u32]],
        mut read: impl FnMut(&TokenBatch, &Tensor) -> Result<(), NnError>,
    ) -> Result<(), ScoreError> {
        for sequences in sequences.chunks(self.batch()) {
            let batch = TokenBatch::new(sequences.iter().copied());
            let rows = self.network.forward(&batch, &mut |_, _| ()); // (T, d)
            rows.and_then(|rows| read(&batch, &rows))
                .map_err(|error| ScoreError::model("running the language model", error))?;
        }
        Ok(())
    }

    /// The device of the network.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }
}

impl SequenceEmbedder for LanguageModel {
    fn width(&self) -> usize {
        self.network.width()
    }

    fn input(&self) -> InputWindow {
        self.input()
    }

    fn embed(&self, sequences: &[&[u8]], pooling: Pooling) -> Result<Vec<Embedding>, ScoreError> {
        let (tokens, width) = (self.tokens_of(sequences)?, self.width());
        let ids: Vec<&[u32]> = tokens.iter().map(|tokens| tokens.ids.as_slice()).collect();
        let (mut embeddings, mut read) = (Vec::with_capacity(ids.len()), tokens.iter());
        self.run(&ids, |batch, rows| {
            let rows: Vec<f32> = rows.flatten_all()?.to_vec1()?;
            let mut rows = rows.chunks_exact(width);
            for (length, tokens) in batch.lengths().iter().zip(&mut read) {
                let kept = tokens.bases.iter().filter(|bases| !bases.is_empty()).count();
                let (mut bases, mut values) = (Vec::with_capacity(kept), Vec::with_capacity(kept * width));
                for (row, at) in rows.by_ref().take(*length).zip(&tokens.bases) {
                    if !at.is_empty() {
                        bases.push(at.clone());
                        values.extend_from_slice(row);
                    }
                }
                embeddings.push((bases, values));
            }
            Ok(())
        })?;
        let pool = |(bases, values): (Vec<std::ops::Range<usize>>, Vec<f32>)| {
            let end = bases.last().map_or(0, |bases| bases.end);
            Ok(Embedding::new(width, bases, values)?.pooled(pooling, end))
        };
        embeddings.into_iter().map(pool).collect()
    }
}
