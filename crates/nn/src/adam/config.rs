//! The constants of Adam.

use serde::{Deserialize, Serialize};

/// Where epsilon and weight decay enter.
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
    /// As [`Torch`](Self::Torch), after w −= lr · decay · w: the decay does not go through the moments.
    ///
    /// *Source*: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.
    AdamW,
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
    /// Coupled L2: this times the weight is added to the gradient of every parameter, biases and batch norm included; with
    /// [`AdamForm::AdamW`] it is taken off the weight itself.
    pub weight_decay: f64,
    /// Where epsilon and decay enter.
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

    /// AdamW with PyTorch's constants.
    ///
    /// ```
    /// use ciskit_nn::{AdamConfig, AdamForm};
    ///
    /// assert_eq!(AdamConfig::adamw(1e-5, 0.01).form, AdamForm::AdamW);
    /// ```
    #[must_use]
    pub fn adamw(learning_rate: f64, weight_decay: f64) -> Self {
        Self { form: AdamForm::AdamW, ..Self::l2(learning_rate, weight_decay) }
    }

    /// Decay that is added to gradients.
    pub(super) fn coupled_decay(&self) -> f64 {
        if self.form == AdamForm::AdamW { 0.0 } else { self.weight_decay }
    }

    /// What is left of a weight before a step.
    pub(super) fn kept(&self) -> f64 {
        if self.form == AdamForm::AdamW { 1.0 - self.learning_rate * self.weight_decay } else { 1.0 }
    }
}
