//! One layer with its parameters.

use ciskit_nn::layers::{Linear, ScoringConv};
use ciskit_nn::ops::pool_positions;
use ciskit_nn::{Doing, NnError, Tensor, VarBuilder};

use super::{Activation, LayerConfig, LayerKind, Padding};

/// The shape of an item between two layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Positions { length: usize, channels: usize },
    Flat(usize),
}

impl Shape {
    /// Numbers of an item.
    pub(super) fn size(self) -> usize {
        match self {
            Self::Positions { length, channels } => length * channels,
            Self::Flat(size) => size,
        }
    }

    /// Length of the last axis.
    fn last(self) -> usize {
        match self {
            Self::Positions { channels: last, .. } | Self::Flat(last) => last,
        }
    }

    fn with_last(self, last: usize) -> Self {
        match self {
            Self::Positions { length, .. } => Self::Positions { length, channels: last },
            Self::Flat(_) => Self::Flat(last),
        }
    }
}

/// A layer.
#[derive(Clone, Debug)]
pub(super) enum Layer {
    Conv {
        conv: ScoringConv,
        stride: usize,
        dilation: usize,
        padding: Padding,
        activation: Activation,
    },
    Dense {
        linear: Linear,
        activation: Activation,
    },
    /// Running mean and variance, and what the result is multiplied by and added to.
    BatchNorm {
        mean: Tensor,
        variance: Tensor,
        gamma: Option<Tensor>,
        beta: Option<Tensor>,
        epsilon: f64,
    },
    MaxPool {
        width: usize,
        stride: usize,
        padding: Padding,
    },
    GlobalMaxPool,
    GlobalAveragePool,
    Flatten,
    Activation(Activation),
    Nothing,
}

impl Layer {
    /// The layer on an item of `shape`, and the shape after it. The arrays have their Keras names and our layout: a
    /// convolution's `kernel` is (out, in, width), a dense one (out, in).
    pub(super) fn load(
        vb: &VarBuilder<'_>,
        config: &LayerConfig,
        shape: Shape,
    ) -> Result<(Self, Shape), NnError> {
        let vb = vb.pp(&config.name);
        let get = |name: &str, shape: &[usize]| {
            vb.get(shape, name).doing(format!("loading {name} of layer {}", config.name))
        };
        let some = |wanted: bool, name: &str, size: usize| -> Result<Option<Tensor>, NnError> {
            wanted.then(|| get(name, &[size])).transpose()
        };
        let last = shape.last();
        let misfit =
            |expected: &str| NnError::Model(format!("layer {} needs {expected}", config.name).into());
        Ok(match (&config.kind, shape) {
            (
                &LayerKind::Conv { filters, width, stride, dilation, padding, bias, activation },
                Shape::Positions { length, channels },
            ) => {
                let bias = some(bias, "bias", filters)?;
                let conv = ScoringConv::new(get("kernel", &[filters, channels, width])?, bias)?;
                let steps = padding.steps(length, width, stride, dilation);
                let length = steps.positions(length, width);
                let length = length.ok_or_else(|| misfit("a longer sequence"))?;
                let layer = Self::Conv { conv, stride, dilation, padding, activation };
                (layer, Shape::Positions { length, channels: filters })
            }
            (&LayerKind::Dense { units, bias, activation }, _) => {
                let weight = get("kernel", &[units, last])?;
                let bias = match some(bias, "bias", units)? {
                    Some(bias) => bias,
                    None => Tensor::zeros(units, weight.dtype(), weight.device()).doing("making zeros")?,
                };
                (Self::Dense { linear: Linear::new(weight, bias)?, activation }, shape.with_last(units))
            }
            (&LayerKind::BatchNorm { epsilon, scale, center }, _) => {
                let (gamma, beta) = (some(scale, "gamma", last)?, some(center, "beta", last)?);
                let (mean, variance) = (get("moving_mean", &[last])?, get("moving_variance", &[last])?);
                (Self::BatchNorm { mean, variance, gamma, beta, epsilon }, shape)
            }
            (&LayerKind::MaxPool { width, stride, padding }, Shape::Positions { length, channels }) => {
                let length = padding.steps(length, width, stride, 1).positions(length, width);
                let length = length.ok_or_else(|| misfit("a longer sequence"))?;
                (Self::MaxPool { width, stride, padding }, Shape::Positions { length, channels })
            }
            (LayerKind::GlobalMaxPool, Shape::Positions { channels, .. }) => {
                (Self::GlobalMaxPool, Shape::Flat(channels))
            }
            (LayerKind::GlobalAveragePool, Shape::Positions { channels, .. }) => {
                (Self::GlobalAveragePool, Shape::Flat(channels))
            }
            (LayerKind::Flatten, Shape::Positions { length, channels }) => {
                (Self::Flatten, Shape::Flat(length * channels))
            }
            (LayerKind::Flatten, Shape::Flat(_)) => (Self::Nothing, shape),
            (&LayerKind::Activation(activation), _) => (Self::Activation(activation), shape),
            (LayerKind::Nothing, _) => (Self::Nothing, shape),
            (_, Shape::Flat(_)) => return Err(misfit("positions, and comes after they were flattened")),
        })
    }

    /// (B, L, C) or (B, N) to the same.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        match self {
            Self::Conv { conv, stride, dilation, padding, activation } => {
                let length = x.dim(1).doing("reading a sequence's length")?;
                let steps = padding.steps(length, conv.kernel(), *stride, *dilation);
                match activation {
                    Activation::Relu => conv.forward_relu(x, &steps),
                    other => other.apply(&conv.forward(x, &steps)?),
                }
            }
            Self::Dense { linear, activation } => activation.apply(&linear.forward(x)?),
            Self::BatchNorm { mean, variance, gamma, beta, epsilon } => {
                let normalised = || {
                    let deviation = variance.affine(1.0, *epsilon)?.sqrt()?;
                    let factor = match gamma {
                        Some(gamma) => (gamma / deviation)?,
                        None => deviation.recip()?,
                    };
                    let y = x.broadcast_sub(mean)?.broadcast_mul(&factor)?;
                    beta.as_ref().map_or(Ok(y.clone()), |beta| y.broadcast_add(beta))
                };
                normalised().doing("batch norm")
            }
            Self::MaxPool { width, stride, padding } => {
                let length = x.dim(1).doing("reading a sequence's length")?;
                pool_positions(x, *width, &padding.steps(length, *width, *stride, 1))
            }
            Self::GlobalMaxPool => x.max(1).doing("pooling"),
            Self::GlobalAveragePool => x.mean(1).doing("pooling"),
            Self::Flatten => x.flatten_from(1).doing("flattening"),
            Self::Activation(activation) => activation.apply(x),
            Self::Nothing => Ok(x.clone()),
        }
    }

    /// Where windows of this layer start and how far apart they are: width in taps, taps' distance, stride, and zeros
    /// before a sequence of `length`. `None` if it does not move along positions.
    pub(super) fn window(&self, length: usize) -> Option<(usize, usize, usize, usize)> {
        match self {
            Self::Conv { conv, stride, dilation, padding, .. } => {
                let steps = padding.steps(length, conv.kernel(), *stride, *dilation);
                Some((conv.kernel(), *dilation, *stride, steps.padding[0]))
            }
            Self::MaxPool { width, stride, padding } => {
                Some((*width, 1, *stride, padding.steps(length, *width, *stride, 1).padding[0]))
            }
            _ => None,
        }
    }
}
