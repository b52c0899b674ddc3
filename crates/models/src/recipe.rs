//! How the authors of a model trained it.

use ciskit_nn::AdamConfig;

/// How a model is trained unless somebody says otherwise ([`ModelConfig::recipe`](crate::ModelConfig::recipe)).
///
/// ```
/// use ciskit_models::ModelConfig;
///
/// let recipe = ModelConfig::preset("epivan", "original")?.recipe();
/// assert_eq!((recipe.batch, recipe.epochs, recipe.restarts), (64, 15, 1));
/// # Ok::<(), ciskit_models::ModelError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recipe {
    /// Pairs a step.
    pub batch: usize,
    /// Epochs.
    pub epochs: usize,
    /// The optimiser's constants.
    pub optimiser: AdamConfig,
    /// Networks that were trained for one result, from other initial weights or on other bootstrap samples.
    pub restarts: usize,
}

impl Recipe {
    pub(crate) fn new(batch: usize, epochs: usize, optimiser: AdamConfig) -> Self {
        Self { batch, epochs, optimiser, restarts: 1 }
    }

    pub(crate) fn with_restarts(self, restarts: usize) -> Self {
        Self { restarts, ..self }
    }
}
