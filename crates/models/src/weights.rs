//! Weight files: safetensors and PyTorch's `.pth`, by the published names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ciskit_encode::ChannelOrder;
#[cfg(not(feature = "hdf5"))]
use ciskit_nn::weights::WeightFileError;
use ciskit_nn::weights::{self, Format, format_of, without_prefix};
use ciskit_nn::{DType, Device, Doing, NnError, PairModel, Parameters, Tensor};

use crate::{Model, ModelConfig, ModelError, keras};

/// The key of a safetensors file's metadata that holds the configuration.
const CONFIG: &str = "config";
/// What PyTorch's wrapper for several devices puts before every name.
const WRAPPER: &str = "module.";

/// The content of a weight file.
///
/// Weights of EPIVAN and DeepTACT may also have the names and layout of Keras (`enhancer_conv.kernel`, `bn.gamma`, …). They
/// are turned round, and what the shapes tell of the configuration is taken from them: a GRU's bias of one row
/// means the cell of Keras 2.2, with the reset gate before the product and hard gates. Lengths of the windows, pooling,
/// dropout, and the gates of an LSTM (DeepTACT's) are told by no such file: they are the preset's (`benchmark`, or
/// `original` where there are tracks), and where the weights were trained with others, the configuration that
/// [`load`](Self::load) is given must say so. A `.h5` file that Keras 2 wrote (`save_weights`, or a whole model) is read
/// with the feature `hdf5`, layer by layer in the order of the file.
///
/// Safetensors and `.pth` files are told apart by their first bytes. In a `.pth` the state dict may be the whole file
/// or lie under `model_state_dict` or `state_dict`; names that all start with `module.` lose that.
///
/// *Differences between published and our EPIPAM*: weights of the published code read channels A, G, C, T; say so with
/// [`in_channel_order`](Self::in_channel_order). Its second head was trained on largest relations in whatever order the
/// device gave them, and here they descend, so of published weights the first head's logits (the score) are exact and
/// the second head's approximate.
#[derive(Clone, Debug)]
pub struct WeightFile {
    path: PathBuf,
    tensors: BTreeMap<String, Tensor>,
    config: Option<ModelConfig>,
    channel_order: ChannelOrder,
}

impl WeightFile {
    /// Reads a file.
    ///
    /// *Cost*: the tensors in memory, and one of them twice while it is read.
    ///
    /// # Errors
    ///
    /// [`ModelError::WeightFile`] or [`ModelError::EmbeddedConfig`], naming the file.
    ///
    /// ```
    /// use ciskit_models::WeightFile;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("notes.txt");
    /// std::fs::write(&path, "no weights at all")?;
    /// let error = WeightFile::read(&path).unwrap_err();
    /// assert!(error.to_string().ends_with("is not a weight file: neither safetensors nor a PyTorch .pth nor a Keras .h5 file"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref().to_path_buf();
        let (tensors, config) = match format_of(&path)? {
            Format::Hdf5 => (read_h5(&path)?, None),
            _ => {
                let weights = weights::read(&path, None)?;
                let config =
                    weights.metadata.get(CONFIG).map(|text| ModelConfig::from_toml(text)).transpose();
                let unusable =
                    |source| ModelError::EmbeddedConfig { path: path.clone(), source: Box::new(source) };
                (weights.tensors, config.map_err(unusable)?)
            }
        };
        let mut tensors = without_prefix(tensors, WRAPPER);
        let mut config = config;
        if keras::is_keras(&tensors) {
            tensors = keras::to_ours(tensors)?;
            config = config.or_else(|| keras::config(&tensors));
        }
        Ok(Self { path, tensors, config, channel_order: ChannelOrder::Acgt })
    }

    /// Says in which order the weights read the four channels of one-hot input, where that is not A, C, G, T; loading
    /// brings them to that order.
    ///
    /// ```
    /// use ciskit_encode::ChannelOrder;
    /// use ciskit_models::{Model, ModelConfig, WeightFile, save};
    /// use ciskit_nn::{DType, Device, PairModel, Parameters};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.safetensors");
    /// let config = ModelConfig::named("epipam")?;
    /// let load = |vb| Model::load(vb, &config);
    /// let (written, _) = Parameters::initialise(1, DType::F32, &Device::Cpu, load)?;
    /// save(&path, &written, &config)?;
    ///
    /// let file = WeightFile::read(&path)?.in_channel_order(ChannelOrder::Agct);
    /// let (read, _) = file.load(None, DType::F32, &Device::Cpu)?;
    /// let first = |parameters: &Parameters, channel: usize| {
    ///     parameters.get("enhancer_conv1.weight").unwrap().get(0)?.get(channel)?.to_vec1::<f32>()
    /// };
    /// assert_eq!(first(&read, 1)?, first(&written, 2)?); // C
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn in_channel_order(self, order: ChannelOrder) -> Self {
        Self { channel_order: order, ..self }
    }

    /// The configuration inside the file, if there is one.
    #[must_use]
    pub fn config(&self) -> Option<&ModelConfig> {
        self.config.as_ref()
    }

    /// The tensors by name, in our layout.
    #[must_use]
    pub fn tensors(&self) -> &BTreeMap<String, Tensor> {
        &self.tensors
    }

    /// Builds the model and its parameters, every tensor rounded to `dtype`.
    ///
    /// `config` goes before the configuration inside the file, and is needed where there is none.
    /// `num_batches_tracked` is ignored. [`save`] has an example.
    ///
    /// # Errors
    ///
    /// [`ModelError::NoConfig`] if neither is there, [`ModelError::Misfit`] with every missing, unexpected and
    /// misshapen parameter if the weights are of another model, and errors of the configuration.
    pub fn load(
        self,
        config: Option<&ModelConfig>,
        dtype: DType,
        device: &Device,
    ) -> Result<(Parameters, Model), ModelError> {
        let Self { path, mut tensors, config: embedded, channel_order } = self;
        let Some(config) = config.or(embedded.as_ref()) else {
            return Err(ModelError::NoConfig { path });
        };
        config.validate()?;
        for &name in config.one_hot_weights() {
            if let Some(weight) = tensors.get_mut(name) {
                *weight = to_acgt(name, weight, channel_order)?;
            }
        }
        Parameters::load(tensors, dtype, device, |vb| Model::load(vb, config)).map_err(
            |source| match source {
                NnError::Weights(_) => ModelError::Misfit { path, model: config.name(), source },
                source => ModelError::Nn(source),
            },
        )
    }
}

/// Writes parameters and configuration as safetensors, first to a temporary name beside it, so that there is never
/// half a file.
///
/// # Errors
///
/// [`ModelError::Io`] if the file cannot be written; errors of [`to_safetensors`].
///
/// ```
/// use ciskit_models::{Model, ModelConfig, WeightFile, save};
/// use ciskit_nn::{DType, Device, PairModel, Parameters};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.safetensors");
/// let config = ModelConfig::preset("epi", "chiapet")?;
/// let load = |vb| Model::load(vb, &config);
/// let (parameters, _) = Parameters::initialise(1, DType::F32, &Device::Cpu, load)?;
/// save(&path, &parameters, &config)?;
///
/// let file = WeightFile::read(&path)?;
/// assert_eq!(file.config(), Some(&config));
/// assert_eq!(file.tensors()["out_layer1.bias"].dims(), [1]);
/// let (same, _) = file.load(None, DType::F64, &Device::Cpu)?;
/// assert_eq!(same.count(), parameters.count());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn save(path: impl AsRef<Path>, parameters: &Parameters, config: &ModelConfig) -> Result<(), ModelError> {
    let path = path.as_ref();
    let bytes = to_safetensors(parameters, config)?;
    ciskit_file::write(path, &bytes).map_err(|source| ModelError::Io { path: path.to_path_buf(), source })
}

/// Parameters and configuration as the bytes of a safetensors file, the same bytes for the same content.
///
/// # Errors
///
/// [`ModelError::Nn`] if a parameter cannot be copied to the host.
///
/// ```
/// use ciskit_models::{Model, ModelConfig, to_safetensors};
/// use ciskit_nn::{DType, Device, PairModel, Parameters, weights};
///
/// let config = ModelConfig::named("epi")?;
/// let load = |vb| Model::load(vb, &config);
/// let (parameters, _) = Parameters::initialise(1, DType::F32, &Device::Cpu, load)?;
/// let file = weights::from_safetensors(&to_safetensors(&parameters, &config)?, &Device::Cpu)?;
/// assert_eq!(file.metadata["config"], config.to_toml());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn to_safetensors(parameters: &Parameters, config: &ModelConfig) -> Result<Vec<u8>, ModelError> {
    Ok(parameters.to_safetensors(Some((CONFIG, &config.to_toml())))?)
}

#[cfg(feature = "hdf5")]
fn read_h5(path: &Path) -> Result<BTreeMap<String, Tensor>, ModelError> {
    Ok(crate::hdf5::read(path)?)
}

#[cfg(not(feature = "hdf5"))]
fn read_h5(path: &Path) -> Result<BTreeMap<String, Tensor>, ModelError> {
    let problem = "this build has no reader for it (feature hdf5)".to_owned();
    Err(WeightFileError::Unreadable { path: path.to_path_buf(), format: "HDF5", problem }.into())
}

/// Sorts the input channels of a first convolution, (filters, 4, width), into A, C, G, T.
fn to_acgt(name: &str, weight: &Tensor, order: ChannelOrder) -> Result<Tensor, ModelError> {
    let is_convolution = weight.dims().get(1) == Some(&4);
    if order == ChannelOrder::Acgt || !is_convolution {
        return Ok(weight.clone()); // of any other shape it is refused by name when loaded
    }
    let theirs = order.letters();
    let channels = ChannelOrder::Acgt.letters().map(|ours| {
        let channel = theirs.iter().position(|&letter| letter == ours);
        channel.expect("both orders hold the same letters") as u32
    });
    let sorted = Tensor::new(&channels, &Device::Cpu).and_then(|channels| weight.index_select(&channels, 1));
    Ok(sorted.doing(format!("sorting the channels of {name}"))?)
}
