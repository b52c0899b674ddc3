//! How one model agrees with the measurements of one group.

use ciskit_metrics::{
    Correlation, MetricError, pearson_interval, pearson_test, spearman_interval, spearman_test,
};

use super::{Directions, Group, Measurement, ModelPredictions};

/// How many rows there are, and why some are not used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pairs {
    /// Rows of the group that pass the threshold.
    pub rows: usize,
    /// Of these, rows that are compared.
    pub used: usize,
    /// Rows whose effect is not known or infinite.
    pub no_effect: usize,
    /// Rows with an effect, but without a prediction.
    pub no_prediction: usize,
    /// Rows of the group that no threshold can be asked of, because their p-value is not known; they are in no other
    /// count.
    pub no_p: usize,
}

/// A correlation with what is known of its chance.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Estimate {
    /// The coefficient.
    pub coefficient: f64,
    /// Two-sided p-value of no correlation, rows taken as independent.
    pub p_value: f64,
    /// Interval by Fisher's z, rows taken as independent; `None` for fewer than four rows.
    pub interval: Option<[f64; 2]>,
}

/// How a model's predictions agree with the measured effects of a group.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Agreement {
    /// The model.
    pub model: String,
    /// The rows.
    pub group: Group,
    /// Only rows whose measured p-value is below this; `None`: all.
    pub below: Option<f64>,
    /// How many rows are compared.
    pub pairs: Pairs,
    /// Linear correlation.
    pub pearson: Option<Estimate>,
    /// Rank correlation.
    pub spearman: Option<Estimate>,
    /// Directions.
    pub directions: Directions,
    /// Why there is no correlation.
    pub undefined: Option<String>,
}

impl Agreement {
    pub(super) fn of(
        measured: &[Measurement],
        model: &ModelPredictions,
        group: &Group,
        rows: &[usize],
        below: Option<f64>,
        confidence: f64,
    ) -> Self {
        let mut pairs = Pairs::default();
        let (mut effects, mut predictions) = (Vec::new(), Vec::new());
        for &row in rows {
            match (below, measured[row].p) {
                (Some(_), None) => {
                    pairs.no_p += 1;
                    continue;
                }
                (Some(below), Some(p)) if p >= below => continue,
                _ => pairs.rows += 1,
            }
            match (measured[row].finite(), model.finite(row)) {
                (None, _) => pairs.no_effect += 1,
                (Some(_), None) => pairs.no_prediction += 1,
                (Some(effect), Some(prediction)) => {
                    effects.push(effect);
                    predictions.push(prediction);
                }
            }
        }
        pairs.used = effects.len();
        let estimate = |found: Result<Correlation, MetricError>, interval: Interval| {
            found.map(|Correlation { coefficient, p_value, .. }| {
                let interval = interval(coefficient, pairs.used, confidence);
                Estimate { coefficient, p_value, interval }
            })
        };
        let pearson = estimate(pearson_test(&predictions, &effects), pearson_interval);
        let spearman = estimate(spearman_test(&predictions, &effects), spearman_interval);
        Self {
            model: model.name.clone(),
            group: group.clone(),
            below,
            pairs,
            undefined: pearson.as_ref().err().map(ToString::to_string),
            pearson: pearson.ok(),
            spearman: spearman.ok(),
            directions: Directions::of(&effects, &predictions),
        }
    }
}

type Interval = fn(f64, usize, f64) -> Option<[f64; 2]>;

#[cfg(test)]
mod tests {
    use super::*;

    fn agreement(rows: &[(Option<f64>, Option<f64>, Option<f64>)], below: Option<f64>) -> Agreement {
        let measured: Vec<Measurement> = rows
            .iter()
            .map(|&(effect_log2, p, _)| Measurement { effect_log2, p, ..Measurement::new("d", 0.0) })
            .collect();
        let model = ModelPredictions::new("m", rows.iter().map(|row| row.2));
        let all: Vec<usize> = (0..rows.len()).collect();
        Agreement::of(&measured, &model, &Group::dataset("d"), &all, below, 0.95)
    }

    #[test]
    fn every_row_is_counted_once() {
        let rows = [
            (Some(1.0), Some(0.01), Some(1.0)),
            (Some(f64::INFINITY), Some(0.01), Some(1.0)),
            (None, None, None),
            (Some(2.0), Some(0.05), None),
            (Some(2.0), Some(0.2), Some(f64::NAN)),
            (Some(3.0), None, Some(2.0)),
        ];
        let found = agreement(&rows, None).pairs;
        assert_eq!(found, Pairs { rows: 6, used: 2, no_effect: 2, no_prediction: 2, no_p: 0 });
        // A p-value of the threshold is not below it.
        let found = agreement(&rows, Some(0.05)).pairs;
        assert_eq!(found, Pairs { rows: 2, used: 1, no_effect: 1, no_prediction: 0, no_p: 2 });
    }

    #[test]
    fn what_has_no_correlation_says_why() {
        let found = agreement(&[(Some(1.0), None, Some(0.5))], None);
        assert_eq!((found.pearson, found.spearman), (None, None));
        assert!(found.undefined.unwrap().contains("pairs"));
        let constant = agreement(&[(Some(1.0), None, Some(0.5)), (Some(2.0), None, Some(0.5))], None);
        assert!(constant.undefined.is_some());
    }

    #[test]
    fn coefficients_come_with_their_intervals() {
        let rows: Vec<_> = (0..20).map(|i| (Some(f64::from(i)), None, Some(f64::from(i * 7 % 20)))).collect();
        let found = agreement(&rows, None);
        let estimate = found.pearson.unwrap();
        let [low, high] = estimate.interval.unwrap();
        assert!(low < estimate.coefficient && estimate.coefficient < high);
        // Both sides are the ranks themselves.
        assert!((estimate.coefficient - found.spearman.unwrap().coefficient).abs() < 1e-15);
        assert!(found.spearman.unwrap().interval.unwrap()[0] < low);
    }
}
