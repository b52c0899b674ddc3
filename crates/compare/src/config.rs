//! What is compared, and how often it is resampled.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::CompareError;

/// How many negatives stand against each positive in a test list.
///
/// As text, and so in JSON and TOML: `1:10`, or `all`; a plain number is read too.
///
/// ```
/// use ciskit_compare::TestRatio;
///
/// assert_eq!("10".parse::<TestRatio>()?, TestRatio::PerPositive(10));
/// assert_eq!("1:10".parse::<TestRatio>()?.to_string(), "1:10");
/// assert_eq!("all".parse::<TestRatio>()?, TestRatio::All);
/// assert!("0".parse::<TestRatio>().is_err());
/// # Ok::<(), ciskit_compare::CompareError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TestRatio {
    /// So many drawn negatives for each positive, at least 1.
    PerPositive(usize),
    /// Every negative of the fold.
    All,
}

impl FromStr for TestRatio {
    type Err = CompareError;

    fn from_str(text: &str) -> Result<Self, CompareError> {
        if text == "all" {
            return Ok(Self::All);
        }
        let number = text.strip_prefix("1:").unwrap_or(text).parse();
        let refused = || CompareError::Ratio { text: text.to_owned() };
        number.ok().filter(|number| *number > 0).map(Self::PerPositive).ok_or_else(refused)
    }
}

impl TryFrom<String> for TestRatio {
    type Error = CompareError;

    fn try_from(text: String) -> Result<Self, CompareError> {
        text.parse()
    }
}

impl From<TestRatio> for String {
    fn from(ratio: TestRatio) -> Self {
        ratio.to_string()
    }
}

impl fmt::Display for TestRatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerPositive(negatives) => f.pad(&format!("1:{negatives}")),
            Self::All => f.pad("all"),
        }
    }
}

/// Settings of a [`Comparison`](crate::Comparison).
///
/// ```
/// use ciskit_compare::{CompareConfig, TestRatio};
///
/// let config = CompareConfig { ratios: vec![TestRatio::All], ..CompareConfig::default() };
/// assert!(config.check().is_ok());
/// assert_eq!((config.reference.as_str(), config.resamples), ("epipam", 1000));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompareConfig {
    /// Name of the model that every other one is tested against.
    pub reference: String,
    /// Test lists, in the order in which they are reported.
    pub ratios: Vec<TestRatio>,
    /// Seed of the drawn negatives and of the resampling.
    pub seed: u64,
    /// How often chromosomes are resampled for intervals and p-values.
    pub resamples: usize,
}

impl Default for CompareConfig {
    fn default() -> Self {
        Self {
            reference: "epipam".into(),
            ratios: vec![TestRatio::PerPositive(1), TestRatio::PerPositive(10), TestRatio::All],
            seed: 0,
            resamples: 1000,
        }
    }
}

impl CompareConfig {
    /// Checks every setting but the reference, which only a comparison knows.
    ///
    /// # Errors
    ///
    /// [`CompareError::Setting`].
    pub fn check(&self) -> Result<(), CompareError> {
        let refuse = |setting, why: &str| Err(CompareError::Setting { setting, why: why.to_owned() });
        if self.resamples == 0 {
            return refuse("resamples", "at least 1 is needed");
        }
        if self.ratios.is_empty() {
            return refuse("ratios", "at least one is needed");
        }
        for (index, ratio) in self.ratios.iter().enumerate() {
            if *ratio == TestRatio::PerPositive(0) {
                return refuse("ratios", "each positive needs at least 1 negative");
            }
            if self.ratios[..index].contains(ratio) {
                return refuse("ratios", &format!("{ratio} is given twice"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_text_everywhere() {
        for text in ["1:1", "1:10", "all"] {
            let json = serde_json::to_string(&text.parse::<TestRatio>().unwrap()).unwrap();
            assert_eq!(json, format!("{text:?}"));
            assert_eq!(serde_json::from_str::<TestRatio>(&json).unwrap().to_string(), text);
        }
        for text in ["", "0", "1:0", "2:1", "-1", "1.5", "every"] {
            let error = text.parse::<TestRatio>().unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?} is no test ratio")), "{error}");
        }
    }

    #[test]
    fn senseless_settings_are_refused_by_name() {
        let refused = |change: fn(&mut CompareConfig)| {
            let mut config = CompareConfig::default();
            change(&mut config);
            config.check().unwrap_err().to_string()
        };
        assert!(refused(|config| config.ratios.clear()).starts_with("comparison setting ratios"));
        assert!(refused(|config| config.ratios.push(TestRatio::All)).ends_with("all is given twice"));
        assert!(
            refused(|config| config.ratios[0] = TestRatio::PerPositive(0)).contains("at least 1 negative")
        );
    }
}
