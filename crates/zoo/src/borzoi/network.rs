//! The network.

use std::path::Path;
use std::sync::Arc;

use ciskit_nn::layers::ScoringConv;
use ciskit_nn::ops::inference::{Activation, activate};
use ciskit_nn::ops::{Steps, pool_positions};
use ciskit_nn::{DType, Device, Doing, NnError, Tensor, VarBuilder, frozen};

use super::{Config, keras_names};
use crate::error::ZooError;
use crate::tracks::{
    ConvBlock, Head, Layer, LayerSizes, Species, TrackNetwork, TrackScorer, Window, conv, conv_at, in_pieces,
    rows, select_bins,
};

/// Of batch and layer normalisation alike.
const EPS: f64 = 1e-3;
const GELU: Activation = Activation::GeluTanh;

/// The network, for scoring.
///
/// Positions come before channels in all tensors.
///
/// *Cost*: at the published size 2.3 · 10¹² multiplications and additions a sequence as plain products. Memory: the weights twice
/// for convolutions (as they are, and laid out for the processor), once for linear layers; the outputs of two neighbouring
/// stages, 4 · (L/2 · stem + L/4 · first stage) bytes, 0.86 GB, one sequence at a time; and what is asked of the head.
///
/// ```
/// use ciskit_nn::{DType, Device, NnError, Parameters, Tensor};
/// use ciskit_zoo::borzoi::{Borzoi, Config};
/// use ciskit_zoo::tracks::Species;
///
/// let config = Config { length: 512, anchor: 256, stem: 3, stages: vec![4, 6], heads: 2, key: 2, value: 3, bins: 200,
///     human: 5, ..Config::baskerville_mini() };
/// let (_, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| Borzoi::load(vb, &config))?;
/// let x = Tensor::zeros((2, 512, 4), DType::F32, &Device::Cpu)?;
/// assert_eq!(model.forward(&x, Species::Human)?.dims(), [2, 200, 5]);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Borzoi {
    config: Config,
    stem: ScoringConv,
    stages: Vec<ConvBlock>,
    layers: Vec<Layer>,
    /// (2T − 1, features)
    distances: Tensor,
    /// First the one that meets the last stage.
    joins: [Join; 2],
    last: Option<ConvBlock>,
    human: Head,
    mouse: Option<Head>,
}

/// Upsampling by two, and a stage of that length added.
#[derive(Clone, Debug)]
struct Join {
    from_below: ConvBlock,
    from_stage: ConvBlock,
    /// One filter a channel: (1, 1, C) for each of the three taps.
    taps: [Tensor; 3],
    mix: ScoringConv,
}

impl Join {
    /// `upsampling_unet{n}.0`, `horizontal_conv{n}` and `separable{n}`.
    fn load(vb: &VarBuilder<'_>, number: usize, width: usize, stage: usize) -> Result<Self, NnError> {
        let block = |path: String, inputs: usize| {
            let vb = vb.pp(path);
            ConvBlock::load([vb.pp("norm"), vb.pp("conv_layer")], (inputs, width, 1), EPS, GELU)
        };
        let separable = vb.pp(format!("separable{number}.conv_layer"));
        let get = || {
            let depthwise = separable.pp("0").get((width, 1, 3), "weight")?;
            let tap = |tap: usize| depthwise.narrow(2, tap, 1)?.contiguous()?.reshape((1, 1, width));
            Ok([tap(0)?, tap(1)?, tap(2)?])
        };
        Ok(Self {
            from_below: block(format!("upsampling_unet{number}.0"), width)?,
            from_stage: block(format!("horizontal_conv{number}"), stage)?,
            taps: get().doing(format!("loading convolution {}", separable.prefix()))?,
            mix: conv(separable.pp("1"), width, width, 1)?,
        })
    }

    /// (1, L, C) and (1, 2L, C') to (1, 2L, C).
    fn forward(&self, x: &Tensor, stage: &Tensor) -> Result<Tensor, NnError> {
        let x = self.from_below.forward(x)?; // (1, L, C)
        let stage = self.from_stage.forward(stage)?; // (1, 2 L, C)
        let filtered = || {
            let twice: Vec<u32> = (0..2 * x.dim(1)? as u32).map(|position| position / 2).collect();
            let twice = Tensor::from_vec(twice.clone(), twice.len(), x.device())?;
            let sum = (x.index_select(&twice, 1)? + &stage)?; // (1, 2 L, C)
            let padded = sum.pad_with_zeros(1, 1, 1)?;
            let tap = |tap: usize| {
                padded.narrow(1, tap, twice.elem_count())?.contiguous()?.broadcast_mul(&self.taps[tap])
            };
            (tap(0)? + tap(1)?)? + tap(2)?
        };
        self.mix.forward(&filtered().doing("joining a stage")?, &Steps::valid())
    }
}

impl Borzoi {
    /// The network on the parameters of `vb`, which have the names of the PyTorch port.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` lacks one, [`NnError::Model`] for sizes that are none.
    pub fn load(vb: VarBuilder<'_>, config: &Config) -> Result<Self, NnError> {
        config.check()?;
        let width = config.width();
        let (stages, kernel) = (&config.stages, config.kernel);
        let stage = |index: usize| {
            let inputs = if index == 0 { config.stem } else { stages[index - 1] };
            let vb = match index + 1 == stages.len() {
                true => vb.pp("unet1.1"),
                false => vb.pp(format!("res_tower.{}", 2 * index)),
            };
            ConvBlock::load([vb.pp("norm"), vb.pp("conv_layer")], (inputs, stages[index], kernel), EPS, GELU)
        };
        let Config { heads, key, value, features, .. } = *config;
        let sizes = LayerSizes { width, heads, key, value, features, eps: EPS };
        let load_last = |channels| {
            let vb = vb.pp("final_joined_convs.0");
            ConvBlock::load([vb.pp("norm"), vb.pp("conv_layer")], (width, channels, 1), EPS, GELU)
        };
        let read = config.last.unwrap_or(width);
        let mask = config.mask_positions.unwrap_or(config.positions());
        let distances = central_masks(config.positions(), mask, features);
        let shape = (2 * config.positions() - 1, features);
        Ok(Self {
            config: config.clone(),
            stem: conv(vb.pp("conv_dna.conv_layer"), 4, config.stem, config.stem_kernel)?,
            stages: (0..stages.len()).map(stage).collect::<Result<_, _>>()?,
            layers: (0..config.depth)
                .map(|layer| Layer::load(vb.pp(format!("transformer.{layer}")), sizes))
                .collect::<Result<_, _>>()?,
            distances: Tensor::from_vec(distances, shape, vb.device())
                .doing("making features of distances")?,
            joins: [Join::load(&vb, 1, width, width)?, Join::load(&vb, 0, width, stages[stages.len() - 2])?],
            last: config.last.map(load_last).transpose()?,
            human: Head::load(vb.pp("human_head"), read, config.human, true)?,
            mouse: match config.mouse {
                Some(tracks) => Some(Head::load(vb.pp("mouse_head"), read, tracks, true)?),
                None => None,
            },
        })
    }

    /// Opens weights: of the PyTorch port, or of Keras, as HDF5 or as tensors named like its datasets.
    ///
    /// Sizes are those of the file; what it does not tell (the length, the number of bins) is as in `like`.
    ///
    /// # Errors
    ///
    /// [`ZooError::Weights`] for a file that cannot be read, [`ZooError::Misfit`] with every missing, unexpected and misshapen
    /// tensor.
    pub fn open(path: &Path, like: &Config, device: &Device) -> Result<Self, ZooError> {
        let tensors = keras_names::read(path)?;
        let config = like.sized_as(&tensors);
        frozen(tensors, DType::F32, device, |_| false, |vb| Self::load(vb, &config))
            .map_err(|source| ZooError::Misfit { path: path.to_path_buf(), model: "borzoi".into(), source })
    }

    /// [`open`](Self::open), where all sizes must be those given.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub fn open_as(path: &Path, config: &Config, device: &Device) -> Result<Self, ZooError> {
        let tensors = keras_names::read(path)?;
        frozen(tensors, DType::F32, device, |_| false, |vb| Self::load(vb, config))
            .map_err(|source| ZooError::Misfit { path: path.to_path_buf(), model: "borzoi".into(), source })
    }

    /// Its sizes.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// All tracks of a species in all bins.
    ///
    /// *Shapes*: (B, length, 4), one-hot in the order A, C, G, T, an unknown base zero in all four, to (B, bins, tracks).
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if `x` is not (B, length, 4), [`NnError::Model`] without such a head.
    pub fn forward(&self, x: &Tensor, species: Species) -> Result<Tensor, NnError> {
        let bins: Vec<usize> = (0..self.config.cropped().len()).collect();
        self.head(species)?.forward(&self.features(x, &bins)?, None)
    }

    /// What the head reads, in all bins: (B, length, 4) to (B, bins, C), showing the output of each part with its name.
    ///
    /// # Errors
    ///
    /// Those of [`forward`](Self::forward).
    pub fn features_watched(
        &self,
        x: &Tensor,
        mut watch: impl FnMut(&str, &Tensor),
    ) -> Result<Tensor, NnError> {
        let bins: Vec<usize> = (0..self.config.cropped().len()).collect();
        rows(x, |x| self.of_bins(x, &bins, &mut watch))
    }

    /// Features of distances, (2T − 1, F), from −(T − 1) on.
    #[must_use]
    pub fn distances(&self) -> &Tensor {
        &self.distances
    }

    /// A scorer of the tracks of a species.
    ///
    /// # Errors
    ///
    /// [`ZooError::Option`] without such a head.
    pub fn scorer(self: Arc<Self>, species: Species, device: Device) -> Result<TrackScorer, ZooError> {
        let (config, cropped) = (&self.config, self.config.cropped());
        let window = Window {
            length: config.length,
            anchor: config.anchor,
            bin_bp: config.bin_bp(),
            bins: (cropped.len(), 4 * config.positions()),
        };
        TrackScorer::new(self, window, species, device)
    }

    fn head(&self, species: Species) -> Result<&Head, NnError> {
        let head = match species {
            Species::Human => Some(&self.human),
            Species::Mouse => self.mouse.as_ref(),
        };
        head.ok_or_else(|| NnError::Model("the weights have no mouse head".into()))
    }

    /// One sequence, (1, length, 4), to (1, chosen bins, C).
    fn of_bins(
        &self,
        x: &Tensor,
        bins: &[usize],
        watch: &mut impl FnMut(&str, &Tensor),
    ) -> Result<Tensor, NnError> {
        let length = self.config.length;
        if x.rank() != 3 || x.dims()[1..] != [length, 4] {
            let expected = format!("(batch, {length}, 4)");
            return Err(NnError::Shape { what: "the input", expected, found: x.dims().to_vec() });
        }
        let mut x = in_pieces(length, |at| pooled(&conv_at(&self.stem, x, &at, |x| Ok(x.clone()))?))?; // (1, L/2, stem)
        watch("stem", &x);
        let (last, before) = (self.stages.len() - 1, self.stages.len() - 2);
        let mut kept = Vec::with_capacity(2);
        for (index, stage) in self.stages.iter().enumerate() {
            if index < before {
                x = in_pieces(x.dims()[1], |at| pooled(&stage.forward_at(&x, &at)?))?; // (1, L/2, C)
                continue;
            }
            let whole = in_pieces(x.dims()[1], |at| stage.forward_at(&x, &at))?; // (1, L, C)
            watch(if index == last { "last stage" } else { "stage before" }, &whole);
            x = pooled(&whole)?; // (1, L/2, C)
            kept.push(whole);
        }
        watch("tower", &x);
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.attend(&x, &self.distances)?; // (1, T, C)
            watch(&format!("attention {index}"), &x);
            x = layer.feed(&x)?; // (1, T, C)
            watch(&format!("layer {index}"), &x);
        }
        for (join, stage) in self.joins.iter().zip(kept.iter().rev()) {
            x = join.forward(&x, stage)?; // (1, 2 T, C)
            watch(if x.dims()[1] == 2 * self.config.positions() { "first join" } else { "second join" }, &x);
        }
        drop(kept);
        let first = self.config.cropped().start;
        let chosen: Vec<usize> = bins.iter().map(|bin| first + bin).collect();
        x = select_bins(&x, &chosen)?; // (1, bins, C)
        watch("cropped", &x);
        if let Some(block) = &self.last {
            x = block.forward(&x)?; // (1, bins, C')
        }
        activate(&x, GELU)
    }
}

impl TrackNetwork for Borzoi {
    fn name(&self) -> &'static str {
        "borzoi"
    }

    fn width(&self) -> usize {
        self.config.last.unwrap_or(self.config.width())
    }

    fn tracks(&self, species: Species) -> Option<usize> {
        self.head(species).ok().map(Head::tracks)
    }

    fn features(&self, x: &Tensor, bins: &[usize]) -> Result<Tensor, NnError> {
        rows(x, |x| self.of_bins(x, bins, &mut |_, _| ()))
    }

    fn predict(&self, features: &Tensor, species: Species, tracks: &[usize]) -> Result<Tensor, NnError> {
        self.head(species)?.forward(features, Some(tracks))
    }
}

/// The larger of each two positions.
fn pooled(x: &Tensor) -> Result<Tensor, NnError> {
    pool_positions(x, 2, &Steps { stride: 2, ..Steps::valid() })
}

/// For each distance from −(T − 1) to T − 1: whether it lies within each of some widths, and the same with the distance's sign.
///
/// The widths grow as powers, from next to nothing to `mask`.
fn central_masks(positions: usize, mask: usize, features: usize) -> Vec<f32> {
    let widths = features / 2;
    let width = |index: usize| ((mask + 1) as f64).powf(index as f64 / widths as f64) - 1.0;
    let widths: Vec<f64> = (1..=widths).map(width).collect();
    let last = positions as i64 - 1;
    let row = |distance: i64| {
        let within = |width: &f64| f32::from(u8::from(*width > distance.unsigned_abs() as f64));
        let plain: Vec<f32> = widths.iter().map(within).collect();
        let signed: Vec<f32> = plain.iter().map(|value| value * distance.signum() as f32).collect();
        [plain, signed].concat()
    };
    (-last..=last).flat_map(row).collect()
}
