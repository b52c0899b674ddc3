//! Lengths, widths and rates of DeepTACT, and its presets.

use ciskit_core::Side;
use ciskit_nn::AdamConfig;
use ciskit_nn::ops::{Cell, GateActivation};
use serde::{Deserialize, Serialize};

use crate::towers::{check_dropout, check_sizes, pooled};
use crate::{ModelError, Recipe};

/// The architecture of a [`Deeptact`](super::Deeptact) network.
///
/// ```
/// use ciskit_models::deeptact::Config;
///
/// assert_eq!(Config::benchmark().validate()?, 246);
/// assert_eq!(Config::original(1).validate()?, 146);
/// # Ok::<(), ciskit_models::ModelError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Length of the enhancer window, in bp.
    pub enhancer_len: usize,
    /// Length of the promoter window, in bp.
    pub promoter_len: usize,
    /// Accessibility tracks of each side; 0 for a network of sequence alone.
    pub tracks: usize,
    /// Filters of every convolution.
    pub filters: usize,
    /// Width of every convolution.
    pub kernel: usize,
    /// Width of a pooling window.
    pub pool: usize,
    /// Units of the LSTM in each direction.
    pub units: usize,
    /// Units of the dense layer.
    pub dense: usize,
    /// Dropout rate after each batch norm.
    pub dropout: f64,
    /// Function of the LSTM's gates.
    pub recurrent_activation: GateActivation,
}

impl Default for Config {
    /// [`Config::benchmark`].
    fn default() -> Self {
        Self::benchmark()
    }
}

impl Config {
    /// The network of sequence alone that EPIPAM is compared with: 3000 and 2000 bp.
    ///
    /// ```
    /// let config = ciskit_models::deeptact::Config::benchmark();
    /// assert_eq!((config.tracks, config.recipe().restarts), (0, 5));
    /// ```
    #[must_use]
    pub fn benchmark() -> Self {
        Self {
            enhancer_len: 3000,
            promoter_len: 2000,
            tracks: 0,
            filters: 1024,
            kernel: 40,
            pool: 20,
            units: 100,
            dense: 925,
            dropout: 0.5,
            recurrent_activation: GateActivation::Sigmoid,
        }
    }

    /// The network of its authors, with so many accessibility tracks a side: enhancers of 2000 and promoters of 1000 bp.
    /// Its gates are those of Keras 1, hard sigmoids.
    ///
    /// ```
    /// let config = ciskit_models::deeptact::Config::original(3);
    /// assert_eq!((config.tracks, config.recipe().restarts, config.recipe().epochs), (3, 1, 40));
    /// ```
    #[must_use]
    pub fn original(tracks: usize) -> Self {
        Self {
            enhancer_len: 2000,
            promoter_len: 1000,
            tracks,
            recurrent_activation: GateActivation::HardSigmoid,
            ..Self::benchmark()
        }
    }

    /// The same network for windows of other lengths, in bp; 1000 and 1000 for two promoters.
    #[must_use]
    pub fn with_lengths(self, enhancer_len: usize, promoter_len: usize) -> Self {
        Self { enhancer_len, promoter_len, ..self }
    }

    /// The same network without dropout.
    #[must_use]
    pub fn without_dropout(self) -> Self {
        Self { dropout: 0.0, ..self }
    }

    /// How it was trained: with tracks as by its authors (one of their 20 networks), without as by EPIPAM's.
    #[must_use]
    pub fn recipe(&self) -> Recipe {
        if self.tracks > 0 {
            Recipe::new(100, 40, AdamConfig::keras(1e-5))
        } else {
            Recipe::new(100, 10, AdamConfig::keras(1e-3)).with_restarts(5)
        }
    }

    /// Checks every value; the positions that the LSTM reads.
    ///
    /// # Errors
    ///
    /// [`ModelError::Value`] for a value that no network can have, [`ModelError::TooShort`] for a window that leaves no
    /// position.
    ///
    /// ```
    /// use ciskit_models::deeptact::Config;
    ///
    /// let error = Config { dropout: 1.0, ..Config::benchmark() }.validate().unwrap_err();
    /// assert_eq!(error.to_string(), "dropout is 1, expected at least 0 and below 1");
    /// ```
    pub fn validate(&self) -> Result<usize, ModelError> {
        check_sizes([
            ("filters", self.filters),
            ("kernel", self.kernel),
            ("pool", self.pool),
            ("units", self.units),
            ("dense", self.dense),
        ])?;
        check_dropout(self.dropout)?;
        let positions = |side, length| pooled(side, length, self.kernel, self.pool);
        Ok(positions(Side::Enhancer, self.enhancer_len)? + positions(Side::Promoter, self.promoter_len)?)
    }

    pub(super) fn cell(&self) -> Cell {
        Cell::Lstm { gates: self.recurrent_activation }
    }
}
