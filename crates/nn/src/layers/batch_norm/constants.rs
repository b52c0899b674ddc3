//! The constants of batch normalisation, and the frameworks that they come from.

use serde::{Deserialize, Serialize};

/// Which estimate of the batch's variance enters the running variance. Normalisation itself always uses the
/// population variance.
///
/// ```
/// use ciskit_nn::layers::{BatchNormConstants, RunningVariance};
///
/// assert_eq!(BatchNormConstants::pytorch().variance, RunningVariance::Unbiased);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunningVariance {
    /// Sum of squares over n − 1 (PyTorch).
    Unbiased,
    /// Sum of squares over n (Keras 3).
    Population,
}

/// The constants in which frameworks differ.
///
/// ```
/// use ciskit_nn::layers::BatchNormConstants;
///
/// assert_eq!(BatchNormConstants::keras().epsilon, 1e-3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchNormConstants {
    /// Added to the variance.
    pub epsilon: f64,
    /// Weight of the batch in the running statistics: running = (1 − momentum) · running + momentum · batch.
    pub momentum: f64,
    /// Estimate that enters the running variance.
    pub variance: RunningVariance,
}

impl BatchNormConstants {
    /// PyTorch: epsilon 1e-5, momentum 0.1, unbiased running variance.
    ///
    /// ```
    /// assert_eq!(ciskit_nn::layers::BatchNormConstants::pytorch().momentum, 0.1);
    /// ```
    #[must_use]
    pub fn pytorch() -> Self {
        Self { epsilon: 1e-5, momentum: 0.1, variance: RunningVariance::Unbiased }
    }

    /// Keras: epsilon 1e-3, momentum 0.01 (Keras calls it 0.99), population variance.
    ///
    /// *Differences*: Keras 2.2 and 2.3 scaled the variance by n / (n − 1 − epsilon), and 2.2 also corrected the
    /// averages for starting at zero; neither is reproduced.
    ///
    /// ```
    /// assert_eq!(ciskit_nn::layers::BatchNormConstants::keras().momentum, 0.01);
    /// ```
    #[must_use]
    pub fn keras() -> Self {
        Self { epsilon: 1e-3, momentum: 0.01, variance: RunningVariance::Population }
    }
}
