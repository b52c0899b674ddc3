//! How the authors of a model trained it.

use ciskit_nn::AdamConfig;

/// How a model is trained unless somebody says otherwise ([`ModelConfig::recipe`](crate::ModelConfig::recipe)).
///
/// Training takes batch, epochs and optimiser from it, and the restarts where it follows the published selection on test
/// pairs. What else belongs to a published training is told by the presets, and is the trainer's business: the copies of
/// positives, the share held out, and that a score of DeepTACT's authors is the mean of 20 networks, each of its own
/// bootstrap sample (`replicas` and `bootstrap` of the training's configuration).
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
    /// Networks from other initial weights among whose epochs the published selection chose; 1 where there were no
    /// others.
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
