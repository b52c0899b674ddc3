//! A network of whichever kind its configuration names.

use ciskit_core::EmbeddingSpec;
use ciskit_nn::{Mode, NnError, PairBatch, PairLogits, PairModel, VarBuilder};

use crate::ModelConfig;
use crate::deeptact::Deeptact;
use crate::epipam::Epipam;
use crate::epivan::Epivan;

/// Any of the models, so that a program need not know which one it runs.
///
/// ```
/// use ciskit_models::{Model, ModelConfig};
/// use ciskit_nn::{DType, Device, NnError, PairModel, Parameters};
///
/// let config = ModelConfig::named("epipam").unwrap();
/// let load = |vb| Model::load(vb, &config);
/// let (parameters, model) = Parameters::initialise(7, DType::F32, &Device::Cpu, load)?;
/// assert_eq!(parameters.count(), 245_064);
/// assert_eq!(model.enhancer_len(), 3000);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Model {
    /// EPIPAM, or EPI if it has no attention.
    Epipam(Epipam),
    /// EPIVAN.
    Epivan(Epivan),
    /// DeepTACT.
    Deeptact(Deeptact),
}

impl PairModel for Model {
    type Config = ModelConfig;

    fn load(vb: VarBuilder<'_>, config: &ModelConfig) -> Result<Self, NnError> {
        Ok(match config {
            ModelConfig::Epipam(config) => Self::Epipam(Epipam::load(vb, config)?),
            ModelConfig::Epivan(config) => Self::Epivan(Epivan::load(vb, config)?),
            ModelConfig::Deeptact(config) => Self::Deeptact(Deeptact::load(vb, config)?),
        })
    }

    fn enhancer_len(&self) -> usize {
        match self {
            Self::Epipam(model) => model.enhancer_len(),
            Self::Epivan(model) => model.enhancer_len(),
            Self::Deeptact(model) => model.enhancer_len(),
        }
    }

    fn promoter_len(&self) -> usize {
        match self {
            Self::Epipam(model) => model.promoter_len(),
            Self::Epivan(model) => model.promoter_len(),
            Self::Deeptact(model) => model.promoter_len(),
        }
    }

    fn tracks(&self) -> usize {
        match self {
            Self::Epipam(model) => model.tracks(),
            Self::Epivan(model) => model.tracks(),
            Self::Deeptact(model) => model.tracks(),
        }
    }

    fn covariates(&self) -> &[String] {
        match self {
            Self::Epipam(model) => model.covariates(),
            Self::Epivan(model) => model.covariates(),
            Self::Deeptact(model) => model.covariates(),
        }
    }

    fn embedding(&self) -> Option<EmbeddingSpec> {
        match self {
            Self::Epipam(model) => model.embedding(),
            Self::Epivan(model) => model.embedding(),
            Self::Deeptact(model) => model.embedding(),
        }
    }

    fn forward_t(&self, batch: &PairBatch, mode: Mode) -> Result<PairLogits, NnError> {
        match self {
            Self::Epipam(model) => model.forward_t(batch, mode),
            Self::Epivan(model) => model.forward_t(batch, mode),
            Self::Deeptact(model) => model.forward_t(batch, mode),
        }
    }
}
