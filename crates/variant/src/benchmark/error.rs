//! Why predictions cannot be compared with measurements.

/// Why predictions cannot be compared with measurements.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BenchmarkError {
    /// Nothing to compare.
    #[error("no {what} to compare")]
    Nothing {
        /// `measurements` or `models`.
        what: &'static str,
    },
    /// Two models of one name.
    #[error("two models are called {name}")]
    NameTwice {
        /// The name.
        name: String,
    },
    /// Predictions that do not belong to the measurements.
    #[error("{name} has {found} predictions for {expected} measurements")]
    Length {
        /// The model.
        name: String,
        /// Number of measurements.
        expected: usize,
        /// Number of predictions.
        found: usize,
    },
    /// A threshold that no p-value or every one passes.
    #[error("a p threshold of {threshold} is not above 0 and at most 1")]
    Threshold {
        /// The threshold.
        threshold: f64,
    },
    /// A confidence that is none.
    #[error("a confidence of {confidence} does not lie between 0 and 1")]
    Confidence {
        /// The confidence.
        confidence: f64,
    },
}
