//! `metrics.json`: one schema for a run's results and for `evaluate --json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Baseline, Evaluation, ReportError, Results, Selection, file};

/// The format that is written, and the newest that is read.
const FORMAT: u64 = 1;

/// Everything measured of a run or of a table of scores.
///
/// As JSON it is one object: `format`, then the keys of [`Evaluation`] over all scores together, then, where there
/// are any, `folds`, `summary`, `baselines` and `selection`. `evaluate --json` prints the first part, a run's `metrics.json` holds
/// all of it; whoever reads one reads the other. Keys that this version does not know are ignored, since later
/// versions may add some; a change of meaning is a new format, which is refused by name.
///
/// ```
/// use ciskit_core::Scale;
/// use ciskit_report::{Evaluation, Metrics};
///
/// let metrics = Metrics::of(Evaluation::of(&[false, true], &[0.2, 0.9], Scale::Raw)?);
/// let json = metrics.to_json();
/// assert!(json.starts_with("{\n  \"format\": 1,\n  \"n\": 2,\n  \"positives\": 1,\n  \"auroc\": 1.0,"));
/// assert_eq!(Metrics::from_json(&json, "metrics.json")?, metrics);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Metrics {
    format: u64,
    /// The scores that are reported on: overall, by fold, and in summary.
    #[serde(flatten)]
    pub results: Results,
    /// What simpler scores of the same items reach, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub baselines: BTreeMap<String, Baseline>,
    /// How the models were chosen that the scores are of, if they were trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
}

impl Metrics {
    /// The metrics of one table of scores.
    #[must_use]
    pub fn of(overall: Evaluation) -> Self {
        Self::of_results(Results::of(overall))
    }

    /// The metrics of a run.
    #[must_use]
    pub fn of_results(results: Results) -> Self {
        Self { format: FORMAT, results, baselines: BTreeMap::new(), selection: None }
    }

    /// Adds a baseline, or replaces the one of that name.
    #[must_use]
    pub fn with_baseline(mut self, name: impl Into<String>, baseline: Baseline) -> Self {
        self.baselines.insert(name.into(), baseline);
        self
    }

    /// Says how the models were chosen.
    #[must_use]
    pub fn with_selection(mut self, selection: Selection) -> Self {
        self.selection = Some(selection);
        self
    }

    /// The JSON object, indented, with a final line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("string keys and numbers are always JSON");
        json.push('\n');
        json
    }

    /// Reads the JSON object; `file` is what errors call it.
    ///
    /// # Errors
    ///
    /// [`ReportError::Schema`] for what is not such an object, [`ReportError::NewerFormat`] for one of a later
    /// version, whatever else it holds.
    pub fn from_json(json: &str, file: &str) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Header {
            format: u64,
        }
        let schema = |source| ReportError::Schema { file: file.to_owned(), source };
        let Header { format: found } = serde_json::from_str(json).map_err(schema)?;
        if found > FORMAT {
            return Err(ReportError::NewerFormat { file: file.to_owned(), found, supported: FORMAT });
        }
        serde_json::from_str(json).map_err(schema)
    }

    /// Writes the JSON object to a file, completely or not at all.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), ReportError> {
        file::write(path.as_ref(), &self.to_json())
    }

    /// Reads a file that [`Metrics::write`] wrote.
    ///
    /// # Errors
    ///
    /// [`ReportError::Read`], and those of [`Metrics::from_json`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ReportError> {
        let path = path.as_ref();
        let json = std::fs::read_to_string(path)
            .map_err(|source| ReportError::Read { path: path.to_owned(), source })?;
        Self::from_json(&json, &path.display().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fold;
    use ciskit_core::Scale;

    fn evaluation(scores: [f64; 4]) -> Evaluation {
        Evaluation::of(&[false, true, false, true], &scores, Scale::Probability).unwrap()
    }

    fn run() -> Metrics {
        let one_class = Evaluation::of(&[false; 2], &[0.3, 0.4], Scale::Probability).unwrap();
        let folds = vec![
            Fold::new("chr1", evaluation([0.1, 0.9, 0.6, 0.4])),
            Fold::new("chr2 \"<odd>\"\n", evaluation([0.2, 0.7, 0.1, 0.8])),
            Fold::new("chr3", one_class),
        ];
        let distance = Baseline::new(Results::of(evaluation([0.5; 4])));
        Metrics::of_results(Results::of_folds(evaluation([0.1, 1.0 / 3.0, 0.0, 1e-300]), folds))
            .with_baseline("distance", distance.clone())
            .with_baseline("promoter-count", distance.transductive())
            .with_selection(Selection::new("test", 75).without("No validation part."))
    }

    #[test]
    fn a_run_reads_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.json");
        run().write(&path).unwrap();
        assert_eq!(Metrics::read(&path).unwrap(), run());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), run().to_json());
    }

    #[test]
    fn a_run_is_an_evaluation_with_more_keys() {
        let run: serde_json::Value = serde_json::from_str(&run().to_json()).unwrap();
        let alone = Metrics::of(evaluation([0.1, 1.0 / 3.0, 0.0, 1e-300])).to_json();
        let alone: serde_json::Value = serde_json::from_str(&alone).unwrap();
        for (key, value) in alone.as_object().unwrap() {
            assert_eq!(&run[key], value, "{key}");
        }
        assert!(alone.get("folds").is_none() && alone.get("baselines").is_none());
        assert_eq!(
            run["folds"][2]["undefined"]["auroc"],
            "undefined without positives: all 2 labels are negative"
        );
        assert_eq!(run["summary"]["auroc"]["folds"], 2);
        assert_eq!(run["baselines"]["promoter-count"]["transductive"], true);
        assert!(run["baselines"]["distance"].get("transductive").is_none());
        assert_eq!(run["selection"]["chosen_on"], "test");
        assert_eq!(run["selection"]["candidates"], 75);
    }

    #[test]
    fn newer_formats_are_refused_before_their_content() {
        let newer = Metrics::from_json(r#"{"format": 7, "n": "many"}"#, "run/metrics.json").unwrap_err();
        assert!(matches!(newer, ReportError::NewerFormat { found: 7, supported: 1, .. }));
        let missing = Metrics::from_json(r#"{"n": 1}"#, "run/metrics.json").unwrap_err().to_string();
        assert!(
            missing.starts_with("run/metrics.json does not hold metrics: missing field `format`"),
            "{missing}"
        );
        assert!(matches!(Metrics::from_json("", "m"), Err(ReportError::Schema { .. })));
        assert!(matches!(Metrics::read("/nowhere/metrics.json"), Err(ReportError::Read { .. })));
    }

    #[test]
    fn unknown_keys_are_left_to_later_versions() {
        let json = run().to_json().replacen("{", "{\"calibration_error\": [1, {\"a\": null}],", 1);
        assert_eq!(Metrics::from_json(&json, "m").unwrap(), run());
    }
}
