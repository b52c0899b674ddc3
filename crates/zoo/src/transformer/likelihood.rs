//! How likely a masked language model finds the alleles of a variant.

use std::ops::Range;
use std::sync::Arc;

use ciskit_core::{
    Output, Scale, ScoreError, ScorerSpec, Scores, Selection, VariantScorer, VariantScores, VariantWindow,
};
use ciskit_nn::{DType, NnError, Tensor};

use super::tokens::rows;
use super::{LanguageModel, Tokens};
use crate::ZooError;

/// How an allele's log likelihood is defined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Likelihood {
    /// The tokens that differ between the two windows are hidden, all at once, and log p of the reference's tokens and of the
    /// alternative's are read from the same run: Σ log p(token | all tokens that the windows share). For 6-mers and a
    /// single-nucleotide variant this is the one token that holds it. The two alleles must lie in equally many tokens:
    /// insertions and deletions are refused, and so is a substitution that changes the number of byte pairs.
    ///
    /// *Source*: the masked marginal of Meier et al. 2021 (NeurIPS), log p(alternative) − log p(reference) at hidden places;
    /// one place a token of six bases in Dalla-Torre et al. 2025 (Nature Methods).
    #[default]
    Masked,
    /// Each token of a window is hidden in turn, and the log p of all are added up: the pseudo-log-likelihood of the whole
    /// window. Any variant that the model reads to its end has one.
    ///
    /// *Cost*: one run of the network for every token of both windows. *Source*: Salazar et al. 2020 (ACL), equation 1.
    Pseudo,
}

/// A masked language model as a scorer of variants, without training: the log likelihoods (natural) of the two alleles are
/// the two blocks.
///
/// *Output*: `log_likelihood`, on the scale [`Scale::Log`], so that the difference of the blocks is a log ratio.
#[derive(Clone)]
pub struct MaskedLikelihood {
    model: Arc<LanguageModel>,
    likelihood: Likelihood,
    mask: u32,
    spec: ScorerSpec,
}

/// A sequence with hidden tokens.
struct Question {
    ids: Vec<u32>,
    asked: Vec<Asked>,
}

/// What is asked of a hidden place.
struct Asked {
    place: usize,
    /// Log likelihoods that grow by log p of a token: (variant, 0 for the reference and 1 for the alternative), token.
    tokens: Vec<((usize, usize), u32)>,
}

impl MaskedLikelihood {
    /// The likelihoods of a model.
    ///
    /// # Errors
    ///
    /// [`ZooError::NoHead`] if its weights cannot predict tokens, or its vocabulary has no token that hides one.
    pub fn new(model: impl Into<Arc<LanguageModel>>, likelihood: Likelihood) -> Result<Self, ZooError> {
        let model = model.into();
        if !model.network().predicts_tokens() {
            return Err(ZooError::NoHead { head: "head that predicts tokens" });
        }
        let mask = model.tokenizer().mask().ok_or(ZooError::NoHead { head: "token that hides another" })?;
        let output = Output::new("log_likelihood", Scale::Log);
        let spec = ScorerSpec::builder(model.input()).output(output).batch_hint(model.batch()).build();
        let spec = spec.unwrap_or_else(|error| unreachable!("one output: {error}"));
        Ok(Self { model, likelihood, mask, spec })
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &LanguageModel {
        &self.model
    }

    fn questions(&self, item: usize, variant: &VariantWindow<'_>) -> Result<Vec<Question>, ScoreError> {
        match self.likelihood {
            Likelihood::Masked => Ok(vec![self.masked(item, variant)?]),
            Likelihood::Pseudo => {
                let mut questions = Vec::new();
                for (allele, tokens) in self.model.tokens_of_variant(item, variant)?.into_iter().enumerate() {
                    questions.extend((0..tokens.len()).filter(|&place| !tokens.is_special(place)).map(
                        |place| {
                            let asked = Asked { place, tokens: vec![((item, allele), tokens.ids[place])] };
                            self.hide(&tokens, vec![asked])
                        },
                    ));
                }
                Ok(questions)
            }
        }
    }

    fn masked(&self, item: usize, variant: &VariantWindow<'_>) -> Result<Question, ScoreError> {
        let unsupported = |why| Err(ScoreError::Unsupported { item, why });
        if variant.reference_range.len() != variant.alternative_range.len() {
            return unsupported(
                "an insertion or deletion has no masked likelihood: it moves the tokens behind it (take the pseudo-log-likelihood)"
                    .to_string(),
            );
        }
        let reference = self.model.all_tokens(item, variant.reference)?;
        let alternative = self.model.all_tokens(item, variant.alternative)?;
        let (places, others) = differing(&reference.ids, &alternative.ids);
        if places.len() != others.len() {
            return unsupported(format!(
                "the alleles lie in {} and {} tokens, and so have no masked likelihood (take the pseudo-log-likelihood)",
                places.len(),
                others.len()
            ));
        }
        let places: Vec<usize> = if places.is_empty() {
            // Alleles of the same tokens are equally likely.
            let holds = |place: &usize| overlap(&reference.bases[*place], &variant.reference_range);
            (0..reference.len()).filter(holds).collect()
        } else {
            places.collect()
        };
        let (kept, other) = (self.model.fit(item, reference.clone())?, self.model.fit(item, alternative)?);
        if places.iter().any(|&place| kept.bases.get(place) != reference.bases.get(place)) {
            return unsupported(format!(
                "the variant lies beyond the {} tokens that the model reads",
                kept.len()
            ));
        }
        let asked = places.into_iter().map(|place| Asked {
            place,
            tokens: vec![((item, 0), kept.ids[place]), ((item, 1), other.ids[place])],
        });
        Ok(self.hide(&kept, asked.collect()))
    }

    fn hide(&self, tokens: &Tokens, asked: Vec<Asked>) -> Question {
        let mut ids = tokens.ids.clone();
        for asked in &asked {
            ids[asked.place] = self.mask;
        }
        Question { ids, asked }
    }

    /// Adds what the model answers to the log likelihoods.
    fn answer(&self, questions: &[Question], sums: &mut [[f64; 2]]) -> Result<(), ScoreError> {
        let ids: Vec<&[u32]> = questions.iter().map(|question| question.ids.as_slice()).collect();
        let mut read = questions.iter();
        self.model.run(&ids, |batch, hidden| {
            let questions = read.by_ref().take(batch.lengths().len());
            let starts = batch.starts();
            let asked: Vec<(usize, &Asked)> = starts
                .iter()
                .zip(questions)
                .flat_map(|(start, question)| question.asked.iter().map(|asked| (*start, asked)))
                .collect();
            for (asked, logits) in asked.iter().zip(self.logits(hidden, &asked)?) {
                let total = log_sum_exp(&logits);
                for &((variant, allele), token) in &asked.1.tokens {
                    sums[variant][allele] += f64::from(logits[token as usize]) - total;
                }
            }
            Ok(())
        })
    }

    /// The logits at each asked place.
    fn logits(&self, hidden: &Tensor, asked: &[(usize, &Asked)]) -> Result<Vec<Vec<f32>>, NnError> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let places: Vec<u32> = asked.iter().map(|(start, asked)| (start + asked.place) as u32).collect();
        let logits = self.model.network().token_logits(&rows(hidden, &places)?)?; // (n, V)
        Ok(logits.to_dtype(DType::F32)?.to_vec2()?)
    }
}

/// Where two lists differ: what is left without their common start and their common end.
fn differing(a: &[u32], b: &[u32]) -> (Range<usize>, Range<usize>) {
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let rest = a[start..].iter().rev().zip(b[start..].iter().rev());
    let end = rest.take_while(|(a, b)| a == b).count();
    (start..a.len() - end, start..b.len() - end)
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// log Σ eˣ without overflow.
pub(crate) fn log_sum_exp(logits: &[f32]) -> f64 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|&logit| f64::from(logit - most).exp()).sum();
    f64::from(most) + sum.ln()
}

impl VariantScorer for MaskedLikelihood {
    fn spec(&self) -> &ScorerSpec {
        &self.spec
    }

    fn score_variants(
        &self,
        variants: &[VariantWindow<'_>],
        select: &Selection,
    ) -> Result<VariantScores, ScoreError> {
        let mut sums = vec![[0.0; 2]; variants.len()];
        let batch = self.model.batch();
        for (chunk, variants) in variants.chunks(batch).enumerate() {
            let mut questions = Vec::new();
            for (at, variant) in variants.iter().enumerate() {
                questions.extend(self.questions(chunk * batch + at, variant)?);
            }
            self.answer(&questions, &mut sums)?;
        }
        let block = |allele: usize| {
            Scores::scalar(sums.iter().map(|sums| sums[allele] as f32).collect()).select(select)
        };
        VariantScores::new(block(0)?, block(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_differ_between_their_common_ends() {
        assert_eq!(differing(&[1, 2, 3, 4], &[1, 9, 3, 4]), (1..2, 1..2));
        assert_eq!(differing(&[1, 2, 3], &[1, 2, 3]), (3..3, 3..3));
        assert_eq!(differing(&[1, 5, 5, 2], &[1, 5, 2]), (2..3, 2..2));
        assert_eq!(differing(&[1, 2], &[3, 4, 5]), (0..2, 0..3));
        assert_eq!(differing(&[], &[1]), (0..0, 0..1));
    }

    #[test]
    fn probabilities_of_huge_logits_add_up() {
        assert!((log_sum_exp(&[1000.0, 1000.0]) - (1000.0 + 2f64.ln())).abs() < 1e-12);
        assert!((log_sum_exp(&[-1e4, 0.0])).abs() < 1e-12);
    }
}
