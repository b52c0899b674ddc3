//! Which way an effect goes, predicted and measured.

use ciskit_metrics::Confusion;

/// How often the predicted direction is the measured one. Effects of exactly 0 have none and are counted apart.
///
/// ```
/// use ciskit_variant::benchmark::Directions;
///
/// let directions = Directions::of(&[1.0, 1.0, -1.0, 0.0, 2.0], &[0.5, -0.5, -2.0, 1.0, 0.0]);
/// assert_eq!((directions.up_up, directions.up_down, directions.down_down), (1, 1, 1));
/// assert_eq!((directions.measured_zero, directions.predicted_zero), (1, 1));
/// assert_eq!(directions.accuracy(), Some(2.0 / 3.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Directions {
    /// Measured up, predicted up.
    pub up_up: u64,
    /// Measured up, predicted down.
    pub up_down: u64,
    /// Measured down, predicted up.
    pub down_up: u64,
    /// Measured down, predicted down.
    pub down_down: u64,
    /// Measured 0, whatever is predicted.
    pub measured_zero: u64,
    /// Predicted 0 for an effect that is not.
    pub predicted_zero: u64,
}

impl Directions {
    /// Counts finite effects and predictions.
    ///
    /// # Panics
    ///
    /// If there are not as many of either.
    #[must_use]
    pub fn of(effects: &[f64], predictions: &[f64]) -> Self {
        assert_eq!(effects.len(), predictions.len(), "a prediction for each effect");
        let mut found = Self::default();
        for (&effect, &prediction) in effects.iter().zip(predictions) {
            let count = match (effect, prediction) {
                (0.0, _) => &mut found.measured_zero,
                (_, 0.0) => &mut found.predicted_zero,
                (effect, prediction) => match (effect > 0.0, prediction > 0.0) {
                    (true, true) => &mut found.up_up,
                    (true, false) => &mut found.up_down,
                    (false, true) => &mut found.down_up,
                    (false, false) => &mut found.down_down,
                },
            };
            *count += 1;
        }
        found
    }

    /// Share of right directions among those that are neither measured nor predicted 0; `None` if there are none.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        let right = self.up_up + self.down_down;
        let all = right + self.up_down + self.down_up;
        (all > 0).then(|| right as f64 / all as f64)
    }

    /// Matthews' correlation of the directions, 0 for a model that knows one only; `None` as for
    /// [`accuracy`](Self::accuracy).
    #[must_use]
    pub fn mcc(&self) -> Option<f64> {
        self.accuracy()?;
        let cells = [(true, 1.0, self.up_up), (true, 0.0, self.up_down), (false, 1.0, self.down_up)];
        let cells = cells.into_iter().chain([(false, 0.0, self.down_down)]);
        let (mut labels, mut calls) = (Vec::new(), Vec::new());
        for (label, call, count) in cells {
            labels.resize(labels.len() + count as usize, label);
            calls.resize(calls.len() + count as usize, call);
        }
        Confusion::at(0.5, &labels, &calls).ok().map(|confusion| confusion.mcc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_zeros_has_no_accuracy() {
        let zeros = Directions::of(&[0.0, -0.0, 1.0], &[1.0, 0.0, -0.0]);
        assert_eq!((zeros.measured_zero, zeros.predicted_zero), (2, 1));
        assert_eq!((zeros.accuracy(), zeros.mcc()), (None, None));
    }

    #[test]
    fn mcc_knows_a_model_of_one_direction() {
        let always_up = Directions::of(&[1.0, 1.0, -1.0], &[1.0, 1.0, 1.0]);
        assert_eq!((always_up.accuracy(), always_up.mcc()), (Some(2.0 / 3.0), Some(0.0)));
        let opposite = Directions::of(&[1.0, -1.0], &[-1.0, 1.0]);
        assert_eq!(opposite.mcc(), Some(-1.0));
    }
}
