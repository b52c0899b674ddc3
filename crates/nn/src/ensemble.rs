//! Several networks as one scorer.

use ciskit_core::{PairInput, PairScorer, PairSpec, ScoreError, Scores, Selection};

use crate::{LOGIT, NnError};

/// What an [`Ensemble`] takes the mean of.
///
/// ```
/// assert_eq!(ciskit_nn::Mean::default(), ciskit_nn::Mean::Logit);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mean {
    /// Of logits, the geometric mean of the odds.
    #[default]
    Logit,
    /// Of probabilities, as DeepTACT takes it over its bootstrap samples.
    Probability,
}

impl Mean {
    /// The mean of several networks' logits of one pair, as a logit; NaN without any.
    ///
    /// ```
    /// use ciskit_nn::Mean;
    ///
    /// assert_eq!(Mean::Logit.of([1.0, 4.0].into_iter()), 2.5);
    /// let odds = Mean::Probability.of([0.0, 3f64.ln()].into_iter()).exp(); // of 0.5 and 0.75
    /// assert!((odds - 0.625 / 0.375).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn of(self, logits: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
        match self {
            Self::Logit => {
                let count = logits.len() as f64;
                logits.sum::<f64>() / count
            }
            Self::Probability => {
                // Of both probabilities, so that neither is lost where the other is nearly 1.
                let yes: f64 = logits.clone().map(sigmoid).sum();
                let no: f64 = logits.map(|logit| sigmoid(-logit)).sum();
                (yes / no).ln()
            }
        }
    }
}

/// Scorers of the same pairs as one: the mean of their logits or of their probabilities.
///
/// Outputs are those of a [`NetworkScorer`](crate::NetworkScorer), `logit` and `probability`, and belong together: one is
/// the sigmoid of the other, whichever the mean is of.
///
/// *Cost*: that of all members, one after the other.
///
/// ```
/// use ciskit_core::{InputWindow, Output, PairInput, PairScorer, PairSpec, Scale, ScoreError, Scores, Selection};
/// use ciskit_nn::{Ensemble, Mean, PROBABILITY};
///
/// /// Gives the same logit to every pair.
/// struct Constant(f32, PairSpec);
///
/// impl PairScorer for Constant {
///     fn spec(&self) -> &PairSpec {
///         &self.1
///     }
///     fn score(&self, pairs: &[PairInput<'_>], select: &Selection) -> Result<Scores, ScoreError> {
///         let probability = 1.0 / (1.0 + (-self.0).exp());
///         Scores::new(pairs.len(), 1, 2, [self.0, probability].repeat(pairs.len()))?.select(select)
///     }
/// }
///
/// let spec = || {
///     let builder = PairSpec::builder(InputWindow::fixed(4), InputWindow::fixed(4));
///     builder.output(Output::new("logit", Scale::Logit)).output(Output::new("probability", Scale::Probability)).build()
/// };
/// let members = || [0.0, 3f32.ln()].map(|logit| Constant(logit, spec().unwrap())).into();
/// let probability = |mean| -> Result<f32, Box<dyn std::error::Error>> {
///     let ensemble = Ensemble::new(members(), mean)?;
///     Ok(ensemble.score(&[PairInput::new(b"GATC", b"TTAN")], &Selection::all())?.item(0)[PROBABILITY])
/// };
/// assert!((probability(Mean::Probability)? - (0.5 + 0.75) / 2.0).abs() < 1e-6);
/// assert!((probability(Mean::Logit)? - 3f32.sqrt() / (3f32.sqrt() + 1.0)).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ensemble<S> {
    members: Vec<S>,
    mean: Mean,
}

impl<S: PairScorer> Ensemble<S> {
    /// At least one scorer, all of which take and give the same.
    ///
    /// # Errors
    ///
    /// [`NnError::Ensemble`] otherwise.
    pub fn new(members: Vec<S>, mean: Mean) -> Result<Self, NnError> {
        let Some(first) = members.first() else {
            return Err(NnError::Ensemble { problem: "has no member" });
        };
        let unlike = |member: &S| {
            let mut spec = member.spec().clone();
            spec.batch_hint = first.spec().batch_hint;
            spec != *first.spec()
        };
        if members.iter().any(unlike) {
            return Err(NnError::Ensemble { problem: "has members that take or give different things" });
        }
        Ok(Self { members, mean })
    }

    /// The members.
    #[must_use]
    pub fn members(&self) -> &[S] {
        &self.members
    }
}

/// 1 / (1 + e^−x).
fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

impl<S: PairScorer> PairScorer for Ensemble<S> {
    fn spec(&self) -> &PairSpec {
        self.members[0].spec()
    }

    fn score(&self, pairs: &[PairInput<'_>], select: &Selection) -> Result<Scores, ScoreError> {
        let logits = Selection::all().with_outputs(vec![LOGIT]);
        let of_members = self.members.iter().map(|member| member.score(pairs, &logits));
        let of_members: Vec<Scores> = of_members.collect::<Result<_, _>>()?;
        let values = (0..pairs.len()).flat_map(|pair| {
            let logit = self.mean.of(of_members.iter().map(|scores| f64::from(scores.values()[pair])));
            // The probability is that of the rounded logit, as everywhere.
            let logit = logit as f32;
            [logit, sigmoid(f64::from(logit)) as f32]
        });
        Scores::new(pairs.len(), 1, 2, values.collect())?.select(select)
    }
}

#[cfg(test)]
mod tests {
    use ciskit_core::{InputWindow, Output, Scale};

    use super::*;

    struct Constant(f32, PairSpec);

    impl PairScorer for Constant {
        fn spec(&self) -> &PairSpec {
            &self.1
        }
        fn score(&self, pairs: &[PairInput<'_>], select: &Selection) -> Result<Scores, ScoreError> {
            Scores::new(pairs.len(), 1, 2, [self.0, 9.0].repeat(pairs.len()))?.select(select)
        }
    }

    fn constant(logit: f32, length: usize, batch: usize) -> Constant {
        let spec = PairSpec::builder(InputWindow::fixed(length), InputWindow::fixed(2))
            .output(Output::new("logit", Scale::Logit))
            .output(Output::new("probability", Scale::Probability))
            .batch_hint(batch);
        Constant(logit, spec.build().unwrap())
    }

    fn scores(logits: &[f32], mean: Mean) -> Vec<f32> {
        let members = logits.iter().map(|&logit| constant(logit, 2, 1)).collect();
        let ensemble = Ensemble::new(members, mean).unwrap();
        ensemble.score(&[PairInput::new(b"AC", b"GT")], &Selection::all()).unwrap().values().to_vec()
    }

    #[test]
    fn means_keep_logit_and_probability_together() {
        assert_eq!(scores(&[1.5], Mean::Logit)[0], 1.5);
        assert_eq!(scores(&[1.0, 2.0, 6.0], Mean::Logit)[0], 3.0);
        for mean in [Mean::Logit, Mean::Probability] {
            let found = scores(&[-0.3, 2.0, 0.4], mean);
            assert!((f64::from(found[1]) - sigmoid(f64::from(found[0]))).abs() < 1e-7);
            assert!(scores(&[f32::NAN, 0.0], mean)[0].is_nan());
        }
        let expected = (sigmoid(-0.3) + sigmoid(2.0) + sigmoid(0.4)) / 3.0;
        assert!((f64::from(scores(&[-0.3, 2.0, 0.4], Mean::Probability)[1]) - expected).abs() < 1e-7);
        // Nearly certain either way.
        for logit in [60.0, -60.0, 30.0] {
            assert!((scores(&[logit, logit], Mean::Probability)[0] - logit).abs() < 1e-4);
        }
    }

    #[test]
    fn members_that_do_not_fit_are_refused() {
        let message = |members: Vec<Constant>| match Ensemble::new(members, Mean::Logit) {
            Ok(ensemble) => format!("{} members", ensemble.members().len()),
            Err(error) => error.to_string(),
        };
        assert_eq!(message(vec![]), "the ensemble has no member");
        assert_eq!(message(vec![constant(0.0, 2, 1), constant(0.0, 2, 7)]), "2 members");
        assert_eq!(
            message(vec![constant(0.0, 2, 1), constant(0.0, 3, 1)]),
            "the ensemble has members that take or give different things"
        );
    }
}
