//! How likely a causal language model finds the alleles of a variant.

use std::sync::Arc;

use ciskit_core::{
    Output, Scale, ScoreError, ScorerSpec, Scores, Selection, VariantScorer, VariantScores, VariantWindow,
};
use ciskit_nn::{DType, NnError, Tensor};

use crate::ZooError;
use crate::transformer::{LanguageModel, Tokens, log_sum_exp};

/// Rows that logits are computed of at once.
const ROWS: usize = 1 << 16;

/// A causal language model as a scorer of variants, without training: how much more likely (natural logarithm) the model
/// finds the window with the alternative allele than that with the reference.
///
/// A window's log likelihood is Σ log p(base | bases before it), the first base and `[SEP]` left out. Bases before the
/// variant are as likely in both windows, so that the sums start at the first base that differs. The two blocks are less the
/// reference's sum, since single precision would lose the difference of two sums over many bases: the reference's block is
/// 0, and the alternative's is Σ log p(alternative) − Σ log p(reference). Any variant that is not cut off
/// has one; where an insertion makes the window longer, more bases are added up.
///
/// *Output*: `log_likelihood_ratio`, on the scale [`Scale::Log`]. *Cost*: one run of the network for each window.
///
/// *Source*: the likelihood of Nguyen et al. 2023 (NeurIPS), equation 1 (the training objective), of both alleles.
#[derive(Clone)]
pub struct CausalLikelihood {
    model: Arc<LanguageModel>,
    spec: ScorerSpec,
}

impl CausalLikelihood {
    /// The likelihoods of a model, which is taken to be causal.
    ///
    /// # Errors
    ///
    /// [`ZooError::NoHead`] if its weights cannot predict tokens.
    pub fn new(model: impl Into<Arc<LanguageModel>>) -> Result<Self, ZooError> {
        let model = model.into();
        if !model.network().predicts_tokens() {
            return Err(ZooError::NoHead { head: "head that predicts tokens" });
        }
        let output = Output::new("log_likelihood_ratio", Scale::Log);
        let spec = ScorerSpec::builder(model.input()).output(output).batch_hint(model.batch()).build();
        let spec = spec.unwrap_or_else(|error| unreachable!("one output: {error}"));
        Ok(Self { model, spec })
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &LanguageModel {
        &self.model
    }

    /// Σ log p of the bases from the token `first` on, of rows that start at `start`.
    fn sum(&self, rows: &Tensor, start: usize, tokens: &Tokens, first: usize) -> Result<f64, NnError> {
        let places: Vec<usize> =
            (first.max(1)..tokens.len()).filter(|&place| !tokens.is_special(place)).collect();
        let mut sum = 0.0;
        for places in places.chunks(ROWS) {
            // The row before a token tells of it; bases lie side by side.
            let rows = rows.narrow(0, start + places[0] - 1, places.len())?; // (n, D)
            let logits = self.model.network().token_logits(&rows)?.to_dtype(DType::F32)?; // (n, V)
            let width = logits.dims()[1];
            let logits: Vec<f32> = logits.flatten_all()?.to_vec1()?;
            for (logits, &place) in logits.chunks_exact(width).zip(places) {
                sum += f64::from(logits[tokens.ids[place] as usize]) - log_sum_exp(logits);
            }
        }
        Ok(sum)
    }
}

impl VariantScorer for CausalLikelihood {
    fn spec(&self) -> &ScorerSpec {
        &self.spec
    }

    fn score_variants(
        &self,
        variants: &[VariantWindow<'_>],
        select: &Selection,
    ) -> Result<VariantScores, ScoreError> {
        let mut ratios = Vec::with_capacity(variants.len());
        let batch = self.model.batch();
        for (chunk, variants) in variants.chunks(batch).enumerate() {
            let mut windows = Vec::with_capacity(2 * variants.len());
            for (at, variant) in variants.iter().enumerate() {
                windows.extend(self.model.tokens_of_variant(chunk * batch + at, variant)?);
            }
            // The first token that differs, of both windows of a variant.
            let firsts = windows.chunks_exact(2).flat_map(|pair| {
                let same = pair[0].ids.iter().zip(&pair[1].ids).take_while(|(a, b)| a == b).count();
                [same; 2]
            });
            let ids: Vec<&[u32]> = windows.iter().map(|tokens| tokens.ids.as_slice()).collect();
            let (mut read, mut sums) = (windows.iter().zip(firsts), Vec::with_capacity(windows.len()));
            self.model.run(&ids, |batch, rows| {
                for (start, (tokens, first)) in batch.starts().into_iter().zip(read.by_ref()) {
                    sums.push(self.sum(rows, start, tokens, first)?);
                }
                Ok(())
            })?;
            ratios.extend(sums.chunks_exact(2).map(|sums| (sums[1] - sums[0]) as f32));
        }
        let reference = Scores::scalar(vec![0.0; ratios.len()]).select(select)?;
        VariantScores::new(reference, Scores::scalar(ratios).select(select)?)
    }
}
