//! What a training run is told: everything needed to repeat it.

use ciskit_dataset::Augmentation;
use ciskit_nn::AdamConfig;
use serde::{Deserialize, Serialize};

use crate::{Axis, Protocol, Schedule, TrainError, Trial};

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
    /// Weights α of the main head in the loss, each tried from the same initial weights. A model without a second head
    /// learns the same with any.
    pub alphas: Vec<f64>,
    /// Stop when so many epochs in a row have not improved the score that chooses (on the validation part; under
    /// [`Protocol::Paper`] on the test part); `None` for never.
    pub patience: Option<usize>,
    /// Negatives drawn for every positive when validating and testing; `None` for all.
    pub test_negatives_per_positive: Option<usize>,
    /// How training pairs become examples.
    pub augmentation: Augmentation,
    /// The optimiser.
    pub optimiser: AdamConfig,
    /// How the optimiser's learning rate changes.
    pub schedule: Schedule,
    /// Other settings of which several values are tried, each with every α and every value of the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tune: Vec<Axis>,
    /// How often each of these is tried, with other draws.
    #[serde(skip_serializing_if = "is_one")]
    pub restarts: usize,
    /// How many networks are trained of each fold; the score of a pair is the mean of their probabilities. Each is trained
    /// with draws of its own, chosen by itself, and tested once.
    #[serde(skip_serializing_if = "is_one")]
    pub replicas: usize,
    /// Whether each network learns from a [bootstrap sample](ciskit_dataset::bootstrap_rows) of the training part instead
    /// of all of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bootstrap: bool,
    /// Which pairs choose epoch and trial.
    #[serde(skip_serializing_if = "is_honest")]
    pub protocol: Protocol,
    /// Whether the validation part is trained on too, as published. Only where the test part chooses.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub train_on_validation: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_one(number: &usize) -> bool {
    *number == 1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_honest(protocol: &Protocol) -> bool {
    *protocol == Protocol::Honest
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
            tune: Vec::new(),
            restarts: 1,
            replicas: 1,
            bootstrap: false,
            protocol: Protocol::Honest,
            train_on_validation: false,
        }
    }
}

impl TrainConfig {
    /// Everything that is tried for one network, in the order in which it is trained: α outermost, then the tuned settings as listed,
    /// then restarts. Of equals, the first is chosen.
    ///
    /// ```
    /// use ciskit_train::TrainConfig;
    ///
    /// let config = TrainConfig { alphas: vec![0.2, 0.6], restarts: 3, ..TrainConfig::default() };
    /// let trials: Vec<(f64, usize)> = config.trials().iter().map(|trial| (trial.alpha, trial.restart)).collect();
    /// assert_eq!(trials, [(0.2, 0), (0.2, 1), (0.2, 2), (0.6, 0), (0.6, 1), (0.6, 2)]);
    /// ```
    #[must_use]
    pub fn trials(&self) -> Vec<Trial> {
        let mut trials: Vec<Trial> = self.alphas.iter().map(|alpha| Trial::of_alpha(*alpha)).collect();
        for Axis { key, values } in &self.tune {
            let of_value = |trial: &Trial, value| {
                let mut trial = trial.clone();
                trial.settings.insert(key.clone(), value);
                trial
            };
            let of_trial = |trial| values.iter().cloned().map(move |value| of_value(&trial, value));
            trials = trials.into_iter().flat_map(of_trial).collect();
        }
        let restarts =
            |trial: Trial| (0..self.restarts).map(move |restart| Trial { restart, ..trial.clone() });
        trials.into_iter().flat_map(restarts).collect()
    }

    /// Whether a run of this many epochs is the beginning of one of more: nothing else depends on their number.
    ///
    /// ```
    /// use ciskit_train::{Schedule, TrainConfig};
    ///
    /// assert!(TrainConfig::default().can_be_longer());
    /// assert!(!TrainConfig { schedule: Schedule::Cosine, ..TrainConfig::default() }.can_be_longer());
    /// ```
    #[must_use]
    pub fn can_be_longer(&self) -> bool {
        self.schedule == Schedule::Constant && self.tune.iter().all(|axis| axis.key != "schedule")
    }

    /// Checks every value, those of all trials included.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] or [`TrainError::Tune`] naming the first value that cannot be used. What is tuned of a model
    /// is the model's to check.
    pub fn validate(&self) -> Result<(), TrainError> {
        at_least("restarts", Some(self.restarts), 1)?;
        at_least("replicas", Some(self.replicas), 1)?;
        let are_published = self.replicas > 1 && self.protocol == Protocol::Paper;
        require(!are_published, "replicas", "1 under protocol paper", self.replicas)?;
        for (index, axis) in self.tune.iter().enumerate() {
            axis.check()?;
            if self.tune[..index].iter().any(|former| former.key == axis.key) {
                let problem = "it is listed twice".to_owned();
                return Err(TrainError::Tune { key: axis.key.clone(), problem });
            }
        }
        let trained_on = self.train_on_validation && self.protocol == Protocol::Honest;
        require(!trained_on, "train_on_validation", "false under protocol honest", true)?;
        self.validate_values()?;
        if self.tune.is_empty() {
            return Ok(());
        }
        self.trials().iter().try_for_each(|trial| trial.training(self)?.validate_values())
    }

    fn validate_values(&self) -> Result<(), TrainError> {
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
    fn tuned_values_are_checked_before_anything_is_trained() {
        let tuned = |key: &str, values: &[&str]| {
            let values = values.iter().map(|value| value.parse().unwrap()).collect();
            let tune = vec![Axis { key: key.to_owned(), values }];
            let message = TrainConfig { tune, ..TrainConfig::default() }.validate();
            message.map_err(|error| error.to_string())
        };
        assert_eq!(tuned("optimiser.weight_decay", &["0", "5e-4"]), Ok(()));
        let expected = "training configuration: optimiser.learning_rate must be above 0, found 0";
        assert_eq!(tuned("optimiser.learning_rate", &["1e-3", "0"]), Err(expected.to_owned()));
        let expected = "training configuration: batch must be at least 2, found 1";
        assert_eq!(tuned("batch", &["1"]), Err(expected.to_owned()));
        let missing = "cannot tune optimiser.momentum: there is no such setting";
        assert_eq!(tuned("optimiser.momentum", &["1"]), Err(missing.to_owned()));
        let message = tuned("batch", &["10", "1.5"]).unwrap_err();
        assert!(message.starts_with("cannot tune batch: it cannot be 1.5 (invalid type"), "{message}");
        // Settings of the model are not this configuration's.
        assert_eq!(tuned("model.block_dropout", &["0", "7"]), Ok(()));

        let axis = Axis { key: "batch".to_owned(), values: vec!["8".parse().unwrap()] };
        let twice = TrainConfig { tune: vec![axis.clone(), axis], ..TrainConfig::default() };
        assert_eq!(twice.validate().unwrap_err().to_string(), "cannot tune batch: it is listed twice");
        assert_eq!(refused(|config| config.restarts = 0), "restarts must be at least 1, found 0");
        assert_eq!(refused(|config| config.replicas = 0), "replicas must be at least 1, found 0");
        let chosen_by_tests = refused(|config| (config.replicas, config.protocol) = (3, Protocol::Paper));
        assert_eq!(chosen_by_tests, "replicas must be 1 under protocol paper, found 3");
        let expected = "train_on_validation must be false under protocol honest, found true";
        assert_eq!(refused(|config| config.train_on_validation = true), expected);
    }

    #[test]
    fn what_is_not_tried_is_not_written() {
        let text = serde_json::to_string(&TrainConfig::default()).unwrap();
        for key in ["tune", "restarts", "replicas", "bootstrap", "protocol", "train_on_validation"] {
            assert!(!text.contains(key), "{text}");
        }
        let axis = Axis { key: "batch".to_owned(), values: vec!["8".parse().unwrap(), 0.5.into()] };
        let (tune, protocol) = (vec![axis], Protocol::Paper);
        let config =
            TrainConfig { tune, restarts: 3, protocol, train_on_validation: true, ..TrainConfig::default() };
        let text = serde_json::to_string(&config).unwrap();
        assert!(text.contains(r#""protocol":"paper""#), "{text}");
        assert_eq!(serde_json::from_str::<TrainConfig>(&text).unwrap(), config);
    }

    #[test]
    fn what_is_not_given_is_the_default() {
        let config: TrainConfig = serde_json::from_str(r#"{"seed": 4}"#).unwrap();
        assert_eq!(config, TrainConfig { seed: 4, ..TrainConfig::default() });
        assert!(serde_json::from_str::<TrainConfig>(r#"{"epoch": 4}"#).is_err());
    }
}
