//! The architecture of a chain of layers.

use ciskit_nn::ops::Steps;
use serde::{Deserialize, Serialize};

use super::Activation;

/// How a convolution or pooling treats the ends of the sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// It stays within.
    #[default]
    Valid,
    /// As many outputs as positions (divided by the stride), an odd zero at the end.
    Same,
    /// Zeros before the sequence only.
    Causal,
}

impl Padding {
    /// Where windows of `width` taps lie on a sequence of `length`.
    #[must_use]
    pub fn steps(self, length: usize, width: usize, stride: usize, dilation: usize) -> Steps {
        match self {
            Self::Valid => Steps { stride, dilation, padding: [0, 0] },
            Self::Same => Steps::same(length, width, stride, dilation),
            Self::Causal => Steps { stride, dilation, padding: [(width - 1) * dilation, 0] },
        }
    }
}

/// What a layer does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LayerKind {
    /// A convolution over positions.
    Conv {
        /// Channels of its output.
        filters: usize,
        /// Taps.
        width: usize,
        /// Positions from one window to the next.
        stride: usize,
        /// Positions from one tap to the next.
        dilation: usize,
        /// What happens at the ends.
        padding: Padding,
        /// Whether it adds a number a filter.
        bias: bool,
        /// What comes after.
        activation: Activation,
    },
    /// A linear layer over the last axis.
    Dense {
        /// Numbers of its output.
        units: usize,
        /// Whether it adds a number a unit.
        bias: bool,
        /// What comes after.
        activation: Activation,
    },
    /// Batch normalisation with its running statistics.
    BatchNorm {
        /// Added to the variance.
        epsilon: f64,
        /// Whether it multiplies (`gamma`).
        scale: bool,
        /// Whether it adds (`beta`).
        center: bool,
    },
    /// Max pooling.
    MaxPool {
        /// Positions of a window.
        width: usize,
        /// Positions from one window to the next.
        stride: usize,
        /// What happens at the ends.
        padding: Padding,
    },
    /// The largest value of each channel.
    GlobalMaxPool,
    /// The mean of each channel.
    GlobalAveragePool,
    /// All positions behind each other, the channels of a position next to each other.
    Flatten,
    /// An activation by itself.
    Activation(Activation),
    /// Something that acts in training only.
    Nothing,
}

/// A layer and its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerConfig {
    /// Name, which its arrays in a weight file carry.
    pub name: String,
    /// What it does.
    pub kind: LayerKind,
}

impl LayerConfig {
    /// A layer.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: LayerKind) -> Self {
        Self { name: name.into(), kind }
    }

    /// Whether it has arrays in a weight file.
    #[must_use]
    pub fn has_weights(&self) -> bool {
        match self.kind {
            LayerKind::Conv { .. } | LayerKind::Dense { .. } | LayerKind::BatchNorm { .. } => true,
            LayerKind::MaxPool { .. }
            | LayerKind::GlobalMaxPool
            | LayerKind::GlobalAveragePool
            | LayerKind::Flatten
            | LayerKind::Activation(_)
            | LayerKind::Nothing => false,
        }
    }
}

/// The architecture of a chain of layers on a sequence of vectors.
///
/// ```
/// use ciskit_zoo::keras::{LayerKind, SequentialConfig};
///
/// let json = r#"{"class_name": "Sequential", "config": [
///     {"class_name": "Conv1D", "config": {"name": "conv1d_7", "batch_input_shape": [null, 100, 4],
///         "filters": 8, "kernel_size": [5], "activation": "relu"}},
///     {"class_name": "Flatten", "config": {"name": "flatten_2"}},
///     {"class_name": "Dense", "config": {"name": "dense_9", "units": 1, "activation": "sigmoid"}}]}"#;
/// let config = SequentialConfig::from_keras_json(json)?;
/// assert_eq!((config.length, config.channels, config.layers.len()), (100, 4, 3));
/// assert_eq!(config.layers[1].kind, LayerKind::Flatten);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SequentialConfig {
    /// Positions of the input.
    pub length: usize,
    /// Numbers a position.
    pub channels: usize,
    /// The layers, in order.
    pub layers: Vec<LayerConfig>,
}
