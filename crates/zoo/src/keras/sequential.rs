//! A chain of layers.

use std::ops::Range;

use ciskit_nn::{Doing, NnError, Tensor, VarBuilder};

use super::layer::{Layer, Shape};
use super::{LayerConfig, SequentialConfig};

/// A chain of layers that scores: dropout does nothing, batch norms use their running statistics.
///
/// *Shapes*: (B, length, channels), channels last as in Keras, to what the last layer gives.
///
/// ```
/// use ciskit_nn::{DType, Device, NnError, Parameters, Tensor};
/// use ciskit_zoo::keras::{Sequential, SequentialConfig};
///
/// let json = r#"{"class_name": "Sequential", "config": [
///     {"class_name": "Conv1D", "config": {"name": "conv1d_7", "batch_input_shape": [null, 100, 4],
///         "filters": 8, "kernel_size": [5], "activation": "relu"}},
///     {"class_name": "Flatten", "config": {"name": "flatten_2"}},
///     {"class_name": "Dense", "config": {"name": "dense_9", "units": 3, "activation": "sigmoid"}}]}"#;
/// let config = SequentialConfig::from_keras_json(json).unwrap();
/// let (_, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| Sequential::load(vb, &config))?;
/// let y = model.forward(&Tensor::zeros((2, 100, 4), DType::F32, &Device::Cpu)?)?;
/// assert_eq!(y.dims(), [2, 3]);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sequential {
    length: usize,
    channels: usize,
    layers: Vec<(LayerConfig, Layer)>,
    /// Numbers that each layer gives.
    sizes: Vec<usize>,
    output: Shape,
}

impl Sequential {
    /// The layers on the arrays of `vb`: `{layer}.{array}` by the names of Keras, kernels as (out, in, width) or (out, in).
    ///
    /// # Errors
    ///
    /// [`NnError::Model`] if a layer cannot follow the one before it, [`NnError::Candle`] if `vb` lacks an array.
    pub fn load(vb: VarBuilder<'_>, config: &SequentialConfig) -> Result<Self, NnError> {
        let &SequentialConfig { length, channels, .. } = config;
        let mut output = Shape::Positions { length, channels };
        let (mut layers, mut sizes) = (Vec::with_capacity(config.layers.len()), Vec::new());
        for config in &config.layers {
            let (layer, after) = Layer::load(&vb, config, output)?;
            layers.push((config.clone(), layer));
            sizes.push(after.size());
            output = after;
        }
        Ok(Self { length, channels, layers, sizes, output })
    }

    /// Positions of the input, and numbers a position.
    #[must_use]
    pub fn input(&self) -> (usize, usize) {
        (self.length, self.channels)
    }

    /// Numbers of the output, if it has no positions.
    #[must_use]
    pub fn outputs(&self) -> Option<usize> {
        match self.output {
            Shape::Flat(outputs) => Some(outputs),
            Shape::Positions { .. } => None,
        }
    }

    /// The output of the last layer.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if `x` is not (B, length, channels).
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        self.forward_watched(x, |_, _| ())
    }

    /// [`forward`](Self::forward), showing the output of each layer with the layer's name.
    ///
    /// # Errors
    ///
    /// Those of [`forward`](Self::forward).
    pub fn forward_watched(
        &self,
        x: &Tensor,
        mut watch: impl FnMut(&str, &Tensor),
    ) -> Result<Tensor, NnError> {
        self.check(x)?;
        let mut x = x.clone(); // (B, length, channels)
        for (config, layer) in &self.layers {
            x = layer.forward(&x)?;
            watch(&config.name, &x);
        }
        Ok(x)
    }

    /// What the last layer that still has positions gives: (B, positions, channels).
    ///
    /// # Errors
    ///
    /// Those of [`forward`](Self::forward).
    pub fn features(&self, x: &Tensor) -> Result<Tensor, NnError> {
        self.check(x)?;
        self.along_positions().try_fold(x.clone(), |x, layer| layer.forward(&x))
    }

    /// Width of a row of [`features`](Self::features).
    #[must_use]
    pub fn feature_width(&self) -> usize {
        let filters = self.layers.iter().take(self.along_positions().count()).rev().find_map(
            |(config, _)| match config.kind {
                super::LayerKind::Conv { filters, .. } => Some(filters),
                super::LayerKind::Dense { units, .. } => Some(units),
                _ => None,
            },
        );
        filters.unwrap_or(self.channels)
    }

    /// The most bytes that the input and output of one layer take together, for one sequence.
    pub(crate) fn activation_bytes(&self) -> usize {
        let mut before = self.length * self.channels;
        let mut most = before;
        for &after in &self.sizes {
            (most, before) = (most.max(before + after), after);
        }
        most * size_of::<f32>()
    }

    /// The bases that each position of [`features`](Self::features) stands for: as many as positions are apart, around
    /// the middle of those that it sees.
    #[must_use]
    pub fn feature_positions(&self) -> Vec<Range<usize>> {
        // Of position 0: first base seen, bases seen, and bases from one position to the next.
        let (mut first, mut seen, mut apart, mut length) = (0i64, 1usize, 1usize, self.length);
        for layer in self.along_positions() {
            let Some((width, dilation, stride, zeros)) = layer.window(length) else { continue };
            first -= (zeros * apart) as i64;
            seen += (width - 1) * dilation * apart;
            apart *= stride;
            length = layer_length(layer, length);
        }
        let start = first + (seen as i64 - apart as i64) / 2;
        let clamp = |base: i64| base.clamp(0, self.length as i64) as usize;
        let of = |position: usize| {
            let start = start + (position * apart) as i64;
            clamp(start)..clamp(start + apart as i64)
        };
        (0..length).map(of).collect()
    }

    /// The layers up to the last one that has positions.
    fn along_positions(&self) -> impl Iterator<Item = &Layer> {
        let ends =
            |layer: &Layer| matches!(layer, Layer::Flatten | Layer::GlobalMaxPool | Layer::GlobalAveragePool);
        self.layers.iter().map(|(_, layer)| layer).take_while(move |layer| !ends(layer))
    }

    fn check(&self, x: &Tensor) -> Result<(), NnError> {
        match x.dims3().doing("reading the input's shape")? {
            (_, length, channels) if (length, channels) == (self.length, self.channels) => Ok(()),
            _ => Err(NnError::Shape {
                what: "the input",
                expected: format!("(batch, {}, {})", self.length, self.channels),
                found: x.dims().to_vec(),
            }),
        }
    }
}

/// Positions after a layer that moves along them.
fn layer_length(layer: &Layer, length: usize) -> usize {
    let steps = match layer {
        Layer::Conv { conv, stride, dilation, padding, .. } => {
            padding.steps(length, conv.kernel(), *stride, *dilation).positions(length, conv.kernel())
        }
        Layer::MaxPool { width, stride, padding } => {
            padding.steps(length, *width, *stride, 1).positions(length, *width)
        }
        _ => Some(length),
    };
    steps.unwrap_or_default()
}
