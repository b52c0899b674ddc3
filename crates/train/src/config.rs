//! What a training run is told: everything needed to repeat it.

use ciskit_dataset::Augmentation;
use ciskit_nn::AdamConfig;
use serde::{Deserialize, Serialize};

use crate::{Schedule, TrainError};

/// How a model is trained and chosen. The default is EPIPAM's published recipe with honest selection.
///
/// ```
/// use ciskit_train::TrainConfig;
///
/// let config = TrainConfig { epochs: 3, ..TrainConfig::default() };
/// assert!(config.validate().is_ok());
/// assert!(TrainConfig { batch: 1, ..config }.validate().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// The one number that every draw of the run is derived from.
    pub seed: u64,
    /// How often all training examples are seen.
    pub epochs: usize,
    /// Examples a step; the incomplete last batch of an epoch is dropped, as published. Fewer examples than that are
    /// one smaller batch.
    pub batch: usize,
    /// Weights α of the main head in the loss, each tried from the same initial weights; validation chooses.
    pub alphas: Vec<f64>,
    /// Stop when so many epochs in a row have not improved the validation score; `None` for never.
    pub patience: Option<usize>,
    /// Negatives drawn for every positive when validating and testing; `None` for all.
    pub test_negatives_per_positive: Option<usize>,
    /// How training pairs become examples.
    pub augmentation: Augmentation,
    /// The optimiser.
    pub optimiser: AdamConfig,
    /// How the optimiser's learning rate changes.
    pub schedule: Schedule,
}

impl Default for TrainConfig {
    /// 15 epochs of batches of 100, Adam with rate 1e-3 and coupled L2 5e-4, α = 0.6.
    fn default() -> Self {
        Self {
            seed: 0,
            epochs: 15,
            batch: 100,
            alphas: vec![0.6],
            patience: None,
            test_negatives_per_positive: None,
            augmentation: Augmentation::default(),
            optimiser: AdamConfig::l2(1e-3, 5e-4),
            schedule: Schedule::Constant,
        }
    }
}

impl TrainConfig {
    /// Checks every value.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] naming the first value that cannot be used.
    pub fn validate(&self) -> Result<(), TrainError> {
        let AdamConfig { learning_rate, beta1, beta2, epsilon, weight_decay, .. } = self.optimiser;
        let copies = match self.augmentation {
            Augmentation::None => None,
            Augmentation::Paper { copies, .. } | Augmentation::Both { copies, .. } => Some(copies),
        };
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let share = |value: f64| (0.0..1.0).contains(&value);
        at_least("epochs", Some(self.epochs), 1)?;
        at_least("batch", Some(self.batch), 2)?; // batch norm needs two
        at_least("patience", self.patience, 1)?;
        at_least("test_negatives_per_positive", self.test_negatives_per_positive, 1)?;
        at_least("augmentation.copies", copies, 1)?;
        let copies = copies.unwrap_or(1);
        require(copies <= MOST_COPIES, "augmentation.copies", &format!("at most {MOST_COPIES}"), copies)?;
        let alphas = &self.alphas;
        let repeats = |(index, alpha): (usize, &f64)| alphas[..index].contains(alpha);
        let usable = !alphas.is_empty()
            && alphas.iter().all(|alpha| (0.0..=1.0).contains(alpha))
            && !alphas.iter().enumerate().any(repeats);
        require(usable, "alphas", "one or more different numbers from 0 to 1", format!("{alphas:?}"))?;
        require(positive(learning_rate), "optimiser.learning_rate", "above 0", learning_rate)?;
        require(share(beta1), "optimiser.beta1", "from 0 to below 1", beta1)?;
        require(share(beta2), "optimiser.beta2", "from 0 to below 1", beta2)?;
        require(positive(epsilon), "optimiser.epsilon", "above 0", epsilon)?;
        let decays = weight_decay == 0.0 || positive(weight_decay);
        require(decays, "optimiser.weight_decay", "at least 0", weight_decay)
    }
}

/// Copies of a pair that an epoch may have: more is a slip of the pen, and would fill the memory.
const MOST_COPIES: usize = 100_000;

/// Refuses a value that is there and too small.
fn at_least(key: &'static str, found: Option<usize>, least: usize) -> Result<(), TrainError> {
    let found = found.unwrap_or(least);
    require(found >= least, key, &format!("at least {least}"), found)
}

fn require(
    holds: bool,
    key: &'static str,
    expected: &str,
    found: impl std::fmt::Display,
) -> Result<(), TrainError> {
    let (expected, found) = (expected.to_owned(), found.to_string());
    if holds { Ok(()) } else { Err(TrainError::Config { key, expected, found }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut TrainConfig)) -> String {
        let mut config = TrainConfig::default();
        change(&mut config);
        let message = config.validate().unwrap_err().to_string();
        message.strip_prefix("training configuration: ").unwrap().to_owned()
    }

    #[test]
    fn values_that_cannot_be_used_are_named() {
        assert!(TrainConfig::default().validate().is_ok());
        assert_eq!(refused(|config| config.epochs = 0), "epochs must be at least 1, found 0");
        assert_eq!(refused(|config| config.batch = 1), "batch must be at least 2, found 1");
        assert_eq!(refused(|config| config.patience = Some(0)), "patience must be at least 1, found 0");
        let none = Augmentation::Both { copies: 0, jitter: 5 };
        assert!(refused(|config| config.augmentation = none).starts_with("augmentation.copies must be"));
        assert!(refused(|config| config.test_negatives_per_positive = Some(0)).starts_with("test_negatives"));
        for alphas in [vec![], vec![0.5, 1.1], vec![f64::NAN], vec![0.5, 0.2, 0.5]] {
            let expected =
                format!("alphas must be one or more different numbers from 0 to 1, found {alphas:?}");
            assert_eq!(refused(|config| config.alphas = alphas), expected);
        }
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let expected = format!("optimiser.learning_rate must be above 0, found {rate}");
            assert_eq!(refused(|config| config.optimiser.learning_rate = rate), expected);
        }
        assert!(refused(|config| config.optimiser.beta1 = 1.0).starts_with("optimiser.beta1"));
        assert!(refused(|config| config.optimiser.beta2 = -0.1).starts_with("optimiser.beta2"));
        assert!(refused(|config| config.optimiser.epsilon = 0.0).starts_with("optimiser.epsilon"));
        assert!(
            refused(|config| config.optimiser.weight_decay = -1e-4).starts_with("optimiser.weight_decay")
        );
    }

    #[test]
    fn what_is_not_given_is_the_default() {
        let config: TrainConfig = serde_json::from_str(r#"{"seed": 4}"#).unwrap();
        assert_eq!(config, TrainConfig { seed: 4, ..TrainConfig::default() });
        assert!(serde_json::from_str::<TrainConfig>(r#"{"epoch": 4}"#).is_err());
    }
}
