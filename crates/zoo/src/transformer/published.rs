//! Published language models, for scoring or for further training.

use std::path::PathBuf;
use std::sync::Arc;

use ciskit_nn::candle_nn::Init;
use ciskit_nn::{DType, Device, NnError, Parameters, Tensor, VarBuilder, frozen, parameter_shapes};
use serde::Serialize;

use super::{Checkpoint, FineTuning, Heads, LanguageModel, TokenNetwork, Tokenizer};
use crate::ZooError;

/// Builds a network with some heads.
pub(crate) type Build = Box<dyn Fn(VarBuilder<'static>, Heads) -> Result<Box<dyn TokenNetwork>, NnError>>;

/// Whether a forward pass with some heads has no use for a tensor of this name.
pub(crate) type Ignores = Box<dyn Fn(&str, Heads) -> bool>;

/// What the files of a language model hold.
pub(crate) struct Published {
    /// What messages call it.
    pub(crate) model: &'static str,
    pub(crate) checkpoint: Checkpoint,
    /// Those that there are weights for.
    pub(crate) heads: Heads,
    pub(crate) tokenizer: Arc<dyn Tokenizer>,
    /// The tokenizer's file, if it has one.
    pub(crate) tokenizer_file: Option<PathBuf>,
    pub(crate) build: Build,
    /// Whether the forward pass with some heads has no use for a tensor.
    pub(crate) ignores: Ignores,
    /// How names of the classification head's parameters start.
    pub(crate) class_head: &'static [&'static str],
    /// Sizes, as `config.json` has them.
    pub(crate) config: serde_json::Value,
}

impl Published {
    /// The text of a `config.json`.
    pub(crate) fn config(config: &impl Serialize) -> serde_json::Value {
        serde_json::to_value(config).unwrap_or_else(|error| unreachable!("sizes and names: {error}"))
    }

    /// The model as it is published.
    pub(crate) fn for_scoring(self, device: &Device) -> Result<LanguageModel, ZooError> {
        let Self { model, checkpoint, heads, tokenizer, build, ignores, .. } = self;
        let network = checkpoint.build(model, device, |name| ignores(name, heads), |vb| build(vb, heads))?;
        Ok(LanguageModel::of(network, tokenizer, device))
    }

    /// The model with a head of two classes, whose weights are drawn by the seed where the files have none, and all of whose
    /// weights can be trained. The head that predicts tokens is left behind.
    pub(crate) fn for_training(
        self,
        seed: u64,
        truncation: Option<Option<usize>>,
        device: &Device,
    ) -> Result<FineTuning, ZooError> {
        /// Classes: no enhancer, enhancer.
        const CLASSES: usize = 2;
        let Self { model, mut checkpoint, heads: found, tokenizer, build, ignores, class_head, .. } = self;
        let heads = Heads { tokens: false, classes: Some(CLASSES) };
        let misfit = |source| checkpoint.misfit(model, source);
        let shapes = parameter_shapes(|vb| build(vb, heads)).map_err(misfit)?;
        // What only a head that is left behind reads.
        let read = parameter_shapes(|vb| build(vb, found)).map_err(misfit)?;
        let is_head = |name: &str| class_head.iter().any(|start| name.starts_with(start));
        checkpoint.tensors.retain(|name, _| {
            shapes.contains_key(name)
                || !(read.contains_key(name) || ignores(name, heads) || ignores(name, found))
        });
        for (name, shape) in shapes.iter().filter(|(name, _)| is_head(name)) {
            if !checkpoint.tensors.contains_key(name) {
                checkpoint.tensors.insert(name.clone(), initial(seed, name, shape)?);
            }
        }
        let load = |vb| build(vb, heads);
        let tensors = std::mem::take(&mut checkpoint.tensors);
        let (parameters, network) = Parameters::load(tensors, DType::F32, device, load)
            .map_err(|source| checkpoint.misfit(model, source))?;
        let shared = parameters.named().map(|(name, var)| (name.to_string(), var.as_detached_tensor()));
        let scoring = frozen(shared.collect(), DType::F32, device, |_| false, |vb| build(vb, heads))?;
        let head = shapes.into_keys().filter(|name| is_head(name)).collect();
        let of = |network| LanguageModel::of(network, tokenizer.clone(), device);
        let models = [of(network), of(scoring)];
        let models = match truncation {
            None => models,
            Some(tokens) => {
                let [trained, scoring] = models.map(|model| model.with_truncation(tokens));
                [trained?, scoring?]
            }
        };
        Ok(FineTuning::new(models, parameters, head, self.config, self.tokenizer_file))
    }
}

/// Weights as BERT starts them: normal with a deviation of 0.02, biases 0.
fn initial(seed: u64, name: &str, shape: &[usize]) -> Result<Tensor, NnError> {
    let init = if name.ends_with("bias") { Init::Const(0.0) } else { Init::Randn { mean: 0.0, stdev: 0.02 } };
    let build = |vb: VarBuilder<'static>| Ok::<_, NnError>(vb.get_with_hints(shape, name, init)?.detach());
    Ok(Parameters::initialise(seed, DType::F32, &Device::Cpu, build)?.1)
}
