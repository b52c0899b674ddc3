//! The audit: can a pair list be solved without biology?

mod baseline;
mod classes;
mod composition;
mod config;
mod content;
mod format;
mod minimizer;
mod moved;
mod promoter_overlap;
mod roster;
mod rules;
mod sharing;
mod similarity;
mod sweep;
mod verdict;

use ciskit_core::Pair;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use baseline::{AuditBaseline, BaselineDraw, FoldScore};
pub use classes::{ClassDifference, ClassSample};
pub use composition::{Composition, Degrees, ElementDegree};
pub use config::{AuditConfig, AuditThresholds, SimilarityConfig};
pub use format::AuditFormat;
pub use moved::MovedNegatives;
pub use promoter_overlap::PromoterOverlap;
pub use rules::Reads;
pub use sharing::{FoldSharing, SideSharing};
pub use similarity::FoldSimilarity;
pub use verdict::{Finding, Verdict};

use crate::{DatasetError, PairSource, RandomFolds, Split, Splitter, Validation};
use content::Contents;
use roster::Roster;
use rules::{Rule, Scoring};

/// What a pair list and its split give away before any model has seen a sequence.
///
/// Rules that know no biology are scored as a model would be; what the parts of a fold share is counted; the classes
/// are compared in what nobody calls biology. AuditThresholds turn the numbers into [`Finding`]s, and the worst of these is
/// the verdict. The value is what `audit.json` holds.
///
/// *Units*: bp, 0-based and half-open.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{Audit, AuditConfig, ChromosomeFolds, Splitter, Verdict};
///
/// // One promoter has all the positives of its contig, every negative has a promoter of its own.
/// let mut pairs = Vec::new();
/// for contig in ["c1", "c2", "c3"] {
///     for n in 0..60 {
///         let promoter = if n % 2 == 0 { 1_000_000 } else { 1_000_000 + 5_000 * n };
///         let enhancer = Interval::new(contig, 10_000 * n, 10_000 * n + 200)?;
///         pairs.push(Pair::new(enhancer, Interval::new(contig, promoter, promoter + 2_000)?).with_label(n % 2 == 0));
///     }
/// }
/// let split = ChromosomeFolds::balanced(3).split(&pairs)?;
/// let audit = Audit::of(&pairs, &split, &AuditConfig::default(), None)?;
/// assert_eq!(audit.verdict, Verdict::Solved);
/// assert_eq!(audit.findings[0].check, "promoter count");
/// assert_eq!(audit.baseline("promoter count", Some(1)).and_then(|count| count.auroc), Some(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Audit {
    /// Version of the schema; newer ones than this program knows are refused when read.
    pub format: AuditFormat,
    /// The worst finding's.
    pub verdict: Verdict,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// Checks that could not be made, and why.
    pub skipped: Vec<String>,
    /// What the split is called.
    pub splitter: String,
    /// How the split says that it leaks.
    pub leak: Option<String>,
    /// Pairs in no fold.
    pub untested: usize,
    /// How often elements occur, and with which labels.
    pub composition: Composition,
    /// Whether negatives are positives moved aside.
    pub moved_negatives: MovedNegatives,
    /// Rules without biology under the split.
    pub baselines: Vec<AuditBaseline>,
    /// What knowing training labels would reach if the pairs were split at random; no part of the verdict.
    pub at_random: Vec<AuditBaseline>,
    /// What the parts of each fold share.
    pub sharing: Vec<FoldSharing>,
    /// Near-identical sequences; `None` without sequences.
    pub similarity: Option<Vec<FoldSimilarity>>,
    /// How the classes differ.
    pub classes: Vec<ClassDifference>,
    /// How far the positives of one promoter overlap.
    pub promoter_overlap: PromoterOverlap,
    /// The settings.
    pub config: AuditConfig,
}

impl Audit {
    /// Audits labelled pairs under a split; with `sequences`, a source of the same pairs in the same order, also what
    /// their windows give away.
    ///
    /// What training may know of a fold are its training and its validation pairs. Pairs without label are left out of
    /// every baseline. *Cost*: O(n log n) for n pairs, times folds and draws; with sequences every element's window
    /// is read once. Results do not depend on the number of threads.
    ///
    /// # Errors
    ///
    /// [`DatasetError::AuditSetting`] for a setting that makes no sense, [`DatasetError::AuditSource`] if `sequences`
    /// has another number of pairs, and what [`PairSource::fetch`] refuses.
    ///
    /// # Panics
    ///
    /// If the split is not one of `pairs`.
    pub fn of(
        pairs: &[Pair],
        split: &Split,
        config: &AuditConfig,
        sequences: Option<&dyn PairSource>,
    ) -> Result<Self, DatasetError> {
        config.check()?;
        if let Some(found) = sequences.map(PairSource::len).filter(|found| *found != pairs.len()) {
            return Err(DatasetError::AuditSource { pairs: pairs.len(), found });
        }
        let roster = Roster::of(pairs);
        let contents =
            sequences.map(|source| Contents::read(&roster, source, &config.similarity)).transpose()?;
        let contents = contents.as_ref();
        let moved = MovedNegatives::of(&roster, config.shift);
        let scoring = Scoring { roster: &roster, contents, shift: moved.shift as i64 };

        let random = RandomFolds::new(config.random_folds, 0).validation(Validation::None).split(pairs)?;
        let measured: Vec<AuditBaseline> = tasks(config, contents.is_some())
            .into_par_iter()
            .map(|(rule, ratio)| AuditBaseline::measure(rule, ratio, &scoring, split, config))
            .collect();
        let at_random = Rule::OF_LABELS
            .into_par_iter()
            .map(|rule| AuditBaseline::measure(rule, None, &scoring, &random, config))
            .collect();
        let folds = 0..split.folds.len();
        let mut audit = Self {
            format: AuditFormat,
            verdict: Verdict::Ok,
            findings: Vec::new(),
            skipped: skipped(contents.is_some()),
            splitter: split.splitter.clone(),
            leak: split.leak.clone(),
            untested: split.untested.len(),
            composition: Composition::of(&roster),
            moved_negatives: moved,
            baselines: measured,
            at_random,
            sharing: folds.into_par_iter().map(|fold| FoldSharing::of(&roster, split, fold)).collect(),
            similarity: contents
                .map(|contents| FoldSimilarity::all(&roster, contents, split, &config.similarity)),
            classes: ClassDifference::all(&roster, contents),
            promoter_overlap: PromoterOverlap::of(&roster, config.overlap_window),
            config: config.clone(),
        };
        audit.findings = verdict::findings(&audit, config);
        audit.verdict = audit.findings.iter().map(|finding| finding.verdict).max().unwrap_or_default();
        Ok(audit)
    }

    /// The rule of a name, on all test pairs or on lists with so many negatives for each positive.
    #[must_use]
    pub fn baseline(&self, name: &str, ratio: Option<usize>) -> Option<&AuditBaseline> {
        self.baselines.iter().find(|baseline| baseline.name == name && baseline.ratio == ratio)
    }
}

/// Every rule with every list that it is measured on.
fn tasks(config: &AuditConfig, sequences: bool) -> Vec<(Rule, Option<usize>)> {
    let mut ratios: Vec<Option<usize>> = config.ratios.iter().copied().map(Some).collect();
    ratios.push(None);
    let counts = Rule::OF_COUNTS.into_iter().flat_map(|rule| ratios.iter().map(move |ratio| (rule, *ratio)));
    let full = |rules: &[Rule]| rules.iter().map(|rule| (*rule, None)).collect::<Vec<_>>();
    let mut tasks: Vec<_> = full(&Rule::OF_ROWS).into_iter().chain(counts).collect();
    tasks.extend(full(&Rule::OF_WINDOWS));
    if sequences {
        tasks.extend(full(&Rule::OF_CONTENT));
    }
    tasks.extend(full(&Rule::OF_LABELS));
    tasks
}

fn skipped(sequences: bool) -> Vec<String> {
    if sequences {
        return Vec::new();
    }
    ["near-identical sequences", "GC and unknown bases of the windows"]
        .map(|check| format!("{check}: needs sequences"))
        .into()
}
