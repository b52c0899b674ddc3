//! Settings of which several values are tried.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{TrainConfig, TrainError};

/// What keys of a model's configuration start with.
pub(crate) const MODEL: &str = "model.";

/// What of [`TrainConfig`] can be tuned. The others are axes of their own (epochs, alphas, the seed by restarts) or would
/// change what is measured.
const TRAINING: [&str; 5] = ["augmentation", "batch", "optimiser", "patience", "schedule"];

/// What of these cannot: another kind of augmentation has other keys.
const KINDS: [&str; 1] = ["augmentation.kind"];

/// What of a model's configuration cannot be tuned: the data are windows of these lengths, and another model is another
/// training.
const FIXED: [&str; 3] = ["model.enhancer_len", "model.model", "model.promoter_len"];

/// The value of a setting, as TOML and JSON know it.
///
/// ```
/// use ciskit_train::Setting;
///
/// assert_eq!("5e-4".parse(), Ok(Setting::Number(5e-4)));
/// assert_eq!("64".parse(), Ok(Setting::Integer(64)));
/// assert_eq!("cosine".parse(), Ok(Setting::Text("cosine".to_owned())));
/// assert_eq!(Setting::Number(5e-4).to_string(), "0.0005");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// A word.
    Text(String),
}

impl FromStr for Setting {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let flag = || text.parse().map(Self::Flag);
        let number = || text.parse().map(Self::Number);
        let word = || Self::Text(text.to_owned());
        Ok(text
            .parse()
            .map(Self::Integer)
            .or_else(|_| flag())
            .or_else(|_| number())
            .unwrap_or_else(|_| word()))
    }
}

impl From<f64> for Setting {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<Setting> for Value {
    fn from(setting: Setting) -> Self {
        match setting {
            Setting::Flag(flag) => flag.into(),
            Setting::Integer(number) => number.into(),
            Setting::Number(number) => number.into(),
            Setting::Text(text) => text.into(),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A setting and the values that are tried of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// Where the setting stands: a key of [`TrainConfig`] such as `optimiser.learning_rate`, or `model.` and a key of the
    /// model's configuration.
    pub key: String,
    /// Its values, in the order in which they are tried: of equals, the first is chosen.
    pub values: Vec<Setting>,
}

impl Axis {
    /// The axis of a setting that is named as a person would: by its whole key or its last word, with hyphens or
    /// underscores.
    ///
    /// # Errors
    ///
    /// [`TrainError::Tune`] if no setting of the training or the model has this name, or several have.
    ///
    /// ```
    /// use ciskit_models::ModelConfig;
    /// use ciskit_train::{Axis, TrainConfig};
    ///
    /// let (config, model) = (TrainConfig::default(), ModelConfig::named("epipam")?);
    /// let named = |name| Axis::named(name, vec![0.0.into(), 0.2.into()], &config, &model);
    /// assert_eq!(named("learning-rate")?.key, "optimiser.learning_rate");
    /// assert_eq!(named("block-dropout")?.key, "model.block_dropout");
    /// assert!(named("dropout").unwrap_err().to_string().starts_with("cannot tune dropout: there is no such setting"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn named(
        name: &str,
        values: Vec<Setting>,
        config: &TrainConfig,
        model: &impl Serialize,
    ) -> Result<Self, TrainError> {
        let refused = |problem: String| TrainError::Tune { key: name.to_owned(), problem };
        let tree = |tree: Result<Value, serde_json::Error>| tree.map_err(|error| refused(error.to_string()));
        let (training, model) = (tree(serde_json::to_value(config))?, tree(serde_json::to_value(model))?);
        let mut known = Vec::new();
        for key in TRAINING {
            leaves(key, &training[key], &mut known);
        }
        for (key, value) in model.as_object().into_iter().flatten() {
            leaves(&format!("{MODEL}{key}"), value, &mut known);
        }
        known.retain(|key| !FIXED.contains(&key.as_str()) && !KINDS.contains(&key.as_str()));
        let wanted = name.replace('-', "_");
        let is_meant = |key: &&String| **key == wanted || key.rsplit('.').next() == Some(&wanted);
        let meant: Vec<&String> = known.iter().filter(is_meant).collect();
        match meant[..] {
            [key] => Ok(Self { key: key.clone(), values }),
            [] => Err(refused(format!("there is no such setting, expected one of: {}", known.join(", ")))),
            _ => Err(refused(format!("several settings have this name: {meant:?}"))),
        }
    }

    /// Refuses an axis without values, with one twice, or with one that has no place in a file's name.
    pub(crate) fn check(&self) -> Result<(), TrainError> {
        let refused = |problem: String| Err(TrainError::Tune { key: self.key.clone(), problem });
        let plain = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
        if !self.key.chars().all(plain) {
            return refused("there is no such setting".to_owned());
        }
        if self.values.is_empty() {
            return refused("there are no values to try".to_owned());
        }
        for (index, value) in self.values.iter().enumerate() {
            if self.values[..index].contains(value) {
                return refused(format!("it is to be {value} twice"));
            }
            let shown = value.to_string();
            if shown.is_empty() || !shown.chars().all(plain) {
                return refused(format!("it cannot be {shown:?}"));
            }
        }
        Ok(())
    }
}

/// The dotted paths of the single values at and below a place.
fn leaves(path: &str, value: &Value, paths: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                leaves(&format!("{path}.{key}"), value, paths);
            }
        }
        Value::Array(_) => (),
        _ => paths.push(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(texts: &[&str]) -> Vec<Setting> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn names_are_found_whole_and_by_their_last_word() {
        let config = TrainConfig::default();
        let model = serde_json::json!({"batch": 3, "channels": 8, "kernels": [9, 5], "enhancer_len": 200});
        let key = |name| Axis::named(name, values(&["1"]), &config, &model).map(|axis| axis.key);
        let refused = |name| key(name).unwrap_err().to_string();
        assert_eq!(key("weight-decay").unwrap(), "optimiser.weight_decay");
        assert_eq!(key("optimiser.beta1").unwrap(), "optimiser.beta1");
        assert_eq!(key("jitter").unwrap(), "augmentation.jitter");
        assert_eq!(key("channels").unwrap(), "model.channels");
        assert_eq!(key("model.batch").unwrap(), "model.batch");
        assert_eq!(
            refused("batch"),
            r#"cannot tune batch: several settings have this name: ["batch", "model.batch"]"#
        );
        for name in
            ["epochs", "seed", "alphas", "enhancer-len", "kernels", "kind", "test-negatives-per-positive"]
        {
            assert!(
                refused(name).starts_with(&format!("cannot tune {name}: there is no such setting, expected"))
            );
        }
    }

    #[test]
    fn values_survive_json() {
        let of = values(&["0", "5e-4", "1.0", "true", "cosine", "-3", "1e-300"]);
        let text = serde_json::to_string(&of).unwrap();
        assert_eq!(text, r#"[0,0.0005,1.0,true,"cosine",-3,1e-300]"#);
        assert_eq!(serde_json::from_str::<Vec<Setting>>(&text).unwrap(), of);
    }

    #[test]
    fn axes_that_try_nothing_are_refused() {
        let refused = |texts: &[&str]| {
            let axis = Axis { key: "batch".to_owned(), values: values(texts) };
            axis.check().unwrap_err().to_string()
        };
        assert_eq!(refused(&[]), "cannot tune batch: there are no values to try");
        assert_eq!(refused(&["8", "9", "8"]), "cannot tune batch: it is to be 8 twice");
        assert_eq!(refused(&["../x"]), r#"cannot tune batch: it cannot be "../x""#);
        assert_eq!(refused(&[""]), r#"cannot tune batch: it cannot be """#);
    }
}
