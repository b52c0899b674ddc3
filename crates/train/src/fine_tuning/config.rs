//! The recipe of fine-tuning.

use ciskit_nn::AdamConfig;
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// Whether the body of a network learns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backbone {
    /// All weights learn.
    #[default]
    Trained,
    /// Only the head does.
    Frozen,
}

/// How a network is fine-tuned.
///
/// ```
/// use ciskit_train::FineTuneConfig;
///
/// let published = FineTuneConfig::default();
/// assert_eq!((published.epochs, published.batch, published.patience), (200, 8, 5));
/// assert_eq!(published.optimiser.learning_rate, 1e-5);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FineTuneConfig {
    /// Seed of the order of sequences.
    pub seed: u64,
    /// Epochs at most.
    pub epochs: usize,
    /// Sequences a step.
    pub batch: usize,
    /// Epochs without a smaller validation loss after which training stops.
    pub patience: usize,
    /// Whether the body learns.
    pub backbone: Backbone,
    /// The optimiser.
    pub optimiser: AdamConfig,
}

impl Default for FineTuneConfig {
    /// The published recipe: AdamW with a learning rate of 1e-5, batches of 8, at most 200 epochs, early stopping with a
    /// patience of 5. AdamW's decay is not published; here it is PyTorch's 0.01.
    ///
    /// *Source*: Manzo et al. 2025, Genes 16, 1223, section 4.2.
    fn default() -> Self {
        let optimiser = AdamConfig::adamw(1e-5, 0.01);
        Self { seed: 0, epochs: 200, batch: 8, patience: 5, backbone: Backbone::Trained, optimiser }
    }
}

impl FineTuneConfig {
    /// Refuses impossible values.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] naming the value.
    ///
    /// ```
    /// use ciskit_train::FineTuneConfig;
    ///
    /// let error = FineTuneConfig { batch: 0, ..FineTuneConfig::default() }.validate().unwrap_err();
    /// assert_eq!(error.to_string(), "training configuration: batch must be at least 1, found 0");
    /// ```
    pub fn validate(&self) -> Result<(), TrainError> {
        for (key, value) in [("epochs", self.epochs), ("batch", self.batch), ("patience", self.patience)] {
            if value == 0 {
                return Err(TrainError::Config { key, expected: "at least 1".into(), found: "0".into() });
            }
        }
        let rates = [
            ("learning_rate", self.optimiser.learning_rate, f64::MIN_POSITIVE),
            ("weight_decay", self.optimiser.weight_decay, 0.0),
        ];
        for (key, value, least) in rates {
            if !(value >= least && value.is_finite()) {
                let expected = if least > 0.0 { "above 0" } else { "at least 0" };
                return Err(TrainError::Config { key, expected: expected.into(), found: value.to_string() });
            }
        }
        Ok(())
    }
}
