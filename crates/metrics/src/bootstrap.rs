//! How far a metric would move with another sample of items, or of the blocks that items come in.

use rayon::prelude::*;

use crate::draws::Draws;
use crate::groups::groups;
use crate::score::Score;
use crate::{MetricError, Resampled, check};

/// Settings of a bootstrap: percentile intervals of any statistic of labels and scores, by items or by blocks.
///
/// A *resample* draws as many as there are, with replacement. [`Bootstrap::interval`] draws within each class, so that
/// every resample has the classes' sizes; it takes items as independent. [`Bootstrap::block_interval`] and
/// [`Bootstrap::block_difference`] draw whole blocks (chromosomes, promoters) with all of their items, which leaves what
/// depends on each other together; sizes of classes vary then. Resamples for which the statistic is an error or not
/// finite, such as those of one class, are left out and counted.
///
/// Limits are the quantiles of the resamples' statistics, interpolated linearly (definition 7 of Hyndman & Fan, Am. Stat.
/// 50 (1996)). Few blocks make intervals that are too narrow: with 5 it is a hint, from about 20 on it is to be trusted.
///
/// The same seed gives the same bits, for any number of threads. *Cost*: the statistic, once a resample, spread over
/// rayon's threads.
///
/// *Source*: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapters 8 and 13.
///
/// ```
/// use ciskit_metrics::{Bootstrap, auroc};
///
/// let labels: Vec<bool> = (0..200).map(|i| i % 4 == 0).collect();
/// let scores: Vec<f64> = (0..200).map(|i| f64::from(i % 7) + if i % 4 == 0 { 2.0 } else { 0.0 }).collect();
/// let chromosomes: Vec<u32> = (0..200).map(|i| i / 10).collect();
///
/// let bootstrap = Bootstrap::new(1).resamples(500).confidence(0.9);
/// let items = bootstrap.interval(&labels, &scores, auroc)?;
/// assert!(items.lower < items.estimate && items.estimate < items.upper);
/// let blocks = bootstrap.block_interval(&labels, &scores, &chromosomes, auroc)?;
/// assert_eq!((blocks.estimate, blocks.used + blocks.left_out), (items.estimate, 500));
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    seed: u64,
    resamples: usize,
    confidence: f64,
}

/// A statistic with the limits that a [`Bootstrap`] gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BootstrapInterval {
    /// The statistic of the items themselves.
    pub estimate: f64,
    /// Lower limit.
    pub lower: f64,
    /// Upper limit.
    pub upper: f64,
    /// Resamples that the limits come from.
    pub used: usize,
    /// Resamples for which the statistic is undefined.
    pub left_out: usize,
}

/// The difference in a statistic of two scores of the same items, with the limits that a [`Bootstrap`] gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BootstrapDifference {
    /// Statistic of the first score.
    pub first: f64,
    /// Statistic of the second score.
    pub second: f64,
    /// `first - second` with its limits.
    pub difference: BootstrapInterval,
    /// Two-sided p-value of no difference: twice the smaller of the fractions of resamples whose difference is at most 0
    /// and at least 0, each counted with one more resample at 0, and at most 1.
    pub p_value: f64,
}

impl Bootstrap {
    /// 1,000 resamples and 95% confidence.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, resamples: 1000, confidence: 0.95 }
    }

    /// How many resamples are drawn.
    #[must_use]
    pub fn resamples(mut self, resamples: usize) -> Self {
        self.resamples = resamples;
        self
    }

    /// The fraction of the resamples that lies between the limits, such as 0.95.
    #[must_use]
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    /// The interval of a statistic of independent items, drawn within each class.
    ///
    /// *Shapes*: one label and one score for each item.
    ///
    /// # Errors
    ///
    /// That of the statistic for the items themselves, or [`MetricError::NotFinite`] if it is not finite;
    /// [`MetricError::TooFew`] if the statistic is undefined for more than half of the resamples;
    /// [`MetricError::Parameter`] for no resamples or a confidence that is not between 0 and 1;
    /// [`MetricError::LengthMismatch`], [`MetricError::Empty`] and [`MetricError::NotFinite`] for the scores.
    pub fn interval<S: Score>(
        &self,
        labels: &[bool],
        scores: &[S],
        statistic: impl Fn(&[bool], &[S]) -> Result<f64, MetricError> + Sync,
    ) -> Result<BootstrapInterval, MetricError> {
        check::scored(labels, scores)?;
        let estimate = defined(statistic(labels, scores))?;
        let classes = [false, true]
            .map(|class| -> Vec<usize> { (0..labels.len()).filter(|&item| labels[item] == class).collect() });
        let draw = |draws: &mut Draws, items: &mut Vec<usize>| {
            for class in &classes {
                items.extend(class.iter().map(|_| class[draws.below(class.len())]));
            }
        };
        let values = self.values(draw, |sample: &mut Sample<S>, items| {
            sample.take_first(labels, scores, items);
            defined(statistic(&sample.labels, &sample.first))
        })?;
        self.limits(estimate, &values)
    }

    /// The interval of a statistic of items that come in blocks, drawn by blocks.
    ///
    /// *Shapes*: one label, one score and one block's key for each item.
    ///
    /// # Errors
    ///
    /// Those of [`Bootstrap::interval`]; [`MetricError::TooFew`] for fewer than two blocks.
    pub fn block_interval<S: Score, K: Ord>(
        &self,
        labels: &[bool],
        scores: &[S],
        blocks: &[K],
        statistic: impl Fn(&[bool], &[S]) -> Result<f64, MetricError> + Sync,
    ) -> Result<BootstrapInterval, MetricError> {
        check::scored(labels, scores)?;
        let blocks = at_least_two(labels, blocks)?;
        let estimate = defined(statistic(labels, scores))?;
        let values = self.values(draw_from(&blocks), |sample: &mut Sample<S>, items| {
            sample.take_first(labels, scores, items);
            defined(statistic(&sample.labels, &sample.first))
        })?;
        self.limits(estimate, &values)
    }

    /// The difference in a statistic of two scores of the same items, drawn by blocks: each resample gives both scores
    /// the same items.
    ///
    /// *Shapes*: one label, one score of either kind and one block's key for each item. For independent items give each
    /// its own key.
    ///
    /// # Errors
    ///
    /// Those of [`Bootstrap::block_interval`], for either score.
    ///
    /// ```
    /// use ciskit_metrics::{Bootstrap, average_precision};
    ///
    /// let labels: Vec<bool> = (0..120).map(|i| i % 3 == 0).collect();
    /// let first: Vec<f64> = (0..120).map(|i| f64::from(i % 5) + if i % 3 == 0 { 4.5 } else { 0.0 }).collect();
    /// let second: Vec<f64> = (0..120).map(|i| f64::from(i % 5)).collect();
    /// let blocks: Vec<u32> = (0..120).map(|i| i / 6).collect();
    ///
    /// let found = Bootstrap::new(1).block_difference(&labels, &first, &second, &blocks, average_precision)?;
    /// assert!(found.difference.lower > 0.0 && found.p_value < 0.01);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    pub fn block_difference<S: Score, K: Ord>(
        &self,
        labels: &[bool],
        first: &[S],
        second: &[S],
        blocks: &[K],
        statistic: impl Fn(&[bool], &[S]) -> Result<f64, MetricError> + Sync,
    ) -> Result<BootstrapDifference, MetricError> {
        check::lengths("first scores", labels.len(), first.len())?;
        check::lengths("second scores", labels.len(), second.len())?;
        check::finite("first score", first)?;
        check::finite("second score", second)?;
        let blocks = at_least_two(labels, blocks)?;
        let of_both = (defined(statistic(labels, first))?, defined(statistic(labels, second))?);
        let values = self.values(draw_from(&blocks), |sample: &mut Sample<S>, items| {
            sample.take_first(labels, first, items);
            sample.second.clear();
            sample.second.extend(items.iter().map(|&item| second[item]));
            let first = defined(statistic(&sample.labels, &sample.first))?;
            Ok(first - defined(statistic(&sample.labels, &sample.second))?)
        })?;
        let difference = self.limits(of_both.0 - of_both.1, &values)?;
        let p_value = values.p_value();
        Ok(BootstrapDifference { first: of_both.0, second: of_both.1, difference, p_value })
    }

    /// The statistic of each resample, whose items `draw` draws; none where it is undefined.
    fn values<A: Send>(
        &self,
        draw: impl Fn(&mut Draws, &mut Vec<usize>) + Sync,
        statistic: impl Fn(&mut Sample<A>, &[usize]) -> Result<f64, MetricError> + Sync,
    ) -> Result<Resampled, MetricError> {
        let (resamples, confidence) = (self.resamples, self.confidence);
        if resamples == 0 {
            return Err(MetricError::Parameter { name: "resamples", value: 0.0, allowed: "at least 1" });
        }
        if !(confidence > 0.0 && confidence < 1.0) {
            let allowed = "between 0 and 1, both excluded";
            return Err(MetricError::Parameter { name: "confidence", value: confidence, allowed });
        }
        let one = |(sample, items): &mut (Sample<A>, Vec<usize>), number: usize| {
            items.clear();
            draw(&mut Draws::new(self.seed, number as u64), items);
            statistic(sample, items).ok()
        };
        let values: Vec<Option<f64>> =
            (0..resamples).into_par_iter().map_init(|| (Sample::default(), Vec::new()), one).collect();
        Ok(Resampled::new(values))
    }

    fn limits(&self, estimate: f64, values: &Resampled) -> Result<BootstrapInterval, MetricError> {
        let (used, left_out) = (values.used(), values.left_out());
        let needed = (used + left_out).div_ceil(2);
        let limits = values.limits(self.confidence).filter(|_| used >= needed);
        let [lower, upper] = limits.ok_or(MetricError::TooFew {
            what: "resamples for which the statistic is defined",
            needed,
            found: used,
        })?;
        Ok(BootstrapInterval { estimate, lower, upper, used, left_out })
    }
}

/// A resample, with the memory of the one before.
struct Sample<A> {
    labels: Vec<bool>,
    first: Vec<A>,
    second: Vec<A>,
}

impl<A> Default for Sample<A> {
    fn default() -> Self {
        Self { labels: Vec::new(), first: Vec::new(), second: Vec::new() }
    }
}

impl<A: Copy> Sample<A> {
    fn take_first(&mut self, labels: &[bool], scores: &[A], items: &[usize]) {
        self.labels.clear();
        self.labels.extend(items.iter().map(|&item| labels[item]));
        self.first.clear();
        self.first.extend(items.iter().map(|&item| scores[item]));
    }
}

/// The items of each block.
fn at_least_two<K: Ord>(labels: &[bool], blocks: &[K]) -> Result<Vec<Vec<usize>>, MetricError> {
    check::lengths("blocks", labels.len(), blocks.len())?;
    let blocks = groups(blocks);
    if blocks.len() < 2 {
        return Err(MetricError::TooFew { what: "blocks", needed: 2, found: blocks.len() });
    }
    Ok(blocks)
}

fn draw_from(blocks: &[Vec<usize>]) -> impl Fn(&mut Draws, &mut Vec<usize>) + Sync {
    |draws, items| blocks.iter().for_each(|_| items.extend_from_slice(&blocks[draws.below(blocks.len())]))
}

/// A statistic that is a number.
fn defined(statistic: Result<f64, MetricError>) -> Result<f64, MetricError> {
    let value = statistic?;
    if value.is_finite() {
        Ok(value)
    } else {
        Err(MetricError::NotFinite { what: "statistic", index: 0, value })
    }
}
