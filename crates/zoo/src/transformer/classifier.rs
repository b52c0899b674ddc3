//! Fine-tuned models that tell sequences apart.

use std::sync::Arc;

use ciskit_core::{
    Output, ReferenceAlternative, Scale, ScoreError, ScorerSpec, Scores, Selection, SequenceScorer,
    VariantScorer, VariantScores, VariantWindow,
};
use ciskit_nn::DType;

use super::LanguageModel;
use crate::ZooError;

/// A fine-tuned language model as a scorer.
///
/// A model of two classes gives one output, `logit`: the logit of class 1 minus that of class 0, whose sigmoid is the softmax
/// probability of class 1. The published score of a variant is then the log2 ratio of the two probabilities, which
/// `ciskit_variant::log2_ratio` forms from the logits without overflow. A model of any other number of classes gives the logit
/// of each, `class_0` and so on.
///
/// What is cut off by truncation has no influence on a sequence's score; a variant that is cut off has none
/// ([`ClassifiedAlleles`]).
#[derive(Clone)]
pub struct Classifier {
    model: Arc<LanguageModel>,
    spec: ScorerSpec,
}

impl Classifier {
    /// The classifier of a model.
    ///
    /// # Errors
    ///
    /// [`ZooError::NoHead`] if its weights hold no classification head.
    pub fn new(model: impl Into<Arc<LanguageModel>>) -> Result<Self, ZooError> {
        let model = model.into();
        let classes = model.network().classes().filter(|&classes| classes > 0);
        let outputs = match classes.ok_or(ZooError::NoHead { head: "classification head" })? {
            2 => vec![Output::new("logit", Scale::Logit)],
            classes => (0..classes).map(|class| Output::new(format!("class_{class}"), Scale::Raw)).collect(),
        };
        let spec = ScorerSpec::builder(model.input()).outputs(outputs).batch_hint(model.batch()).build();
        let spec = spec.unwrap_or_else(|error| unreachable!("the outputs have different names: {error}"));
        Ok(Self { model, spec })
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &LanguageModel {
        &self.model
    }
}

/// Class 1 minus class 0, of rows of two logits.
fn margins(logits: &[f32]) -> Vec<f32> {
    logits.chunks_exact(2).map(|pair| pair[1] - pair[0]).collect()
}

impl SequenceScorer for Classifier {
    fn spec(&self) -> &ScorerSpec {
        &self.spec
    }

    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        let tokens = self.model.tokens_of(sequences)?;
        let ids: Vec<&[u32]> = tokens.iter().map(|tokens| tokens.ids.as_slice()).collect();
        let mut logits = Vec::new();
        self.model.run(&ids, |batch, rows| {
            let network = self.model.network();
            let rows =
                if network.classes_from_last() { batch.last_rows(rows) } else { batch.first_rows(rows) };
            let classes = network.class_logits(&rows?)?; // (B, classes)
            logits.extend(classes.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?);
            Ok(())
        })?;
        let values = if self.spec.outputs[0].scale == Scale::Logit { margins(&logits) } else { logits };
        Scores::new(sequences.len(), 1, self.spec.outputs.len(), values)?.select(select)
    }
}

/// A classifier as a scorer of variants: both windows of each, as [`ReferenceAlternative`] has it, but for a variant that is cut
/// off by truncation, which is [unsupported](ScoreError::Unsupported): it would seem to have no effect.
#[derive(Clone)]
pub struct ClassifiedAlleles(pub Classifier);

impl VariantScorer for ClassifiedAlleles {
    fn spec(&self) -> &ScorerSpec {
        &self.0.spec
    }

    fn score_variants(
        &self,
        variants: &[VariantWindow<'_>],
        select: &Selection,
    ) -> Result<VariantScores, ScoreError> {
        for (item, variant) in variants.iter().enumerate() {
            self.0.model.tokens_of_variant(item, variant)?;
        }
        ReferenceAlternative(&self.0).score_variants(variants, select)
    }
}
