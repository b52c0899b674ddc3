//! The baselines by name, for programs.

use ciskit_core::Side;
use ciskit_dataset::{CountBaseline, DistanceBaseline};

use crate::{
    Baseline, BaselineError, BoostedTrees, Evidence, KmerRegression, Prevalence, Propensity, TableBaseline,
    TrainingDegree,
};

/// The baselines by name, with the settings that they have by default.
///
/// | name | looks at | what it does |
/// |---|---|---|
/// | `distance` | coordinates | nearer is more positive |
/// | `promoter-count`, `enhancer-count` | the scored list | rows of the scored list with the element; transductive |
/// | `promoter-training-degree`, `enhancer-training-degree` | the training list | training rows with the element |
/// | `propensity`, `promoter-propensity`, `enhancer-propensity` | training labels | log odds that training rows with the element are positive |
/// | `prevalence` | training labels | the share of positives, for every pair |
/// | `kmer` | sequence, training labels | [`KmerRegression`] |
/// | `trees`, `trees-degree` | coordinates, composition, training labels | [`BoostedTrees`] |
///
/// ```
/// use ciskit_baselines::{Baseline, Baselines};
///
/// for name in Baselines::names() {
///     let baseline = Baselines::named(name)?;
///     println!("{name}: {} (looks at {})", baseline.description(), baseline.evidence());
/// }
/// assert!(Baselines::named("promoter-count")?.is_transductive());
/// # Ok::<(), ciskit_baselines::BaselineError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Baselines;

impl Baselines {
    /// The names, from what sees least to what learns most.
    #[must_use]
    pub fn names() -> &'static [&'static str] {
        const NAMES: &[&str] = &[
            Prevalence::NAME,
            "distance",
            "promoter-count",
            "enhancer-count",
            TrainingDegree::of(Side::Promoter).known_as(),
            TrainingDegree::of(Side::Enhancer).known_as(),
            Propensity::of_both().known_as(),
            Propensity::of(Side::Promoter).known_as(),
            Propensity::of(Side::Enhancer).known_as(),
            BoostedTrees::NAME,
            BoostedTrees::WITH_DEGREES,
            KmerRegression::NAME,
        ];
        NAMES
    }

    /// The baseline of this name.
    ///
    /// # Errors
    ///
    /// [`BaselineError::Unknown`].
    pub fn named(name: &str) -> Result<Box<dyn Baseline>, BaselineError> {
        Ok(match name {
            Prevalence::NAME => Box::new(Prevalence),
            "distance" => Box::new(TableBaseline::new(
                name,
                "nearer is more positive",
                Evidence { coordinates: true, ..Evidence::default() },
                DistanceBaseline::new(),
            )),
            "promoter-count" => Box::new(count(name, Side::Promoter)),
            "enhancer-count" => Box::new(count(name, Side::Enhancer)),
            "promoter-training-degree" => Box::new(TrainingDegree::of(Side::Promoter)),
            "enhancer-training-degree" => Box::new(TrainingDegree::of(Side::Enhancer)),
            "propensity" => Box::new(Propensity::of_both()),
            "promoter-propensity" => Box::new(Propensity::of(Side::Promoter)),
            "enhancer-propensity" => Box::new(Propensity::of(Side::Enhancer)),
            BoostedTrees::NAME => Box::new(BoostedTrees::default()),
            BoostedTrees::WITH_DEGREES => Box::new(BoostedTrees { degrees: true, ..BoostedTrees::default() }),
            KmerRegression::NAME => Box::new(KmerRegression::default()),
            _ => {
                return Err(BaselineError::Unknown { name: name.to_owned(), known: Self::names().to_vec() });
            }
        })
    }
}

fn count(name: &str, side: Side) -> TableBaseline<CountBaseline> {
    let description = format!("rows of the scored list with the {side}");
    TableBaseline::new(name, description, Evidence::default(), CountBaseline::new(side))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_that_of_its_baseline() {
        for name in Baselines::names() {
            let baseline = Baselines::named(name).unwrap();
            assert_eq!(baseline.name(), *name);
            assert!(!baseline.description().is_empty());
            assert_ne!(baseline.evidence(), Evidence::default());
            assert_eq!(baseline.is_transductive(), name.ends_with("-count"));
        }
        let mut names = Baselines::names().to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Baselines::names().len());
    }
}
