//! Whether predictions find what has an effect at all.

use ciskit_metrics::Ranking;

use super::{Group, Measurement, ModelPredictions};

/// What is to be found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DetectionLabel {
    /// Enhancers among controls, by the prediction itself.
    Enhancer,
    /// Measurements with a p-value below this among the others, by the prediction's magnitude.
    Significant(f64),
}

/// How well a model finds enhancers or significant effects in a group.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Detection {
    /// The model.
    pub model: String,
    /// The rows.
    pub group: Group,
    /// What is to be found.
    pub label: DetectionLabel,
    /// Rows with a label and a prediction. An infinite effect has a p-value, so its row is among them.
    pub items: usize,
    /// Of these, the ones to be found.
    pub positives: usize,
    /// Area under the ROC curve.
    pub auroc: Option<f64>,
    /// Average precision; random scores reach positives / items.
    pub auprc: Option<f64>,
    /// The largest F1 of any threshold: chosen on the rows that it is measured on, so optimistic.
    pub best_f1: Option<f64>,
    /// Why there is no AUROC.
    pub undefined: Option<String>,
}

impl Detection {
    /// Detection of enhancers if any row of the group has a label, and of significant effects if any has a p-value.
    pub(super) fn all(
        measured: &[Measurement],
        model: &ModelPredictions,
        group: &Group,
        rows: &[usize],
        significant: f64,
    ) -> Vec<Self> {
        let labels = [DetectionLabel::Enhancer, DetectionLabel::Significant(significant)];
        let of = |label: DetectionLabel| {
            let truth = |row: usize| match label {
                DetectionLabel::Enhancer => measured[row].label,
                DetectionLabel::Significant(below) => measured[row].p.map(|p| p < below),
            };
            let known: Vec<(usize, bool)> = rows.iter().filter_map(|&row| Some((row, truth(row)?))).collect();
            (!known.is_empty()).then(|| Self::of(model, group, label, &known))
        };
        labels.into_iter().filter_map(of).collect()
    }

    fn of(model: &ModelPredictions, group: &Group, label: DetectionLabel, known: &[(usize, bool)]) -> Self {
        let score = |value: f64| match label {
            DetectionLabel::Enhancer => value,
            DetectionLabel::Significant(_) => value.abs(),
        };
        let scored = known.iter().filter_map(|&(row, truth)| Some((truth, score(model.finite(row)?))));
        let (truths, scores): (Vec<bool>, Vec<f64>) = scored.unzip();
        let ranking = Ranking::new(&truths, &scores);
        let auroc = ranking.clone().and_then(|ranking| ranking.auroc());
        let ranking = ranking.ok();
        Self {
            model: model.name.clone(),
            group: group.clone(),
            label,
            items: truths.len(),
            positives: truths.iter().filter(|&&truth| truth).count(),
            undefined: auroc.as_ref().err().map(ToString::to_string),
            auroc: auroc.ok(),
            auprc: ranking.as_ref().and_then(|ranking| ranking.average_precision().ok()),
            best_f1: ranking.as_ref().and_then(|ranking| Some(ranking.best_f1().ok()?.f1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn significance_is_found_by_magnitude_and_enhancers_by_value() {
        let row = |p, label| Measurement { p: Some(p), label: Some(label), ..Measurement::new("d", 1.0) };
        let measured = [row(0.01, false), row(0.5, true), row(0.02, false), row(0.9, true)];
        let model = ModelPredictions::new("m", [-3.0, 0.5, -2.0, 0.1].map(Some));
        let found = Detection::all(&measured, &model, &Group::dataset("d"), &[0, 1, 2, 3], 0.05);
        assert_eq!(found[0].label, DetectionLabel::Enhancer);
        assert_eq!((found[0].auroc, found[0].best_f1), (Some(1.0), Some(1.0)));
        assert_eq!(found[1].label, DetectionLabel::Significant(0.05));
        assert_eq!((found[1].auroc, found[1].items, found[1].positives), (Some(1.0), 4, 2));
    }

    #[test]
    fn one_class_says_so() {
        let measured = [Measurement { p: Some(0.01), ..Measurement::new("d", 1.0) }];
        let model = ModelPredictions::new("m", [Some(1.0)]);
        let found = Detection::all(&measured, &model, &Group::dataset("d"), &[0], 0.05);
        assert_eq!((found.len(), found[0].auroc, found[0].auprc), (1, None, Some(1.0)));
        assert!(found[0].undefined.as_ref().unwrap().contains("negatives"));
        assert!(
            Detection::all(&[Measurement::new("d", 1.0)], &model, &Group::dataset("d"), &[0], 0.05)
                .is_empty()
        );
    }
}
