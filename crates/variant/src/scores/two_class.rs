//! Classifiers that give two logits.

use ciskit_core::{Output, Scale};

use super::EffectScoreError;
use crate::quantity::log_sigmoid;
use crate::{Blocks, EffectScore, Symmetry};

/// The logit of the second class against the first: what a softmax over two logits turns into a probability.
///
/// ```
/// let margin = ciskit_variant::scores::margin([-300.0, 300.0]);
/// assert_eq!(margin, 600.0);
/// // The softmax's second probability is the sigmoid of the margin.
/// let softmax = 1f64.exp() / (0.25f64.exp() + 1f64.exp());
/// let sigmoid = 1.0 / (1.0 + (-ciskit_variant::scores::margin([0.25, 1.0])).exp());
/// assert!((softmax - sigmoid).abs() < 1e-15);
/// ```
#[must_use]
pub fn margin(logits: [f64; 2]) -> f64 {
    logits[1] - logits[0]
}

/// log2 of the ratio of the second class's probability, alternative over reference, for a classifier whose two outputs are
/// the classes' logits: log2 σ(margin alt) − log2 σ(margin ref), one value.
///
/// NaN unless exactly two outputs and one bin are selected, and for outputs that are probabilities already.
///
/// *Source*: the score by which the variant comparison of Manzo et al. (2025) ranks fine-tuned language models (class 0
/// control, class 1 enhancer).
///
/// ```
/// use ciskit_core::{Output, Scale};
/// use ciskit_variant::{Blocks, EffectScore, scores::TwoClass};
///
/// let outputs = ["control", "enhancer"].map(|name| Output::new(name, Scale::Logit));
/// let mut values = Vec::new();
/// TwoClass.score(&Blocks::new(&[40.0, -40.0], &[41.0, -40.0], &outputs, 1), &mut values);
/// assert!((values[0] + std::f64::consts::LOG2_E).abs() < 1e-9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TwoClass;

impl EffectScore for TwoClass {
    fn name(&self) -> &str {
        "two-class"
    }

    fn columns(&self, _: &[Output]) -> Vec<String> {
        vec![self.name().to_owned()]
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Antisymmetric
    }

    fn check(&self, outputs: &[Output], bins: usize) -> Result<(), EffectScoreError> {
        let why = match outputs {
            outputs if outputs.len() != 2 || bins != 1 => {
                format!("it needs two outputs and one bin, found {} and {bins}", outputs.len())
            }
            outputs => match outputs.iter().find(|output| output.scale == Scale::Probability) {
                Some(output) => format!("{} is a probability already", output.name),
                None => return Ok(()),
            },
        };
        Err(EffectScoreError::Undefined { score: self.name().to_owned(), why })
    }

    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        let probabilities = blocks.outputs.iter().any(|output| output.scale == Scale::Probability);
        values.push(match (blocks.reference, blocks.alternative) {
            (&[r0, r1], &[a0, a1]) if blocks.bins == 1 && !probabilities => {
                let [reference, alternative] =
                    [[r0, r1], [a0, a1]].map(|logits| margin(logits.map(f64::from)));
                log2_ratio_of_margins(reference, alternative)
            }
            _ => f64::NAN,
        });
    }
}

fn log2_ratio_of_margins(reference: f64, alternative: f64) -> f64 {
    (log_sigmoid(alternative) - log_sigmoid(reference)) / std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "needs the shared folder (CISKIT_SHARED)"]
    fn the_golden_classifiers_agree() {
        let path = ciskit_fixtures::shared("golden/zoo/classifier_variant_score.json");
        let golden: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let number = |value: &serde_json::Value| value.as_f64().unwrap();
        let rows = golden["score"].as_array().unwrap().len();
        assert!(rows >= 12);
        for row in 0..rows {
            let logits = |name: &str| [0, 1].map(|class| number(&golden[name][row][class]));
            let (reference, alternative) = (margin(logits("logits_ref")), margin(logits("logits_alt")));
            assert_eq!(reference, number(&golden["margin_ref"][row]));
            assert_eq!(alternative, number(&golden["margin_alt"][row]));
            let (found, expected) =
                (log2_ratio_of_margins(reference, alternative), number(&golden["score"][row]));
            assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1e-3), "{found} {expected}");

            // The same through the trait, whose blocks are f32.
            let outputs = ["control", "enhancer"].map(|name| Output::new(name, Scale::Logit));
            let narrow = |name: &str| logits(name).map(|logit| logit as f32);
            let mut values = Vec::new();
            TwoClass
                .score(&Blocks::new(&narrow("logits_ref"), &narrow("logits_alt"), &outputs, 1), &mut values);
            assert!(
                (values[0] - expected).abs() <= 1e-6 * expected.abs().max(1.0),
                "{} {expected}",
                values[0]
            );
        }
    }

    #[test]
    fn anything_but_two_logits_has_no_score() {
        let score = |outputs: &[Output], bins: usize| {
            let block = vec![0.5; outputs.len() * bins];
            let mut values = Vec::new();
            TwoClass.score(&Blocks::new(&block, &block, outputs, bins), &mut values);
            values[0]
        };
        let outputs = |scale| ["a", "b", "c"].map(|name| Output::new(name, scale));
        assert_eq!(score(&outputs(Scale::Logit)[..2], 1), 0.0);
        assert!(TwoClass.check(&outputs(Scale::Logit)[..2], 1).is_ok());
        for (outputs, bins, why) in [
            (&outputs(Scale::Logit)[..], 1, "it needs two outputs and one bin, found 3 and 1"),
            (&outputs(Scale::Logit)[..1], 2, "found 1 and 2"),
            (&outputs(Scale::Probability)[..2], 1, "a is a probability already"),
        ] {
            assert!(score(outputs, bins).is_nan());
            let error = TwoClass.check(outputs, bins).unwrap_err().to_string();
            assert!(
                error.starts_with("the score two-class has no value here: ") && error.ends_with(why),
                "{error}"
            );
        }
    }
}
