//! From numbers to a verdict, with the sentence that says why.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Audit;
use super::baseline::AuditBaseline;
use crate::{AuditConfig, AuditThresholds, Reads};

/// How bad a finding is. Ordered: the verdict of an audit is its worst finding's.
///
/// ```
/// use ciskit_dataset::Verdict;
/// assert!(Verdict::Ok < Verdict::Caution && Verdict::Caution < Verdict::Solved);
/// assert_eq!(Verdict::Solved.to_string(), "solved without biology");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing to worry about.
    #[default]
    Ok,
    /// To be known when results on the list are read.
    Caution,
    /// A rule that knows no biology separates the classes: a good score on this list proves nothing by itself.
    Solved,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Caution => "caution",
            Self::Solved => "solved without biology",
        })
    }
}

/// What one check found.
///
/// ```
/// use ciskit_dataset::{Finding, Verdict};
///
/// let finding = Finding {
///     check: "distance".into(),
///     verdict: Verdict::Ok,
///     value: Some(0.51),
///     message: "distance reaches AUROC 0.510".into(),
/// };
/// assert_eq!(finding.to_string(), "ok: distance reaches AUROC 0.510");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Name of the check: a baseline's, or `shared elements`, `similar sequences`, and so on.
    pub check: String,
    /// How bad it is.
    pub verdict: Verdict,
    /// The number that was compared with the thresholds.
    pub value: Option<f64>,
    /// What was found, in a sentence.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.verdict, self.message)
    }
}

/// The findings of an audit's numbers, the worst first, otherwise in the order of the checks.
pub(super) fn findings(audit: &Audit, config: &AuditConfig) -> Vec<Finding> {
    let thresholds = &config.thresholds;
    let mut findings = Vec::new();
    findings.extend(measurable(audit, thresholds));
    findings.extend(baselines(audit, thresholds));
    findings.extend(sharing(audit, thresholds));
    findings.extend(similarity(audit, thresholds));
    findings.extend(recombination(audit, thresholds));
    findings.extend(moved(audit, thresholds));
    findings.extend(rows(audit, thresholds));
    findings.extend(classes(audit, thresholds));
    findings.extend(promoter_overlap(audit, thresholds));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
    findings
}

fn finding(check: &str, verdict: Verdict, value: Option<f64>, message: String) -> Finding {
    Finding { check: check.into(), verdict, value, message }
}

/// A caution from a threshold on.
fn caution(value: f64, threshold: f64) -> Verdict {
    if value >= threshold && value > 0.0 { Verdict::Caution } else { Verdict::Ok }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// Where nothing can be measured, or nothing precisely enough, nothing is known, which is not the same as ok.
fn measurable(audit: &Audit, thresholds: &AuditThresholds) -> Option<Finding> {
    let measured = audit.baselines.iter().find(|baseline| baseline.auroc.is_some());
    let Some(error) = measured.and_then(|baseline| baseline.null_standard_error) else {
        let message = "no fold's test pairs hold both classes: how far rules get under the split is unknown";
        return Some(finding("labels", Verdict::Caution, None, message.into()));
    };
    let noise = thresholds.standard_errors * error;
    (noise > thresholds.auroc_solved - 0.5).then(|| {
        let message = format!(
            "too few test pairs: {} standard errors of a random score's AUROC are {noise:.2}, so that most rules cannot \
             be told from chance",
            thresholds.standard_errors
        );
        finding("labels", Verdict::Caution, Some(noise), message)
    })
}

/// One finding for each rule: on the list on which it separates the classes best.
fn baselines<'a>(audit: &'a Audit, thresholds: &'a AuditThresholds) -> impl Iterator<Item = Finding> + 'a {
    let best = |name: &str| {
        let of_rule = audit.baselines.iter().filter(|baseline| baseline.name == name);
        of_rule
            .max_by(|a, b| a.separation().partial_cmp(&b.separation()).unwrap_or(std::cmp::Ordering::Equal))
    };
    let mut names: Vec<&str> = audit.baselines.iter().map(|baseline| baseline.name.as_str()).collect();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(*name));
    names.into_iter().filter_map(move |name| {
        let baseline = best(name)?;
        Some(finding(name, of_baseline(baseline, thresholds)?, baseline.auroc, sentence(baseline)?))
    })
}

fn of_baseline(baseline: &AuditBaseline, thresholds: &AuditThresholds) -> Option<Verdict> {
    let separation = baseline.separation()?;
    let noise = baseline.null_standard_error.map_or(0.0, |error| thresholds.standard_errors * error);
    let stands_out = separation - 0.5 > noise;
    Some(match separation {
        s if stands_out && s >= thresholds.auroc_solved => Verdict::Solved,
        s if stands_out && s >= thresholds.auroc_caution => Verdict::Caution,
        _ => Verdict::Ok,
    })
}

fn sentence(baseline: &AuditBaseline) -> Option<String> {
    let auroc = baseline.auroc.or_else(|| baseline.whole_list.as_ref()?.auroc)?;
    let precision = baseline.average_precision.or_else(|| baseline.whole_list.as_ref()?.average_precision);
    let list = match baseline.ratio {
        Some(ratio) => format!(" on test lists of 1:{ratio}"),
        None => String::new(),
    };
    let reads = match baseline.reads {
        Reads::List => ", knowing no more than which rows are tested",
        Reads::Row => ", knowing no more than the coordinates",
        Reads::Composition => ", knowing no more than how many bases of a kind the windows hold",
        Reads::TrainingLabels => ", knowing no more than the labels of each element's training rows",
    };
    // The average precision of a rule read backwards is another number, which nobody measured.
    let more = match precision {
        _ if auroc < 0.5 => " (the other way round)".to_owned(),
        Some(value) => format!(" and average precision {value:.3}"),
        None => String::new(),
    };
    Some(format!("{} reaches AUROC {auroc:.3}{more}{list}{reads}", baseline.name))
}

fn sharing(audit: &Audit, thresholds: &AuditThresholds) -> Option<Finding> {
    let worst = audit.sharing.iter().max_by(|a, b| a.touched().total_cmp(&b.touched()))?;
    let touched = worst.touched();
    let message = if touched == 0.0 {
        "no test pair has an element that training has or that overlaps one".to_owned()
    } else {
        format!(
            "{} of the test pairs of fold {} have an element that training has ({}) or that overlaps one",
            percent(touched),
            worst.fold,
            percent(worst.shared_pairs as f64 / worst.test_pairs.max(1) as f64),
        )
    };
    Some(finding("shared elements", caution(touched, thresholds.shared), Some(touched), message))
}

fn similarity(audit: &Audit, thresholds: &AuditThresholds) -> Option<Finding> {
    let worst = audit.similarity.as_ref()?.iter().max_by(|a, b| a.share().total_cmp(&b.share()))?;
    let share = worst.share();
    let message = format!(
        "{} of {} test elements{} have a near-identical sequence in training",
        worst.similar,
        worst.elements,
        if worst.similar > 0 { format!(" of fold {}", worst.fold) } else { " of any fold".to_owned() },
    );
    Some(finding("similar sequences", caution(share, thresholds.similar), Some(share), message))
}

fn recombination(audit: &Audit, thresholds: &AuditThresholds) -> Option<Finding> {
    let composition = &audit.composition;
    let (found, expected) = (composition.negatives_with_both, composition.expected_negatives_with_both);
    if composition.positives == 0 || composition.negatives == 0 {
        return None;
    }
    let filtered =
        expected > 0.0 && expected >= thresholds.expected_recombinations && (found as f64) < expected / 10.0;
    let message = format!(
        "{found} negatives join an enhancer and a promoter of positives, where {expected:.0} are expected by chance{}",
        if filtered {
            ": the negatives were chosen to avoid this, which lets elements give labels away"
        } else {
            ""
        },
    );
    let verdict = if filtered { Verdict::Caution } else { Verdict::Ok };
    Some(finding("recombined negatives", verdict, Some(found as f64), message))
}

fn moved(audit: &Audit, thresholds: &AuditThresholds) -> Option<Finding> {
    let moved = &audit.moved_negatives;
    let distance = moved.distance?;
    let share = moved.share();
    let message = format!(
        "{} of the windows of negatives lie exactly {distance} bp beside a window of a positive",
        percent(share)
    );
    Some(finding("moved negatives", caution(share, thresholds.moved), Some(share), message))
}

fn rows(audit: &Audit, thresholds: &AuditThresholds) -> Vec<Finding> {
    let composition = &audit.composition;
    let share = composition.repeated_rows as f64 / composition.pairs.max(1) as f64;
    let repeated = format!("{} rows repeat a pair ({})", composition.repeated_rows, percent(share));
    let contradictory = composition.contradictory_pairs;
    vec![
        finding("repeated rows", caution(share, thresholds.duplicates), Some(share), repeated),
        finding(
            "contradictory rows",
            caution(contradictory as f64, 0.0),
            Some(contradictory as f64),
            format!("{contradictory} pairs are labelled both positive and negative"),
        ),
    ]
}

fn classes<'a>(audit: &'a Audit, thresholds: &'a AuditThresholds) -> impl Iterator<Item = Finding> + 'a {
    audit.classes.iter().filter_map(move |class| {
        let ks = class.ks?;
        let (Some(positives), Some(negatives)) = (class.positives.median, class.negatives.median) else {
            return None;
        };
        let (p, n) = (class.positives.n as f64, class.negatives.n as f64);
        // The critical value of the two-sample test at 0.1 %.
        let noise = 1.95 * ((p + n) / (p * n)).sqrt();
        let verdict = if ks > noise { caution(ks, thresholds.ks) } else { Verdict::Ok };
        let message = format!(
            "{}: median {} {} of the positives, {} of the negatives (Kolmogorov-Smirnov distance {ks:.3})",
            class.feature,
            rounded(positives),
            class.unit,
            rounded(negatives),
        );
        Some(finding(&format!("matching of {}", class.feature), verdict, Some(ks), message))
    })
}

fn rounded(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}

fn promoter_overlap(audit: &Audit, thresholds: &AuditThresholds) -> Option<Finding> {
    let overlap = &audit.promoter_overlap;
    let ratio = overlap.ratio()?;
    let message = format!(
        "{} of {} positives ({}) overlap another enhancer of their promoter as windows of {} bp: they are fewer \
         independent examples than rows",
        overlap.overlapping,
        overlap.positives,
        percent(ratio),
        overlap.window,
    );
    Some(finding("overlapping positives", caution(ratio, thresholds.overlap), Some(ratio), message))
}
