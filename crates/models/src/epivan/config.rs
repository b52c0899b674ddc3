//! Lengths, widths and rates of EPIVAN, and its presets.

use ciskit_core::Side;
use ciskit_nn::AdamConfig;
use ciskit_nn::ops::{Cell, GateActivation};
use serde::{Deserialize, Serialize};

use crate::towers::{check_dropout, check_sizes, pooled};
use crate::{ModelError, Recipe};

/// The architecture of an [`Epivan`](super::Epivan) network.
///
/// ```
/// use ciskit_models::epivan::Config;
///
/// assert_eq!(Config::original().validate()?, 246);
/// # Ok::<(), ciskit_models::ModelError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Length of the enhancer window, in bp.
    pub enhancer_len: usize,
    /// Length of the promoter window, in bp.
    pub promoter_len: usize,
    /// Numbers of a word's vector.
    pub width: usize,
    /// Whether the vectors stay as they were loaded.
    pub frozen: bool,
    /// Filters of both convolutions.
    pub filters: usize,
    /// Width of both convolutions.
    pub kernel: usize,
    /// Width of a pooling window.
    pub pool: usize,
    /// Units of the GRU in each direction.
    pub units: usize,
    /// Units of the attention's hidden layer.
    pub attention: usize,
    /// Dropout rate after the batch norm.
    pub dropout: f64,
    /// Whether the GRU's reset gate acts after the recurrent product.
    pub reset_after: bool,
    /// Function of the GRU's gates.
    pub recurrent_activation: GateActivation,
    /// Whose training the [recipe](Config::recipe) is.
    pub trained_as: TrainedAs,
}

/// Two ways in which EPIVAN was trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainedAs {
    /// By its authors.
    Original,
    /// By those of EPIPAM, for their comparison.
    #[default]
    Benchmark,
}

impl Default for Config {
    /// [`Config::benchmark`].
    fn default() -> Self {
        Self::benchmark()
    }
}

impl Config {
    /// The network and training of its authors, with the GRU of their version of Keras (2.2): reset gate before the
    /// product, hard sigmoid. Published weights are of this kind.
    ///
    /// *Differences from the paper*: none in the network; its recipe holds out 5 % of the pairs, and adds twenty copies
    /// of every positive pair, which is the trainer's business.
    ///
    /// ```
    /// let config = ciskit_models::epivan::Config::original();
    /// assert_eq!((config.reset_after, config.recipe().batch), (false, 64));
    /// ```
    #[must_use]
    pub fn original() -> Self {
        Self {
            reset_after: false,
            recurrent_activation: GateActivation::HardSigmoid,
            trained_as: TrainedAs::Original,
            ..Self::benchmark()
        }
    }

    /// The network as EPIPAM's authors trained it for their comparison.
    ///
    /// *Differences from the paper*: it does not say which Keras they used; the GRU is that of today's.
    ///
    /// ```
    /// let config = ciskit_models::epivan::Config::benchmark();
    /// assert_eq!((config.reset_after, config.recipe().restarts), (true, 5));
    /// ```
    #[must_use]
    pub fn benchmark() -> Self {
        Self {
            enhancer_len: 3000,
            promoter_len: 2000,
            width: 100,
            frozen: false,
            filters: 64,
            kernel: 40,
            pool: 20,
            units: 50,
            attention: 50,
            dropout: 0.5,
            reset_after: true,
            recurrent_activation: GateActivation::Sigmoid,
            trained_as: TrainedAs::Benchmark,
        }
    }

    /// The same network for windows of other lengths, in bp.
    ///
    /// ```
    /// assert_eq!(ciskit_models::epivan::Config::benchmark().with_lengths(1000, 1000).validate()?, 96);
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn with_lengths(self, enhancer_len: usize, promoter_len: usize) -> Self {
        Self { enhancer_len, promoter_len, ..self }
    }

    /// The same network without dropout.
    #[must_use]
    pub fn without_dropout(self) -> Self {
        Self { dropout: 0.0, ..self }
    }

    /// How it was trained.
    #[must_use]
    pub fn recipe(&self) -> Recipe {
        let optimiser = AdamConfig::keras(1e-3);
        match self.trained_as {
            TrainedAs::Original => Recipe::new(64, 15, optimiser),
            TrainedAs::Benchmark => Recipe::new(100, 10, optimiser).with_restarts(5),
        }
    }

    /// Checks every value; the positions that the GRU reads.
    ///
    /// # Errors
    ///
    /// [`ModelError::Value`] for a value that no network can have, [`ModelError::TooShort`] for a window that leaves no
    /// position.
    ///
    /// ```
    /// let error = ciskit_models::epivan::Config::original().with_lengths(58, 2000).validate().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "block 1 of the enhancer tower leaves no position: length 58, kernel 40, pool 20 (needs a length of at least 59)"
    /// );
    /// ```
    pub fn validate(&self) -> Result<usize, ModelError> {
        check_sizes([
            ("width", self.width),
            ("filters", self.filters),
            ("kernel", self.kernel),
            ("pool", self.pool),
            ("units", self.units),
            ("attention", self.attention),
        ])?;
        check_dropout(self.dropout)?;
        let positions = |side, length| pooled(side, length, self.kernel, self.pool);
        Ok(positions(Side::Enhancer, self.enhancer_len)? + positions(Side::Promoter, self.promoter_len)?)
    }

    pub(super) fn cell(&self) -> Cell {
        Cell::Gru { reset_after: self.reset_after, gates: self.recurrent_activation }
    }
}
