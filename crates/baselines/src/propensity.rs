//! Propensity: elements that were positive in training stay positive.

use ciskit_core::Side;
use ciskit_dataset::{PairSource, PropensityBaseline};

use crate::labels::training_labels;
use crate::table::FittedTable;
use crate::{Baseline, BaselineError, Evidence, FittedBaseline};

/// [`PropensityBaseline`] of both elements or of one: the log odds that a training row with the element is positive.
///
/// ```
/// use ciskit_baselines::{Baseline, Propensity};
/// use ciskit_core::Side;
///
/// assert_eq!(Propensity::of_both().name(), "propensity");
/// assert_eq!(Propensity::of(Side::Promoter).name(), "promoter-propensity");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Propensity(Option<Side>);

impl Propensity {
    /// Of both elements, added.
    #[must_use]
    pub const fn of_both() -> Self {
        Self(None)
    }

    /// Of one element.
    #[must_use]
    pub const fn of(side: Side) -> Self {
        Self(Some(side))
    }

    pub(crate) const fn known_as(self) -> &'static str {
        match self.0 {
            None => "propensity",
            Some(Side::Enhancer) => "enhancer-propensity",
            Some(Side::Promoter) => "promoter-propensity",
        }
    }
}

impl Baseline for Propensity {
    fn name(&self) -> &str {
        self.known_as()
    }

    fn description(&self) -> &str {
        match self.0 {
            None => "how often training rows with the enhancer and with the promoter are positive",
            Some(Side::Enhancer) => "how often training rows with the enhancer are positive",
            Some(Side::Promoter) => "how often training rows with the promoter are positive",
        }
    }

    fn evidence(&self) -> Evidence {
        Evidence { training_list: true, training_labels: true, ..Evidence::default() }
    }

    fn fit(
        &self,
        source: &dyn PairSource,
        train: &[usize],
        _: u64,
    ) -> Result<Box<dyn FittedBaseline>, BaselineError> {
        training_labels(self.known_as(), source, train)?;
        let known = train.iter().map(|row| &source.pairs()[*row]);
        let fitted = match self.0 {
            None => PropensityBaseline::fit(&[Side::Enhancer, Side::Promoter], known),
            Some(side) => PropensityBaseline::fit(&[side], known),
        };
        Ok(Box::new(FittedTable(fitted)))
    }
}
