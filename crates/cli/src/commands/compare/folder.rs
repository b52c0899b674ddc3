//! The folder of a comparison: unused, or that of the comparison that is gone on with.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ciskit_core::Pair;
use ciskit_dataset::Split;
use ciskit_train::fingerprint_of_pairs;
use serde::Serialize;

use crate::claim::{CONFIG, REPORT, lock};
use crate::files::{make_folder, remove_leftovers, write_whole};
use crate::run_config::differences;

/// The files that a comparison ends with; the report is written last.
pub(crate) const FILES: [&str; 6] =
    ["comparison.tsv", "differences.tsv", "comparison.json", "comparison.md", "comparison.svg", REPORT];

/// The key of `config.toml` that may change: more models can be compared.
const MODELS: &str = "models";

/// What `config.toml` of a comparison says: which comparison the folder holds. Networks have a `config.toml` of their own.
#[derive(Serialize)]
pub(crate) struct ComparisonConfig {
    format: u32,
    ciskit: &'static str,
    split: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    leak: Option<String>,
    folds: Vec<usize>,
    seed: u64,
    /// Lengths of the windows that the audit and the baselines read, in bp.
    windows: [usize; 2],
    /// Names of all that was ever compared in the folder.
    models: Vec<String>,
    data: Data,
}

#[derive(Serialize)]
struct Data {
    #[serde(skip_serializing_if = "Option::is_none")]
    pairs: Option<PathBuf>,
    content: String,
}

impl ComparisonConfig {
    /// The comparison of models on some folds; `path` is where the pairs were read.
    pub(crate) fn new(
        (path, pairs): (Option<&Path>, &[Pair]),
        (split, folds): (&Split, &[usize]),
        seed: u64,
        windows: (usize, usize),
        models: &[&str],
    ) -> Self {
        Self {
            format: 1,
            ciskit: env!("CARGO_PKG_VERSION"),
            split: split.splitter.clone(),
            leak: split.leak.clone(),
            folds: folds.to_vec(),
            seed,
            windows: windows.into(),
            models: models.iter().map(|name| (*name).to_owned()).collect(),
            data: Data { pairs: path.map(Path::to_owned), content: fingerprint_of_pairs(pairs) },
        }
    }
}

/// A folder that one process compares in. The lock goes with the value.
pub(crate) struct ComparisonFolder {
    _lock: Option<File>,
    /// Names of what was compared in the folder before, and now is not.
    pub(crate) left_out: Vec<String>,
}

impl ComparisonFolder {
    /// Claims a folder, whose `config.toml` is written at once. Without `resume`, a folder that holds a comparison is
    /// refused; with it, one of other pairs, folds or seed.
    pub(crate) fn claim(folder: &Path, mut config: ComparisonConfig, resume: bool) -> Result<Self> {
        make_folder(folder)?;
        let lock = lock(folder)?;
        let there = FILES.iter().chain(&[CONFIG]).find(|name| folder.join(name).exists());
        if let (false, Some(found)) = (resume, there) {
            bail!(
                "{} holds a comparison already ({found}): --resume goes on with it, another --out leaves it alone",
                folder.display()
            );
        }
        let path = folder.join(CONFIG);
        let mut left_out = Vec::new();
        match fs::read_to_string(&path) {
            Ok(theirs) => {
                let ours = toml::to_string(&config)?;
                let different = differences(&theirs, &ours).with_context(|| path.display().to_string())?;
                let different: Vec<String> = different
                    .iter()
                    .filter(|difference| difference.key != MODELS)
                    .map(ToString::to_string)
                    .collect();
                if !different.is_empty() {
                    bail!("{} holds another comparison: {}", folder.display(), different.join("; "));
                }
                let mut models = models_of(&theirs)?;
                left_out.extend(models.iter().filter(|name| !config.models.contains(name)).cloned());
                let more: Vec<String> =
                    config.models.iter().filter(|name| !models.contains(name)).cloned().collect();
                models.extend(more);
                config.models = models;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => (),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
        write_whole(&path, toml::to_string(&config)?.as_bytes())?;
        remove_leftovers(folder, |name| name == CONFIG || FILES.contains(&name))?;
        Ok(Self { _lock: lock, left_out })
    }
}

/// The models that a configuration names.
fn models_of(config: &str) -> Result<Vec<String>> {
    let table: toml::Table = config.parse().context("it is no TOML")?;
    let names = table.get(MODELS).and_then(toml::Value::as_array).into_iter().flatten();
    Ok(names.filter_map(toml::Value::as_str).map(str::to_owned).collect())
}
