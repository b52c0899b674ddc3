//! From names to scores.

use super::parameters::Parameters;
use super::{
    ActiveAllele, Background, Coverage, Difference, EffectScoreError, JensenShannon, LikelihoodRatio,
    Log2FoldChange, Log2Ratio, LogitDifference, Norm, Quantile, StrandMerged, TwoClass,
};
use crate::EffectScore;

/// A score that has a name, as a program lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedScore {
    /// What [`named`] knows it by.
    pub name: &'static str,
    /// Its parameters in words; empty if it has none.
    pub parameters: &'static str,
    /// What it is, in one line.
    pub description: &'static str,
}

const fn plain(name: &'static str, description: &'static str) -> NamedScore {
    NamedScore { name, parameters: "", description }
}

const FOLD_CHANGE: &str = "pseudocount (1) and bins (all; from-to, 0-based, half-open)";
const ACTIVE: &str = "of (mean; or sum)";
const MERGED: &str = "of (sum; or any of log-sum, sqrt-sum, log-sed, sax, d1, d2, log-d1, log-d2)";
const QUANTILE: &str = "background (a table of values, a column each, or of scored variants) and of (a score, with its parameters; comes last)";

const SCORES: [NamedScore; 23] = [
    plain("difference", "alternative minus reference (mean over bins)"),
    plain("log2-ratio", "log2 of alternative over reference, through logits where the model has them"),
    NamedScore {
        name: "log2-fold-change",
        parameters: FOLD_CHANGE,
        description: "log2((alt + pseudocount) / (ref + pseudocount)) of sums over bins",
    },
    plain("logit-difference", "difference of log odds, natural"),
    plain("two-class", "log2 ratio of the second of two classes' probabilities, from two logits"),
    plain("llr", "log likelihood ratio of masked language models, natural"),
    plain("sum", "difference of sums over bins"),
    plain("sad", "another name of sum"),
    plain("log-sum", "difference of sums of log2(x + 1)"),
    plain("sqrt-sum", "difference of sums of square roots"),
    plain("log-sed", "difference of log2(sum + 1)"),
    plain("sax", "the bin's difference of the largest size"),
    plain("d1", "sum over bins of absolute differences"),
    plain("d2", "root of the sum over bins of squared differences"),
    plain("log-d1", "d1 of log2(x + 1)"),
    plain("log-d2", "d2 of log2(x + 1)"),
    NamedScore {
        name: "strand-merged",
        parameters: MERGED,
        description: "a statistic of coverage, with the tracks of both strands taken together",
    },
    plain("l1", "sum of absolute differences over bins and outputs together"),
    plain("l2", "root of the sum of squared differences over bins and outputs together"),
    plain("max", "largest absolute difference of any bin and output"),
    plain("jensen-shannon", "divergence between the shapes of both profiles, in bits"),
    NamedScore {
        name: "active-allele",
        parameters: ACTIVE,
        description: "the larger of the two predictions: how active the place is at all",
    },
    NamedScore {
        name: "quantile",
        parameters: QUANTILE,
        description: "a score's quantile among those of a background of variants",
    },
];

/// Every name that [`named`] knows.
///
/// ```
/// let names: Vec<&str> = ciskit_variant::scores::all().map(|score| score.name).collect();
/// assert!(names.contains(&"log2-ratio") && names.contains(&"quantile"));
/// ```
pub fn all() -> impl Iterator<Item = NamedScore> {
    SCORES.into_iter()
}

/// The score of a name, with its parameters behind a colon: `sum`, `log2-fold-change:pseudocount=0.5,bins=440-456`,
/// `quantile:background=common.tsv,of=log2-fold-change:pseudocount=1`. Case does not matter in names.
///
/// # Errors
///
/// [`EffectScoreError`]: an unknown name, and the known one that is nearest; a wrong parameter; a background that cannot be read.
///
/// ```
/// use ciskit_variant::{EffectScore, scores};
///
/// assert_eq!(scores::named("SAD")?.name(), "sum");
/// let score = scores::named("log2-fold-change:bins=440-456")?;
/// assert_eq!(score.name(), "log2-fold-change:pseudocount=1,bins=440-456");
/// # Ok::<(), scores::EffectScoreError>(())
/// ```
pub fn named(text: &str) -> Result<Box<dyn EffectScore>, EffectScoreError> {
    let (name, parameters) = text.split_once(':').unwrap_or((text, ""));
    let lower = name.trim().to_ascii_lowercase();
    let Some(known) = all().find(|score| score.name == lower) else {
        return Err(EffectScoreError::Unknown { name: name.to_owned(), nearest: nearest(&lower) });
    };
    let listed = if known.parameters.is_empty() { "none at all" } else { known.parameters };
    let mut parameters = Parameters::new(known.name, listed, parameters)?;
    let score: Box<dyn EffectScore> = match known.name {
        "difference" => Box::new(Difference),
        "log2-ratio" => Box::new(Log2Ratio),
        "log2-fold-change" => {
            let score = Log2FoldChange::new(parameters.number("pseudocount", 1.0)?);
            match parameters.range("bins")? {
                Some(bins) => Box::new(score.with_bins(bins)),
                None => Box::new(score),
            }
        }
        "logit-difference" => Box::new(LogitDifference),
        "two-class" => Box::new(TwoClass),
        "llr" => Box::new(LikelihoodRatio),
        "jensen-shannon" => Box::new(JensenShannon),
        "sad" => Box::new(Coverage::Sum),
        "l1" => Box::new(Norm::L1),
        "l2" => Box::new(Norm::L2),
        "max" => Box::new(Norm::Max),
        "active-allele" => match parameters.take("of") {
            None | Some("mean") => Box::new(ActiveAllele::mean()),
            Some("sum") => Box::new(ActiveAllele::sum()),
            Some(found) => return Err(parameters.wrong("of", "mean or sum", found)),
        },
        "strand-merged" => {
            let of = parameters.take("of").unwrap_or("sum");
            let statistic = Coverage::ALL.into_iter().find(|statistic| statistic.name() == of);
            let wrong = || parameters.wrong("of", "a statistic of coverage (sum, log-sum, d2, …)", of);
            Box::new(StrandMerged::new(statistic.ok_or_else(wrong)?))
        }
        "quantile" => {
            let file = parameters.need("background", "a table of values")?;
            let of = parameters.need("of", "a score")?;
            let background = Background::open(file)?;
            Box::new(Quantile::new(named(of)?, background))
        }
        other => match Coverage::ALL.into_iter().find(|statistic| statistic.name() == other) {
            Some(statistic) => Box::new(statistic),
            None => unreachable!("{other} is listed"),
        },
    };
    parameters.finish()?;
    Ok(score)
}

/// The known name that is spelled most alike, above all at its start; of several, the first.
fn nearest(name: &str) -> &'static str {
    let unlike = |score: &NamedScore| 1.0 - strsim::jaro_winkler(score.name, name);
    all().min_by(|a, b| unlike(a).total_cmp(&unlike(b))).map_or("", |score| score.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        named(text).err().unwrap().to_string()
    }

    #[test]
    fn every_listed_name_is_known_and_keeps_it() {
        for score in all().filter(|score| score.name != "quantile") {
            let found = named(score.name).unwrap_or_else(|error| panic!("{}: {error}", score.name));
            let canonical = if score.name == "sad" { "sum" } else { score.name };
            assert!(found.name().starts_with(canonical), "{} {}", found.name(), score.name);
            assert!(!score.description.is_empty() && score.description.len() < 100);
            // What a score calls itself makes the same score.
            assert_eq!(named(found.name()).unwrap().name(), found.name());
        }
    }

    #[test]
    fn wrong_names_and_parameters_say_what_there_is() {
        assert_eq!(message("jensen"), "there is no score \"jensen\"; the nearest name is jensen-shannon");
        assert_eq!(message("logsum"), "there is no score \"logsum\"; the nearest name is log-sum");
        assert_eq!(message(""), "there is no score \"\"; the nearest name is difference");
        assert_eq!(
            message("log2-fold-change:pseudo=1"),
            format!("the score log2-fold-change has no parameter \"pseudo\"; it has {FOLD_CHANGE}")
        );
        for text in [
            "pseudocount=-1",
            "pseudocount=x",
            "pseudocount=inf",
            "pseudocount",
            "bins=5-5",
            "bins=5",
            "bins=a-b",
        ] {
            assert!(message(&format!("log2-fold-change:{text}")).contains("needs"), "{text}");
        }
        assert!(message("log2-fold-change:bins=1-2,bins=3-4").contains("a second time"));
        assert_eq!(
            message("active-allele:of=max"),
            "the score active-allele needs mean or sum as of, found \"max\""
        );
        assert_eq!(
            message("quantile:of=sum"),
            "the score quantile needs a table of values as background, found \"nothing\""
        );
        assert!(message("quantile:background=missing.tsv,of=sum").contains("missing.tsv"));
    }

    #[test]
    fn a_quantile_reads_its_background_and_its_score() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("common.tsv");
        std::fs::write(&path, "x\n0\n1\n").unwrap();
        let text =
            format!("quantile:background={},of=log2-fold-change:pseudocount=2,bins=0-1", path.display());
        assert_eq!(named(&text).unwrap().name(), "quantile:of=log2-fold-change:pseudocount=2,bins=0-1");
        let unknown = format!("quantile:background={},of=sun", path.display());
        assert!(message(&unknown).contains("the nearest name is sum"), "{}", message(&unknown));
    }
}
