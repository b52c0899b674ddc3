//! What an audit measures, and from where on it worries.

use serde::{Deserialize, Serialize};

use crate::DatasetError;

/// Settings of an [`Audit`](crate::Audit), with a default for each; as TOML, keys may be left out and unknown ones are
/// refused.
///
/// ```
/// use ciskit_dataset::AuditConfig;
///
/// let config = AuditConfig { ratios: vec![1, 4], ..AuditConfig::default() };
/// assert!(config.check().is_ok());
/// let config = AuditConfig { seeds: vec![], ..config };
/// assert_eq!(config.check().unwrap_err().to_string(), "audit setting seeds: at least one is needed");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditConfig {
    /// Negatives for each positive in the subsampled test lists; the full list is always measured too.
    pub ratios: Vec<usize>,
    /// Seeds of the subsampling.
    pub seeds: Vec<u32>,
    /// Folds of the random split that shows what such a split would reward.
    pub random_folds: usize,
    /// How far apart neighbouring windows are tried, in bp, unless the list itself shows by how much its negatives were
    /// moved.
    pub shift: u64,
    /// Length of the windows in which enhancers of one promoter overlap, in bp.
    pub overlap_window: usize,
    /// When two sequences are near-identical.
    pub similarity: SimilarityConfig,
    /// When a finding is worth a caution.
    pub thresholds: AuditThresholds,
}

/// When two sequences are near-identical: their minimizers agree.
///
/// A sequence is represented by the smallest of every `window` neighbouring canonical k-mers.
///
/// ```
/// let similarity = ciskit_dataset::SimilarityConfig::default();
/// assert_eq!((similarity.k, similarity.window, similarity.containment), (21, 11, 0.8));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimilarityConfig {
    /// Length of the k-mers, at most 31.
    pub k: usize,
    /// Neighbouring k-mers of which the smallest is kept.
    pub window: usize,
    /// Share of the minimizers of the sequence with fewer of them that the other has too.
    pub containment: f64,
    /// Minimizers of more elements than these, as repeats have them, do not suggest a comparison.
    pub frequent: usize,
}

/// From which value on a finding is a caution, or says that the list is solved without biology.
///
/// ```
/// let thresholds = ciskit_dataset::AuditThresholds::default();
/// assert_eq!((thresholds.auroc_caution, thresholds.auroc_solved), (0.6, 0.8));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditThresholds {
    /// AUROC of a baseline, or 1 minus it where that is larger: caution.
    pub auroc_caution: f64,
    /// The same: solved without biology.
    pub auroc_solved: f64,
    /// A baseline counts only if it is so many standard errors of a random score away from 0.5.
    pub standard_errors: f64,
    /// Share of a fold's test pairs with an element that training has, or that overlaps one: caution.
    pub shared: f64,
    /// Share of the test elements with a near-identical training element: caution.
    pub similar: f64,
    /// Kolmogorov-Smirnov distance between the classes: caution.
    pub ks: f64,
    /// Share of the rows that repeat a pair: caution. Contradictory labels are one at any number.
    pub duplicates: f64,
    /// Share of the positives whose enhancer overlaps another enhancer of the promoter: caution.
    pub overlap: f64,
    /// Share of the negatives' windows that lie one fixed distance beside a positive's: caution.
    pub moved: f64,
    /// Negatives joining an enhancer and a promoter of positives that must be expected before their absence counts.
    pub expected_recombinations: f64,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self {
            ratios: vec![1, 10],
            seeds: (0..5).collect(),
            random_folds: 10,
            shift: 2_000,
            overlap_window: 3_000,
            similarity: SimilarityConfig::default(),
            thresholds: AuditThresholds::default(),
        }
    }
}

impl Default for SimilarityConfig {
    fn default() -> Self {
        Self { k: 21, window: 11, containment: 0.8, frequent: 200 }
    }
}

impl Default for AuditThresholds {
    fn default() -> Self {
        Self {
            auroc_caution: 0.6,
            auroc_solved: 0.8,
            standard_errors: 3.0,
            shared: 0.01,
            similar: 0.01,
            ks: 0.2,
            duplicates: 0.01,
            overlap: 0.5,
            moved: 0.5,
            expected_recombinations: 10.0,
        }
    }
}

impl AuditConfig {
    /// Whether an audit can be made with these settings.
    ///
    /// # Errors
    ///
    /// [`DatasetError::AuditSetting`] naming the first setting that makes no sense.
    pub fn check(&self) -> Result<(), DatasetError> {
        let refuse = |setting, why| Err(DatasetError::AuditSetting { setting, why });
        let (similarity, thresholds) = (&self.similarity, &self.thresholds);
        let share = |value: f64| (0.0..=1.0).contains(&value);
        if self.seeds.is_empty() {
            return refuse("seeds", "at least one is needed");
        }
        if self.ratios.contains(&0) {
            return refuse("ratios", "0 leaves no negatives");
        }
        if self.random_folds < 2 {
            return refuse("random_folds", "at least 2 are needed");
        }
        if self.shift == 0 || self.shift > u64::from(u32::MAX) {
            return refuse("shift", "expected 1 to 4294967295 bp");
        }
        if self.overlap_window == 0 || self.overlap_window > u32::MAX as usize {
            return refuse("overlap_window", "expected 1 to 4294967295 bp");
        }
        if !(1..=31).contains(&similarity.k) {
            return refuse("similarity.k", "expected 1 to 31");
        }
        if similarity.window == 0 {
            return refuse("similarity.window", "at least 1 is needed");
        }
        if !(similarity.containment > 0.0 && similarity.containment <= 1.0) {
            return refuse("similarity.containment", "expected a share above 0");
        }
        let (caution, solved) = (thresholds.auroc_caution, thresholds.auroc_solved);
        if !(0.5 <= caution && caution <= solved && solved <= 1.0) {
            return refuse("thresholds", "expected 0.5 <= auroc_caution <= auroc_solved <= 1");
        }
        let shares = [
            thresholds.shared,
            thresholds.similar,
            thresholds.ks,
            thresholds.duplicates,
            thresholds.overlap,
            thresholds.moved,
        ];
        if !shares.into_iter().all(share) {
            return refuse("thresholds", "shares lie between 0 and 1");
        }
        let numbers = [thresholds.standard_errors, thresholds.expected_recombinations];
        if !numbers.into_iter().all(|number| number >= 0.0) {
            return refuse("thresholds", "standard_errors and expected_recombinations are not negative");
        }
        Ok(())
    }
}
