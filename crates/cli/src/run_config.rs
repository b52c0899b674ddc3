//! `config.toml`: what is needed to repeat a run, and to tell whether a training is the one that a folder holds.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use ciskit_dataset::Split;
use ciskit_models::ModelConfig;
use ciskit_train::TrainConfig;
use serde::{Deserialize, Serialize};

use crate::claim::CONFIG;
use crate::pair_input::DataDescription;

/// Everything that a run is told.
#[derive(Serialize)]
pub(crate) struct RunConfig<'a> {
    pub(crate) format: u32,
    pub(crate) ciskit: &'static str,
    pub(crate) split: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) leak: Option<&'a str>,
    pub(crate) folds: Vec<usize>,
    pub(crate) model: &'a ModelConfig,
    pub(crate) training: &'a TrainConfig,
    pub(crate) data: DataDescription,
}

impl<'a> RunConfig<'a> {
    pub(crate) fn new(
        split: &'a Split,
        folds: Vec<usize>,
        model: &'a ModelConfig,
        training: &'a TrainConfig,
        data: DataDescription,
    ) -> Self {
        let (splitter, leak) = (&split.splitter, split.leak.as_deref());
        Self {
            format: 1,
            ciskit: env!("CARGO_PKG_VERSION"),
            split: splitter,
            leak,
            folds,
            model,
            training,
            data,
        }
    }

    /// The file's text.
    pub(crate) fn to_toml(&self) -> Result<String> {
        toml::to_string(self).context("cannot write the configuration as TOML")
    }
}

/// The networks that a run trains.
pub(crate) struct Trained {
    /// Folds.
    pub(crate) folds: Vec<usize>,
    /// Networks of each.
    pub(crate) replicas: usize,
}

/// The networks that a run trains, as the `config.toml` in its folder tells; `None` where there is none.
pub(crate) fn trained(run: &Path) -> Result<Option<Trained>> {
    #[derive(Deserialize)]
    struct Run {
        folds: Vec<usize>,
        #[serde(default)]
        training: Training,
    }
    #[derive(Default, Deserialize)]
    struct Training {
        replicas: Option<usize>,
    }
    let path = run.join(CONFIG);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let read: Result<Run, _> = toml::from_str(&text);
    let Run { folds, training } = read.with_context(|| format!("{} is of no run", path.display()))?;
    Ok(Some(Trained { folds, replicas: training.replicas.unwrap_or(1) }))
}

/// Keys that do not change what is computed: where files lie. What they hold is `data.content`,
/// `data.embedding_fingerprint` and `model.pretrained.fingerprint`.
const PLACES: [&str; 8] = [
    "data.embed_weights",
    "data.embedding",
    "data.enhancers",
    "data.genome",
    "data.motif",
    "data.pairs",
    "data.promoters",
    "data.tracks",
];

/// The number of epochs: a run may be made longer if nothing else depends on it.
pub(crate) const EPOCHS: &str = "training.epochs";

/// A setting that differs between two configurations.
#[derive(Debug, PartialEq)]
pub(crate) struct Difference {
    pub(crate) key: String,
    /// As TOML; `None` where it is missing.
    pub(crate) theirs: Option<String>,
    /// As TOML; `None` where it is missing.
    pub(crate) ours: Option<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
        write!(f, "{} is {} there and {} here", self.key, text(&self.theirs), text(&self.ours))
    }
}

/// What differs between two configurations as text, by key; where files lie is no difference.
pub(crate) fn differences(theirs: &str, ours: &str) -> Result<Vec<Difference>> {
    let (mut theirs, mut ours) = (settings(theirs)?, settings(ours)?);
    let mut keys: Vec<String> = theirs.keys().chain(ours.keys()).cloned().collect();
    keys.sort();
    keys.dedup();
    let differing = |key: String| {
        let (theirs, ours) = (theirs.remove(&key), ours.remove(&key));
        (theirs != ours && !PLACES.contains(&key.as_str())).then_some(Difference { key, theirs, ours })
    };
    Ok(keys.into_iter().filter_map(differing).collect())
}

/// The values of a TOML text by their dotted keys.
fn settings(text: &str) -> Result<BTreeMap<String, String>> {
    fn walk(prefix: &str, table: &toml::Table, settings: &mut BTreeMap<String, String>) {
        for (key, value) in table {
            let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match value {
                toml::Value::Table(table) => walk(&key, table, settings),
                value => drop(settings.insert(key, value.to_string())),
            }
        }
    }
    let mut of_text = BTreeMap::new();
    walk("", &text.parse().context("it is no TOML")?, &mut of_text);
    Ok(of_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_named_by_key_and_places_are_none() {
        let theirs = "folds = [0]\n[training]\nseed = 3\npatience = 2\n[data]\ngenome = \"a.fa\"\nrows = 4\n";
        let ours = "folds = [0, 1]\n[training]\nseed = 3\n[data]\ngenome = \"b.fa\"\nrows = 5\n";
        let named: Vec<String> = differences(theirs, ours).unwrap().iter().map(ToString::to_string).collect();
        let expected = [
            "data.rows is 4 there and 5 here",
            "folds is [0] there and [0, 1] here",
            "training.patience is 2 there and not set here",
        ];
        assert_eq!(named, expected);
        assert_eq!(differences(theirs, theirs).unwrap(), []);
        assert!(differences("no toml", ours).is_err());
    }
}
