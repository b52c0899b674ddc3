//! The network.

use std::path::Path;
use std::sync::Arc;

use ciskit_nn::layers::ScoringConv;
use ciskit_nn::ops::inference::{Activation, AttentionPool, activate};
use ciskit_nn::weights::read;
use ciskit_nn::{DType, Device, Doing, NnError, Tensor, VarBuilder, frozen};

use super::{Config, distance_features};
use crate::error::ZooError;
use crate::tracks::{
    ConvBlock, Head, Layer, LayerSizes, Species, TrackNetwork, TrackScorer, Window, conv, conv_at, in_pieces,
    rows, select_bins,
};

/// Of batch and layer normalisation alike.
const EPS: f64 = 1e-5;
const GELU: Activation = Activation::GeluSigmoid;
/// Taps of the first convolution, and of the tower's.
const STEM: usize = 15;
const TOWER: usize = 5;

/// The network, for scoring.
///
/// Positions come before channels in all tensors.
///
/// *Cost*: at the published size 1.5 · 10¹² multiplications and additions a sequence as plain products. Memory: the weights twice
/// for convolutions (as they are, and laid out for the processor), once for linear layers; the outputs of two neighbouring
/// stages, 4 · (L/2 · stem + L/4 · first stage) bytes, 0.45 GB, one sequence at a time; and what is asked of the head.
///
/// ```
/// use ciskit_nn::{DType, Device, NnError, Parameters, Tensor};
/// use ciskit_zoo::enformer::{Config, Enformer};
/// use ciskit_zoo::tracks::Species;
///
/// let config = Config { length: 256, channels: vec![6, 8, 12], depth: 1, heads: 2, key: 3, bins: 20, human: 5, mouse: None,
///     ..Config::published() };
/// let load = |vb: ciskit_nn::VarBuilder<'static>| Enformer::load(vb, &config, None);
/// let (_, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, load)?;
/// let x = Tensor::zeros((2, 256, 4), DType::F32, &Device::Cpu)?;
/// assert_eq!(model.forward(&x, Species::Human)?.dims(), [2, 20, 5]);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Enformer {
    config: Config,
    stem: ScoringConv,
    stem_block: ConvBlock,
    stem_pool: AttentionPool,
    stages: Vec<Stage>,
    layers: Vec<Layer>,
    /// (2T − 1, features)
    distances: Tensor,
    last: ConvBlock,
    human: Head,
    mouse: Option<Head>,
}

/// A convolution, one of a single tap beside the identity, and pooling.
#[derive(Clone, Debug)]
struct Stage {
    conv: ConvBlock,
    residual: ConvBlock,
    pool: AttentionPool,
}

/// `{0, 2}` of a block, with an extra name in front.
fn block(vb: VarBuilder<'_>, sizes: (usize, usize, usize)) -> Result<ConvBlock, NnError> {
    ConvBlock::load([vb.pp("0"), vb.pp("2")], sizes, EPS, GELU)
}

impl Enformer {
    /// The network on the parameters of `vb`, which have the names of the PyTorch port; `gammas` as for [`distance_features`].
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` lacks one, [`NnError::Model`] for sizes that are none, and for gamma features of others.
    pub fn load(vb: VarBuilder<'_>, config: &Config, gammas: Option<&[Vec<f32>]>) -> Result<Self, NnError> {
        config.check()?;
        let (width, positions, features) = (config.width(), config.positions(), config.value());
        if let Some(gammas) = gammas
            && (gammas.len() < positions || gammas.iter().any(|row| row.len() != features / 6))
        {
            let problem = format!("gamma features of {positions} sizes are needed, {} of each", features / 6);
            return Err(NnError::Model(problem.into()));
        }
        let stem = config.channels[0];
        let stage = |(index, pair): (usize, &[usize])| {
            let vb = vb.pp(format!("conv_tower.{index}"));
            Ok(Stage {
                conv: block(vb.pp("0"), (pair[0], pair[1], TOWER))?,
                residual: block(vb.pp("1.fn"), (pair[1], pair[1], 1))?,
                pool: AttentionPool::load(vb.pp("2"), pair[1])?,
            })
        };
        let sizes =
            LayerSizes { width, heads: config.heads, key: config.key, value: features, features, eps: EPS };
        let distances = distance_features(positions, features, config.gamma, gammas);
        let distances = Tensor::from_vec(distances, (2 * positions - 1, features), vb.device());
        let head =
            |name: &str, tracks| Head::load(vb.pp("_heads").pp(name).pp("0"), 2 * width, tracks, false);
        Ok(Self {
            config: config.clone(),
            stem: conv(vb.pp("stem.0"), 4, stem, STEM)?,
            stem_block: block(vb.pp("stem.1.fn"), (stem, stem, 1))?,
            stem_pool: AttentionPool::load(vb.pp("stem.2"), stem)?,
            stages: config.channels.windows(2).enumerate().map(stage).collect::<Result<_, NnError>>()?,
            layers: (0..config.depth)
                .map(|layer| Layer::load(vb.pp(format!("transformer.{layer}")), sizes))
                .collect::<Result<_, _>>()?,
            distances: distances.doing("making features of distances")?,
            last: block(vb.pp("final_pointwise.1"), (width, 2 * width, 1))?,
            human: head("human", config.human)?,
            mouse: config.mouse.map(|tracks| head("mouse", tracks)).transpose()?,
        })
    }

    /// Opens weights of the PyTorch port; tensors that it repeats under `_trunk.` are passed over.
    ///
    /// Sizes are those of the file; what it does not tell (the length, the number of bins) is as in `like`.
    ///
    /// # Errors
    ///
    /// [`ZooError::Weights`] for a file that cannot be read, [`ZooError::Misfit`] with every missing, unexpected and misshapen
    /// tensor.
    pub fn open(
        path: &Path,
        like: &Config,
        gammas: Option<&[Vec<f32>]>,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let tensors = read(path, Some(DType::F32))?.tensors;
        let config = like.sized_as(&tensors);
        let repeated = |name: &str| name.starts_with("_trunk.");
        frozen(tensors, DType::F32, device, repeated, |vb| Self::load(vb, &config, gammas))
            .map_err(|source| ZooError::Misfit { path: path.to_path_buf(), model: "enformer".into(), source })
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

    /// What the head reads, in all bins: (B, length, 4) to (B, bins, 2 C), showing the output of each part with its name.
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

    /// A scorer of the tracks of a species; a variant lies in the middle of the window.
    ///
    /// # Errors
    ///
    /// [`ZooError::Option`] without such a head.
    pub fn scorer(self: Arc<Self>, species: Species, device: Device) -> Result<TrackScorer, ZooError> {
        let (config, cropped) = (&self.config, self.config.cropped());
        let window = Window {
            length: config.length,
            anchor: config.length / 2,
            bin_bp: config.bin_bp(),
            bins: (cropped.len(), config.positions()),
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

    /// One sequence, (1, length, 4), to (1, chosen bins, 2 C).
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
        let mut x = in_pieces(length, |at| {
            let x = conv_at(&self.stem, x, &at, |x| Ok(x.clone()))?; // (1, piece, C)
            self.stem_pool.forward(&residual(&self.stem_block, &x)?) // (1, piece / 2, C)
        })?;
        watch("stem", &x);
        for stage in &self.stages {
            x = in_pieces(x.dims()[1], |at| {
                let x = stage.conv.forward_at(&x, &at)?; // (1, piece, C)
                stage.pool.forward(&residual(&stage.residual, &x)?) // (1, piece / 2, C)
            })?;
        }
        watch("tower", &x);
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.attend(&x, &self.distances)?; // (1, T, C)
            watch(&format!("attention {index}"), &x);
            x = layer.feed(&x)?; // (1, T, C)
            watch(&format!("layer {index}"), &x);
        }
        let first = self.config.cropped().start;
        let chosen: Vec<usize> = bins.iter().map(|bin| first + bin).collect();
        let x = self.last.forward(&select_bins(&x, &chosen)?)?; // (1, bins, 2 C)
        activate(&x, GELU)
    }
}

/// x + block(x).
fn residual(block: &ConvBlock, x: &Tensor) -> Result<Tensor, NnError> {
    (x + block.forward(x)?).doing("adding a block to its input")
}

impl TrackNetwork for Enformer {
    fn name(&self) -> &'static str {
        "enformer"
    }

    fn width(&self) -> usize {
        2 * self.config.width()
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
