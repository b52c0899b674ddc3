//! How the learning rate changes while a model learns.

use serde::{Deserialize, Serialize};

/// The learning rate over a run, as a share of the optimiser's.
///
/// ```
/// use ciskit_train::Schedule;
///
/// assert_eq!(Schedule::Constant.share(0.9), 1.0);
/// assert_eq!(Schedule::Cosine.share(0.0), 1.0);
/// assert!((Schedule::Cosine.share(0.5) - 0.5).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// The same at every step, as published.
    #[default]
    Constant,
    /// From the whole rate at the first step down to 0 after the last epoch, along half a cosine:
    /// (1 + cos π t) / 2 at the share t of all epochs.
    ///
    /// A run with this schedule cannot be made longer afterwards: its length decides every step.
    ///
    /// *Source*: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, equation 5
    /// without restarts.
    Cosine,
}

impl Schedule {
    /// What the optimiser's learning rate is multiplied by, after the share `done` (0 to 1) of all epochs.
    #[must_use]
    pub fn share(self, done: f64) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * done).cos()),
        }
    }

    /// The share of the rate at a step: `epoch` from 1 of `epochs`, `index` from 0 of the epoch's `steps`.
    pub(crate) fn at(self, epoch: usize, epochs: usize, index: usize, steps: usize) -> f64 {
        self.share(((epoch - 1) as f64 + index as f64 / steps as f64) / epochs as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cosine_falls_from_the_whole_rate_to_nothing() {
        // Two epochs of four steps: t = 0, 1/8, 2/8, …
        let rates: Vec<f64> = (0..8).map(|step| Schedule::Cosine.at(1 + step / 4, 2, step % 4, 4)).collect();
        let expected = [
            1.0,
            0.961_939_766,
            0.853_553_391,
            0.691_341_716,
            0.5,
            0.308_658_284,
            0.146_446_609,
            0.038_060_234,
        ];
        for (rate, expected) in rates.iter().zip(expected) {
            assert!((rate - expected).abs() < 1e-9, "{rates:?}");
        }
        assert_eq!(rates[0], 1.0);
        assert!(Schedule::Cosine.share(1.0).abs() < 1e-15);
    }

    #[test]
    fn the_constant_rate_is_not_touched() {
        assert!((0..8).all(|step| Schedule::Constant.at(1 + step / 4, 2, step % 4, 4) == 1.0));
        assert_eq!(Schedule::default(), Schedule::Constant);
    }
}
