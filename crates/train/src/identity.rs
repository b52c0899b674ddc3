//! Which run a checkpoint belongs to.

use std::collections::BTreeMap;
use std::path::Path;

use ciskit_core::Side;
use ciskit_dataset::PairSource;
use ciskit_nn::Parameters;

use crate::{FoldData, TrainConfig, TrainError};

/// All that decides what a run computes, as texts by name. How many epochs it may take is not among it: a run may be
/// made longer. Sequences are not among it either, only the names and labels of their pairs.
pub(crate) fn identity(
    data: FoldData<'_>,
    alpha: f64,
    config: &TrainConfig,
    model: &str,
    initial: &Parameters,
) -> Result<BTreeMap<String, String>, TrainError> {
    let TrainConfig { seed, batch, patience, augmentation, optimiser, .. } = config;
    let FoldData { source, number, fold } = data;
    let [enhancer, promoter] = [Side::Enhancer, Side::Promoter].map(|side| source.window_len(side));
    let entries = [
        ("fold", number.to_string()),
        ("alpha", alpha.to_string()),
        ("seed", seed.to_string()),
        ("batch", batch.to_string()),
        ("patience", patience.map_or_else(|| "none".to_owned(), |patience| patience.to_string())),
        ("augmentation", format!("{augmentation:?}")),
        ("optimiser", format!("{optimiser:?}")),
        ("model", model.to_owned()),
        ("windows", format!("{enhancer} and {promoter} bp")),
        ("training part", pairs(source, &fold.train)),
        ("validation part", pairs(source, &fold.validation)),
        ("initial weights", Hash::default().with(&initial.to_safetensors(None)?).to_string()),
    ];
    Ok(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// Refuses a checkpoint of another run, by the first thing that differs.
pub(crate) fn check(
    path: &Path,
    theirs: &BTreeMap<String, String>,
    ours: &BTreeMap<String, String>,
) -> Result<(), TrainError> {
    let value = |of: &BTreeMap<String, String>, key: &str| {
        of.get(key).cloned().unwrap_or_else(|| "not known".to_owned())
    };
    match ours.keys().chain(theirs.keys()).find(|key| ours.get(*key) != theirs.get(*key)) {
        None => Ok(()),
        Some(key) => Err(TrainError::OtherRun {
            path: path.into(),
            key: key.clone(),
            theirs: value(theirs, key),
            ours: value(ours, key),
        }),
    }
}

/// Number and hash of some pairs.
fn pairs(source: &dyn PairSource, rows: &[usize]) -> String {
    let hash = rows.iter().fold(Hash::default(), |hash, &row| {
        let pair = &source.pairs()[row];
        let label: &[u8] = match pair.label {
            None => b".",
            Some(false) => b"0",
            Some(true) => b"1",
        };
        let (enhancer, promoter) = (pair.enhancer.key(), pair.promoter.key());
        let parts = [&(row as u64).to_le_bytes(), enhancer.as_bytes(), promoter.as_bytes(), label];
        // The length before each part keeps neighbours apart.
        parts.into_iter().fold(hash, |hash, part| hash.with(&(part.len() as u64).to_le_bytes()).with(part))
    });
    format!("{} pairs with hash {hash}", rows.len())
}

/// FNV-1a with 64 bits: the same for every version of the compiler, which the standard library's is not.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Hash {
    fn with(self, bytes: &[u8]) -> Self {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3);
        Self(bytes.iter().fold(self.0, step))
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        // Test vectors of its authors.
        assert_eq!(Hash::default().with(b"a").to_string(), "af63dc4c8601ec8c");
        assert_eq!(Hash::default().with(b"foobar").to_string(), "85944171f73967e8");
    }

    #[test]
    fn the_first_difference_is_named() {
        let of = |entries: &[(&str, &str)]| {
            entries.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
        };
        let ours: BTreeMap<_, _> = of(&[("fold", "0"), ("seed", "7")]);
        assert!(check(Path::new("x"), &ours, &ours).is_ok());
        let message =
            |theirs: &[(&str, &str)]| check(Path::new("run/x"), &of(theirs), &ours).unwrap_err().to_string();
        assert!(message(&[("fold", "0"), ("seed", "8")]).contains("seed is 8 there and 7 here"));
        assert!(message(&[("fold", "0")]).contains("seed is not known there and 7 here"));
        assert!(message(&[("fold", "0"), ("seed", "7"), ("z", "1")]).contains("z is 1 there"));
    }
}
