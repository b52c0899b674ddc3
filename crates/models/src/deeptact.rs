//! DeepTACT: wide convolutions of both sides, and attention over a bidirectional LSTM across both; with or without
//! chromatin accessibility.
//!
//! *Source*: Li, Wong and Jiang, "DeepTACT: predicting 3D chromatin contacts via bootstrapping deep learning", Nucleic
//! Acids Research 47 (2019), doi:10.1093/nar/gkz167, and its published code. Without accessibility it is the network
//! that EPIPAM is compared with.
//!
//! ```text
//! enhancer bases  (B, Le)    ─ conv ReLU pool ┐
//! promoter bases  (B, Lp)    ─ conv ReLU pool ┴ join positions ┐
//! enhancer tracks (B, r, Le) ─ conv ReLU pool ┐                ├ join channels ─ norm ─ dropout ─ LSTM both ways
//! promoter tracks (B, r, Lp) ─ conv ReLU pool ┴ join positions ┘      ─ attention ─ tanh ─ norm ─ dropout
//!                                                                      ─ dense ─ norm ─ ReLU ─ dropout ─ logit
//! ```
//!
//! A score of the original is the mean probability of 20 networks, each trained on its own bootstrap sample
//! ([`ciskit_nn::Ensemble`]).
//!
//! *Differences*: the original's attention lacks the 1e-7 of its denominator, which nobody can see; its version of Keras
//! flips convolution kernels, so that weights of one's own from there have to be turned round.

mod config;

use ciskit_core::Side;
use ciskit_nn::layers::{
    BatchNorm, BatchNormConstants, Bidirectional, ConvReluPool, Dropout, Linear, StepAttention,
};
use ciskit_nn::{Doing, Mode, NnError, PairBatch, PairLogits, PairModel, Tensor, VarBuilder, ops};

use crate::ModelError;
use crate::towers::check_length;

pub use config::Config;

/// Channels of one-hot input.
const BASES: usize = 4;

/// The DeepTACT network.
///
/// ```
/// use ciskit_models::deeptact::{Config, Deeptact};
/// use ciskit_nn::{DType, Device, Mode, NnError, PairBatch, PairModel, Parameters};
///
/// let config = Config { filters: 8, units: 3, dense: 5, ..Config::benchmark() };
/// let load = |vb| Deeptact::load(vb, &config);
/// let (parameters, model) = Parameters::initialise(7, DType::F32, &Device::Cpu, load)?;
/// assert_eq!(parameters.get("lstm.backward.kernel").unwrap().dims(), [8, 12]);
///
/// let batch = PairBatch::from_codes(2, &[0; 2 * 3000], &[3; 2 * 2000], &Device::Cpu)?;
/// assert_eq!(model.forward_t(&batch, Mode::Eval)?.main.dims(), [2]);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Deeptact {
    config: Config,
    enhancer_conv: ConvReluPool,
    promoter_conv: ConvReluPool,
    dnase: Option<Accessibility>,
    bn1: BatchNorm,
    bn1_dropout: Dropout,
    lstm: Bidirectional,
    att: StepAttention,
    bn2: BatchNorm,
    bn2_dropout: Dropout,
    dense: Linear,
    bn3: BatchNorm,
    bn3_dropout: Dropout,
    out: Linear,
}

/// The convolutions of accessibility tracks.
#[derive(Clone, Debug)]
struct Accessibility {
    enhancer_conv: ConvReluPool,
    promoter_conv: ConvReluPool,
}

/// Every intermediate activation of one forward pass ([`Deeptact::forward_parts`]).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Parts {
    /// The enhancer after convolution, ReLU and pooling, (B, 1024, 148).
    pub enhancer: Tensor,
    /// The promoter after convolution, ReLU and pooling, (B, 1024, 98).
    pub promoter: Tensor,
    /// The same of the accessibility tracks, enhancer and promoter, if the network reads any.
    pub dnase: Option<[Tensor; 2]>,
    /// All joined, after batch norm and dropout, (B, 1024, 246).
    pub norm: Tensor,
    /// States of the LSTM, forward and backward, (B, 246, 200).
    pub states: Tensor,
    /// Attention of every position, (B, 246).
    pub weight: Tensor,
    /// tanh of the states' weighted mean, (B, 200).
    pub attended: Tensor,
    /// After the second batch norm, before dropout, (B, 200).
    pub attended_norm: Tensor,
    /// The dense layer, (B, 925).
    pub dense: Tensor,
    /// After the third batch norm, before ReLU, (B, 925).
    pub dense_norm: Tensor,
    /// The logits, (B).
    pub logit: Tensor,
}

impl Deeptact {
    /// The architecture.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A forward pass that keeps every intermediate activation: what [`PairModel::forward_t`] runs.
    ///
    /// # Errors
    ///
    /// [`ModelError::InputLength`] or [`ModelError::Tracks`] inside [`NnError::Model`] for windows of another length than
    /// the network's or another number of tracks; errors of the layers.
    ///
    /// ```
    /// use ciskit_models::deeptact::{Config, Deeptact};
    /// use ciskit_nn::{DType, Device, Mode, NnError, PairBatch, PairModel, Parameters, Tensor};
    ///
    /// let config = Config { filters: 8, units: 3, dense: 5, ..Config::original(2) };
    /// let (_, model) = Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| Deeptact::load(vb, &config))?;
    /// let batch = PairBatch::from_codes(1, &[0; 2000], &[3; 1000], &Device::Cpu)?;
    /// assert_eq!(
    ///     model.forward_parts(&batch, Mode::Eval).unwrap_err().to_string(),
    ///     "the model reads 2 accessibility tracks a side, but was given 0"
    /// );
    /// let tracks = |length| Tensor::ones((1, 2, length), DType::F32, &Device::Cpu);
    /// let parts = model.forward_parts(&batch.with_tracks(tracks(2000)?, tracks(1000)?)?, Mode::Eval)?;
    /// assert_eq!(parts.norm.dims(), [1, 2 * 8, 146]);
    /// # Ok::<(), NnError>(())
    /// ```
    pub fn forward_parts(&self, batch: &PairBatch, mode: Mode) -> Result<Parts, NnError> {
        check_length(Side::Enhancer, self.config.enhancer_len, &batch.enhancer)?;
        check_length(Side::Promoter, self.config.promoter_len, &batch.promoter)?;
        let enhancer = self.enhancer_conv.forward_codes(&batch.enhancer)?; // (B, 1024, 148)
        let promoter = self.promoter_conv.forward_codes(&batch.promoter)?; // (B, 1024, 98)
        let dnase = self.accessibility(batch)?;
        let norm = match &dnase {
            None => self.bn1.forward_joined([&enhancer, &promoter], &self.bn1_dropout, mode)?, // (B, 1024, 246)
            Some([of_enhancer, of_promoter]) => {
                let channels = |bases, tracks| Tensor::cat(&[bases, tracks], 1).doing("joining channels");
                let enhancer = channels(&enhancer, of_enhancer)?; // (B, 2048, 98)
                let promoter = channels(&promoter, of_promoter)?; // (B, 2048, 48)
                self.bn1.forward_joined([&enhancer, &promoter], &self.bn1_dropout, mode)? // (B, 2048, 146)
            }
        };
        let states = self.lstm.forward(&norm)?; // (B, 246, 200)
        let attention = self.att.forward(&states)?;
        let attended = attention.mean.tanh().doing("tanh of what is attended to")?; // (B, 200)
        let attended_norm = self.bn2.forward(&attended, mode)?; // (B, 200)
        let dense = self.dense.forward(&self.bn2_dropout.forward(&attended_norm, mode)?)?; // (B, 925)
        let dense_norm = self.bn3.forward(&dense, mode)?; // (B, 925)
        let active = ops::relu(&dense_norm)?; // (B, 925)
        let logit = self.out.forward(&self.bn3_dropout.forward(&active, mode)?)?; // (B, 1)
        let logit = logit.squeeze(1).doing("taking the logits out of DeepTACT")?; // (B)
        let weight = attention.weight;
        Ok(Parts {
            enhancer,
            promoter,
            dnase,
            norm,
            states,
            weight,
            attended,
            attended_norm,
            dense,
            dense_norm,
            logit,
        })
    }

    fn accessibility(&self, batch: &PairBatch) -> Result<Option<[Tensor; 2]>, NnError> {
        let found = batch.tracks.as_ref().map_or(0, |tracks| tracks.rows());
        match (&self.dnase, &batch.tracks) {
            (Some(_), _) if found != self.config.tracks => {
                Err(ModelError::Tracks { expected: self.config.tracks, found }.into())
            }
            (Some(layers), Some(tracks)) => Ok(Some([
                layers.enhancer_conv.forward(&tracks.enhancer)?, // (B, 1024, 98)
                layers.promoter_conv.forward(&tracks.promoter)?, // (B, 1024, 48)
            ])),
            _ => Ok(None),
        }
    }
}

impl PairModel for Deeptact {
    type Config = Config;

    fn load(vb: VarBuilder<'_>, config: &Config) -> Result<Self, NnError> {
        config.validate()?;
        let Config { filters, kernel, pool, units, dense, dropout, tracks, .. } = *config;
        let conv = |name: &str, rows| ConvReluPool::load(vb.pp(name), rows, filters, kernel, pool);
        let norm = |name: &str, channels| BatchNorm::load(vb.pp(name), channels, BatchNormConstants::keras());
        let drop = |name: &str| Dropout::new(format!("{name}.dropout"), dropout);
        let dnase = || {
            Ok::<_, NnError>(Accessibility {
                enhancer_conv: conv("enhancer_dnase_conv", tracks)?,
                promoter_conv: conv("promoter_dnase_conv", tracks)?,
            })
        };
        let channels = if tracks > 0 { 2 * filters } else { filters };
        Ok(Self {
            enhancer_conv: conv("enhancer_conv", BASES)?,
            promoter_conv: conv("promoter_conv", BASES)?,
            dnase: (tracks > 0).then(dnase).transpose()?,
            bn1: norm("bn1", channels)?,
            bn1_dropout: drop("bn1")?,
            lstm: Bidirectional::load(vb.pp("lstm"), config.cell(), channels, units)?,
            att: StepAttention::load(vb.pp("att"), 2 * units, None)?,
            bn2: norm("bn2", 2 * units)?,
            bn2_dropout: drop("bn2")?,
            dense: Linear::load(vb.pp("dense"), 2 * units, dense)?,
            bn3: norm("bn3", dense)?,
            bn3_dropout: drop("bn3")?,
            out: Linear::load(vb.pp("out"), dense, 1)?,
            config: config.clone(),
        })
    }

    fn enhancer_len(&self) -> usize {
        self.config.enhancer_len
    }

    fn promoter_len(&self) -> usize {
        self.config.promoter_len
    }

    fn tracks(&self) -> usize {
        self.config.tracks
    }

    fn forward_t(&self, batch: &PairBatch, mode: Mode) -> Result<PairLogits, NnError> {
        Ok(PairLogits::new(self.forward_parts(batch, mode)?.logit)) // (B)
    }
}
