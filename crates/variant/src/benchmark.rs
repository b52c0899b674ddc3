//! Predicted against measured effects: correlations, directions and detection, by data set and cell line.
//!
//! ```
//! use ciskit_variant::benchmark::{Benchmark, BenchmarkConfig, Group, Measurement, ModelPredictions};
//!
//! let measured: Vec<Measurement> = (0..40)
//!     .map(|i| Measurement { p: Some(0.5 / f64::from(i + 1)), ..Measurement::new("MPRA", f64::from(i) - 20.0) })
//!     .collect();
//! let model = ModelPredictions::new("half", measured.iter().map(|m| Some(m.effect_log2? / 2.0)));
//! let benchmark = Benchmark::of(&measured, &[model], &BenchmarkConfig::default())?;
//!
//! let all = benchmark.agreement("half", &Group::dataset("MPRA"), None).unwrap();
//! assert_eq!((all.pairs.used, all.pearson.unwrap().coefficient), (40, 1.0));
//! assert_eq!((all.directions.measured_zero, all.directions.accuracy()), (1, Some(1.0)));
//! # Ok::<(), ciskit_variant::benchmark::BenchmarkError>(())
//! ```

mod agreement;
mod config;
mod detection;
mod direction;
mod error;
mod measurement;
mod page;
mod tables;

pub use agreement::{Agreement, Estimate, Pairs};
pub use config::BenchmarkConfig;
pub use detection::{Detection, DetectionLabel};
pub use direction::Directions;
pub use error::BenchmarkError;
pub use measurement::{Group, Measurement, ModelPredictions};

use std::collections::BTreeSet;

use rayon::prelude::*;

/// What a benchmark found: for every model and group, agreement on all rows and below every p threshold, and detection.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Benchmark {
    /// The settings.
    pub config: BenchmarkConfig,
    /// The models in the order given.
    pub models: Vec<String>,
    /// Data sets in the order in which they occur, then cell lines.
    pub groups: Vec<Group>,
    /// By model, then group, then threshold: all rows first.
    pub agreements: Vec<Agreement>,
    /// By model, then group.
    pub detections: Vec<Detection>,
}

impl Benchmark {
    /// Compares predictions with measurements.
    ///
    /// A pair is used if the measured effect is known and finite and the model predicts it; the others are counted
    /// and left out, for that model only. Cell lines pool the rows of all of their data sets.
    ///
    /// *Shapes*: a prediction, or none, of each model for each measurement. *Cost*: O(n log n) a model, group and
    /// threshold; models are spread over rayon's threads, and the result does not depend on their number.
    ///
    /// # Errors
    ///
    /// [`BenchmarkError`] for no measurements or models, models of one name, predictions of another number than the
    /// measurements, and settings that make no sense.
    pub fn of(
        measured: &[Measurement],
        models: &[ModelPredictions],
        config: &BenchmarkConfig,
    ) -> Result<Self, BenchmarkError> {
        config.check()?;
        if measured.is_empty() || models.is_empty() {
            return Err(BenchmarkError::Nothing {
                what: if models.is_empty() { "models" } else { "measurements" },
            });
        }
        let mut names = BTreeSet::new();
        for model in models {
            if !names.insert(&model.name) {
                return Err(BenchmarkError::NameTwice { name: model.name.clone() });
            }
            if model.values.len() != measured.len() {
                let (name, expected, found) = (model.name.clone(), measured.len(), model.values.len());
                return Err(BenchmarkError::Length { name, expected, found });
            }
        }
        let groups = Group::all(measured);
        let members: Vec<Vec<usize>> = groups.iter().map(|group| group.rows(measured)).collect();
        let of_model = |model: &ModelPredictions| {
            let (mut agreements, mut detections) = (Vec::new(), Vec::new());
            for (group, rows) in groups.iter().zip(&members) {
                let thresholds = std::iter::once(None).chain(config.p_thresholds.iter().copied().map(Some));
                agreements.extend(
                    thresholds
                        .map(|below| Agreement::of(measured, model, group, rows, below, config.confidence)),
                );
                detections.extend(Detection::all(measured, model, group, rows, config.significant));
            }
            (agreements, detections)
        };
        let results: Vec<_> = models.par_iter().map(of_model).collect();
        let (agreements, detections): (Vec<_>, Vec<_>) = results.into_iter().unzip();
        Ok(Self {
            config: config.clone(),
            models: models.iter().map(|model| model.name.clone()).collect(),
            groups,
            agreements: agreements.into_iter().flatten().collect(),
            detections: detections.into_iter().flatten().collect(),
        })
    }

    /// The agreement of a model on the rows of a group: all, or those whose measured p-value is below a threshold of
    /// the settings.
    #[must_use]
    pub fn agreement(&self, model: &str, group: &Group, below: Option<f64>) -> Option<&Agreement> {
        self.agreements
            .iter()
            .find(|found| found.model == model && found.group == *group && found.below == below)
    }
}
