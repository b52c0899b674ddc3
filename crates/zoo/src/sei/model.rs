//! The network.

use std::path::Path;
use std::sync::Arc;

use ciskit_nn::layers::{Linear, ScoringConv};
use ciskit_nn::ops::{self, Steps, pool_positions};
use ciskit_nn::weights::{read, without_prefix};
use ciskit_nn::{DType, Device, Doing, NnError, Tensor, VarBuilder, candle_nn, frozen};

use super::{Config, spline_basis};
use crate::error::ZooError;

/// The network, for scoring.
///
/// Positions come before channels in all tensors.
///
/// ```
/// use ciskit_nn::{DType, Device, NnError, Parameters, Tensor};
/// use ciskit_zoo::sei::{Config, Sei};
///
/// let config = Config { channels: [2, 3, 4], profiles: 7, length: 256, splines: 5 };
/// let (_, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| Sei::load(vb, &config))?;
/// let x = Tensor::zeros((2, 256, 4), DType::F32, &Device::Cpu)?;
/// assert_eq!(model.logits(&x)?.dims(), [2, 7]);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sei {
    config: Config,
    lconv1: [ScoringConv; 2],
    conv1: [ScoringConv; 2],
    lconv2: [ScoringConv; 2],
    conv2: [ScoringConv; 2],
    lconv3: [ScoringConv; 2],
    conv3: [ScoringConv; 2],
    dconv: Vec<ScoringConv>,
    /// (splines, positions)
    basis: Arc<[f32]>,
    classifier: [Linear; 2],
}

/// Taps of the plain convolutions, and of those with a distance between taps.
const PLAIN: usize = 9;
const DILATED: usize = 5;
/// Distances between taps of `dconv1` to `dconv5`.
const DILATIONS: [usize; 5] = [2, 4, 8, 16, 25];
/// Window of both poolings.
const POOL: usize = 4;

impl Sei {
    /// The network on the parameters of `vb`, which have the published names without `module.model.`.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` lacks one, [`NnError::Model`] for sizes that are none.
    pub fn load(vb: VarBuilder<'_>, config: &Config) -> Result<Self, NnError> {
        config.check()?;
        let [c1, c2, c3] = config.channels;
        let conv = |name: &str, inputs: usize, outputs: usize, kernel: usize| {
            let get = || {
                let vb = vb.pp(name);
                Ok((vb.get((outputs, inputs, kernel), "weight")?, vb.get(outputs, "bias")?))
            };
            let (weight, bias) = get().doing(format!("loading convolution {name}"))?;
            ScoringConv::new(weight, Some(bias))
        };
        let pair = |name: &str, inputs: usize, outputs: usize, [first, second]: [usize; 2]| {
            let second = conv(&format!("{name}.{second}"), outputs, outputs, PLAIN);
            Ok::<_, NnError>([conv(&format!("{name}.{first}"), inputs, outputs, PLAIN)?, second?])
        };
        let flat = c3 * config.splines;
        let classifier = vb.pp("classifier");
        let (positions, splines) = (config.positions(), config.splines);
        let by_position = spline_basis(positions.max(2), splines);
        let basis = (0..splines).flat_map(|spline| by_position.iter().skip(spline).step_by(splines).copied());
        Ok(Self {
            config: *config,
            lconv1: pair("lconv1", 4, c1, [0, 1])?,
            conv1: pair("conv1", c1, c1, [0, 2])?,
            lconv2: pair("lconv2", c1, c2, [2, 3])?,
            conv2: pair("conv2", c2, c2, [1, 3])?,
            lconv3: pair("lconv3", c2, c3, [2, 3])?,
            conv3: pair("conv3", c3, c3, [1, 3])?,
            dconv: (1..=DILATIONS.len())
                .map(|number| conv(&format!("dconv{number}.1"), c3, c3, DILATED))
                .collect::<Result<_, _>>()?,
            basis: basis.collect(),
            classifier: [
                Linear::load(classifier.pp("0"), flat, config.profiles)?,
                Linear::load(classifier.pp("2"), config.profiles, config.profiles)?,
            ],
        })
    }

    /// Opens the published `sei.pth`, or another weight file with tensors of these names.
    ///
    /// Sizes are those given, or else those of the file.
    ///
    /// # Errors
    ///
    /// [`ZooError::Weights`] for a file that cannot be read (PyTorch's format from before 2020 among them),
    /// [`ZooError::Misfit`] with every missing, unexpected and misshapen tensor.
    pub fn open(path: &Path, config: Option<&Config>, device: &Device) -> Result<Self, ZooError> {
        let mut tensors = read(path, Some(DType::F32))?.tensors;
        // A wrapper for several devices, and one for both strands.
        for prefix in ["module.", "model."] {
            tensors = without_prefix(tensors, prefix);
        }
        let config = config.copied().unwrap_or_else(|| Config::of(&tensors));
        frozen(tensors, DType::F32, device, |_| false, |vb| Self::load(vb, &config))
            .map_err(|source| ZooError::Misfit { path: path.to_path_buf(), model: "sei".into(), source })
    }

    /// Its sizes.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The probabilities of all profiles.
    ///
    /// *Shapes*: (B, length, 4), one-hot in the order A, C, G, T, an unknown base 0.25 in all four, to (B, profiles).
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if `x` is not (B, length, 4).
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        candle_nn::ops::sigmoid(&self.logits(x)?).doing("the sigmoid of profiles")
    }

    /// [`forward`](Self::forward) before the sigmoid.
    ///
    /// # Errors
    ///
    /// Those of [`forward`](Self::forward).
    pub fn logits(&self, x: &Tensor) -> Result<Tensor, NnError> {
        let summed = self.splines(&self.features(x)?)?; // (B, C3, splines)
        let flat = summed.flatten_from(1).doing("flattening splines")?; // (B, C3 * splines)
        let [first, second] = &self.classifier;
        let hidden = ops::relu(&first.forward(&flat)?)?; // (B, profiles)
        second.forward(&hidden) // (B, profiles)
    }

    /// What the splines sum up: (B, length / 16, C3).
    ///
    /// # Errors
    ///
    /// Those of [`forward`](Self::forward).
    pub fn features(&self, x: &Tensor) -> Result<Tensor, NnError> {
        self.features_watched(x, |_, _| ())
    }

    /// [`features`](Self::features), showing the output of each block with the block's name.
    ///
    /// # Errors
    ///
    /// Those of [`forward`](Self::forward).
    pub fn features_watched(
        &self,
        x: &Tensor,
        mut watch: impl FnMut(&str, &Tensor),
    ) -> Result<Tensor, NnError> {
        let length = self.config.length;
        if x.rank() != 3 || x.dims()[1..] != [length, 4] {
            let expected = format!("(batch, {length}, 4)");
            return Err(NnError::Shape { what: "the input", expected, found: x.dims().to_vec() });
        }
        let sum = |a: &Tensor, b: &Tensor| (a + b).doing("adding a block to its input");
        let mut keep = |name: &str, x: Tensor| {
            watch(name, &x);
            x
        };
        let l1 = keep("lconv1", linear(&self.lconv1, x)?); // (B, 4096, C1)
        let c1 = keep("conv1", activated(&self.conv1, &l1)?); // (B, 4096, C1)
        let s1 = sum(&c1, &l1)?;
        drop((l1, c1));
        let l2 = keep("lconv2", linear(&self.lconv2, &pooled(&s1)?)?); // (B, 1024, C2)
        drop(s1);
        let c2 = keep("conv2", activated(&self.conv2, &l2)?); // (B, 1024, C2)
        let l3 = keep("lconv3", linear(&self.lconv3, &pooled(&sum(&c2, &l2)?)?)?); // (B, 256, C3)
        let c3 = keep("conv3", activated(&self.conv3, &l3)?); // (B, 256, C3)
        let mut input = sum(&c3, &l3)?; // (B, 256, C3)
        let mut state = c3; // without l3, in the published network
        for (index, (conv, dilation)) in self.dconv.iter().zip(DILATIONS).enumerate() {
            let padding = [(DILATED / 2) * dilation; 2];
            let steps = Steps { stride: 1, dilation, padding };
            let d = keep(&format!("dconv{}", index + 1), conv.forward_relu(&input, &steps)?); // (B, 256, C3)
            state = sum(&state, &d)?; // (B, 256, C3)
            input = state.clone();
        }
        Ok(state)
    }

    /// Positions summed by the spline basis: (B, length / 16, C3) to (B, C3, splines).
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `x` has another number of positions.
    pub fn splines(&self, x: &Tensor) -> Result<Tensor, NnError> {
        let product = || {
            let (items, positions, channels) = x.dims3()?;
            let shape = (self.config.splines, self.basis.len() / self.config.splines);
            let basis = Tensor::from_slice(&self.basis, shape, x.device())?.to_dtype(x.dtype())?;
            let columns = x.transpose(1, 2)?.contiguous()?; // (B, C3, positions)
            let rows = columns.reshape((items * channels, positions))?;
            Linear::new(basis, Tensor::zeros(shape.0, x.dtype(), x.device())?)
                .and_then(|sum| sum.forward(&rows)) // (B * C3, splines)
                .map_err(ciskit_nn::candle_core::Error::wrap)?
                .reshape((items, channels, shape.0))
        };
        product().doing("summing positions by splines")
    }
}

/// Two convolutions.
fn linear([first, second]: &[ScoringConv; 2], x: &Tensor) -> Result<Tensor, NnError> {
    second.forward(&first.forward(x, &keeping(PLAIN))?, &keeping(PLAIN))
}

/// Two convolutions, ReLU after each.
fn activated([first, second]: &[ScoringConv; 2], x: &Tensor) -> Result<Tensor, NnError> {
    second.forward_relu(&first.forward_relu(x, &keeping(PLAIN))?, &keeping(PLAIN))
}

/// The length stays.
fn keeping(kernel: usize) -> Steps {
    Steps { padding: [kernel / 2; 2], ..Steps::valid() }
}

fn pooled(x: &Tensor) -> Result<Tensor, NnError> {
    pool_positions(x, POOL, &Steps { stride: POOL, ..Steps::valid() })
}
