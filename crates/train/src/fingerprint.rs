//! What data are, in a few letters: to tell whether a run goes on with the data that it started with.

use ciskit_core::{Fnv1a, Pair};
use ciskit_dataset::{Example, PairSource};

use crate::TrainError;
use crate::batches::Codes;

/// How many pairs' windows are read for a fingerprint at most.
const SAMPLE: usize = 1000;

/// Number and hash of all pairs (rows, coordinates or names, labels), and a hash of the centred windows of up to 1,000
/// of them, evenly spaced, with the tracks along them and their embeddings: another genome of the same contigs shows, a single changed base
/// may not. Covariates are hashed whole.
///
/// *Cost*: reads up to 1,000 pairs' windows.
///
/// # Errors
///
/// [`TrainError::Dataset`] if a window cannot be read.
///
/// ```
/// use ciskit_core::{InMemoryGenome, Interval, Pair};
/// use ciskit_dataset::{GenomePairs, WindowRule};
/// use ciskit_train::fingerprint;
///
/// let of_bases = |bases: &[u8], label| {
///     let genome = InMemoryGenome::new([("chr1", bases.repeat(100))]).unwrap();
///     let pair = Pair::new(Interval::new("chr1", 60, 90).unwrap(), Interval::new("chr1", 150, 170).unwrap());
///     let rule = WindowRule::new(100);
///     GenomePairs::new(genome, vec![pair.with_label(label)], rule, rule).unwrap()
/// };
/// let ours = fingerprint(&of_bases(b"GATTACA", true))?;
/// assert_eq!(ours, fingerprint(&of_bases(b"gattaca", true))?);
/// assert_ne!(ours, fingerprint(&of_bases(b"GATTAGA", true))?);
/// assert_ne!(ours, fingerprint(&of_bases(b"GATTACA", false))?);
/// # Ok::<(), ciskit_train::TrainError>(())
/// ```
pub fn fingerprint(source: &dyn PairSource) -> Result<String, TrainError> {
    let further = [covariates(source), tracks(source)?, embeddings(source)?].into_iter().flatten();
    let further: String = further.map(|entry| format!(", {entry}")).collect();
    Ok(format!("{}, {}{further}", fingerprint_of_pairs(source.pairs()), sequences(source)?))
}

/// Hash of the sampled windows.
pub(crate) fn sequences(source: &dyn PairSource) -> Result<String, TrainError> {
    let mut hash = Fnv1a::default();
    for example in sample(source) {
        let codes = Codes::of(source, &[example])?;
        for codes in codes.sides() {
            hash = hash.with(&(codes.len() as u64).to_le_bytes()).with(codes);
        }
    }
    Ok(format!("windows with hash {hash}"))
}

/// Number of the tracks, and hash of their values along the sampled windows; `None` if there are none.
pub(crate) fn tracks(source: &dyn PairSource) -> Result<Option<String>, TrainError> {
    let number = source.tracks();
    if number == 0 {
        return Ok(None);
    }
    Ok(Some(format!("{number} tracks with hash {}", of_values(source, Codes::tracks)?)))
}

/// Which embeddings there are, and hash of them along the sampled windows; `None` if there are none.
pub(crate) fn embeddings(source: &dyn PairSource) -> Result<Option<String>, TrainError> {
    let Some(spec) = source.embedding() else { return Ok(None) };
    Ok(Some(format!("embeddings by {spec} with hash {}", of_values(source, Codes::embeddings)?)))
}

/// Hash of numbers along the sampled windows.
fn of_values(source: &dyn PairSource, values: impl Fn(&Codes) -> [&[f32]; 2]) -> Result<Fnv1a, TrainError> {
    let mut hash = Fnv1a::default();
    for example in sample(source) {
        let codes = Codes::of(source, &[example])?;
        for value in values(&codes).into_iter().flatten() {
            hash = hash.with(&value.to_le_bytes());
        }
    }
    Ok(hash)
}

/// Up to [`SAMPLE`] pairs, evenly spaced.
fn sample(source: &dyn PairSource) -> impl Iterator<Item = Example> {
    let (len, sampled) = (source.len(), source.len().min(SAMPLE));
    (0..sampled).map(move |index| Example::centred(index * len / sampled))
}

/// Names and hash of the covariates of all pairs; `None` if there are none.
pub(crate) fn covariates(source: &dyn PairSource) -> Option<String> {
    let names = source.covariate_names();
    let of_pair = |hash: Fnv1a, pair| {
        source.covariates(pair).iter().fold(hash, |hash, value| hash.with(&value.to_le_bytes()))
    };
    let hash = (0..source.len()).fold(Fnv1a::default(), of_pair);
    (!names.is_empty()).then(|| format!("covariates {} with hash {hash}", names.join(", ")))
}

/// Number and hash of pairs without their sequences: rows, coordinates or names, labels.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_train::fingerprint_of_pairs;
///
/// let pair = Pair::new(Interval::new("chr1", 60, 90)?, Interval::new("chr1", 150, 170)?);
/// let [unlabelled, labelled] = [pair.clone(), pair.with_label(true)].map(|pair| fingerprint_of_pairs(&[pair]));
/// assert!(labelled.starts_with("1 pairs with hash "));
/// assert_ne!(labelled, unlabelled);
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[must_use]
pub fn fingerprint_of_pairs(pairs: &[Pair]) -> String {
    of_rows(pairs, 0..pairs.len())
}

/// Number and hash of some pairs.
pub(crate) fn pairs(source: &dyn PairSource, rows: &[usize]) -> String {
    of_rows(source.pairs(), rows.iter().copied())
}

fn of_rows(pairs: &[Pair], rows: impl ExactSizeIterator<Item = usize>) -> String {
    let number = rows.len();
    let hash = rows.fold(Fnv1a::default(), |hash, row| {
        let pair = &pairs[row];
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
    format!("{number} pairs with hash {hash}")
}
