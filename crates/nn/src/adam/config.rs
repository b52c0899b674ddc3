//! The constants of Adam.

use serde::{Deserialize, Serialize};

/// Where epsilon enters.
///
/// ```
/// use ciskit_nn::{AdamConfig, AdamForm};
///
/// assert_eq!(AdamConfig::keras(1e-3).form, AdamForm::Keras);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AdamForm {
    /// w −= lr · m̂ / (√v̂ + ε), with m̂ and v̂ corrected for starting at zero.
    Torch,
    /// w −= lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε).
    Keras,
}

/// The constants of [`Adam`](crate::Adam).
///
/// ```
/// let config = ciskit_nn::AdamConfig::l2(1e-3, 5e-4);
/// assert_eq!((config.beta1, config.beta2, config.epsilon), (0.9, 0.999, 1e-8));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdamConfig {
    /// Step size.
    pub learning_rate: f64,
    /// Decay of the mean of gradients.
    pub beta1: f64,
    /// Decay of the mean of squared gradients.
    pub beta2: f64,
    /// Keeps the quotient finite.
    pub epsilon: f64,
    /// Coupled L2: this times the weight is added to the gradient of every parameter, biases and batch norm included.
    pub weight_decay: f64,
    /// Where epsilon enters.
    pub form: AdamForm,
}

impl AdamConfig {
    /// PyTorch's form and constants, with coupled weight decay.
    ///
    /// ```
    /// assert_eq!(ciskit_nn::AdamConfig::l2(1e-3, 5e-4).weight_decay, 5e-4);
    /// ```
    #[must_use]
    pub fn l2(learning_rate: f64, weight_decay: f64) -> Self {
        let form = AdamForm::Torch;
        Self { learning_rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay, form }
    }

    /// Keras's form and constants, without decay.
    ///
    /// ```
    /// assert_eq!(ciskit_nn::AdamConfig::keras(1e-3).epsilon, 1e-7);
    /// ```
    #[must_use]
    pub fn keras(learning_rate: f64) -> Self {
        let form = AdamForm::Keras;
        Self { learning_rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weight_decay: 0.0, form }
    }
}
