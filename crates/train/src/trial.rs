//! What is tried: one α, one value of every listed setting, one restart.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use ciskit_core::random::Stream;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::tuning::MODEL;
use crate::{Setting, TrainConfig, TrainError};

/// One run of a fold: the α, the value of every [tuned](TrainConfig::tune) setting, which restart it is, and of which
/// network. Each of its
/// epochs is a [`Candidate`](crate::Candidate).
///
/// ```
/// use ciskit_train::{Axis, Setting, TrainConfig, Trial};
///
/// let rates = Axis { key: "optimiser.learning_rate".to_owned(), values: vec![1e-3.into(), 3e-4.into()] };
/// let config = TrainConfig { tune: vec![rates], restarts: 2, ..TrainConfig::default() };
/// let trials = config.trials();
/// assert_eq!(trials.len(), 4);
/// assert_eq!(trials[3].to_string(), "α 0.6, optimiser.learning_rate 0.0003, restart 1");
///
/// let last = trials[3].training(&config)?;
/// assert_eq!(last.optimiser.learning_rate, 3e-4);
/// assert_ne!(last.seed, config.seed);
/// # Ok::<(), ciskit_train::TrainError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Weight of the main head in the loss.
    pub alpha: f64,
    /// Value of every tuned setting, by its key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, Setting>,
    /// Which restart, from 0: the draws of training (initial weights, order, dropout, jitter, drawn negatives) are its
    /// own; those of restart 0 are the seed's.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub restart: usize,
    /// Which [network](TrainConfig::replicas) of the fold, from 0: again with draws of its own, but for network 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub replica: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Trial {
    /// The trial of an α where nothing else is tried.
    ///
    /// ```
    /// assert_eq!(ciskit_train::Trial::of_alpha(0.6).to_string(), "α 0.6");
    /// ```
    #[must_use]
    pub fn of_alpha(alpha: f64) -> Self {
        Self { alpha, settings: BTreeMap::new(), restart: 0, replica: 0 }
    }

    /// The training of this trial alone.
    ///
    /// # Errors
    ///
    /// [`TrainError::Tune`] for a setting that the configuration does not have, or that cannot have its value.
    pub fn training(&self, of: &TrainConfig) -> Result<TrainConfig, TrainError> {
        let of_training = self.settings.iter().filter(|(key, _)| !key.starts_with(MODEL));
        let mut config = set(of, of_training.map(|(key, value)| (key.as_str(), key.as_str(), value)))?;
        for (purpose, number) in [("replica", self.replica), ("restart", self.restart)] {
            if number > 0 {
                let seeds = Stream::new(config.seed, purpose);
                config.to_mut().seed = seeds.number(number as u64).draws().bits();
            }
        }
        let config = config.into_owned();
        Ok(TrainConfig { alphas: vec![self.alpha], tune: Vec::new(), restarts: 1, replicas: 1, ..config })
    }

    /// The model of this trial.
    ///
    /// # Errors
    ///
    /// [`TrainError::Tune`] for a key that the model does not have, or that cannot have its value.
    pub fn model<'a, C>(&self, of: &'a C) -> Result<Cow<'a, C>, TrainError>
    where
        C: Clone + Serialize + DeserializeOwned,
    {
        let of_model = self.settings.iter();
        set(of, of_model.filter_map(|(key, value)| Some((key.as_str(), key.strip_prefix(MODEL)?, value))))
    }
}

/// A configuration with some of its values changed: each a name for messages, the dotted path, the value.
fn set<'a, 'b, C>(
    of: &'a C,
    settings: impl Iterator<Item = (&'b str, &'b str, &'b Setting)>,
) -> Result<Cow<'a, C>, TrainError>
where
    C: Clone + Serialize + DeserializeOwned,
{
    let mut changed = Cow::Borrowed(of);
    // One after the other, so that the one that cannot be is named.
    for (key, path, value) in settings {
        let refused = |problem: String| TrainError::Tune { key: key.to_owned(), problem };
        let cannot = |error: serde_json::Error| refused(format!("it cannot be {value} ({error})"));
        let mut tree = serde_json::to_value(&*changed).map_err(cannot)?;
        let place = tree.pointer_mut(&format!("/{}", path.replace('.', "/")));
        *place.ok_or_else(|| refused("there is no such setting".to_owned()))? = Value::from(value.clone());
        changed = Cow::Owned(serde_json::from_value(tree).map_err(cannot)?);
    }
    Ok(changed)
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "α {}", self.alpha)?;
        for (key, value) in &self.settings {
            write!(f, ", {key} {value}")?;
        }
        for (name, number) in [("restart", self.restart), ("replica", self.replica)] {
            if number > 0 {
                write!(f, ", {name} {number}")?;
            }
        }
        Ok(())
    }
}
