//! How good one set of scores is, as the JSON that programs read.

use std::collections::BTreeMap;

use ciskit_core::Scale;
use ciskit_metrics::{Confusion, MetricError, Ranking, Score, brier, delong, log_loss};
use serde::{Deserialize, Serialize};

use crate::Measure;

/// Probabilities from here on are called positive.
const THRESHOLD: f64 = 0.5;

/// Two-sided 95 % of the normal distribution, in standard errors.
const Z95: f64 = 1.959_963_984_540_054;

/// How good a set of scores is: a flat object of numbers.
///
/// AUROC and AUPRC (average precision, without interpolation) ask for nothing but an order. The others are there for
/// probabilities only: calls at a threshold of 0.5, Brier score and log loss. A measure that is undefined, as AUROC is
/// with one class, is `null`, and `undefined` says why.
///
/// ```
/// use ciskit_core::Scale;
/// use ciskit_report::{Evaluation, Measure};
///
/// let evaluation = Evaluation::of(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8], Scale::Probability)?;
/// assert_eq!((evaluation.n, evaluation.positives, evaluation.auroc), (4, 2, Measure::Value(0.75)));
/// assert_eq!(evaluation.precision, Measure::Value(1.0));
///
/// let one_class = Evaluation::of(&[false, false], &[-1.5, 2.0], Scale::Logit)?;
/// assert_eq!((one_class.auroc, one_class.brier), (Measure::Undefined, Measure::NotComputed));
/// assert_eq!(one_class.undefined["auroc"], "undefined without positives: all 2 labels are negative");
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// Number of items.
    pub n: u64,
    /// Number of positives among them.
    pub positives: u64,
    /// Area under the ROC curve.
    pub auroc: Measure,
    /// Confidence interval of the AUROC: low, high.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auroc_interval: Option<[f64; 2]>,
    /// Average precision. That of random scores is `positives / n`.
    pub auprc: Measure,
    /// Confidence interval of the average precision: low, high.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auprc_interval: Option<[f64; 2]>,
    /// Confidence level of the intervals, such as 0.95.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_level: Option<f64>,
    /// How the intervals were computed, such as `delong`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_method: Option<String>,
    /// Scores from here on are called positive.
    #[serde(default, skip_serializing_if = "Measure::is_not_computed")]
    pub threshold: Measure,
    /// Fraction of the positive calls that are right.
    #[serde(default, skip_serializing_if = "Measure::is_not_computed")]
    pub precision: Measure,
    /// Fraction of the positives that are called.
    #[serde(default, skip_serializing_if = "Measure::is_not_computed")]
    pub recall: Measure,
    /// Harmonic mean of precision and recall.
    #[serde(default, skip_serializing_if = "Measure::is_not_computed")]
    pub f1: Measure,
    /// Mean of the fractions of both classes that are called right.
    #[serde(default, skip_serializing_if = "Measure::is_not_computed")]
    pub balanced_accuracy: Measure,
    /// Matthews correlation coefficient of calls and labels.
    #[serde(default, skip_serializing_if = "Measure::is_not_computed")]
    pub mcc: Measure,
    /// Mean squared difference of probability and label.
    #[serde(default, skip_serializing_if = "Measure::is_not_computed")]
    pub brier: Measure,
    /// Mean negative log likelihood of the labels, in nats.
    #[serde(default, skip_serializing_if = "Measure::is_not_computed")]
    pub log_loss: Measure,
    /// Why a measure (its key) is undefined.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub undefined: BTreeMap<String, String>,
}

impl Evaluation {
    /// Evaluates scores, of which larger ones are more positive.
    ///
    /// The AUROC's 95 % interval is DeLong's, cut to [0, 1]: 1.96 standard errors to either side. It takes items as
    /// independent, which pairs that share an enhancer or a promoter are not. It is left out where the standard error
    /// is 0, as for a perfect ranking, and where a class has fewer than two items.
    ///
    /// *Shapes*: one label and one score for each item. *Cost*: O(n log n).
    ///
    /// # Errors
    ///
    /// [`MetricError`] for input that nothing can be computed of: empty, of unequal lengths, not finite, or a
    /// probability outside [0, 1].
    ///
    /// ```
    /// use ciskit_core::Scale;
    /// use ciskit_report::Evaluation;
    ///
    /// let labels: Vec<bool> = (0..40).map(|i| i % 3 == 0).collect();
    /// let scores: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 40)).collect();
    /// let evaluation = Evaluation::of(&labels, &scores, Scale::Raw)?;
    /// let [low, high] = evaluation.auroc_interval.unwrap_or_default();
    /// assert!(low < 0.5 && 0.5 < high);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    pub fn of<S: Score>(labels: &[bool], scores: &[S], scale: Scale) -> Result<Self, MetricError> {
        let mut evaluation = Self::of_ranking(&Ranking::new(labels, scores)?);
        if let Ok(estimate) = delong(labels, scores)
            && estimate.standard_error > 0.0
        {
            let margin = Z95 * estimate.standard_error;
            evaluation.auroc_interval =
                Some([-margin, margin].map(|margin| (estimate.auroc + margin).clamp(0.0, 1.0)));
            evaluation.interval_level = Some(0.95);
            evaluation.interval_method = Some("delong".into());
        }
        if scale == Scale::Probability {
            evaluation.add_probabilities(labels, scores)?;
        }
        Ok(evaluation)
    }

    fn of_ranking(ranking: &Ranking) -> Self {
        let mut evaluation = Self {
            n: ranking.items() as u64,
            positives: ranking.positives() as u64,
            auroc: Measure::NotComputed,
            auroc_interval: None,
            auprc: Measure::NotComputed,
            auprc_interval: None,
            interval_level: None,
            interval_method: None,
            threshold: Measure::NotComputed,
            precision: Measure::NotComputed,
            recall: Measure::NotComputed,
            f1: Measure::NotComputed,
            balanced_accuracy: Measure::NotComputed,
            mcc: Measure::NotComputed,
            brier: Measure::NotComputed,
            log_loss: Measure::NotComputed,
            undefined: BTreeMap::new(),
        };
        evaluation.auroc = evaluation.value_or_reason("auroc", ranking.auroc());
        evaluation.auprc = evaluation.value_or_reason("auprc", ranking.average_precision());
        evaluation
    }

    fn add_probabilities<S: Score>(&mut self, labels: &[bool], scores: &[S]) -> Result<(), MetricError> {
        self.brier = brier(labels, scores)?.into(); // refuses what is no probability
        self.log_loss = self.value_or_reason("log_loss", log_loss(labels, scores));

        // The counts always make a number; where that is a convention for 0 / 0, the report says so instead.
        let calls = Confusion::at(THRESHOLD, labels, scores)?;
        let called = calls.true_positives + calls.false_positives;
        let none_called = || format!("undefined without positive calls: no score reaches {THRESHOLD}");
        let no_positives = || MetricError::NoPositives { items: labels.len() }.to_string();
        let no_negatives = || MetricError::NoNegatives { items: labels.len() }.to_string();
        let without_positives = (self.positives == 0).then(no_positives);
        let one_class = without_positives.clone().or((self.positives == self.n).then(no_negatives));
        let unless = |reason: Option<String>, value: f64| reason.map_or(Ok(value), Err);
        self.threshold = THRESHOLD.into();
        self.precision =
            self.value_or_reason("precision", unless((called == 0).then(none_called), calls.precision()));
        self.recall = self.value_or_reason("recall", unless(without_positives.clone(), calls.recall()));
        self.f1 = self.value_or_reason("f1", unless(without_positives, calls.f1()));
        let balanced_accuracy = unless(one_class.clone(), calls.balanced_accuracy());
        self.balanced_accuracy = self.value_or_reason("balanced_accuracy", balanced_accuracy);
        self.mcc = self.value_or_reason("mcc", unless(one_class, calls.mcc()));
        Ok(())
    }

    fn value_or_reason<E: ToString>(&mut self, name: &str, result: Result<f64, E>) -> Measure {
        match result {
            Ok(value) => value.into(),
            Err(reason) => {
                self.undefined.insert(name.into(), reason.to_string());
                Measure::Undefined
            }
        }
    }

    /// Every measure with its key, in the order of the JSON object.
    ///
    /// ```
    /// # use ciskit_core::Scale;
    /// # use ciskit_report::{Evaluation, Measure};
    /// let evaluation = Evaluation::of(&[false, true], &[0.2, 0.9], Scale::Raw)?;
    /// assert_eq!(evaluation.measures()[..2], [("auroc", Measure::Value(1.0)), ("auprc", Measure::Value(1.0))]);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn measures(&self) -> [(&'static str, Measure); 9] {
        [
            ("auroc", self.auroc),
            ("auprc", self.auprc),
            ("precision", self.precision),
            ("recall", self.recall),
            ("f1", self.f1),
            ("balanced_accuracy", self.balanced_accuracy),
            ("mcc", self.mcc),
            ("brier", self.brier),
            ("log_loss", self.log_loss),
        ]
    }

    /// Fraction of positives, which is the average precision to expect of random scores; none without items.
    #[must_use]
    pub fn prevalence(&self) -> Option<f64> {
        (self.n > 0).then(|| self.positives as f64 / self.n as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(evaluation: &Evaluation) -> serde_json::Value {
        serde_json::to_value(evaluation).unwrap()
    }

    #[test]
    fn one_class_is_null_with_a_reason() {
        let evaluation = Evaluation::of(&[true, true], &[0.2, 0.9], Scale::Probability).unwrap();
        let json = json(&evaluation);
        assert_eq!((&json["auroc"], &json["auprc"]), (&serde_json::Value::Null, &1.0.into()));
        assert_eq!(json["undefined"]["auroc"], "undefined without negatives: all 2 labels are positive");
        assert_eq!(json["recall"], 0.5);
        for undefined in ["balanced_accuracy", "mcc", "log_loss"] {
            assert!(json[undefined].is_null() && json["undefined"][undefined].is_string(), "{undefined}");
        }
        assert!(json.get("auroc_interval").is_none() && json.get("interval_method").is_none());
    }

    #[test]
    fn without_positive_calls_there_is_no_precision() {
        let evaluation = Evaluation::of(&[true, false], &[0.2, 0.1], Scale::Probability).unwrap();
        assert_eq!((evaluation.precision, evaluation.recall), (Measure::Undefined, Measure::Value(0.0)));
        assert_eq!(
            evaluation.undefined["precision"],
            "undefined without positive calls: no score reaches 0.5"
        );
        assert_eq!(evaluation.undefined.len(), 1);
    }

    #[test]
    fn what_makes_no_sense_on_a_scale_has_no_key() {
        let evaluation = Evaluation::of(&[true, false, true], &[-3.0, 20.0, 1.0], Scale::Logit).unwrap();
        let json = json(&evaluation);
        let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["auprc", "auroc", "n", "positives"]);
    }

    #[test]
    fn malformed_input_is_an_error() {
        assert_eq!(Evaluation::of::<f64>(&[], &[], Scale::Raw), Err(MetricError::Empty));
        assert!(matches!(
            Evaluation::of(&[true], &[f64::NAN], Scale::Raw),
            Err(MetricError::NotFinite { .. })
        ));
        let logits = Evaluation::of(&[true, false], &[2.0, -1.0], Scale::Probability);
        assert!(matches!(logits, Err(MetricError::Probability { index: 0, .. })));
    }

    #[test]
    fn intervals_hold_the_estimate_and_stay_between_0_and_1() {
        let labels = [true, true, true, false, false, false];
        let evaluation = Evaluation::of(&labels, &[0.9, 0.8, 0.4, 0.5, 0.2, 0.1], Scale::Raw).unwrap();
        let [low, high] = evaluation.auroc_interval.unwrap();
        let auroc = evaluation.auroc.value().unwrap();
        assert!(0.0 < low && low < auroc && auroc < high && high == 1.0);
        assert_eq!(json(&evaluation)["auroc_interval"], serde_json::json!([low, high]));
    }
}
