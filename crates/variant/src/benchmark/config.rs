//! The settings of a benchmark.

use super::BenchmarkError;

/// Which thresholds, and how sure.
///
/// ```
/// use ciskit_variant::benchmark::BenchmarkConfig;
///
/// let config = BenchmarkConfig { p_thresholds: vec![0.0], ..Default::default() };
/// assert_eq!(config.check().unwrap_err().to_string(), "a p threshold of 0 is not above 0 and at most 1");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BenchmarkConfig {
    /// Rows whose measured p-value is below each of these are measured again by themselves.
    pub p_thresholds: Vec<f64>,
    /// Rows whose measured p-value is below this are what detection is to find.
    pub significant: f64,
    /// Confidence of the intervals.
    pub confidence: f64,
}

impl Default for BenchmarkConfig {
    /// Thresholds 0.5, 0.1, 0.05, 5e-5 and 1e-5; significant below 0.05; intervals of 95 %.
    fn default() -> Self {
        Self { p_thresholds: vec![0.5, 0.1, 0.05, 5e-5, 1e-5], significant: 0.05, confidence: 0.95 }
    }
}

impl BenchmarkConfig {
    /// Refuses settings that make no sense.
    ///
    /// # Errors
    ///
    /// [`BenchmarkError::Threshold`] and [`BenchmarkError::Confidence`].
    pub fn check(&self) -> Result<(), BenchmarkError> {
        for &threshold in self.p_thresholds.iter().chain([&self.significant]) {
            if !(threshold > 0.0 && threshold <= 1.0) {
                return Err(BenchmarkError::Threshold { threshold });
            }
        }
        let sure = self.confidence > 0.0 && self.confidence < 1.0;
        if sure { Ok(()) } else { Err(BenchmarkError::Confidence { confidence: self.confidence }) }
    }
}
